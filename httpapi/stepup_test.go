package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

const startStepUp = "POST /api/two-factor/start"

// S0-22: a step-up yields a trust token and never a login.
func TestStepUpTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Tenant.MultiFactorConfiguration.Email.Enabled = true
	b.enrol()
	b.Advance(time.Hour)
	body := fmt.Sprintf(`{"applicationId":%q,"userId":%q,"trustChallenge":"invoice 1","state":{"return":"/pay"}}`, logintest.ApplicationID, logintest.UserID)
	b.show(401, "without a key", startStepUp, body)
	b.show(400, "of nobody in particular", startStepUp, `{}`, withKey)
	b.show(404, "of nobody", startStepUp, `{"userId":"none"}`, withKey)
	b.show(404, "of nobody's login id", startStepUp, `{"loginId":"example@fusionauth.io"}`, withKey)
	b.show(400, "in another tenant", startStepUp, body, withKey, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "with a code of the service's own", startStepUp, `{"userId":"none","code":"1"}`, withKey)
	b.show(200, "by a login id", startStepUp, `{"loginId":"jared@piedpiper.com"}`, withKey)
	started := b.show(200, "started", startStepUp, body, withKey)
	id, code := started.text("twoFactorId"), started.text("code")
	complete := func(code string) string {
		return fmt.Sprintf(`{"twoFactorId":%q,"code":%q,"trustComputer":true}`, id, code)
	}
	b.show(421, "a wrong code", twoFactor, complete("wrong1"))
	b.show(404, "in another tenant", twoFactor, complete(code), "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "no code", twoFactor, complete(""))
	b.show(400, "sent by no method", "POST /api/two-factor/send/"+id, `{}`)
	done := b.show(200, "completed", twoFactor, complete(code))
	b.show(404, "again", twoFactor, complete(code))
	b.show(404, "sent when it is spent", "POST /api/two-factor/send/"+id, `{"methodId":"NONE"}`)
	b.golden("two-factor-start")

	purpose := mfa.Purpose{Challenge: secret.New("invoice 1"), Delivered: true}
	if err := b.Login().Factors().TakeTrustToken(t.Context(), logintest.Who(), secret.New(done.text("trustToken")), purpose); err != nil {
		t.Errorf("the trust token: %v", err)
	}
}

// MFA-01, MFA-04: an id of a step-up signs nobody in, anywhere, and leaves no
// cookie; an id of a login is no step-up.
func TestStepUpIsNoLogin(t *testing.T) {
	t.Parallel()
	b := open(t)
	key, _ := b.enrol()
	started := b.post("/api/two-factor/start", fmt.Sprintf(`{"userId":%q}`, logintest.UserID), withKey)
	id, code := started.text("twoFactorId"), started.text("code")
	handle := strings.TrimPrefix(id, "step-up.")
	loginID, _ := b.challenged("")
	for name, c := range map[string]struct{ path, body string }{
		"a login's second step": {"/api/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q}`, handle, code)},
		"by an authenticator":   {"/api/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q}`, handle, b.totp(key))},
		"a page":                {"/public/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q}`, id, code)},
		"a login's first step":  {"/api/passwordless/login", fmt.Sprintf(`{"code":%q,"oneTimeCode":%q}`, handle, code)},
		"a change of password":  {"/api/user/change-password", fmt.Sprintf(`{"changePasswordId":%q,"password":"piper-net-3000"}`, handle)},
		"a verification":        {"/api/user/verify-email", verification(handle, code)},
		"a login as a step-up":  {"/api/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q}`, "step-up."+loginID, b.totp(key))},
	} {
		if got := b.post(c.path, c.body); got.StatusCode != 404 || len(got.Cookies()) > 0 {
			t.Errorf("%s: %d %s %v, want 404", name, got.StatusCode, got.body, got.Cookies())
		}
	}
	got := b.post("/api/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q,"trustComputer":true,"applicationId":%q}`, id, b.totp(key), logintest.ApplicationID))
	if got.StatusCode != 200 || got.text("trustToken") == "" {
		t.Fatalf("by the person's own factor: %d %s", got.StatusCode, got.body)
	}
	for _, name := range []string{"token", "refreshToken", "twoFactorTrustId"} {
		if got.text(name) != "" || len(got.Cookies()) > 0 {
			t.Errorf("a step-up left %s, and cookies %v", name, got.Cookies())
		}
	}
}

// The code that is sent ends the one that the service was given.
func TestStepUpByMessage(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Tenant.MultiFactorConfiguration.Email.Enabled = true
	const second = "jared@example.com"
	b.post("/api/two-factor/send", fmt.Sprintf(`{"userId":%q,"method":"email","email":%q}`, logintest.UserID, second), withKey)
	b.post(userFactor, fmt.Sprintf(`{"method":"email","email":%q,"code":%q}`, second, b.Inbox.LastCode(second)), withKey)
	b.Advance(time.Hour)
	started := b.post("/api/two-factor/start", fmt.Sprintf(`{"userId":%q}`, logintest.UserID), withKey)
	id, given := started.text("twoFactorId"), started.text("code")
	send := fmt.Sprintf(`{"methodId":%q}`, b.methods()[0])
	if got := b.post("/api/two-factor/send/"+id, send, "X-FusionAuth-TenantId: "+otherTenant); got.StatusCode != 404 {
		t.Errorf("sent in another tenant: %d", got.StatusCode)
	}
	if got := b.post("/api/two-factor/send/"+id, send); got.StatusCode != 200 {
		t.Fatalf("sent: %d %s", got.StatusCode, got.body)
	}
	if got := b.post("/api/two-factor/send/"+id, send); got.StatusCode != 429 {
		t.Errorf("sent too soon after: %d", got.StatusCode)
	}
	sent := b.Inbox.LastCode(second)
	complete := func(code string) answer {
		return b.post("/api/two-factor/login", fmt.Sprintf(`{"twoFactorId":%q,"code":%q}`, id, code))
	}
	if got := complete(given); given != sent && got.StatusCode != 421 {
		t.Errorf("the code before: %d", got.StatusCode)
	}
	if got := complete(sent); got.StatusCode != 200 {
		t.Errorf("the code that was sent: %d %s", got.StatusCode, got.body)
	}
}
