package passwordless_test

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// who is the sample user, signed in.
var who = logintest.Who()

// challenged is a login that waits for its second factor.
func challenged(h *logintest.House) *passwordless.Result {
	h.T.Helper()
	result := h.Complete(h.Form())
	if result.Outcome != outcome.TwoFactorRequired {
		h.T.Fatalf("outcome %v, want TwoFactorRequired", result.Outcome)
	}
	return result
}

func second(result *passwordless.Result, code secret.Text) passwordless.TwoFactorRequest {
	return passwordless.TwoFactorRequest{
		ApplicationID: logintest.ApplicationID,
		TwoFactorID:   secret.New(result.Response.TwoFactorID.Reveal()),
		Code:          code,
	}
}

// S0-23: the twoFactorId completes the login once, with a code that counts once,
// and state given at the start comes back.
func TestCompleteTwoFactor(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	begun, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: logintest.Email,
		LoginStrategy: identity.FormField, State: identity.Object(`{"to":"/cart"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	first := h.Complete(passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()), OneTimeCode: secret.New(h.Inbox.LastCode(logintest.Email)),
	})
	code := app.Code()
	wrong := secret.New("000000")
	if code.Equal(wrong) {
		wrong = secret.New("000001")
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, wrong)); !errors.Is(err, mfa.ErrWrongCode) {
		t.Fatalf("wrong code: %v, want mfa.ErrWrongCode", err)
	}
	result, err := h.Login().CompleteTwoFactor(t.Context(), second(first, code))
	if err != nil {
		t.Fatal(err)
	}
	if result.Outcome != outcome.Success || result.Response.Token.IsZero() {
		t.Fatalf("outcome %v, token %v", result.Outcome, !result.Response.Token.IsZero())
	}
	if got := string(result.Response.State); got != `{"to":"/cart"}` {
		t.Errorf("state %s", got)
	}
	claims := claimsOf(h, result.Response.Token)
	if !slices.Equal(claims.Methods, []string{"otp", "mfa"}) || claims.Context != "2fa" {
		t.Errorf("amr %v, acr %q", claims.Methods, claims.Context)
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, code)); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("the twoFactorId again: %v, want ErrRefused", err)
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), code)); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the code again, for another login: %v, want mfa.ErrWrongCode", err)
	}
}

// A password that is replaced ends the sessions before it, and the login that
// follows lives.
func TestChangePasswordEndsSessions(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error {
		h.Put(h.User())
		return nil
	}
	refresh := func(r *passwordless.Result) error {
		_, err := h.Login().Sessions().Refresh(t.Context(), session.RefreshRequest{RefreshToken: secret.New(r.Response.RefreshToken.Reveal())})
		return err
	}
	before := h.Complete(h.Form())
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	h.Advance(time.Minute)
	changed, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: secret.New(h.Complete(h.Form()).Response.ChangePasswordID.Reveal()), Password: secret.New("correct horse"),
	})
	if err != nil {
		t.Fatal(err)
	}
	after := h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: changed.OneTimePassword.Text})
	if err := refresh(before); err == nil {
		t.Error("a session from before the password was replaced lives")
	}
	if err := refresh(after); err != nil {
		t.Errorf("the session of the login that followed: %v", err)
	}
}

// A ticket has five guesses, the right code among them comes too late, and the
// authenticator's ten a day close that way alone: a recovery code still works.
func TestTwoFactorGuesses(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	first := challenged(h)
	for range 5 {
		if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, secret.New("abcdef"))); !errors.Is(err, mfa.ErrWrongCode) {
			t.Fatal(err)
		}
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, app.Code())); !errors.Is(err, passwordless.ErrRefused) {
		t.Fatalf("the sixth guess: %v, want ErrRefused", err)
	}
	again := passwordless.SendTwoFactorRequest{TwoFactorID: first.Response.TwoFactorID.Text, MethodID: app.ID}
	if err := h.Login().SendTwoFactor(t.Context(), again); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("a send after five guesses: %v, want ErrRefused", err)
	}
	for range 10 {
		wrong := "111111"
		if app.Code().Equal(secret.New(wrong)) {
			wrong = "222222"
		}
		if _, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), secret.New(wrong))); !errors.Is(err, mfa.ErrWrongCode) {
			t.Fatal(err)
		}
	}
	h.Advance(30 * time.Second)
	last := challenged(h)
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(last, app.Code())); !errors.Is(err, mfa.ErrWrongCode) {
		t.Fatalf("the right code after ten wrong ones: %v, want mfa.ErrWrongCode", err)
	}
	result, err := h.Login().CompleteTwoFactor(t.Context(), second(last, secret.New(app.Recovery[0].Reveal())))
	if err != nil || result.Outcome != outcome.Success {
		t.Fatalf("a recovery code: %v, %v", result, err)
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), secret.New(app.Recovery[0].Reveal()))); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the recovery code again: %v, want mfa.ErrWrongCode", err)
	}
}

// S0-24, S3-79, S2-10: a trusted device skips the second factor of its user, and no
// other's, until a recovery code is used.
func TestTrustedDevice(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	r := second(challenged(h), app.Code())
	r.TrustComputer = true
	trusted, err := h.Login().CompleteTwoFactor(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if trusted.Response.TwoFactorTrustID.IsZero() {
		t.Fatal("no twoFactorTrustId")
	}
	with := h.Form()
	with.TwoFactorTrustID = secret.New(trusted.Response.TwoFactorTrustID.Reveal())
	if result := h.Complete(with); result.Outcome != outcome.Success {
		t.Errorf("on the trusted device: %v, want Success", result.Outcome)
	}
	for name, id := range map[string]string{"unknown": "x", "changed": trusted.Response.TwoFactorTrustID.Reveal() + "A"} {
		other := h.Form()
		other.TwoFactorTrustID = secret.New(id)
		if result := h.Complete(other); result.Outcome != outcome.TwoFactorRequired {
			t.Errorf("%s trust: %v, want TwoFactorRequired", name, result.Outcome)
		}
	}
	recovery := second(challenged(h), secret.New(app.Recovery[0].Reveal()))
	recovery.TrustComputer = true
	result, err := h.Login().CompleteTwoFactor(t.Context(), recovery)
	if err != nil || !result.Response.TwoFactorTrustID.IsZero() {
		t.Fatalf("a recovery code earned trust, or failed: %v", err)
	}
	again := h.Form()
	again.TwoFactorTrustID = with.TwoFactorTrustID
	if result := h.Complete(again); result.Outcome != outcome.TwoFactorRequired {
		t.Errorf("on the device after a recovery code: %v, want TwoFactorRequired", result.Outcome)
	}
}

// Who must have a second factor and has none enrols one inside the login, and
// finishes it by that.
func TestEnrolTwoFactorInLogin(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	h.Tenant.MultiFactorConfiguration.Email.Enabled = true
	first := challenged(h)
	if got := first.Response.ConfigurableMethods; !slices.Equal(got, []string{identity.MethodAuthenticator}) {
		t.Fatalf("configurableMethods %v: the mailbox that carried the code is no second factor", got)
	}
	id := secret.New(first.Response.TwoFactorID.Reveal())
	_, err := h.Login().EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
		TwoFactorID: id, Enrol: mfa.EnrolRequest{Kind: identity.MethodEmail, To: "example@fusionauth.io"},
	})
	if !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("e-mail after e-mail: %v, want mfa.ErrNotAllowed", err)
	}
	e, err := h.Login().EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
		TwoFactorID: id, Enrol: mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
	})
	if err != nil {
		t.Fatal(err)
	}
	app := &logintest.Authenticator{House: h, ID: e.MethodID, Secret: e.SecretBase32.Reveal()}
	code := app.Code()
	r := second(first, code)
	r.MethodID = e.MethodID
	done, err := h.Login().ConfirmTwoFactor(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if done.Outcome != outcome.Success || done.Response.Token.IsZero() || len(done.RecoveryCodes) != 10 {
		t.Errorf("outcome %v, %d recovery codes", done.Outcome, len(done.RecoveryCodes))
	}
	// MFA-06: the code that enrolled is no login's.
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), code)); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the enrolment's code, for a login: %v, want mfa.ErrWrongCode", err)
	}
	// A login that began to lack a factor may not enrol another when there is one.
	if _, err := h.Login().EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
		TwoFactorID: secret.New(challenged(h).Response.TwoFactorID.Reveal()), Enrol: mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
	}); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("enrolling past a factor: %v, want mfa.ErrAlreadyConfigured", err)
	}
}

// A second factor by SMS, for a login by e-mail: the code goes to the number on
// record, and a new one ends the one before it.
func TestSendTwoFactor(t *testing.T) {
	t.Parallel()
	h := open(t)
	confirmed(h, identity.MethodSMS, logintest.Phone)
	first := challenged(h)
	id := secret.New(first.Response.TwoFactorID.Reveal())
	send := func() error {
		return h.Login().SendTwoFactor(t.Context(), passwordless.SendTwoFactorRequest{TwoFactorID: id, MethodID: first.Response.Methods[0].ID})
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	earlier := secret.New(h.Inbox.LastCode(logintest.Phone))
	var limited *passwordless.RateLimitError
	if err := send(); !errors.As(err, &limited) {
		t.Fatalf("at once again: %v, want a *RateLimitError", err)
	}
	h.Advance(time.Minute)
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, earlier)); !errors.Is(err, mfa.ErrWrongCode) && !earlier.Equal(secret.New(h.Inbox.LastCode(logintest.Phone))) {
		t.Errorf("the earlier code: %v, want mfa.ErrWrongCode", err)
	}
	result, err := h.Login().CompleteTwoFactor(t.Context(), second(first, secret.New(h.Inbox.LastCode(logintest.Phone))))
	if err != nil || result.Outcome != outcome.Success {
		t.Fatalf("the code that was sent: %v, %v", result, err)
	}
}

// MFA-14: a factor in the very mailbox that carried the login's code is offered
// nothing, is sent nothing, and lets nobody in.
func TestSameChannelTwice(t *testing.T) {
	t.Parallel()
	h := open(t)
	confirmed(h, identity.MethodEmail, logintest.Email)
	first := challenged(h)
	if len(first.Response.Methods) != 0 || len(first.Response.ConfigurableMethods) != 0 {
		t.Errorf("offered %v and %v, want nothing but recovery codes", first.Response.Methods, first.Response.ConfigurableMethods)
	}
	sent := len(h.Inbox.Messages())
	err := h.Login().SendTwoFactor(t.Context(), passwordless.SendTwoFactorRequest{
		TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()), MethodID: "35VW",
	})
	if !errors.Is(err, mfa.ErrNotAllowed) || len(h.Inbox.Messages()) != sent {
		t.Errorf("sending there: %v, want mfa.ErrNotAllowed and no message", err)
	}
}

// IDN-06: what the user has become since counts at the second step too.
func TestTwoFactorReadsTheUserAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	first := challenged(h)
	u := h.User()
	u.Active = false
	h.Put(u)
	result, err := h.Login().CompleteTwoFactor(t.Context(), second(first, app.Code()))
	if err != nil || result.Outcome != outcome.UserLocked || !result.Response.Token.IsZero() {
		t.Fatalf("locked since: %v, %v", result, err)
	}
}

// The caller's hook can ask for a second factor, and one that breaks asks.
func TestDemand(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(context.Context, passwordless.Attempt) bool{
		"demands": func(context.Context, passwordless.Attempt) bool { return true },
		"panics":  func(context.Context, passwordless.Attempt) bool { panic("broken") },
		"exits":   func(context.Context, passwordless.Attempt) bool { runtime.Goexit(); return false },
		"hangs":   func(context.Context, passwordless.Attempt) bool { time.Sleep(time.Hour); return false },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t)
			h.Config.Demand = hook
			before := time.Now()
			if result := h.Complete(h.Form()); result.Outcome != outcome.TwoFactorRequired || len(result.Response.ConfigurableMethods) == 0 {
				t.Errorf("a hook that %s: %v", name, result.Outcome)
			}
			if took := time.Since(before); took > 5*time.Second {
				t.Errorf("a hook that %s: answered after %v, want 5 s at most", name, took)
			}
			time.Sleep(time.Hour) // lets the hook that hangs end
		})
	}
}

// MFA-01, MFA-03, MFA-04: no exported call mints for a user with a confirmed
// factor without a second proof. A call that this table does not know fails.
func TestNoWayAroundTheSecondFactor(t *testing.T) {
	t.Parallel()
	minting := map[string]func(*testing.T, *logintest.House) *passwordless.Result{
		"Complete": func(t *testing.T, h *logintest.House) *passwordless.Result {
			for _, r := range []passwordless.LoginRequest{h.Form(), h.Link()} {
				r.TwoFactorTrustID = secret.New("00000000-0000-0000-0000-000000000000." + strings.Repeat("A", 43))
				if result := h.Complete(r); !result.Response.Token.IsZero() {
					return result
				}
			}
			return nil
		},
		"CompleteTwoFactor": func(t *testing.T, h *logintest.House) *passwordless.Result {
			r := second(challenged(h), secret.New(h.Inbox.LastCode(logintest.Email)))
			for _, user := range []string{"", logintest.UserID, "another"} {
				r.UserID = user
				if result, err := h.Login().CompleteTwoFactor(t.Context(), r); err == nil {
					return result
				}
			}
			return nil
		},
		"ConfirmTwoFactor": func(t *testing.T, h *logintest.House) *passwordless.Result {
			r := second(challenged(h), secret.New(h.Inbox.LastCode(logintest.Email)))
			for _, method := range []string{"", "35VW"} {
				r.MethodID = method
				if done, err := h.Login().ConfirmTwoFactor(t.Context(), r); err == nil {
					return done.Result
				}
			}
			return nil
		},
		"EnableTwoFactor": func(t *testing.T, h *logintest.House) *passwordless.Result {
			first := challenged(h)
			for _, method := range []string{"", "35VW"} {
				r := enable(first, secret.New(h.Inbox.LastCode(logintest.Email)))
				r.Confirm.MethodID, r.Confirm.InsecureSkipProof = method, true
				done, err := h.Login().EnableTwoFactor(t.Context(), r)
				if err == nil || !done.Code.IsZero() {
					result, _ := h.Login().CompleteTwoFactor(t.Context(), second(first, done.Code.Text))
					return result
				}
			}
			return nil
		},
		"Vouch": func(t *testing.T, h *logintest.House) *passwordless.Result {
			for _, methods := range [][]string{{"pwd"}, {"pwd", "otp", "mfa"}} {
				r := vouch()
				r.Methods = methods
				r.TwoFactorTrustID = secret.New("00000000-0000-0000-0000-000000000000." + strings.Repeat("A", 43))
				if result, err := h.Login().Vouch(t.Context(), r); err == nil && (result.Admitted || !result.Response.Token.IsZero()) {
					return result
				}
			}
			return nil
		},
		// A session from before there was a factor does not live past it.
		"Sessions": func(t *testing.T, h *logintest.House) *passwordless.Result {
			h.Application.LoginConfiguration.AllowTokenRefresh = true
			factor := store.FactorID{Tenant: logintest.TenantID, User: logintest.UserID}
			if err := h.Backend.Store.RemoveFactors(t.Context(), store.Removal{FactorID: factor}); err != nil {
				t.Fatal(err)
			}
			before := h.Complete(h.Form())
			confirmed(h, identity.MethodAuthenticator, "")
			r := session.RefreshRequest{RefreshToken: secret.New(before.Response.RefreshToken.Reveal())}
			if done, err := h.Login().Sessions().Refresh(t.Context(), r); err == nil {
				return &passwordless.Result{Response: passwordless.LoginResponse{Token: done.Token}}
			}
			return nil
		},
	}
	mintsNothing := []string{
		"AttestIdentity", "Begin", "ChangePassword", "CheckChangePassword", "Close", "EnrolTwoFactor", "Factors", "Identify", "Peek", "Send", "SendTwoFactor",
		"SendVerifyIdentity", "SendVerifyRegistration", "Start", "StartVerifyIdentity",
		"StartVerifyRegistration", "VerifyIdentity", "VerifyRegistration",
	}
	calls := reflect.TypeFor[*passwordless.Login]()
	for m := range calls.Methods() {
		if minting[m.Name] == nil && !slices.Contains(mintsNothing, m.Name) {
			t.Errorf("%s is new: say whether it can mint, and try it here", m.Name)
		}
	}
	states := map[string]func(*logintest.House, *identity.User){
		"plain":              func(*logintest.House, *identity.User) {},
		"not registered":     func(_ *logintest.House, u *identity.User) { u.Registrations = nil },
		"unverified":         func(_ *logintest.House, u *identity.User) { *u = logintest.Unverified(*u) },
		"password to change": func(_ *logintest.House, u *identity.User) { u.PasswordChangeRequired = true },
		"required": func(h *logintest.House, _ *identity.User) {
			h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		},
	}
	for call, try := range minting {
		for state, change := range states {
			h := open(t)
			u := h.User()
			change(h, &u)
			h.Put(u)
			confirmed(h, identity.MethodAuthenticator, "")
			if result := try(t, h); result != nil && !result.Response.Token.IsZero() {
				t.Errorf("%s, %s: %v with a token and no second proof", call, state, result.Outcome)
			}
		}
	}
}
