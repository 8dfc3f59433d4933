package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
)

// What keeps somebody out before the second factor is one answer, byte for byte.
//
// S4-5: 401, or 403 by the switch.
func TestLoginRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 401, 403} {
		b := open(t, func(b *bench) { b.Config.AuthenticationStatus = status })
		locked, expired := b.User(), b.User()
		locked.Active = false
		expired.Expiry = identity.At(b.Now())
		for name, c := range map[string]struct {
			body string
			user identity.User
		}{
			"nobody":           {`{"email":"example@fusionauth.io","password":"correct horse"}`, b.User()},
			"a wrong password": {`{"email":"jared@piedpiper.com","password":"wrong"}`, b.User()},
			"no password":      {`{"email":"jared@piedpiper.com"}`, b.User()},
			"no email":         {`{"password":"correct horse"}`, b.User()},
			"nothing":          {``, b.User()},
			"a locked account": {john, locked},
			"an expired one":   {john, expired},
			"an unknown id":    {`{"twoFactorId":"x","methodId":"y"}`, b.User()},
		} {
			b.Put(c.user)
			a := b.Call("POST /auth/login", c.body)
			if want := max(status, 401); a.Status != want || a.Body != `{"error":{"type":"authentication","message":"Authentication error"}}`+"\n" {
				t.Errorf("%s: %d %s, want %d", name, a.Status, a.Body, want)
			}
		}
	}
}

// S4-8: unknown, expired, revoked and used again are one answer.
func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) {
		b.Tenant.JWTConfiguration.RefreshTokenUsagePolicy = identity.OneTimeUse
	})
	refresh := func(refreshToken string) string {
		a := b.Call("POST /auth/login/refresh", fmt.Sprintf(`{"refreshToken":%q}`, refreshToken))
		return fmt.Sprint(a.Status, a.Body)
	}
	want := refresh("unknown")
	if !strings.HasPrefix(want, `403{"error":{"type":"invalid_refresh_token"`) {
		t.Fatal(want)
	}
	_, login := b.signIn()
	rotated := b.Call("POST /auth/login/refresh", fmt.Sprintf(`{"refreshToken":%q}`, login.Text("refreshToken")))
	if got := rotated.Members(); !slices.Equal(got, []string{"idToken", "refreshToken"}) {
		t.Errorf("a token that is good once is followed by %v", got)
	}
	if got := refresh(login.Text("refreshToken")); got != want {
		t.Errorf("used again: %s", got)
	}
	if got := refresh(rotated.Text("refreshToken")); got != want {
		t.Errorf("its successor, after that: %s", got)
	}
	_, login = b.signIn()
	b.must(b.Login().Sessions().RevokeAll(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}))
	if got := refresh(login.Text("refreshToken")); got != want {
		t.Errorf("revoked: %s", got)
	}
	_, login = b.signIn()
	b.Advance(31 * 24 * time.Hour)
	if got := refresh(login.Text("refreshToken")); got != want {
		t.Errorf("expired: %s", got)
	}
}

// Who is not signed in does nothing: without a token, with one that is another's,
// is over, was revoked, comes in a cookie or in a URL, or whose user is locked.
//
// S4-15, S4-20, S4-26, S4-31, S4-40, S4-51, S4-54, S4-55.
func TestNotSignedIn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 403} {
		b := open(t, func(b *bench) { b.Config.AuthenticationStatus = status })
		bearer, _ := b.signIn()
		b.Advance(time.Second)
		b.must(b.Login().Sessions().RevokeAll(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}))
		revoked := bearer
		b.Advance(time.Second)
		bearer, login := b.signIn()
		idToken := login.Text("idToken")
		for name, headers := range map[string][]string{
			"nothing":        nil,
			"no token":       {"Authorization: Bearer "},
			"another scheme": {"Authorization: Basic " + idToken},
			"what is none":   {"Authorization: Bearer x" + idToken},
			"two":            {bearer, bearer},
			"a cookie":       {"Cookie: access_token=" + idToken},
			"revoked":        {revoked},
			"a locked user":  {bearer},
		} {
			u := b.User()
			u.Active = name != "a locked user"
			b.Put(u)
			for _, line := range []string{
				"POST /auth/otp/methods/sms", "POST /auth/otp/methods/totp", "DELETE /auth/otp/methods/totp",
				"GET /auth/otp/code?method=SMS", "POST /auth/otp/code",
			} {
				if name == "a locked user" && !strings.HasPrefix(line, "POST /auth/otp/methods") {
					continue // there is nothing that these could be asked for
				}
				a := b.Call(line+map[bool]string{true: "", false: "?access_token=" + idToken}[strings.Contains(line, "?")], `{"phone":"+13035551212"}`, headers...)
				if want := max(status, 401); a.Status != want || !strings.Contains(a.Body, `"authentication"`) {
					t.Errorf("%s with %s: %d %s, want %d", line, name, a.Status, a.Body, want)
				}
			}
		}
		if len(b.Inbox.Messages()) != 0 {
			t.Error("a message was sent")
		}
	}
}

// No token without the second factor: it is asked for, with x-otp at once or by
// the id that the answer gives.
func TestLoginWithSecondFactor(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	totp := b.totp(bearer)
	first := b.Call("POST /auth/login", john)
	if first.Status != 401 || !slices.Equal(first.Members(), []string{"error", "methods", "twoFactorId", "validUntil"}) || !strings.Contains(first.Body, "otp_required") {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	body := fmt.Sprintf(`{"twoFactorId":%q}`, first.Text("twoFactorId"))
	if a := b.Call("POST /auth/login", body); a.Status != 401 || !strings.Contains(a.Body, "otp_invalid") {
		t.Errorf("no code: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", body, "X-Otp: abcdef"); a.Status != 401 || !strings.Contains(a.Body, "otp_invalid") {
		t.Errorf("a wrong code: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", body, b.otp(totp)); a.Status != 200 || a.Text("idToken") == "" {
		t.Errorf("by the id: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", john, b.otp(totp)); a.Status != 401 {
		t.Errorf("the code again: %d %s", a.Status, a.Body)
	}
	b.Advance(30 * time.Second)
	if a := b.Call("POST /auth/login", john, b.otp(totp)); a.Status != 200 {
		t.Errorf("at once: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", `{"email":"jared@piedpiper.com","password":"wrong"}`, b.otp(totp)); !strings.Contains(a.Body, `"authentication"`) {
		t.Errorf("a wrong password: %d %s", a.Status, a.Body)
	}
}

// A second factor by SMS is sent for the login that waits.
func TestLoginWithSMS(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551212","country":"US"}`, bearer)
	b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, b.sent(phone))
	b.Advance(time.Minute)
	var first account.OTPRequired
	b.must(json.Unmarshal([]byte(b.Call("POST /auth/login", john).Body), &first))
	send := fmt.Sprintf(`{"twoFactorId":%q,"methodId":%q}`, first.TwoFactorID.Reveal(), first.Methods[0].ID)
	if a := b.Call("POST /auth/login", send); a.Status != 204 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", strings.Replace(send, first.Methods[0].ID, "ZZZZ", 1)); a.Status != 400 {
		t.Errorf("another method: %d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/login", fmt.Sprintf(`{"twoFactorId":%q}`, first.TwoFactorID.Reveal()), b.sent(phone)); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// Without passwords a login is a passwordless one; its mailbox is no second factor.
func TestPasswordlessLogin(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Config.Password = nil })
	form := b.Form()
	body := fmt.Sprintf(`{"code":%q,"oneTimeCode":%q}`, form.Code.Reveal(), form.OneTimeCode.Reveal())
	if a := b.Call("POST /auth/login", body); a.Status != 200 || a.Text("idToken") == "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for _, body := range []string{body, `{}`, john} {
		if a := b.Call("POST /auth/login", body); a.Status != 401 || !strings.Contains(a.Body, `"authentication"`) {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
}

// SEC-17: what belongs to a browser is no API client's, and stays that browser's.
func TestABrowsersLogin(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Config.Password = nil })
	bound := b.Bound(identity.ClickableLink, logintest.Browser())
	a := b.Call("POST /auth/login", fmt.Sprintf(`{"code":%q}`, bound.Code.Reveal()))
	if a.Status != 401 || !strings.Contains(a.Body, `"authentication"`) || len(b.failed) > 0 {
		t.Errorf("%d %s, told %v", a.Status, a.Body, b.failed)
	}
	b.Complete(bound)
}

// A host's veto is told as one, and to the host.
func TestVeto(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) {
		b.House.Config.Veto = func(context.Context, passwordless.Attempt) error { return errBroken }
	})
	a := b.Call("POST /auth/login", john)
	if a.Status != 403 || !strings.Contains(a.Body, `"type":"forbidden","message":"Forbidden","id":"`) || len(b.failed) != 1 {
		t.Errorf("%d %s, told %v", a.Status, a.Body, b.failed)
	}
}
