package passwordless_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

func revokeAll(t *testing.T, h *logintest.House) {
	t.Helper()
	if _, err := h.Backend.Store.RevokeGrants(t.Context(), store.Filter{Tenant: logintest.TenantID, User: logintest.UserID}, h.Now()); err != nil {
		t.Fatal(err)
	}
}

// REF-05: revoking everything ends a login that is on its way, between any two
// of its steps.
func TestRevokeAllEndsTheWalkBetweenItsSteps(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"nothing", "second factor", "change of password", "one-time password"} {
		h := open(t)
		mustReplace(h)
		app := h.Enrolled(who)
		revoke := func(step string) {
			if step == before {
				revokeAll(t, h)
			}
		}
		first := challenged(h)
		revoke("second factor")
		result, err := h.Login().CompleteTwoFactor(t.Context(), second(first, app.Code()))
		if err == nil {
			revoke("change of password")
			var set passwordless.ChangePasswordResponse
			if set, err = h.Login().ChangePassword(t.Context(), replace(result)); err == nil {
				revoke("one-time password")
				_, err = h.Login().Complete(t.Context(), passwordless.LoginRequest{
					ApplicationID: logintest.ApplicationID, Code: secret.New(set.OneTimePassword.Reveal()),
				})
			}
		}
		want := error(nil)
		if before != "nothing" {
			want = passwordless.ErrRefused
		}
		if !errors.Is(err, want) {
			t.Errorf("everything revoked before %s: %v, want %v", before, err, want)
		}
		if logins := h.LoginsAt(h.Now()); (logins == 0) != (want != nil) {
			t.Errorf("everything revoked before %s: %d logins", before, logins)
		}
	}
}

// A one-time password carries all that was proven, the second factor too: it is
// sent to nobody, and lives for its minute.
func TestOneTimePasswordIsNotSent(t *testing.T) {
	t.Parallel()
	h := open(t)
	mustReplace(h)
	app := h.Enrolled(who)
	result, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), app.Code()))
	if err != nil {
		t.Fatal(err)
	}
	set, err := h.Login().ChangePassword(t.Context(), replace(result))
	if err != nil {
		t.Fatal(err)
	}
	code := secret.New(set.OneTimePassword.Reveal())
	if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: code}); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("sending it: %v, want ErrRefused", err)
	}
	h.Advance(time.Minute)
	h.Refused(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: code})
}

// SEC-08: no handle or short code does anything in a call that it is not for.
func TestHandlesCrossNoPurpose(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = logintest.Unlimited()
	mustReplace(h)
	app := h.Enrolled(who)
	login := h.Form()
	waits := challenged(h)
	changes, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), app.Code()))
	if err != nil {
		t.Fatal(err)
	}
	verification := h.Verification()
	registration := h.VerificationOfRegistration()
	handles := map[string]secret.Text{
		"login":        login.Code,
		"two-factor":   secret.New(waits.Response.TwoFactorID.Reveal()),
		"password":     secret.New(changes.Response.ChangePasswordID.Reveal()),
		"identity":     verification.VerificationID,
		"registration": registration.VerificationID,
	}
	codes := []secret.Text{login.OneTimeCode, verification.OneTimeCode, registration.OneTimeCode, app.Code()}
	l := h.Login()
	calls := map[string][]func(id, code secret.Text) error{
		"login": {
			func(id, code secret.Text) error {
				_, err := l.Complete(t.Context(), passwordless.LoginRequest{Code: id, OneTimeCode: code})
				return err
			},
			func(id, _ secret.Text) error { return l.Send(t.Context(), passwordless.SendRequest{Code: id}) },
			func(id, _ secret.Text) error {
				_, err := l.Peek(t.Context(), passwordless.PeekRequest{Code: id})
				return err
			},
		},
		"two-factor": {
			func(id, code secret.Text) error {
				_, err := l.CompleteTwoFactor(t.Context(), passwordless.TwoFactorRequest{TwoFactorID: id, Code: code})
				return err
			},
			func(id, code secret.Text) error {
				_, err := l.ConfirmTwoFactor(t.Context(), passwordless.TwoFactorRequest{TwoFactorID: id, Code: code, MethodID: app.ID})
				return err
			},
			func(id, _ secret.Text) error {
				return l.SendTwoFactor(t.Context(), passwordless.SendTwoFactorRequest{TwoFactorID: id, MethodID: app.ID})
			},
			func(id, _ secret.Text) error {
				_, err := l.EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{TwoFactorID: id})
				return err
			},
		},
		"password": {func(id, _ secret.Text) error {
			_, err := l.ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: secret.New("piper-net-3000")})
			return err
		}},
		"identity": {
			func(id, code secret.Text) error {
				_, err := l.VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: code})
				return err
			},
			func(id, _ secret.Text) error { return l.SendVerifyIdentity(t.Context(), id, "") },
		},
		"registration": {
			func(id, code secret.Text) error {
				_, err := l.VerifyRegistration(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: code})
				return err
			},
			func(id, _ secret.Text) error { return l.SendVerifyRegistration(t.Context(), id, "") },
		},
	}
	for of, id := range handles {
		for purpose, does := range calls {
			if of == purpose {
				continue
			}
			for i, do := range does {
				for _, code := range codes {
					if err := do(id, code); !errors.Is(err, passwordless.ErrRefused) {
						t.Errorf("a handle for %s in call %d for %s: %v, want ErrRefused", of, i, purpose, err)
					}
				}
			}
		}
	}
	if h.LoginsAt(h.Now()) != 0 {
		t.Error("a login was admitted by a handle that was not for it")
	}
}
