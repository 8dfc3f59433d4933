package passwordless_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// passwords is the caller's own store of them.
type passwords struct {
	h     *logintest.House
	keep  bool // the mark that a password must change
	err   error
	taken []passwordless.PasswordChange
}

func (p *passwords) set(_ context.Context, c passwordless.PasswordChange) error {
	p.taken = append(p.taken, c)
	if p.err != nil || p.keep {
		return p.err
	}
	u := kept(p.h)
	u.PasswordChangeRequired = false
	return p.h.Backend.Put(u)
}

// mustChange is a house whose user has come to outcome 203, and the id.
func mustChange(t *testing.T) (*logintest.House, *passwords, secret.Text) {
	t.Helper()
	h := open(t)
	p := &passwords{h: h}
	h.Config.SetPassword = p.set
	u := h.User()
	u.PasswordChangeRequired, u.PasswordChangeReason = true, identity.ChangeExpired
	h.Put(u)
	r := logintest.Request(identity.FormField)
	r.State = identity.Object(`{"state":"CSRF123"}`)
	s := start(h, r)
	return h, p, changeID(h, passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: send(h, s).Code})
}

// changeID is what outcome 203 hands out.
func changeID(h *logintest.House, r passwordless.LoginRequest) secret.Text {
	h.T.Helper()
	result := h.Complete(r)
	if result.Outcome != outcome.ChangePasswordRequired {
		h.T.Fatalf("outcome %v, want ChangePasswordRequired", result.Outcome)
	}
	return shown(result.Response.ChangePasswordID)
}

// a password that the rules allow.
var allowed = secret.New("correct horse battery staple")

func change(h *logintest.House, id secret.Text) (passwordless.ChangePasswordResponse, error) {
	return h.Login().ChangePassword(h.T.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: allowed})
}

// check asks whether an id would set a password.
func check(h *logintest.House, id secret.Text) error {
	return h.Login().CheckChangePassword(h.T.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id})
}

// S3-83, S0-5: the id sets a password, once, and what it gives completes the login.
// S3-111, S3-203: the state of the start comes back with it.
func TestFromChangePasswordToSuccess(t *testing.T) {
	t.Parallel()
	h, p, id := mustChange(t)
	h.Advance(time.Minute)
	response, err := change(h, id)
	if err != nil {
		t.Fatalf("ChangePassword: %v", err)
	}
	if len(p.taken) != 1 || p.taken[0].UserID != logintest.UserID || p.taken[0].TenantID != logintest.TenantID || !p.taken[0].Password.Equal(allowed) {
		t.Fatalf("stored %+v", p.taken)
	}
	if got := response.State.Text("state"); got != "CSRF123" || len(response.OneTimePassword.Reveal()) != 43 {
		t.Errorf("state %q, a one-time password of %d", got, len(response.OneTimePassword.Reveal()))
	}
	if got, want := fields(t, response), []string{"oneTimePassword", "state"}; !slices.Equal(got, want) {
		t.Errorf("the response has %v, want %v", got, want)
	}
	if len(grants(h)) != 0 {
		t.Error("a session before the login is completed")
	}
	_, err = change(h, id)
	wantRefused(t, "the id again", err)

	login := passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(response.OneTimePassword)}
	result := h.Complete(login)
	if result.Outcome != outcome.Success || result.Response.State.Text("state") != "CSRF123" || result.Response.RefreshToken.IsZero() {
		t.Errorf("outcome %v with state %s", result.Outcome, result.Response.State)
	}
	if got := claimsOf(h, result.Response.Token).Methods; !slices.Equal(got, []string{"otp"}) {
		t.Errorf("amr %v, want what the walk has proven", got)
	}
	_, err = h.Login().Complete(t.Context(), login)
	wantRefused(t, "the one-time password again", err)
	if h.Happened(passwordless.PasswordChanged) != 1 || len(logins(h)) != 1 {
		t.Errorf("%d events, %d logins, want one of each", h.Happened(passwordless.PasswordChanged), len(logins(h)))
	}
}

// S3-110: a state given with the new password takes the other's place.
func TestChangePasswordState(t *testing.T) {
	t.Parallel()
	h, _, id := mustChange(t)
	response, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: id, Password: allowed, State: identity.Object(anyState)})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, response.State, []byte(anyState))
	wantSame(t, h.Complete(passwordless.LoginRequest{Code: shown(response.OneTimePassword)}).Response.State, []byte(anyState))
}

// What the walk proved before the password counts after it.
func TestChangePasswordCarriesTheProof(t *testing.T) {
	t.Parallel()
	h := open(t)
	gated(h)
	h.Config.SetPassword = (&passwords{h: h}).set
	u := logintest.Unverified(h.User())
	u.PasswordChangeRequired = true
	h.Put(u)
	response, err := change(h, changeID(h, h.Form()))
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Complete(passwordless.LoginRequest{Code: shown(response.OneTimePassword)}).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success: the message had proven the address", got)
	}
	if i := kept(h).Identities[0]; i.VerifiedReason != identity.ReasonImplicit {
		t.Errorf("the address is verified for %q, want Implicit", i.VerifiedReason)
	}
}

// A mark that is still there asks again.
func TestChangePasswordThatClearsNothing(t *testing.T) {
	t.Parallel()
	h, p, id := mustChange(t)
	p.keep = true
	response, err := change(h, id)
	if err != nil {
		t.Fatal(err)
	}
	if second := changeID(h, passwordless.LoginRequest{Code: shown(response.OneTimePassword)}); second.Equal(id) {
		t.Error("the second id is the first")
	}
}

// A password store that fails leaves the id spent and no login to complete.
func TestSetPasswordFails(t *testing.T) {
	t.Parallel()
	h, p, id := mustChange(t)
	p.err = errors.New("breached")
	response, err := change(h, id)
	if !errors.Is(err, p.err) || strings.Contains(err.Error(), allowed.Reveal()) {
		t.Errorf("ChangePassword: %v, want what SetPassword returned", err)
	}
	if !response.OneTimePassword.IsZero() || len(response.State) > 0 {
		t.Error("a response beside the error")
	}
	p.err = nil
	_, err = change(h, id)
	wantRefused(t, "the id again", err)
	if h.Happened(passwordless.PasswordChanged) != 0 || h.Happened(passwordless.ChangePasswordFailed) != 2 {
		t.Errorf("%d events of a change, %d of a failure", h.Happened(passwordless.PasswordChanged), h.Happened(passwordless.ChangePasswordFailed))
	}
}

// The rules for its length are the tenant's, and a password that breaks them spends nothing.
func TestPasswordRules(t *testing.T) {
	t.Parallel()
	h, p, id := mustChange(t)
	for _, c := range []struct {
		password string
		want     string
	}{
		{"", "[tooShort]password"},
		{"1234567", "[tooShort]password"},
		{"éééé", "[tooShort]password"},
		{strings.Repeat("x", 257), "[tooLong]password"},
	} {
		_, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: secret.New(c.password)})
		wantInvalid(t, err, c.want)
	}
	_, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: allowed, State: stateOf(8<<10 + 1)})
	wantInvalid(t, err, "[tooLong]state")
	_, err = h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{Password: allowed})
	wantInvalid(t, err, "[blank]changePasswordId")
	if len(p.taken) != 0 {
		t.Errorf("%d passwords stored, want none", len(p.taken))
	}
	if _, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: secret.New("12345678")}); err != nil {
		t.Errorf("eight characters: %v", err)
	}
}

// Whoever has come to a gate that they cannot cure sets no password.
func TestChangePasswordIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then func(h *logintest.House, u *identity.User)
	}{
		{"locked", func(_ *logintest.House, u *identity.User) { u.Active = false }},
		{"expired", func(_ *logintest.House, u *identity.User) { u.Expiry = identity.At(logintest.Start) }},
		{"prevented", func(_ *logintest.House, u *identity.User) {
			u.Actions = []identity.Action{suspended(logintest.Start.Add(time.Hour))}
		}},
		{"moved", func(_ *logintest.House, u *identity.User) {
			u.Email, u.Identities[0].Value = "example@fusionauth.io", "example@fusionauth.io"
		}},
		{"with a factor since", func(h *logintest.House, _ *identity.User) { factor(h, "35VW", identity.MethodAuthenticator, "") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, p, id := mustChange(t)
			u := h.User()
			u.PasswordChangeRequired = true
			c.then(h, &u)
			h.Put(u)
			wantRefused(t, c.name+", asked", check(h, id))
			_, err := change(h, id)
			wantRefused(t, c.name, err)
			if len(p.taken) != 0 {
				t.Error("a password was stored")
			}
		})
	}
}

// The id lives ten minutes, the login after it one; both are their tenant's.
func TestChangePasswordEnds(t *testing.T) {
	t.Parallel()
	h, _, id := mustChange(t)
	_, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: id, Password: allowed, TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71416"})
	wantRefused(t, "another tenant", err)
	h.Advance(10*time.Minute - time.Millisecond)
	for range 2 {
		if err := check(h, id); err != nil {
			t.Errorf("asked, which spends nothing: %v", err)
		}
	}
	response, err := change(h, id)
	if err != nil {
		t.Fatalf("within ten minutes: %v", err)
	}
	wantRefused(t, "asked once it is spent", check(h, id))
	h.Advance(time.Minute)
	_, err = h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: shown(response.OneTimePassword)})
	wantRefused(t, "a minute later", err)

	h, _, id = mustChange(t)
	h.Advance(10 * time.Minute)
	_, err = change(h, id)
	wantRefused(t, "ten minutes later", err)
}

// Without a store of passwords there is nothing to change.
func TestNoPasswords(t *testing.T) {
	t.Parallel()
	h, p, id := mustChange(t)
	config := h.Config
	config.SetPassword = nil
	login, err := passwordless.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := login.ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: allowed}); !errors.Is(err, passwordless.ErrNoPasswords) {
		t.Errorf("ChangePassword: %v, want ErrNoPasswords", err)
	}
	if _, err := change(h, id); err != nil || len(p.taken) != 1 {
		t.Errorf("then, with one: %v", err)
	}
}
