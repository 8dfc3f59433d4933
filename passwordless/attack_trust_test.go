package passwordless_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// mustReplace makes the sample user one who must change their password.
func mustReplace(h *logintest.House) {
	h.Config.SetPassword = func(_ context.Context, p passwordless.PasswordChange) error {
		h.Put(h.User())
		return nil
	}
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
}

func replace(r *passwordless.Result) passwordless.ChangePasswordRequest {
	return passwordless.ChangePasswordRequest{
		ChangePasswordID: secret.New(r.Response.ChangePasswordID.Reveal()), Password: secret.New("piper-net-3000"),
	}
}

// trusted is the trust that a completed second factor left on a device.
func trusted(h *logintest.House, app *logintest.Authenticator) secret.Text {
	h.T.Helper()
	r := second(challenged(h), app.Code())
	r.TrustComputer = true
	result, err := h.Login().CompleteTwoFactor(h.T.Context(), r)
	if err != nil {
		h.T.Fatal(err)
	}
	h.Advance(30 * time.Second)
	return secret.New(result.Response.TwoFactorTrustID.Reveal())
}

// A session from a trusted device is refreshed for as long as the device is
// trusted, and no longer.
func TestTrustedDevicesSessionIsRefreshed(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	app := h.Enrolled(who)
	r := h.Form()
	r.TwoFactorTrustID = trusted(h, app)
	result := h.Complete(r)
	sessions, err := session.New(session.Config{
		Store: h.Config.Store, Keys: h.Config.Keys, Issuer: h.Config.Issuer, Applications: h.Config.Applications, Now: h.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	refreshed, err := sessions.Refresh(t.Context(), session.RefreshRequest{RefreshToken: secret.New(result.Response.RefreshToken.Reveal())})
	if err != nil {
		t.Fatalf("on a trusted device: %v", err)
	}
	if err := h.Login().Factors().RevokeTrust(t.Context(), who, ""); err != nil {
		t.Fatal(err)
	}
	_, err = sessions.Refresh(t.Context(), session.RefreshRequest{RefreshToken: secret.New(refreshed.RefreshToken.Reveal())})
	if !errors.Is(err, session.ErrRefused) {
		t.Errorf("once the trust was revoked: %v, want session.ErrRefused", err)
	}
}

// Who skipped the second factor on a trusted device changes the password there,
// and nowhere else.
func TestTrustedDeviceChangesThePassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	mustReplace(h)
	h.Put(h.User())
	app := h.Enrolled(who)
	device := trusted(h, app)
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)

	r := h.Form()
	r.TwoFactorTrustID = device
	first := h.Complete(r)
	if first.Outcome != outcome.ChangePasswordRequired {
		t.Fatalf("outcome %v, want ChangePasswordRequired", first.Outcome)
	}
	if _, err := h.Login().ChangePassword(t.Context(), replace(first)); !errors.Is(err, passwordless.ErrRefused) {
		t.Fatalf("on another device: %v, want ErrRefused", err)
	}
	there := replace(first)
	there.TwoFactorTrustID = device
	set, err := h.Login().ChangePassword(t.Context(), there)
	if err != nil {
		t.Fatalf("on the trusted device: %v", err)
	}
	login := passwordless.LoginRequest{Code: secret.New(set.OneTimePassword.Reveal()), TwoFactorTrustID: device}
	if got := h.Complete(login).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}
}
