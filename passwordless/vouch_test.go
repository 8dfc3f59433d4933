package passwordless_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// vouch is the sample user, whose password somebody has checked.
func vouch() passwordless.VouchRequest {
	return passwordless.VouchRequest{
		UserID: logintest.UserID, LoginID: logintest.Email, Methods: []string{"pwd"}, ApplicationID: logintest.ApplicationID,
	}
}

// Who is vouched for signs in, with what was proven in the token; also where
// there is no passwordless login.
func TestVouch(t *testing.T) {
	t.Parallel()
	for _, loginID := range []string{logintest.Email, logintest.Username, "JARED@piedpiper.com"} {
		h := open(t)
		h.Application.PasswordlessConfiguration.Enabled = false
		revokeAll(t, h) // of what was before
		r := vouch()
		r.LoginID = loginID
		result, err := h.Login().Vouch(t.Context(), r)
		if err != nil || result.Outcome != outcome.Success || !result.Admitted {
			t.Fatalf("%s: %+v, %v", loginID, result, err)
		}
		if c := claimsOf(h, result.Response.Token); !slices.Equal(c.Methods, []string{"pwd"}) || c.Context != "1fa" {
			t.Errorf("amr %v, acr %q", c.Methods, c.Context)
		}
		if len(h.Inbox.Messages()) != 0 || h.Happened(passwordless.LoginSucceeded) != 1 {
			t.Error("a message was sent, or no login told")
		}
	}
}

// A login that was vouched for asks for the second factor, which completes it.
func TestVouchThenSecondFactor(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	first, err := h.Login().Vouch(t.Context(), vouch())
	if err != nil || first.Outcome != outcome.TwoFactorRequired || first.Admitted {
		t.Fatalf("%+v, %v", first, err)
	}
	if want := h.Now().Add(h.Tenant.TwoFactorLifetime()); !first.Expires.Equal(want) {
		t.Errorf("the twoFactorId expires at %v, want %v", first.Expires, want)
	}
	done, err := h.Login().CompleteTwoFactor(t.Context(), second(first, app.Code()))
	if err != nil || done.Outcome != outcome.Success || !done.Expires.IsZero() {
		t.Fatalf("%+v, %v", done, err)
	}
	if c := claimsOf(h, done.Response.Token); !slices.Equal(c.Methods, []string{"pwd", "otp", "mfa"}) || c.Context != "2fa" {
		t.Errorf("amr %v, acr %q", c.Methods, c.Context)
	}
}

// A mailbox is a second factor beside a password: nothing was sent there yet.
func TestVouchThenMailbox(t *testing.T) {
	t.Parallel()
	h := open(t)
	confirmed(h, identity.MethodEmail, logintest.Email)
	first, err := h.Login().Vouch(t.Context(), vouch())
	if err != nil || len(first.Response.Methods) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
}

// The walk goes on where a password must change, and proves no address.
func TestVouchThenChangePassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Application.PasswordlessConfiguration.Enabled = false
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error {
		h.Put(logintest.Unverified(h.User()))
		return nil
	}
	u := logintest.Unverified(h.User())
	u.PasswordChangeRequired = true
	h.Put(u)
	first, err := h.Login().Vouch(t.Context(), vouch())
	if err != nil || first.Outcome != outcome.ChangePasswordRequired {
		t.Fatalf("%+v, %v", first, err)
	}
	changed, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: first.Response.ChangePasswordID.Text, Password: secret.New("correct horse"),
	})
	if err != nil {
		t.Fatal(err)
	}
	done := h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: changed.OneTimePassword.Text})
	if c := claimsOf(h, done.Response.Token); !slices.Equal(c.Methods, []string{"pwd"}) {
		t.Errorf("amr %v", c.Methods)
	}
	if h.Happened(passwordless.IdentityVerified) != 0 {
		t.Error("a password verified an address")
	}
}

// What a caller may not say, and whom nobody can vouch for.
func TestVouchRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*passwordless.VouchRequest)
		refused bool
	}{
		"no user":             {func(r *passwordless.VouchRequest) { r.UserID = "" }, false},
		"no methods":          {func(r *passwordless.VouchRequest) { r.Methods = nil }, false},
		"no login id":         {func(r *passwordless.VouchRequest) { r.LoginID = "" }, false},
		"no application":      {func(r *passwordless.VouchRequest) { r.ApplicationID = "" }, false},
		"another tenant":      {func(r *passwordless.VouchRequest) { r.TenantID = "another" }, false},
		"an unknown user":     {func(r *passwordless.VouchRequest) { r.UserID = "another" }, true},
		"another's login id":  {func(r *passwordless.VouchRequest) { r.LoginID = "example@fusionauth.io" }, true},
		"what is no login id": {func(r *passwordless.VouchRequest) { r.LoginID = "\x00" }, true},
	} {
		h := open(t)
		r := vouch()
		c.change(&r)
		result, err := h.Login().Vouch(t.Context(), r)
		var invalid *passwordless.ValidationError
		if result != nil || errors.Is(err, passwordless.ErrRefused) != c.refused || errors.As(err, &invalid) == c.refused {
			t.Errorf("%s: %v, %v", name, result, err)
		}
	}
}

// An account's state is decided as for every other login.
func TestVouchForWhoMayNot(t *testing.T) {
	t.Parallel()
	h := open(t)
	u := h.User()
	u.Active = false
	h.Put(u)
	result, err := h.Login().Vouch(t.Context(), vouch())
	if err != nil || result.Outcome != outcome.UserLocked || result.Admitted {
		t.Errorf("%+v, %v", result, err)
	}
}
