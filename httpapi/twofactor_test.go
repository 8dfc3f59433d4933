package httpapi_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

const (
	userFactor = "/api/user/two-factor/" + logintest.UserID
	twoFactor  = "POST /api/two-factor/login"
)

// totp is what an authenticator shows (RFC 6238): six digits of HMAC-SHA-1, every
// 30 s.
func (b *bench) totp(base64Secret string) string {
	b.T.Helper()
	key, err := base64.StdEncoding.DecodeString(base64Secret)
	b.must(err)
	h := hmac.New(sha1.New, key)
	b.must(binary.Write(h, binary.BigEndian, b.Now().Unix()/30))
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1e6)
}

// enrol gives the sample user an authenticator over the wire, and returns its
// secret and the recovery codes.
func (b *bench) enrol() (key string, recovery []string) {
	b.T.Helper()
	key = b.call("GET /api/two-factor/secret", "", withKey).text("secret")
	enabled := b.post(userFactor, b.enable(key), withKey)
	var answer struct{ RecoveryCodes []string }
	b.must(json.Unmarshal([]byte(enabled.body), &answer))
	if len(answer.RecoveryCodes) != 10 {
		b.T.Fatalf("enable: %d: %s", enabled.StatusCode, enabled.body)
	}
	b.Advance(time.Minute)
	return key, answer.RecoveryCodes
}

func (b *bench) enable(key string) string {
	return fmt.Sprintf(`{"method":"authenticator","secret":%q,"code":%q}`, key, b.totp(key))
}

// challenged is the twoFactorId of a login that waits for its second factor, and
// the answer it came in.
func (b *bench) challenged(more string) (string, answer) {
	b.T.Helper()
	a := b.post("/api/passwordless/login", b.form(more))
	if a.StatusCode != 242 {
		b.T.Fatalf("login: %d: %s", a.StatusCode, a.body)
	}
	return a.text("twoFactorId"), a
}

func second(id, code, more string) string {
	return fmt.Sprintf(`{"applicationId":%q,"twoFactorId":%q,"code":%q%s}`, logintest.ApplicationID, id, code, more)
}

func TestTwoFactorLoginTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	key, recovery := b.enrol()
	b.show(242, "a second factor is due", login, b.form(""))
	b.Advance(time.Hour)
	id, _ := b.challenged("")
	b.show(421, "a wrong code", twoFactor, second(id, "nonsense", ""))
	b.show(400, "without a code", twoFactor, fmt.Sprintf(`{"twoFactorId":%q}`, id))
	b.show(400, "without an id", twoFactor, `{"code":"123456"}`)
	b.show(404, "an id that is none", twoFactor, `{"twoFactorId":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs","code":"123456"}`)
	body := second(id, b.totp(key), `,"trustComputer":true`)
	done := b.show(200, "and a device to trust", twoFactor, body)
	b.show(404, "the same again", twoFactor, body)
	if done.cookie("fusionauth.trust") == "" || done.cookie("fusionauth.trust") != done.text("twoFactorTrustId") {
		t.Error("the trust cookie is not the twoFactorTrustId")
	}
	b.Advance(time.Hour)
	id, _ = b.challenged("")
	b.show(200, "by a recovery code, without tokens", twoFactor, second(id, recovery[0], `,"noJWT":true`))
	b.golden("two-factor-login")
}

// At the second factor the account is looked at once more.
func TestTwoFactorOutcomeTranscript(t *testing.T) {
	t.Parallel()
	all := open(t)
	for _, o := range []struct {
		status int
		title  string
		change func(*identity.User)
	}{
		{202, "not registered", func(u *identity.User) { u.Registrations = nil }},
		{203, "must change the password", func(u *identity.User) { u.PasswordChangeRequired = true }},
		{409, "prevented", func(u *identity.User) {
			u.Actions = []identity.Action{{ActionID: "00000000-0000-0004-0000-000000000000", Name: "Suspended", PreventLogin: true}}
		}},
		{410, "expired", func(u *identity.User) { u.Expiry = identity.At(logintest.Start) }},
		{423, "locked", func(u *identity.User) { u.Active = false }},
	} {
		b := open(t)
		key, _ := b.enrol()
		id, _ := b.challenged("")
		u := b.User()
		o.change(&u)
		b.Put(u)
		b.show(o.status, o.title, twoFactor, second(id, b.totp(key), ""))
		all.transcript.WriteString(b.transcript.String())
	}
	all.golden("two-factor-outcomes")
}

// withBoth allows the second factors by message.
func withBoth(b *bench) {
	b.Tenant.MultiFactorConfiguration.Email.Enabled = true
	b.Tenant.MultiFactorConfiguration.SMS.Enabled = true
}

const secondMailbox = "example@fusionauth.io"

func TestTwoFactorSendTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	withBoth(b)
	const send = "POST /api/two-factor/send"
	enable := fmt.Sprintf(`{"userId":%q,"method":"email","email":%q}`, logintest.UserID, secondMailbox)
	b.enrol()
	b.show(200, "to enable a mailbox", send, enable, withKey)
	b.show(429, "too soon after", send, enable, withKey)
	b.show(401, "without a key", send, enable)
	b.show(400, "to an authenticator", send, fmt.Sprintf(`{"userId":%q,"method":"authenticator"}`, logintest.UserID), withKey)
	b.show(400, "to what is no address", send, fmt.Sprintf(`{"userId":%q,"method":"email","email":"nobody"}`, logintest.UserID), withKey)
	b.show(400, "about nobody", send, `{"method":"email","email":"example@fusionauth.io"}`, withKey)
	b.show(404, "about somebody unknown", send, fmt.Sprintf(`{"userId":%q,"method":"email","email":%q}`, otherTenant, secondMailbox), withKey)
	b.post(userFactor, fmt.Sprintf(`{"method":"email","email":%q,"code":%q}`, secondMailbox, b.Inbox.LastCode(secondMailbox)), withKey)
	id, a := b.challenged("")
	var challenge struct{ Methods []identity.TwoFactorMethod }
	b.must(json.Unmarshal([]byte(a.body), &challenge))
	ids := map[string]string{}
	for _, m := range challenge.Methods {
		ids[m.Method] = m.ID
	}
	b.Advance(2 * time.Minute)
	sendTo := "POST /api/two-factor/send/" + id
	b.show(200, "in a login", sendTo, fmt.Sprintf(`{"methodId":%q}`, ids["email"]))
	b.show(429, "in a login, too soon after", sendTo, fmt.Sprintf(`{"methodId":%q}`, ids["email"]))
	b.show(400, "in a login, to an authenticator", sendTo, fmt.Sprintf(`{"methodId":%q}`, ids["authenticator"]))
	b.show(400, "in a login, to a method that is none", sendTo, `{"methodId":"none"}`)
	b.show(400, "in a login, to no method", sendTo, `{}`)
	b.show(404, "in no login", "POST /api/two-factor/send/CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs", `{"methodId":"V7SH"}`)
	b.show(200, "and what was sent", twoFactor, second(id, b.Inbox.LastCode(secondMailbox), `,"noJWT":true`))
	b.Advance(2 * time.Minute)
	b.show(200, "to disable the mailbox", send, fmt.Sprintf(`{"userId":%q,"methodId":%q}`, logintest.UserID, ids["email"]), withKey)
	b.show(200, "the mailbox is disabled", fmt.Sprintf("DELETE %s?code=%s&methodId=%s", userFactor, b.Inbox.LastCode(secondMailbox), ids["email"]), "", withKey)
	b.golden("two-factor-send")
}

func TestUserTwoFactorTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.show(401, "a secret, without a key", "GET /api/two-factor/secret", "")
	key := b.show(200, "a secret", "GET /api/two-factor/secret", "", withKey).text("secret")
	post := "POST " + userFactor
	b.show(400, "without a code", post, `{"method":"authenticator"}`, withKey)
	b.show(400, "without a method", post, `{"code":"123456"}`, withKey)
	b.show(400, "without a secret", post, `{"method":"authenticator","code":"123456"}`, withKey)
	b.show(400, "a secret that is none", post, `{"method":"authenticator","code":"123456","secret":"!"}`, withKey)
	b.show(400, "in another tenant", post, `{"method":"sms","code":"123456"}`, "X-FusionAuth-TenantId: "+otherTenant, withKey)
	b.show(401, "without a key", post, b.enable(key))
	b.show(404, "for nobody", "POST /api/user/two-factor/"+otherTenant, b.enable(key), withKey)
	b.show(421, "a wrong code", post, fmt.Sprintf(`{"method":"authenticator","secret":%q,"code":"nonsense"}`, key), withKey)
	b.show(421, "a code that nobody was sent", post, `{"method":"email","code":"123456"}`, withKey)
	b.show(200, "the first method, and recovery codes", post, b.enable(key), withKey)
	b.Advance(time.Minute)
	second := b.call("GET /api/two-factor/secret", "", withKey).text("secret")
	b.show(200, "one more, and no recovery codes", post, b.enable(second), withKey)
	ids := b.methods()
	put := fmt.Sprintf(`{"methodId":%q,"name":"Phone of John"}`, ids[0])
	b.show(200, "renamed", "PUT "+userFactor, put, withKey)
	b.show(400, "a name for none", "PUT "+userFactor, `{"methodId":"none","name":"Phone of John"}`, withKey)
	b.show(401, "a name, without a key", "PUT "+userFactor, put)
	codes := "POST /api/user/two-factor/recovery-code/" + logintest.UserID
	b.show(200, "recovery codes", codes, "", withKey)
	b.show(401, "recovery codes, without a key", codes, "")
	b.show(404, "recovery codes, for nobody", "POST /api/user/two-factor/recovery-code/"+otherTenant, "", withKey)
	b.Advance(time.Minute)
	disable := "DELETE " + userFactor
	b.show(400, "disable, without a code", disable, "", withKey)
	b.show(421, "disable, with a wrong code", disable+"?code=nonsense&methodId="+ids[0], "", withKey)
	b.show(401, "disable, without a key", disable+"?code=nonsense&methodId="+ids[0], "")
	b.show(200, "disabled", fmt.Sprintf("%s?code=%s&methodId=%s", disable, b.totp(key), ids[0]), "", withKey)
	b.show(200, "the last one disabled, by JSON", disable, fmt.Sprintf(`{"code":%q,"methodId":%q}`, b.totp(second), ids[1]), withKey)
	b.golden("user-two-factor")
}

// methods are the ids of the sample user's methods.
func (b *bench) methods() []string {
	b.T.Helper()
	all, err := b.Backend.Store.ListFactors(b.T.Context(), logintest.TenantID, logintest.UserID)
	b.must(err)
	var ids []string
	for _, x := range all {
		ids = append(ids, x.ID)
	}
	return ids
}

// A method that is required and missing is enrolled inside the login.
func TestEnrolInLoginTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	b.Put(logintest.Unverified(b.User()))
	id, _ := b.challenged("")
	other, _ := b.challenged("")
	key := b.call("GET /api/two-factor/secret", "", withKey).text("secret")
	enable := func(code string) string {
		return fmt.Sprintf(`{"method":"authenticator","secret":%q,"code":%q,"twoFactorId":%q,"name":"Phone of John"}`, key, code, id)
	}
	b.show(404, "for another user", "POST /api/user/two-factor/"+otherTenant, enable(b.totp(key)), withKey)
	b.show(421, "a wrong code", "POST "+userFactor, enable("nonsense"), withKey)
	enabled := b.show(200, "enabled, and recovery codes", "POST "+userFactor, enable(b.totp(key)), withKey)
	b.show(400, "enabled once more", "POST "+userFactor, enable(b.totp(key)), withKey)
	code := enabled.text("code")
	b.show(421, "the code in another login", twoFactor, second(other, code, ""))
	body := second(id, code, `,"trustComputer":true`)
	b.show(200, "proven, and a device to trust", twoFactor, body)
	b.show(404, "the same again", twoFactor, body)
	b.show(404, "enabled in no login", "POST "+userFactor, enable(b.totp(key)), withKey)
	b.golden("two-factor-enrol")
}

// A method by message is begun by the call that sends its code.
func TestEnrolByMessageInLogin(t *testing.T) {
	t.Parallel()
	b := open(t)
	withBoth(b)
	b.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	id, _ := b.challenged("")
	const mobile = "+13035550100"
	enable := func(code string) string { return fmt.Sprintf(`{"method":"sms","code":%q,"twoFactorId":%q}`, code, id) }
	send := func(userID string) string {
		return fmt.Sprintf(`{"userId":%q,"method":"sms","mobilePhone":%q,"twoFactorId":%q}`, userID, mobile, id)
	}
	for _, step := range []struct {
		path, body string
		want       int
	}{
		{userFactor, enable("123456"), 421}, // nothing was sent
		{"/api/two-factor/send", send(otherTenant), 404},
		{"/api/two-factor/send", send(logintest.UserID), 200},
		{userFactor, enable("nonsense"), 421},
	} {
		if got := b.post(step.path, step.body, withKey); got.StatusCode != step.want {
			t.Fatalf("%s %s: %d: %s, want %d", step.path, step.body, got.StatusCode, got.body, step.want)
		}
	}
	enabled := b.post(userFactor, enable(b.Inbox.LastCode(mobile)), withKey)
	if done := b.post("/api/two-factor/login", second(id, enabled.text("code"), "")); done.StatusCode != 200 || done.text("token") == "" {
		t.Errorf("%d: %s", done.StatusCode, done.body)
	}
}

// S3-65 S3-66: the cookie beats the member, whichever of them is good.
func TestTrustCookieBeatsBody(t *testing.T) {
	t.Parallel()
	b := open(t)
	key, _ := b.enrol()
	id, _ := b.challenged("")
	good := b.post("/api/two-factor/login", second(id, b.totp(key), `,"trustComputer":true`)).cookie("fusionauth.trust")
	bad := good[:len(good)-4] + "AAAA"
	for _, c := range []struct {
		cookie, body string
		want         int
	}{{good, bad, 200}, {bad, good, 242}, {good, "", 200}, {"", good, 200}, {"", "", 242}} {
		b.Advance(time.Hour)
		headers := []string{jsonType}
		if c.cookie != "" {
			headers = append(headers, "Cookie: fusionauth.trust="+c.cookie)
		}
		got := b.call(login, b.form(fmt.Sprintf(`,"twoFactorTrustId":%q`, c.body)), headers...)
		if got.StatusCode != c.want {
			t.Errorf("cookie good %t, body good %t: %d, want %d", c.cookie == good, c.body == good, got.StatusCode, c.want)
		}
	}
}

func TestTwoFactorStatusTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	key, _ := b.enrol()
	id, _ := b.challenged("")
	trust := b.post("/api/two-factor/login", second(id, b.totp(key), `,"trustComputer":true`)).text("twoFactorTrustId")
	of := "?userId=" + logintest.UserID + "&applicationId=" + logintest.ApplicationID
	b.show(200, "a trusted device", "GET /api/two-factor/status/"+trust+of, "", withKey)
	b.show(242, "a device that is not", "GET /api/two-factor/status/CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"+of, "", withKey)
	b.show(400, "of nobody", "GET /api/two-factor/status/"+trust, "", withKey)
	b.show(401, "without a key", "GET /api/two-factor/status/"+trust+of, "")
	b.show(404, "of somebody unknown", "GET /api/two-factor/status/"+trust+"?userId="+otherTenant, "", withKey)
	status := func(more string) string {
		return fmt.Sprintf(`{"userId":%q,"twoFactorTrustId":%q%s,"eventInfo":{"location":{}}}`, logintest.UserID, trust, more)
	}
	const post = "POST /api/two-factor/status"
	b.show(200, "a trusted device, of a login", post, status(`,"action":"login"`), withKey)
	b.show(200, "a trusted device, of a login that is not said", post, status(""), withKey)
	b.show(242, "a trusted device, of a step-up", post, status(`,"action":"stepUp"`), withKey)
	b.show(242, "a trusted device, of a change of password", post, status(`,"action":"changePassword"`), withKey)
	b.show(242, "no device", post, fmt.Sprintf(`{"userId":%q}`, logintest.UserID), withKey)
	b.show(400, "of nothing that is known", post, status(`,"action":"dance"`), withKey)
	b.show(401, "of a login, without a key", post, status(""))
	b.show(404, "of a login of somebody unknown", post, fmt.Sprintf(`{"userId":%q}`, otherTenant), withKey)
	b.golden("two-factor-status")
}
