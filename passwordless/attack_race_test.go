package passwordless_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// together calls all of them at once.
func together(calls ...func()) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(len(calls))
	for _, call := range calls {
		done.Go(func() {
			ready.Done()
			<-start
			call()
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// expected says whether an error is one that a caller may get in a race.
func expected(err error) bool {
	for _, known := range []error{
		nil, passwordless.ErrRefused, mfa.ErrWrongCode, mfa.ErrNotConfigured, mfa.ErrAlreadyConfigured, mfa.ErrNotAllowed,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	var limited *passwordless.RateLimitError
	return errors.As(err, &limited)
}

// SEC-01: one twoFactorId, with every right code there is, from every call that
// takes it and with everything that ends it at once: one login at most, and none
// that lives on if everything was revoked.
func TestEveryCallAtOnceOnOneTwoFactorID(t *testing.T) {
	t.Parallel()
	for round := range 12 {
		h := open(t)
		h.Config.Limits = logintest.Unlimited()
		h.Config.Events = nil
		app := h.Enrolled(who)
		first := challenged(h)
		l := h.Login()
		id := secret.New(first.Response.TwoFactorID.Reveal())
		var mu sync.Mutex
		var errs []error
		tokens := 0
		heard := func(r *passwordless.Result, err error) {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			if err == nil && r != nil && !r.Response.Token.IsZero() {
				tokens++
			}
		}
		complete := func(code secret.Text) func() {
			r := second(first, code)
			r.TrustComputer = true
			return func() { heard(l.CompleteTwoFactor(t.Context(), r)) }
		}
		code := app.Code()
		calls := []func(){
			complete(code), complete(code), complete(secret.New(app.Recovery[0].Reveal())), complete(secret.New(app.Recovery[1].Reveal())),
			func() {
				c, err := l.ConfirmTwoFactor(t.Context(), passwordless.TwoFactorRequest{TwoFactorID: id, MethodID: app.ID, Code: code})
				heard(c.Result, err)
			},
			func() { heard(l.Complete(t.Context(), passwordless.LoginRequest{Code: id})) },
			func() {
				_, err := l.ChangePassword(t.Context(), passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: secret.New("piper-net-3000")})
				if !errors.Is(err, passwordless.ErrNoPasswords) {
					heard(nil, err)
				}
			},
			func() {
				heard(nil, l.SendTwoFactor(t.Context(), passwordless.SendTwoFactorRequest{TwoFactorID: id, MethodID: app.ID}))
			},
		}
		revoked := round%2 == 0
		if revoked {
			calls = append(calls, func() { revokeAll(t, h) })
		} else {
			calls = append(calls, func() { heard(nil, l.Factors().Reset(t.Context(), who)) })
		}
		together(calls...)
		for _, err := range errs {
			if !expected(err) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if logins := h.LoginsAt(h.Now()); tokens > 1 || logins != tokens {
			t.Fatalf("round %d: %d tokens and %d logins of one twoFactorId", round, tokens, logins)
		}
		if live := h.Sessions(h.Now()); live > 1 || live > tokens {
			t.Fatalf("round %d: %d sessions live of %d tokens", round, live, tokens)
		}
	}
}

// Logins that must enrol a second factor, and confirm two kinds at once: the
// first that is confirmed is the only one, and completes the only login.
func TestLoginsThatEnrolAtOnceLeaveOneFactor(t *testing.T) {
	t.Parallel()
	const number = "+13035550100"
	for range 12 {
		h := open(t)
		h.Config.Limits = logintest.Unlimited()
		h.Config.Events = nil
		h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		h.Tenant.MultiFactorConfiguration.SMS.Enabled = true
		l := h.Login()
		var calls []func()
		var mu sync.Mutex
		won := 0
		for _, kind := range []string{identity.MethodAuthenticator, identity.MethodSMS} {
			first := challenged(h)
			id := secret.New(first.Response.TwoFactorID.Reveal())
			e, err := l.EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
				TwoFactorID: id, Enrol: mfa.EnrolRequest{Kind: kind, To: number},
			})
			if err != nil {
				t.Fatal(err)
			}
			code := secret.New(h.Inbox.LastCode(number))
			if kind == identity.MethodAuthenticator {
				code = (&logintest.Authenticator{House: h, Secret: e.SecretBase32.Reveal()}).Code()
			}
			r := passwordless.TwoFactorRequest{TwoFactorID: id, MethodID: e.MethodID, Code: code}
			calls = append(calls, func() {
				_, err := l.ConfirmTwoFactor(t.Context(), r)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !expected(err) {
					t.Error(err)
				}
			})
		}
		together(calls...)
		methods, err := l.Factors().List(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		if won != 1 || len(methods) != 1 {
			t.Fatalf("%d logins were completed and %d factors are confirmed", won, len(methods))
		}
	}
}

// A login that begins to enrol an authenticator many times at once leaves one that
// waits, and that one completes it.
func TestEnrolmentsAtOnceInALoginLeaveOne(t *testing.T) {
	t.Parallel()
	for range 12 {
		h := open(t)
		h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		l := h.Login()
		id := secret.New(challenged(h).Response.TwoFactorID.Reveal())
		begun := make([]mfa.Enrolment, 4) // as many as one ticket has guesses for
		var calls []func()
		for i := range begun {
			calls = append(calls, func() {
				var err error
				begun[i], err = l.EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
					TwoFactorID: id, Enrol: mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		together(calls...)
		waiting, err := h.Backend.Store.ListFactors(t.Context(), logintest.TenantID, logintest.UserID)
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%d methods wait, want 1: %v", len(waiting), err)
		}
		won := 0
		for _, e := range begun {
			app := &logintest.Authenticator{House: h, Secret: e.SecretBase32.Reveal()}
			done, err := l.ConfirmTwoFactor(t.Context(), passwordless.TwoFactorRequest{TwoFactorID: id, MethodID: e.MethodID, Code: app.Code()})
			if err == nil && done.Admitted {
				won++
			}
		}
		if won != 1 {
			t.Fatalf("%d of the enrolments completed the login, want the one that waits", won)
		}
	}
}

// What is given in bulk costs no more than what is given once.
func TestALoginIDIsReadOncePerType(t *testing.T) {
	t.Parallel()
	h := open(t)
	reads := 0
	h.Config.Phones = counting{&reads}
	types := make([]identity.IdentityType, 1_000_000)
	for i := range types {
		types[i] = identity.PhoneNumber
	}
	if _, err := h.Login().Start(t.Context(), passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: logintest.Phone, LoginIDTypes: types,
	}); err != nil {
		t.Fatal(err)
	}
	if reads > 2 {
		t.Errorf("the login id was read %d times for one type", reads)
	}
}

type counting struct{ reads *int }

func (c counting) ParsePhone(number string) (string, error) {
	*c.reads++
	if !strings.HasPrefix(number, "+") {
		return "", errors.New("no number")
	}
	return number, nil
}

// TIM-01: no instant that a clock may show makes a call panic, and a ticket that
// was made at one is not good at any other that is out of its time.
func TestClocksAtTheEndsOfTime(t *testing.T) {
	t.Parallel()
	ends := []time.Time{
		{}, time.Unix(0, 0), time.UnixMilli(-1), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for _, at := range ends {
		for _, later := range ends {
			h := open(t)
			h.Config.Limits = logintest.Unlimited()
			h.Config.Issuer, h.Config.Events = nil, nil
			now := at
			h.Config.Now = func() time.Time { return now }
			login := h.Form()
			now = later
			_, err := h.Login().Complete(context.WithoutCancel(t.Context()), login)
			if late := later.Sub(at) >= 3*time.Minute; late && !errors.Is(err, passwordless.ErrRefused) {
				t.Errorf("begun in %d and completed in %d: %v, want ErrRefused", at.Year(), later.Year(), err)
			}
		}
	}
}
