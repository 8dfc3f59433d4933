package authn_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/session"
)

// The two steps, and the keys that come of them, from the first login to the
// revocation of the key and the next.
//
// S1-1, S1-2, S1-3, S1-7, S1-8, S1-9, S1-10, S1-12, S1-13, S1-15, S1-16, S1-18,
// S1-20, S1-21, S1-25, S1-27, S1-29, S1-30, S1-31, S1-32, S1-33, S1-35, S1-36,
// S1-37, S1-47, S1-48: which members there are, and what they open.
func TestTwoSteps(t *testing.T) {
	t.Parallel()
	b := open(t)
	app := enrolled(b)
	first := b.Call("POST /auth", "", john)
	if got, want := first.Members(), []string{"expiresAt", "factors", "stateToken", "status"}; first.Status != 200 || !slices.Equal(got, want) {
		t.Fatalf("%d with %v, want 200 with %v", first.Status, got, want)
	}
	if got := first.Text("expiresAt"); first.Text("status") != "MFA_REQUIRED" || got != b.Now().Add(5*time.Minute).Format(time.RFC3339) {
		t.Errorf("status %s, expires at %s", first.Text("status"), got)
	}
	wantFactor := `"factors":[{"factorId":"` + app.id + `","factorType":"token:software:totp","provider":"GOOGLE"}]`
	if !strings.Contains(first.Body, wantFactor) {
		t.Errorf("%s, want %s", first.Body, wantFactor)
	}
	path := "POST /auth/factor/" + app.id + "/verify"
	second := b.Call(path, verifyBody(first.Text("stateToken"), app.code()), john)
	want := []string{"accessToken", "accessTokenExpiresAt", "apiKey", "message", "status", "userId", "username"}
	if got := second.Members(); second.Status != 200 || !slices.Equal(got, want) {
		t.Fatalf("%d with %v, want 200 with %v", second.Status, got, want)
	}
	if second.Text("userId") != logintest.UserID || second.Text("username") != logintest.Username || second.Text("status") != "SUCCESS" {
		t.Errorf("%s", second.Body)
	}
	key := second.Text("apiKey")
	if strings.Contains(second.Text("message"), key) || !strings.Contains(second.Text("message"), "displayed only once") {
		t.Errorf("message %q", second.Text("message"))
	}
	if got := second.Text("accessTokenExpiresAt"); got != b.Now().Add(30*time.Minute).Format(time.RFC3339) {
		t.Errorf("the access token expires at %s", got)
	}
	for _, credential := range []string{"api-key: " + key, "Access-Token: " + second.Text("accessToken")} {
		if a := b.Call("GET /auth/api-keys", "", credential); a.Status != 200 || !strings.Contains(a.Body, `"name":"loginKey"`) || strings.Contains(a.Body, key) {
			t.Errorf("the keys: %d %s", a.Status, a.Body)
		}
	}
	b.Advance(time.Minute)
	again := b.twoSteps(app)
	if again.Text("apiKey") != "" || !strings.Contains(again.Text("message"), "exists already") || again.Text("accessToken") == second.Text("accessToken") {
		t.Errorf("the next login: %s", again.Body)
	}
	keys, err := b.Keys.ListAPIKeys(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID})
	b.must(err)
	b.must(b.Keys.RevokeAPIKey(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}, keys[0].ID))
	if a := b.Call("GET /auth/api-keys", "", "api-key: "+key); a.Status != 401 {
		t.Errorf("a revoked key: %d", a.Status)
	}
	b.Advance(time.Minute)
	if fresh := b.twoSteps(app).Text("apiKey"); fresh == "" || fresh == key {
		t.Error("no new key after the old one was revoked")
	}
}

// twoSteps signs in.
func (b *bench) twoSteps(app *authenticator) wiretest.Answer {
	b.House.T.Helper()
	first := b.Call("POST /auth", "", john)
	a := b.Call("POST /auth/factor/"+app.id+"/verify", verifyBody(first.Text("stateToken"), app.code()), john)
	if a.Status != 200 {
		b.House.T.Fatalf("%d %s", a.Status, a.Body)
	}
	return a
}

// S1-4: what this answers, a client decodes; fractions of seconds too.
func TestAuthResponseDecodes(t *testing.T) {
	t.Parallel()
	var got authn.AuthResponse
	body := `{"status":"SUCCESS","accessToken":"x","accessTokenExpiresAt":"2026-11-23T09:30:00.123Z"}`
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 23, 9, 30, 0, 123e6, time.UTC); !got.AccessTokenExpiresAt.Equal(want) || got.AccessToken.Reveal() != "x" {
		t.Errorf("%v", got.AccessTokenExpiresAt)
	}
	if again, _ := json.Marshal(got); string(again) != body {
		t.Errorf("%s", again)
	}
}

// A wrong first step is one answer, byte for byte, that tells neither who exists
// nor who has a second factor; an account that is closed is another of them.
//
// S1-10, S1-52.
func TestFirstStepRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	want := b.Call("POST /auth", "", basic("nobody", password))
	if want.Status != 401 || want.Header.Get("WWW-Authenticate") == "" {
		t.Fatalf("%d %s", want.Status, want.Body)
	}
	enrolled(b)
	locked := b.User()
	locked.Active = false
	for name, c := range map[string]struct {
		headers []string
		user    identity.User
	}{
		"a wrong password":     {[]string{basic(logintest.Username, "wrong")}, b.User()},
		"no password":          {[]string{basic(logintest.Username, "")}, b.User()},
		"no name":              {[]string{basic("", password)}, b.User()},
		"blanks":               {[]string{basic("  ", password)}, b.User()},
		"nothing":              {nil, b.User()},
		"another scheme":       {[]string{"Authorization: Bearer x"}, b.User()},
		"what is no base64":    {[]string{"Authorization: Basic ?"}, b.User()},
		"an API key":           {[]string{"api-key: x"}, b.User()},
		"a locked account":     {[]string{john}, locked},
		"a bad password again": {[]string{basic(logintest.Email, "wrong")}, locked},
	} {
		b.Put(c.user)
		if a := b.Call("POST /auth", "", c.headers...); a.Status != want.Status || a.Body != want.Body {
			t.Errorf("%s: %d %s, want %d %s", name, a.Status, a.Body, want.Status, want.Body)
		}
	}
}

// Where there are no passwords Basic carries a passwordless login, which is good
// once and for the first step alone.
//
// S1-35: another first factor, and the same two steps.
func TestPasswordlessFirstStep(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Config.Password = nil })
	app := enrolled(b)
	form := b.Form()
	shown := basic(form.Code.Reveal(), form.OneTimeCode.Reveal())
	if a := b.Call("GET /auth/api-keys", "", shown); a.Status != 401 {
		t.Errorf("another call by it: %d", a.Status)
	}
	first := b.Call("POST /auth", "", shown)
	if first.Status != 200 || first.Text("status") != "MFA_REQUIRED" {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	if a := b.Call("POST /auth", "", shown); a.Status != 401 {
		t.Errorf("again: %d", a.Status)
	}
	a := b.Call("POST /auth/factor/"+app.id+"/verify", verifyBody(first.Text("stateToken"), app.code()))
	if a.Status != 200 || a.Text("status") != "SUCCESS" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	link := b.Link()
	if a := b.Call("POST /auth", "", basic(link.Code.Reveal(), "")); a.Text("status") != "MFA_REQUIRED" {
		t.Errorf("by link: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth", "", basic("", "")); a.Status != 401 {
		t.Errorf("by nothing: %d", a.Status)
	}
}

// SEC-17: what belongs to a browser is no API client's, and stays that browser's.
func TestABrowsersLoginIsNoFirstStep(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Config.Password = nil })
	bound := b.Bound(identity.ClickableLink, logintest.Browser())
	if a := b.Call("POST /auth", "", basic(bound.Code.Reveal(), "")); a.Status != 401 || len(b.failed) > 0 {
		t.Errorf("%d %s, told %v", a.Status, a.Body, b.failed)
	}
	b.Complete(bound)
}

// Who has something else to do first is told what, once they have shown who they
// are, and given nothing.
//
// S1-51: what the state of an account does not allow is a 403.
func TestSomethingElseFirst(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bench, *identity.User){
		"enrol": func(b *bench, _ *identity.User) {
			b.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		},
		"change the password": func(_ *bench, u *identity.User) { u.PasswordChangeRequired = true },
		"verify an address":   func(_ *bench, u *identity.User) { *u = logintest.Unverified(*u) },
		"verify the login id": func(b *bench, u *identity.User) {
			b.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, Unverified: identity.Unverified{Behavior: identity.Gated}}
			*u = logintest.Unverified(*u)
		},
		"verify the registration": func(b *bench, u *identity.User) {
			b.Application.VerifyRegistration, b.Application.Unverified.Behavior = true, identity.Gated
			u.Registrations[0].Verified = false
		},
	} {
		b := open(t, func(b *bench) {
			u := b.User()
			change(b, &u)
			b.Put(u)
		})
		for _, line := range []string{"POST /auth", "POST /auth/access-token"} {
			a := b.Call(line, "", john)
			if a.Status != 403 || a.Text("errorCode") != "E0000079" || !slices.Equal(a.Members(), []string{"errorCauses", "errorCode", "errorSummary"}) {
				t.Errorf("%s, %s: %d %s", line, name, a.Status, a.Body)
			}
		}
	}
}

// Basic opens nothing beside the first step for who has a second factor, which
// would be a way around it.
func TestBasicIsNoWayAroundTheSecondFactor(t *testing.T) {
	t.Parallel()
	b := open(t)
	enrolled(b)
	for _, line := range []string{"POST /auth/access-token", "POST /auth/api-key", "GET /auth/api-keys", "PATCH /auth/api-key/x"} {
		if a := b.Call(line, "", john); a.Status != 403 || a.Text("errorCode") != "E0000079" {
			t.Errorf("%s: %d %s", line, a.Status, a.Body)
		}
	}
}

// A login is told of the client, and of no header that it does not know.
func TestClientIsRecorded(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Call("POST /auth", "", john, "User-Agent: "+strings.Repeat("x", 600)+"\xff", "X-Forwarded-For: 203.0.113.9")
	logins, err := b.Login().Sessions().Logins(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}, time.Time{}, 1)
	b.must(err)
	if len(logins) != 1 || logins[0].IP != "192.0.2.1" || logins[0].Agent != strings.Repeat("x", 512) {
		t.Errorf("%+v", logins)
	}
}
