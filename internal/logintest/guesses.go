package logintest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Limits on guessing, as they are by default.
const (
	perTicket = 5
	perDay    = 20
)

// GuessesPerTicket has a thousand callers guess at one ticket: exactly five are
// compared, and then the right code is refused.
func GuessesPerTicket(t *testing.T, open func(*testing.T) Backend) {
	var opened atomic.Int64
	b := open(t)
	b.Store = Tap(b.Store, func(c Call) error {
		err := c.Do()
		if err == nil && guesses(c) {
			opened.Add(1)
		}
		return err
	})
	h := Open(t, b)
	right := h.Form()
	rush(1000, func(int) {
		if err := h.guess(right); !errors.Is(err, passwordless.ErrRefused) {
			t.Errorf("a wrong code: %v, want ErrRefused", err)
		}
	})
	h.compared(perTicket)
	if n := opened.Load(); n != perTicket {
		t.Errorf("the store let %d guesses through, want %d", n, perTicket)
	}
	h.Refused(right)
	h.compared(perTicket)
}

// guesses says whether a call is the charge of a guess.
func guesses(c Call) bool {
	if c.Method != "OpenTicket" && c.Method != "OpenLogin" {
		return false
	}
	g, ok := c.Args[1].(*store.Guess)
	return ok && g != nil
}

// GuessesPerDay guesses at one ticket after another: exactly twenty are compared
// a day. Sending again, starting again, other addresses and another machine give
// none back; what cannot be guessed, others and other tenants are not touched.
func GuessesPerDay(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = passwordless.Limits{SendsPerDay: Many, StartsPerHour: Many}
	h.Neighbours()
	earlier := h.Complete(h.Form())
	first := h.Now()
	for i := range 2 * perDay / perTicket {
		machine := h.Another()
		r := h.begin(machine, StartFrom(i))
		h.guesses(machine, r, 3)
		h.Advance(time.Minute)
		h.must(machine.Send(t.Context(), passwordless.SendRequest{Code: r.Code, IPAddress: StartFrom(i + 1).IPAddress}))
		h.guesses(machine, r, 3)
		h.Advance(time.Minute)
	}
	h.compared(perDay)
	if h.Happened(passwordless.GuessesExhausted) == 0 {
		t.Error("nobody was told that the guesses ran out")
	}
	h.Refused(h.Form())
	if h.Complete(h.Link()).Response.Token.IsZero() {
		t.Error("a link, which cannot be guessed, gives no token once the guesses ran out")
	}
	if id := earlier.Response.RefreshTokenID; !h.lives(id) {
		t.Error("a session ended because the guesses ran out")
	}
	h.Complete(h.begin(h.Login(), Neighbour()))
	h.Complete(h.begin(h.Login(), Elsewhere()))

	h.Advance(first.Add(24*time.Hour - time.Millisecond).Sub(h.Now()))
	h.Refused(h.Form())
	h.Advance(time.Millisecond)
	h.Complete(h.Form())
	h.compared(perDay)
}

// GuessesInParallel guesses at forty tickets of one user at once: exactly twenty
// guesses are compared.
func GuessesInParallel(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = passwordless.Limits{SendsPerDay: Many, StartsPerHour: Many}
	machines := []*passwordless.Login{h.Login(), h.Another()}
	requests := make([]passwordless.LoginRequest, 40)
	for i := range requests {
		requests[i] = h.Form()
	}
	rush(perTicket*len(requests), func(i int) { h.guesses(machines[i%2], requests[i%len(requests)], 1) })
	h.compared(perDay)
	h.Refused(requests[0])
}

// RightAnswers gives back the charge of a right answer and nothing else.
func RightAnswers(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = passwordless.Limits{SendsPerDay: Many, StartsPerHour: Many}
	for range 2 * perDay {
		h.Complete(h.Form())
	}
	for range perDay/(perTicket-1) - 1 {
		r := h.Form()
		h.guesses(h.Login(), r, perTicket-1)
		h.Complete(r)
	}
	h.compared(perDay - (perTicket - 1))
	r := h.Form()
	h.guesses(h.Login(), r, perTicket-1)
	h.compared(perDay)
	h.Refused(r)
	h.Refused(h.Form())
}

// NobodysGuesses guesses at what nobody holds: it is counted as anybody's is.
func NobodysGuesses(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = passwordless.Limits{SendsPerDay: Many, StartsPerHour: Many}
	for range 2 * perDay / perTicket {
		begun, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
			ApplicationID: ApplicationID, LoginID: "example@fusionauth.io", LoginStrategy: identity.FormField,
		})
		h.must(err)
		h.guesses(h.Login(), passwordless.LoginRequest{Code: secret.New(begun.Code.Reveal()), OneTimeCode: secret.New("000000")}, perTicket+1)
	}
	h.compared(perDay)
	h.Complete(h.Form())
}

// StartFrom is a login of the sample user by short code from the nth of many clients.
func StartFrom(n int) passwordless.StartRequest {
	r := Request(identity.FormField)
	r.IPAddress = fmt.Sprintf("192.0.2.%d", n+1)
	return r
}

// begin begins a login by short code, and returns what completes it.
func (h *House) begin(l *passwordless.Login, r passwordless.StartRequest) passwordless.LoginRequest {
	h.T.Helper()
	r.LoginStrategy = identity.FormField
	begun, err := l.Begin(h.T.Context(), r)
	h.must(err)
	return passwordless.LoginRequest{
		ApplicationID: r.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()),
		OneTimeCode:   secret.New(h.Inbox.LastCode(r.LoginID)),
	}
}

// guess tries a code that is not the one of r.
func (h *House) guess(r passwordless.LoginRequest) error {
	r.OneTimeCode = Other(r.OneTimeCode)
	_, err := h.Login().Complete(h.T.Context(), r)
	return err
}

// guesses makes n wrong guesses, all refused.
func (h *House) guesses(l *passwordless.Login, r passwordless.LoginRequest, n int) {
	h.T.Helper()
	r.OneTimeCode = Other(r.OneTimeCode)
	for range n {
		if _, err := l.Complete(h.T.Context(), r); !errors.Is(err, passwordless.ErrRefused) {
			h.T.Errorf("a wrong code: %v, want ErrRefused", err)
		}
	}
}

// Other is a code of the same shape that is not code.
func Other(code secret.Text) secret.Text {
	b := []byte(code.Reveal())
	if b[0] != '2' {
		b[0] = '2'
	} else {
		b[0] = '3'
	}
	return secret.New(string(b))
}

// Refused completes a login that must be refused.
func (h *House) Refused(r passwordless.LoginRequest) {
	h.T.Helper()
	if result, err := h.Login().Complete(h.T.Context(), r); result != nil || !errors.Is(err, passwordless.ErrRefused) {
		h.T.Errorf("got %v and %v, want ErrRefused", result, err)
	}
}

// compared checks how many wrong codes were compared with the right one: each
// such comparison is told, and nothing else is told so.
func (h *House) compared(want int) {
	h.T.Helper()
	n := 0
	for _, e := range h.Events() {
		if e.Reason == passwordless.WrongCode {
			n++
		}
	}
	if n != want {
		h.T.Errorf("%d wrong codes were compared, want exactly %d", n, want)
	}
}

func (h *House) lives(grant string) bool {
	_, err := h.Backend.Store.Grant(context.WithoutCancel(h.T.Context()), grant, h.Now())
	return err == nil
}
