package passwordless_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// S3-101: a hook that says no, breaks or does not answer denies a login: nothing
// is minted, the code is spent, and its guess is given back.
func TestVeto(t *testing.T) {
	t.Parallel()
	no := errors.New("not from there")
	for _, c := range []struct {
		name string
		hook func(ctx context.Context, a passwordless.Attempt) error
		want error
	}{
		{"denies", func(context.Context, passwordless.Attempt) error { return no }, no},
		{"panics", func(context.Context, passwordless.Attempt) error { panic(logintest.Email) }, passwordless.ErrVetoed},
		{"ends its goroutine", func(context.Context, passwordless.Attempt) error { runtime.Goexit(); return nil }, passwordless.ErrVetoed},
		{"exits", func(ctx context.Context, _ passwordless.Attempt) error { <-ctx.Done(); return ctx.Err() }, context.DeadlineExceeded},
		{"hangs", func(context.Context, passwordless.Attempt) error { time.Sleep(time.Hour); return nil }, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				h.Config.Limits.GuessesPerDay = 1
				h.Config.Veto = c.hook
				r := h.Form()
				before := time.Now()
				result, err := h.Login().Complete(t.Context(), r)
				if took := time.Since(before); took > 5*time.Second {
					t.Errorf("answered after %v, want 5 s at most", took)
				}
				if result != nil || !errors.Is(err, passwordless.ErrVetoed) || !errors.Is(err, c.want) || strings.Contains(err.Error(), logintest.Email) {
					t.Errorf("result %v, error %v, want ErrVetoed and %v", result, err, c.want)
				}
				if errors.Is(err, passwordless.ErrRefused) {
					t.Error("a veto is an ErrRefused too")
				}
				if len(grants(h)) != 0 || len(logins(h)) != 0 {
					t.Errorf("%d sessions, %d logins, want none", len(grants(h)), len(logins(h)))
				}
				events := h.Events()
				if e := events[len(events)-1]; e.Type != passwordless.LoginFailed || e.Reason != passwordless.Vetoed || e.User != logintest.UserID {
					t.Errorf("event %+v, want a failure that was vetoed", e)
				}

				// The day has one guess: the code that was right must have given its own back.
				_, err = h.Login().Complete(t.Context(), r)
				wantRefused(t, "the code again", err)
				events = h.Events()
				if e := events[len(events)-1]; e.Reason != passwordless.NoTicket {
					t.Errorf("reason %q, want that there is no ticket", e.Reason)
				}
				allowing := h.Config
				allowing.Veto = nil
				login, err := passwordless.New(allowing)
				if err != nil {
					t.Fatal(err)
				}
				if result, err := login.Complete(t.Context(), h.Form()); err != nil || result.Outcome != outcome.Success {
					t.Errorf("the next login: %v, %v, want Success", result, err)
				}
				time.Sleep(time.Hour) // lets the hook that hangs end
			})
		})
	}
}

// A hook that should tell risks and breaks, or does not answer, denies the login:
// what it would have told may be why.
func TestThreatsThatBreak(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hook func(ctx context.Context) []identity.AuthenticationThreat
		want error
	}{
		"panics": {func(context.Context) []identity.AuthenticationThreat { panic(logintest.Email) }, passwordless.ErrVetoed},
		"hangs":  {func(context.Context) []identity.AuthenticationThreat { time.Sleep(time.Hour); return nil }, context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t)
			h.Config.Threats = func(ctx context.Context, _ passwordless.Attempt) []identity.AuthenticationThreat { return c.hook(ctx) }
			r := h.Form()
			before := time.Now()
			result, err := h.Login().Complete(t.Context(), r)
			if took := time.Since(before); took > 5*time.Second {
				t.Errorf("%s: answered after %v, want 5 s at most", name, took)
			}
			if result != nil || !errors.Is(err, passwordless.ErrVetoed) || !errors.Is(err, c.want) || strings.Contains(err.Error(), logintest.Email) {
				t.Errorf("%s: result %v, error %v, want ErrVetoed and %v", name, result, err, c.want)
			}
			if len(grants(h)) != 0 || len(logins(h)) != 0 {
				t.Errorf("%s: %d sessions, %d logins, want none", name, len(grants(h)), len(logins(h)))
			}
			_, err = h.Login().Complete(t.Context(), r)
			wantRefused(t, "the code again", err)
			time.Sleep(time.Hour) // lets the hook that hangs end
		})
	}
}

// HookTimeout is how long the hook has.
func TestHookTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.Config.HookTimeout = time.Second
		h.Config.Veto = func(ctx context.Context, _ passwordless.Attempt) error {
			if until, ok := ctx.Deadline(); !ok || time.Until(until) != time.Second {
				t.Errorf("the hook has until %v, want a second", until)
			}
			time.Sleep(999 * time.Millisecond)
			return nil
		}
		if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
			t.Errorf("outcome %v, want Success", got)
		}
	})
}

// The hook is asked once, of logins that carry a token, and of no others.
func TestVetoIsAskedOfLogins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   outcome.Outcome
		asked  bool
		change func(h *logintest.House, u *identity.User)
	}{
		{outcome.Success, true, func(*logintest.House, *identity.User) {}},
		{outcome.NotRegistered, true, func(_ *logintest.House, u *identity.User) { u.Registrations = nil }},
		{outcome.RegistrationUnverified, true, func(h *logintest.House, u *identity.User) {
			u.Registrations[0].Verified, h.Application.VerifyRegistration = false, true
		}},
		{outcome.RegistrationUnverified, false, func(h *logintest.House, u *identity.User) {
			u.Registrations[0].Verified, h.Application.VerifyRegistration = false, true
			h.Application.Unverified.Behavior = identity.Gated
		}},
		{outcome.ChangePasswordRequired, false, func(_ *logintest.House, u *identity.User) { u.PasswordChangeRequired = true }},
		{outcome.TwoFactorRequired, false, func(h *logintest.House, _ *identity.User) { factor(h, "35VW", identity.MethodAuthenticator, "") }},
		{outcome.LoginPrevented, false, func(_ *logintest.House, u *identity.User) {
			u.Actions = []identity.Action{suspended(logintest.Start.Add(time.Hour))}
		}},
		{outcome.UserExpired, false, func(_ *logintest.House, u *identity.User) { u.Expiry = identity.At(logintest.Start) }},
		{outcome.UserLocked, false, func(_ *logintest.House, u *identity.User) { u.Active = false }},
	} {
		h := open(t)
		u := h.User()
		c.change(h, &u)
		h.Put(u)
		var seen []passwordless.Attempt
		h.Config.Veto = func(_ context.Context, a passwordless.Attempt) error {
			seen = append(seen, a)
			return nil
		}
		r := h.Form()
		r.EventInfo = passwordless.EventInfo{IPAddress: "192.0.2.9", OS: "macOS"}
		if got := h.Complete(r).Outcome; got != c.want {
			t.Errorf("outcome %v, want %v", got, c.want)
		}
		if (len(seen) == 1) != c.asked {
			t.Errorf("%v, by %v: asked %d times", c.want, c.asked, len(seen))
			continue
		}
		if !c.asked {
			continue
		}
		if a := seen[0]; a.Outcome != c.want || a.User.ID != logintest.UserID || a.Application.ID != logintest.ApplicationID ||
			a.IPAddress != "192.0.2.9" || a.Info.OS != "macOS" || !slices.Equal(a.Methods, []string{"otp"}) {
			t.Errorf("%v: asked of %+v", c.want, a)
		}
	}
}

// A code that is wrong is nobody's login to veto.
func TestVetoIsNotAskedOfGuesses(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Veto = func(context.Context, passwordless.Attempt) error {
		t.Error("the hook was asked of a wrong code")
		return nil
	}
	r := h.Form()
	r.OneTimeCode = wrongCode(r.OneTimeCode)
	_, err := h.Login().Complete(t.Context(), r)
	wantRefused(t, "a wrong code", err)
}
