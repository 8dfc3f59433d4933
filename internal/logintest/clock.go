package logintest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Lifetimes uses everything a millisecond before it ends, which counts, and when
// it ends, which does not.
func Lifetimes(t *testing.T, open func(*testing.T) Backend) {
	login := func(h *House, r passwordless.LoginRequest) func() error {
		return func() error {
			_, err := h.Login().Complete(t.Context(), r)
			return err
		}
	}
	for name, c := range map[string]struct {
		lives time.Duration
		set   func(*House) func() error
	}{
		"a link": {3 * time.Minute, func(h *House) func() error { return login(h, h.Link()) }},
		"a form": {3 * time.Minute, func(h *House) func() error { return login(h, h.Form()) }},
		"a login sent for as long as can be": {20 * time.Second, func(h *House) func() error {
			r := h.Form()
			for range 4 {
				h.Advance(145 * time.Second)
				h.must(h.Login().Send(t.Context(), passwordless.SendRequest{Code: r.Code}))
			}
			r.OneTimeCode = secret.New(h.Inbox.LastCode(Email))
			return login(h, r)
		}},
		"a change password id": {10 * time.Minute, func(h *House) func() error {
			r := h.mustChange()
			return func() error {
				_, err := h.Login().ChangePassword(t.Context(), r)
				return err
			}
		}},
		"a one-time password": {time.Minute, func(h *House) func() error {
			set, err := h.Login().ChangePassword(t.Context(), h.mustChange())
			h.must(err)
			return login(h, passwordless.LoginRequest{Code: set.OneTimePassword.Text})
		}},
		"a verification": {24 * time.Hour, func(h *House) func() error {
			r := h.Verification()
			return func() error {
				_, err := h.Login().VerifyIdentity(t.Context(), r)
				return err
			}
		}},
	} {
		for _, late := range []bool{false, true} {
			h := Open(t, open(t))
			h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
			use := c.set(h)
			h.Advance(c.lives - time.Millisecond)
			if late {
				h.Advance(time.Millisecond)
			}
			if err := use(); late && !errors.Is(err, passwordless.ErrRefused) || !late && err != nil {
				t.Errorf("%s, late: %v: %v", name, late, err)
			}
		}
	}
}

// mustChange makes the sample user one who must change their password, and
// returns what does it.
func (h *House) mustChange() passwordless.ChangePasswordRequest {
	h.T.Helper()
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	return passwordless.ChangePasswordRequest{
		ChangePasswordID: h.Complete(h.Link()).Response.ChangePasswordID.Text,
		Password:         secret.New("piper-net-3000"),
	}
}

// ClockJumps lets the clock jump forth and back by up to ten years: what is spent
// stays spent, what was guessed at five times stays closed, and the day's guesses
// do not come back before their day is over.
func ClockJumps(t *testing.T, open func(*testing.T) Backend) {
	jumps := []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, 10 * 365 * 24 * time.Hour}
	for seed := range uint64(8) {
		h := Open(t, open(t))
		h.Config.Limits = Unlimited()
		h.Config.Limits.GuessesPerDay = perDay
		random := rand.New(rand.NewPCG(seed, 3))
		spent, exhausted := h.Form(), h.Form()
		h.guesses(h.Login(), exhausted, perTicket)
		h.Complete(spent)
		for range 200 {
			d := jumps[random.IntN(len(jumps))]
			if random.IntN(2) == 0 {
				d = -d
			}
			h.Advance(d)
			h.Refused(spent)
			h.Refused(exhausted)
			if random.IntN(20) == 0 {
				_, err := h.Backend.Store.DeleteExpired(t.Context(), h.Now(), 1000)
				h.must(err)
			}
		}
	}
	guessesKeepWhenTheClockGoesBack(t, open)
}

// guessesKeepWhenTheClockGoesBack uses the day's guesses up and sets the clock back.
func guessesKeepWhenTheClockGoesBack(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = Unlimited()
	h.Config.Limits.GuessesPerDay = perDay
	for range perDay / perTicket {
		h.guesses(h.Login(), h.Form(), perTicket)
	}
	for _, back := range []time.Duration{time.Second, time.Hour, 24 * time.Hour, 365 * 24 * time.Hour} {
		h.Advance(-back)
		h.Refused(h.Form())
	}
	h.compared(perDay)
}

// SkewedMachines has two machines whose clocks are a minute apart complete one
// login: exactly one does.
func SkewedMachines(t *testing.T, open func(*testing.T) Backend, rounds int) {
	h := quiet(t, open)
	h.Login()
	machines := make([]*passwordless.Login, 2)
	for i, skew := range []time.Duration{-30 * time.Second, 30 * time.Second} {
		c := h.Config
		c.Now = func() time.Time { return h.Now().Add(skew) }
		var err error
		machines[i], err = passwordless.New(c)
		h.must(err)
	}
	for range rounds {
		for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
			h.Advance(time.Hour)
			r := h.by(strategy)
			errs := make([]error, 16)
			rush(len(errs), func(i int) { _, errs[i] = machines[i%2].Complete(t.Context(), r) })
			if won := winners(t, errs); won != 1 {
				t.Fatalf("%d of %d calls on machines with different clocks succeeded, want exactly 1", won, len(errs))
			}
		}
	}
}
