package passwordless_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// demanding is a house that requires a second factor.
func demanding(t *testing.T) *logintest.House {
	h := open(t)
	h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	return h
}

// enrolling begins an authenticator in a login that lacks one.
func enrolling(h *logintest.House, first *passwordless.Result) *logintest.Authenticator {
	h.T.Helper()
	e, err := h.Login().EnrolTwoFactor(h.T.Context(), passwordless.EnrolTwoFactorRequest{
		TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()),
		Enrol:       mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return &logintest.Authenticator{House: h, ID: e.MethodID, Secret: e.SecretBase32.Reveal()}
}

func enable(first *passwordless.Result, code secret.Text) passwordless.EnableTwoFactorRequest {
	return passwordless.EnableTwoFactorRequest{
		TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()),
		Confirm:     mfa.ConfirmRequest{Kind: identity.MethodAuthenticator, Code: code, Name: "telephone"},
	}
}

// enabled is a login whose missing factor has just been confirmed, and the code by
// which it goes on.
func enabled(h *logintest.House) (*passwordless.Result, secret.Text) {
	h.T.Helper()
	first := challenged(h)
	done, err := h.Login().EnableTwoFactor(h.T.Context(), enable(first, enrolling(h, first).Code()))
	if err != nil {
		h.T.Fatal(err)
	}
	return first, done.Code.Text
}

// The code is checked by the call that enables, which signs nobody in; the login
// goes on by the code that it gives, once, and may trust its device.
func TestEnableTwoFactor(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	first := challenged(h)
	app := enrolling(h, first)
	if _, err := h.Login().EnableTwoFactor(t.Context(), enable(first, wrongCode(app.Code()))); !errors.Is(err, mfa.ErrWrongCode) {
		t.Fatalf("a wrong code: %v, want mfa.ErrWrongCode", err)
	}
	if e := h.Events()[len(h.Events())-1]; e.Type != passwordless.LoginFailed || e.Reason != passwordless.WrongCode {
		t.Errorf("a wrong code is told as %s, %s", e.Type, e.Reason)
	}
	done, err := h.Login().EnableTwoFactor(t.Context(), enable(first, app.Code()))
	if err != nil {
		t.Fatal(err)
	}
	if len(done.RecoveryCodes) != 10 || done.Code.IsZero() || done.Method.Name != "telephone" || h.LoginsAt(h.Now()) != 0 {
		t.Errorf("%d recovery codes, a method named %q, %d logins", len(done.RecoveryCodes), done.Method.Name, h.LoginsAt(h.Now()))
	}
	r := second(first, done.Code.Text)
	r.TrustComputer = true
	result, err := h.Login().CompleteTwoFactor(t.Context(), r)
	if err != nil || result.Outcome != outcome.Success {
		t.Fatalf("%v, %v", result, err)
	}
	if c := claimsOf(h, result.Response.Token); !slices.Equal(c.Methods, []string{"otp", "mfa"}) || c.Context != "2fa" {
		t.Errorf("amr %v, acr %q", c.Methods, c.Context)
	}
	if len(result.Response.User.TwoFactor.Methods) != 1 {
		t.Errorf("the user has %d methods", len(result.Response.User.TwoFactor.Methods))
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), r); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("once more: %v, want ErrRefused", err)
	}
	trusted := h.Form()
	trusted.TwoFactorTrustID = result.Response.TwoFactorTrustID.Text
	if got := h.Complete(trusted); got.Outcome != outcome.Success {
		t.Errorf("on the device that was trusted: %v", got.Outcome)
	}
}

// The device of a login that enrols in one call may be trusted as well.
func TestConfirmTwoFactorTrusts(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	first := challenged(h)
	app := enrolling(h, first)
	r := second(first, app.Code())
	r.MethodID, r.TrustComputer = app.ID, true
	done, err := h.Login().ConfirmTwoFactor(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again := h.Form()
	again.TwoFactorTrustID = done.Response.TwoFactorTrustID.Text
	if got := h.Complete(again); got.Outcome != outcome.Success {
		t.Errorf("on the device that was trusted: %v", got.Outcome)
	}
}

// A wrong code in the one call is told, too.
func TestConfirmTwoFactorTellsOfAWrongCode(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	first := challenged(h)
	app := enrolling(h, first)
	r := second(first, wrongCode(app.Code()))
	r.MethodID = app.ID
	if _, err := h.Login().ConfirmTwoFactor(t.Context(), r); !errors.Is(err, mfa.ErrWrongCode) {
		t.Fatal(err)
	}
	if e := h.Events()[len(h.Events())-1]; e.Type != passwordless.LoginFailed || e.Reason != passwordless.WrongCode || e.User != logintest.UserID {
		t.Errorf("a wrong code is told as %s, %s of %q", e.Type, e.Reason, e.User)
	}
}

// The code that goes on with one login goes on with no other, of no other user and
// in no other tenant, and is no proof of anything else.
func TestEnabledCodeIsOneLoginsOwn(t *testing.T) {
	t.Parallel()
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	wrong, refused := is(mfa.ErrWrongCode), is(passwordless.ErrRefused)
	for name, c := range map[string]struct {
		complete func(h *logintest.House, r passwordless.TwoFactorRequest) error
		want     func(error) bool
	}{
		"another login": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			return completes(h, second(challenged(h), r.Code))
		}, wrong},
		"another method": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			r.MethodID = "ZZZZ"
			return completes(h, r)
		}, wrong},
		"another method's name on it": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			r.Code = secret.New("ZZZZ" + r.Code.Reveal()[4:])
			return completes(h, r)
		}, wrong},
		"another user": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			r.UserID = "00000000-0000-0001-0000-000000000009"
			return completes(h, r)
		}, refused},
		"another tenant": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			r.TenantID = "00000000-0000-0003-0000-000000000009"
			return completes(h, r)
		}, refused},
		"too late": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			h.Advance(5 * time.Minute)
			return completes(h, r)
		}, refused},
		"everything revoked since": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			revokeAll(h.T, h)
			return completes(h, r)
		}, refused},
		"the method is gone": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			if err := h.Login().Factors().Reset(h.T.Context(), who); err != nil {
				return err
			}
			return completes(h, r)
		}, wrong},
		"a step-up": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			up, err := h.Login().Factors().StartStepUp(h.T.Context(), who, mfa.Purpose{})
			if err != nil {
				return err
			}
			_, err = h.Login().Factors().CompleteStepUp(h.T.Context(), who, up.ID.Text, mfa.Purpose{}, r.Code)
			return err
		}, wrong},
		"a removal": {func(h *logintest.House, r passwordless.TwoFactorRequest) error {
			id := r.Code.Reveal()[:4]
			return h.Login().Factors().Remove(h.T.Context(), who, mfa.RemoveRequest{MethodID: id, Code: r.Code, AllowNone: true})
		}, wrong},
	} {
		h := demanding(t)
		first, code := enabled(h)
		if err := c.complete(h, second(first, code)); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A login that waited beside the one in which the method was enrolled.
	h := demanding(t)
	beside := challenged(h)
	_, code := enabled(h)
	if err := completes(h, second(beside, code)); !wrong(err) {
		t.Errorf("a login that waited, too: %v", err)
	}
	// And whatever is like it.
	h = demanding(t)
	first, code := enabled(h)
	text := code.Reveal()
	for _, near := range []string{text[:len(text)-1], text[:5] + "A" + text[6:], text[5:], text[:5]} {
		if near == text {
			continue
		}
		if err := completes(h, second(first, secret.New(near))); !wrong(err) {
			t.Errorf("a code of %d characters: %v", len(near), err)
		}
	}
}

func completes(h *logintest.House, r passwordless.TwoFactorRequest) error {
	_, err := h.Login().CompleteTwoFactor(h.T.Context(), r)
	return err
}

// SEC-01: one code, many callers, one login.
func TestEnabledCodeCompletesOnce(t *testing.T) {
	t.Parallel()
	for range 12 {
		h := demanding(t)
		first, code := enabled(h)
		var won atomic.Int32
		var calls []func()
		for range 4 { // one guess is charged
			calls = append(calls, func() {
				switch err := completes(h, second(first, code)); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, passwordless.ErrRefused):
					t.Error(err)
				}
			})
		}
		together(calls...)
		if n := won.Load(); n != 1 || h.LoginsAt(h.Now()) != 1 {
			t.Fatalf("%d calls completed, %d logins", n, h.LoginsAt(h.Now()))
		}
	}
}

// Enabling is guessing, too: five guesses are all that a twoFactorId has, and
// another user's takes none of somebody else's factors.
func TestEnablingUsesUpGuesses(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	first := challenged(h)
	app := enrolling(h, first)
	r := enable(first, app.Code())
	r.UserID = "00000000-0000-0001-0000-000000000009"
	if _, err := h.Login().EnableTwoFactor(t.Context(), r); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("for another user: %v, want ErrRefused", err)
	}
	for range 4 {
		if _, err := h.Login().EnableTwoFactor(t.Context(), enable(first, wrongCode(app.Code()))); !errors.Is(err, mfa.ErrWrongCode) {
			t.Fatal(err)
		}
	}
	if _, err := h.Login().EnableTwoFactor(t.Context(), enable(first, app.Code())); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("a sixth guess: %v, want ErrRefused", err)
	}
}

// Where the tenant has it so, the first factor ends the sessions from before,
// also if it is enrolled in a login; that login's own stays.
func TestTheFirstFactorEndsEarlierSessions(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		h := open(t)
		h.Tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnMultiFactorEnable = ends
		h.Application.LoginConfiguration.AllowTokenRefresh = true
		required := false
		h.Config.Demand = func(context.Context, passwordless.Attempt) bool { return required }
		h.Complete(h.Form())
		required = true
		first, code := enabled(h)
		want := 1
		if ends {
			want = 0
		}
		if n := h.Sessions(h.Now()); n != want {
			t.Errorf("ends %t: %d sessions from before", ends, n)
		}
		if err := completes(h, second(first, code)); err != nil || h.Sessions(h.Now()) != want+1 {
			t.Errorf("ends %t: the login itself: %v, %d sessions", ends, err, h.Sessions(h.Now()))
		}
	}
}

// What fails after the method was confirmed does not lose the recovery codes.
func TestRecoveryCodesOutliveAFailure(t *testing.T) {
	t.Parallel()
	m := memstore.New()
	broken := errors.New("fault")
	fails := false
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(store.Of(m), func(c logintest.Call) error {
		if fails && c.Method == "FinishLogin" {
			return broken
		}
		return c.Do()
	})})
	h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	first := challenged(h)
	app := enrolling(h, first)
	r := second(first, app.Code())
	r.MethodID = app.ID
	fails = true
	done, err := h.Login().ConfirmTwoFactor(t.Context(), r)
	if !errors.Is(err, broken) || done.Result != nil || len(done.RecoveryCodes) != 10 {
		t.Fatalf("%v, a result %v, %d recovery codes, want 10 with the error", err, done.Result, len(done.RecoveryCodes))
	}
	fails = false
	if err := completes(h, second(first, secret.New(done.RecoveryCodes[0].Reveal()))); err != nil {
		t.Errorf("the login goes on by one of them: %v", err)
	}
}

// The last guess at a method's code leaves none for the login, which goes on all the
// same by the code that it gave: and by no other of that form.
func TestTheLastGuessEnables(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	first := challenged(h)
	app := enrolling(h, first)
	for range 4 {
		if _, err := h.Login().EnableTwoFactor(t.Context(), enable(first, wrongCode(app.Code()))); !errors.Is(err, mfa.ErrWrongCode) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	done, err := h.Login().EnableTwoFactor(t.Context(), enable(first, app.Code()))
	if err != nil {
		t.Fatal(err)
	}
	_, of := enabled(demanding(t))
	_, mac, _ := strings.Cut(of.Reveal(), ".")
	for name, c := range map[string]struct {
		code secret.Text
		want error
	}{
		"of another login": {secret.New(app.ID + "." + mac), mfa.ErrWrongCode},
		"a recovery code":  {done.RecoveryCodes[0].Text, passwordless.ErrRefused},
		"an app's":         {app.Code(), passwordless.ErrRefused},
	} {
		if err := completes(h, second(first, c.code)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := completes(h, second(first, done.Code.Text)); err != nil {
		t.Errorf("the code that it gave: %v", err)
	}
}
