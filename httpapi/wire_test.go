package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// documentedState is what the documents have carried along.
const documentedState = `{
"client_id": "10000000-0000-0002-0000-000000000001",
"redirect_uri": "https://piedpiper.com/callback",
"response_type": "code",
"scope": "openid",
"state": "CSRF123"
}`

// The documented requests, byte for byte but for the code, and the documented
// response, but for what a login changes: the instants of the last one, and the
// expiry, which would keep the documented user out.
//
// S2-6 S3-31 S3-47 S3-54
func TestDocumentedRequests(t *testing.T) {
	t.Parallel()
	b := open(t)
	var u identity.User
	documented, err := os.ReadFile("../identity/testdata/user_seed003.json")
	b.must(err)
	b.must(json.Unmarshal(documented, &u))
	u.Expiry, u.TwoFactor = 0, identity.TwoFactor{}
	u.Registrations[0].ApplicationID = logintest.ApplicationID
	b.Put(u)
	b.House.Config.InsecureTrustStartedCodes = true
	b.Tenant.EmailConfiguration.ImplicitEmailVerificationAllowed = identity.Off

	start := strings.Replace(startBody, logintest.Email, u.Email, 1)
	code := b.post("/api/passwordless/start", start, withKey).text("code")
	if len(code) != 43 {
		t.Fatalf("code of %d characters, want 43 as documented", len(code))
	}
	if got := b.post("/api/passwordless/send", "{\n\"code\": \""+code+"\"\n}"); got.StatusCode != 200 {
		t.Errorf("send: %d", got.StatusCode)
	}
	done := b.post("/api/passwordless/login", "{\n\"applicationId\": \"10000000-0000-0002-0000-000000000001\",\n\"code\": \""+code+"\"\n}")
	var got struct{ User, State map[string]any }
	b.must(json.Unmarshal([]byte(done.body), &got))
	if done.StatusCode != 200 || done.text("token") == "" {
		t.Errorf("login: %d", done.StatusCode)
	}
	if want := members(t, documentedState); !reflect.DeepEqual(got.State, want) {
		t.Errorf("state %v, want %v", got.State, want)
	}
	want := members(t, string(documented))
	for _, user := range []map[string]any{got.User, want} {
		delete(user, "expiry")
		delete(user, "twoFactor")
		unstamp(user)
	}
	if !reflect.DeepEqual(got.User, want) {
		t.Errorf("user\n%v, want\n%v", got.User, want)
	}
	b.Advance(time.Hour)
	older := "{\n\"applicationId\": \"10000000-0000-0002-0000-000000000001\",\n\"loginId\": \"jared@piedpiper.com\",\n\"state\": " + documentedState + "\n}"
	if got := b.post("/api/passwordless/send", older); got.StatusCode != 200 || b.Inbox.LastLink(logintest.Email) == "" && b.Inbox.LastLink(u.Email) == "" {
		t.Errorf("the older form of send: %d", got.StatusCode)
	}
}

func members(t *testing.T, object string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(object), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// unstamp takes the last logins out of a user.
func unstamp(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "lastLoginInstant")
		for _, inner := range v {
			unstamp(inner)
		}
	case []any:
		for _, inner := range v {
			unstamp(inner)
		}
	}
}

// goHeaders is what FusionAuth's client for Go sends with a body.
var goHeaders = []string{"Accept: application/json", jsonType, "User-Agent: Go-http-client/1.1", "Accept-Encoding: gzip"}

// goClient reads an answer as that client does: the success of a 2xx, whose empty
// body is an error but where none is expected, and else an Errors object, for
// which nothing is one too.
func goClient(a answer, expectsBody bool) error {
	var into any = &struct {
		FieldErrors   map[string][]struct{ Code, Message string }
		GeneralErrors []struct{ Code, Message string }
	}{}
	if a.StatusCode >= 200 && a.StatusCode <= 299 {
		into = &struct {
			Code, OneTimeCode, Token, RefreshToken, TwoFactorID, ChangePasswordID string
			TokenExpirationInstant                                                int64
			State                                                                 map[string]any
			Methods                                                               []map[string]any
			User                                                                  struct {
				ID              string
				Data            map[string]any
				VerifiedInstant int64
			}
		}{}
		if !expectsBody {
			return nil
		}
	}
	err := json.NewDecoder(strings.NewReader(a.body)).Decode(into)
	if errors.Is(err, io.EOF) && a.StatusCode > 299 {
		return nil
	}
	return err
}

// The bytes of FusionAuth's client for Go, and what it makes of the answers.
func TestGoClient(t *testing.T) {
	t.Parallel()
	b := open(t)
	withGoKey := append([]string{withKey}, goHeaders...)
	start := `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"jared@piedpiper.com","loginIdTypes":["email"],"loginStrategy":"FormField"}` + "\n"
	started := b.call("POST /api/passwordless/start", start, withGoKey...)
	code := started.text("code")
	sent := b.call("POST /api/passwordless/send", fmt.Sprintf(`{"code":%q}`+"\n", code), goHeaders...)
	base := `{"eventInfo":{"location":{}},"metaData":{"device":{}},"newDevice":false,"noJWT":false,`
	wrong := b.call(login, base+`"code":"c","oneTimeCode":"123456"}`+"\n", goHeaders...)
	done := b.call(login, fmt.Sprintf(base+`"code":%q,"oneTimeCode":%q}`+"\n", code, b.Inbox.LastCode(logintest.Email)), goHeaders...)
	b.Advance(time.Hour)
	key, _ := b.enrol()
	id, challenge := b.challenged("")
	second := b.call(twoFactor, fmt.Sprintf(base+`"code":%q,"trustComputer":false,"twoFactorId":%q}`+"\n", b.totp(key), id), goHeaders...)
	secondWrong := b.call(twoFactor, base+`"code":"1","trustComputer":false,"twoFactorId":"x"}`+"\n", goHeaders...)
	secondSent := b.call("POST /api/two-factor/send/TFID", `{"methodId":"A"}`+"\n", goHeaders...)
	ping := b.call("GET /api/two-factor/status/tid?applicationId="+logintest.ApplicationID+"&userId="+logintest.UserID, "", withKey, "Accept: application/json")
	b.Advance(time.Minute)
	disabled := b.call(fmt.Sprintf("DELETE %s?code=%s&methodId=%s", userFactor, b.totp(key), b.methods()[0]), "", withKey, "Accept: application/json")
	unkeyed := b.call("POST /api/passwordless/start", start, goHeaders...)
	for _, c := range []struct {
		name    string
		answer  answer
		want    int
		hasBody bool
	}{
		{"start", started, 200, true},
		{"start without a key", unkeyed, 401, true},
		{"send", sent, 200, false},
		{"login with a wrong code", wrong, 404, true},
		{"login", done, 200, true},
		{"login with a second factor to come", challenge, 242, true},
		{"two-factor login", second, 200, true},
		{"two-factor login for none", secondWrong, 404, true},
		{"two-factor send for none", secondSent, 404, false},
		{"two-factor status", ping, 242, true},
		{"two-factor disable", disabled, 200, false},
	} {
		if c.answer.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, c.answer.StatusCode, c.answer.body, c.want)
		}
		if err := goClient(c.answer, c.hasBody); err != nil {
			t.Errorf("%s: the client fails with %v", c.name, err)
		}
	}
}

// Every 2xx of start and login is an object, and every outcome can be decoded.
//
// S0-56
func TestGoClientReadsOutcomes(t *testing.T) {
	t.Parallel()
	for want, change := range map[int]func(*bench, *identity.User){
		200: func(*bench, *identity.User) {},
		202: func(_ *bench, u *identity.User) { u.Registrations = nil },
		203: func(_ *bench, u *identity.User) { u.PasswordChangeRequired = true },
		212: func(b *bench, u *identity.User) { toVerify(b); *u = logintest.Unverified(*u) },
		213: func(b *bench, u *identity.User) {
			b.Application.VerifyRegistration = true
			u.Registrations[0].Verified = false
		},
		242: func(b *bench, _ *identity.User) {
			b.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		},
		409: func(_ *bench, u *identity.User) {
			u.Actions = []identity.Action{{Name: "Suspended", PreventLogin: true}}
		},
		410: func(_ *bench, u *identity.User) { u.Expiry = identity.At(logintest.Start) },
		423: func(_ *bench, u *identity.User) { u.Active = false },
	} {
		b := open(t)
		u := b.User()
		change(b, &u)
		body := b.form("")
		b.Put(u)
		got := b.call(login, body, goHeaders...)
		if err := goClient(got, true); got.StatusCode != want || err != nil {
			t.Errorf("%d, want %d; the client fails with %v", got.StatusCode, want, err)
		}
		if want < 300 && !strings.HasPrefix(got.body, "{") {
			t.Errorf("%d: the body is no object", want)
		}
	}
}

// S3-218: the application's lifetime of refresh tokens beats the tenant's.
func TestRefreshCookieLifetime(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*bench){
		"Max-Age=2592000;": func(*bench) {},
		"Max-Age=600;":     func(b *bench) { b.Tenant.JWTConfiguration.RefreshTokenTimeToLiveInMinutes = 10 },
		"Max-Age=300;": func(b *bench) {
			b.Tenant.JWTConfiguration.RefreshTokenTimeToLiveInMinutes = 10
			b.Application.JWTConfiguration = identity.JWTConfiguration{Enabled: true, RefreshTokenTimeToLiveInMinutes: 5}
		},
	} {
		b := open(t)
		change(b)
		all := strings.Join(b.login().Header.Values("Set-Cookie"), "\n")
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
}

// Cookies for http://localhost are not Secure, for a browser would drop them.
func TestInsecureCookies(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.InsecureCookies = true
	started := b.post("/public/passwordless/start", formBody)
	if started.cookie("gatehouse.login") == "" || strings.Contains(strings.Join(started.Header.Values("Set-Cookie"), ""), "Secure") {
		t.Errorf("%q", started.Header.Values("Set-Cookie"))
	}
}
