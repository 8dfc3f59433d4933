package logintest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// SendLimits sends: at most once a minute, five times a ticket and twenty times
// a day to one address. Each refusal says how long to wait.
func SendLimits(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	r := h.Form()
	send := func() error { return h.Login().Send(t.Context(), passwordless.SendRequest{Code: r.Code}) }
	h.limited(send(), time.Minute)
	h.Advance(time.Minute - time.Millisecond)
	h.limited(send(), time.Millisecond)
	h.Advance(time.Millisecond)
	before := r.OneTimeCode
	h.guesses(h.Login(), r, 2)
	h.must(send())
	h.guesses(h.Login(), r, 2)

	// The code that was sent again replaced the one before, and its guesses count on.
	r.OneTimeCode = secret.New(h.Inbox.LastCode(Email))
	if before.Equal(r.OneTimeCode) {
		t.Error("the same code was sent twice")
	}
	replaced := r
	replaced.OneTimeCode = before
	h.Refused(replaced)
	h.Refused(r)

	h.Advance(time.Minute)
	link := h.Link()
	for range 4 {
		h.Advance(time.Minute)
		h.must(h.Login().Send(t.Context(), passwordless.SendRequest{Code: link.Code}))
	}
	h.Advance(time.Minute)
	h.limited(h.Login().Send(t.Context(), passwordless.SendRequest{Code: link.Code}), 0)

	h.Advance(Start.Add(10 * time.Hour).Sub(h.Now()))
	for range 20 - 7 {
		h.Form()
	}
	_, err := h.Login().Begin(t.Context(), Request(identity.FormField))
	h.limited(err, 14*time.Hour)
	h.Advance(14 * time.Hour)
	h.Form()
}

// StartLimits starts: at most thirty times an hour for one login id, however it
// is written and wherever it comes from, and three hundred times from one client.
func StartLimits(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	start := func(loginID, client string) error {
		_, err := h.Login().Start(t.Context(), passwordless.StartRequest{ApplicationID: ApplicationID, LoginID: loginID, IPAddress: client})
		return err
	}
	for i, loginID := range []string{Email, "nobody@piedpiper.com", Username} {
		written := []string{loginID}
		if loginID == Email {
			written = []string{Email, "JARED@piedpiper.com", "jared@PiedPiper.COM"}
		}
		for n := range 30 {
			h.must(start(written[n%len(written)], fmt.Sprintf("192.0.2.%d", 30*i+n)))
		}
		h.limited(start(loginID, "198.51.100.1"), time.Hour)
	}
	h.Advance(time.Hour)
	for n := range 300 {
		h.must(start(fmt.Sprintf("nobody-%d", n), "198.51.100.7"))
	}
	h.limited(start(Email, "198.51.100.7"), time.Hour)
	h.must(start(Email, "198.51.100.8"))
	h.Advance(time.Hour)
	h.must(start(Email, "198.51.100.7"))
}

// StartedByOthers has somebody else begin a thousand logins of the sample user,
// who then completes their own.
func StartedByOthers(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	form, link := h.Form(), h.Link()
	for n := range 1000 {
		r := StartFrom(n % 200)
		r.LoginStrategy = []identity.LoginStrategy{identity.FormField, identity.ClickableLink}[n%2]
		begin := h.Login().Begin
		_, err := begin(t.Context(), r)
		if n%2 == 0 {
			_, err = h.Login().Start(t.Context(), r)
		}
		if limit := (*passwordless.RateLimitError)(nil); err != nil && !errors.As(err, &limit) {
			t.Fatal(err)
		}
	}
	h.Complete(form)
	h.Complete(link)
}

// LimitsTellNothing takes the same steps for somebody and for nobody, side by
// side: each step is answered alike, the wait of a refusal included.
func LimitsTellNothing(t *testing.T, open func(*testing.T) Backend) {
	for _, pair := range [][2]string{
		{Email, "nobody@piedpiper.com"}, {Username, "nobody"}, {Phone, "+13035551213"},
	} {
		for seed := range uint64(4) {
			known, unknown := newWanderer(t, open, seed, pair[0]), newWanderer(t, open, seed, pair[1])
			for step := range 150 {
				a, b := known.step(), unknown.step()
				if fmt.Sprint(a) != fmt.Sprint(b) {
					t.Fatalf("%s, seed %d, step %d: somebody is answered %v, nobody %v", identity.Mask(pair[0]), seed, step, a, b)
				}
			}
		}
	}
}

// wanderer takes random steps that anybody can take who has no mailbox.
type wanderer struct {
	*House
	random  *rand.Rand
	loginID string
	handles []secret.Text
}

func newWanderer(t *testing.T, open func(*testing.T) Backend, seed uint64, loginID string) *wanderer {
	h := Open(t, open(t))
	h.Config.Events = nil
	return &wanderer{House: h, random: rand.New(rand.NewPCG(seed, 1)), loginID: loginID}
}

// step is what the next step was answered.
func (w *wanderer) step() any {
	ctx, l := w.T.Context(), w.Login()
	r := passwordless.StartRequest{
		ApplicationID: ApplicationID, LoginID: w.loginID, LoginStrategy: identity.FormField,
		LoginIDTypes: []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username},
	}
	handle := secret.New("none")
	if len(w.handles) > 0 {
		handle = w.handles[w.random.IntN(len(w.handles))]
	}
	switch w.random.IntN(6) {
	case 0:
		begun, err := l.Begin(ctx, r)
		return w.keep(begun.Code, err)
	case 1:
		started, err := l.Start(ctx, r)
		return w.keep(started.Code, err)
	case 2, 3:
		return verdict(l.Send(ctx, passwordless.SendRequest{Code: handle}))
	case 4:
		_, err := l.Complete(ctx, passwordless.LoginRequest{Code: handle, OneTimeCode: secret.New("none")})
		return verdict(err)
	}
	w.Advance(leap(w.random))
	return nil
}

func (w *wanderer) keep(code secret.Issued, err error) any {
	if err == nil {
		w.handles = append(w.handles, code.Text)
	}
	return verdict(err)
}

// verdict is what a caller can tell of an error.
func verdict(err error) any {
	var limit *passwordless.RateLimitError
	if errors.As(err, &limit) {
		return limit.RetryAfter
	}
	return err
}

// leap is a time to let pass: about as long as something lasts.
func leap(random *rand.Rand) time.Duration {
	lasting := []time.Duration{0, time.Second, time.Minute, time.Minute, 3 * time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour}
	return max(0, lasting[random.IntN(len(lasting))]+time.Duration(random.IntN(3)-1)*time.Millisecond)
}

// limited checks that a call was refused for a while.
func (h *House) limited(err error, wait time.Duration) {
	h.T.Helper()
	var limit *passwordless.RateLimitError
	if !errors.As(err, &limit) || limit.RetryAfter != wait {
		h.T.Errorf("got %v %v, want a RateLimitError with a wait of %v", err, limit, wait)
	}
}
