package mfa_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

var payment = mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 1")}

// bearer starts a step-up that whoever holds its id completes.
func (h *house) bearer(w mfa.Who, p mfa.Purpose) mfa.StepUp {
	h.Helper()
	s, err := h.factors().StartBearerStepUp(h.Context(), w, mfa.BearerStepUp{Purpose: p, State: identity.Object(`{"return":"/pay"}`)})
	h.must(err)
	return s
}

// A bearer step-up is completed by its id, once, and yields a token for the user
// and purpose that it was started for.
//
// S0-22 MFA-13
func TestBearerStepUp(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	s := h.bearer(who, payment)
	if !s.Code.IsZero() || len(s.Methods) != 1 {
		t.Errorf("started with a code: %v, methods %v", !s.Code.IsZero(), s.Methods)
	}
	code := a.wait()
	for name, r := range map[string]mfa.BearerProof{
		"another tenant":      {TenantID: "another"},
		"another application": {ApplicationID: "another"},
		"another user":        {UserID: "another"},
	} {
		r.ID, r.Code = s.ID.Text, code
		if _, err := f.CompleteBearerStepUp(t.Context(), r); !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.CompleteBearerStepUp(t.Context(), mfa.BearerProof{Code: code}); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("without an id: %v", err)
	}
	var won mfa.SteppedUp
	var mu sync.Mutex
	var wg sync.WaitGroup
	wins := 0
	for range 2 {
		wg.Go(func() {
			done, err := f.CompleteBearerStepUp(t.Context(), mfa.BearerProof{ID: s.ID.Text, Code: code, UserID: who.UserID})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won, wins = done, wins+1
			}
		})
	}
	wg.Wait()
	if wins != 1 || string(won.State) != `{"return":"/pay"}` {
		t.Fatalf("%d completed, with state %s", wins, won.State)
	}
	delivered := payment
	delivered.Delivered = true
	if err := f.TakeTrustToken(t.Context(), who, won.Token.Text, delivered); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("as if its code had been delivered: %v", err)
	}
	if err := f.TakeTrustToken(t.Context(), who, won.Token.Text, payment); err != nil {
		t.Errorf("the token: %v", err)
	}
}

// MFA-03: the two kinds of step-up are never each other, and neither is a login's.
func TestStepUpsAreNotEachOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	own, err := f.StartStepUp(t.Context(), who, payment)
	h.must(err)
	bearer := h.bearer(who, payment)
	if _, err := f.CompleteStepUp(t.Context(), who, bearer.ID.Text, payment, a.wait()); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("a bearer's as one's own: %v", err)
	}
	if _, err := f.CompleteBearerStepUp(t.Context(), mfa.BearerProof{ID: own.ID.Text, Code: a.wait()}); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("one's own as a bearer's: %v", err)
	}
}

// A code that the caller delivers needs no factor, and yields a token that is
// taken only by who asks for such a one. A code that is sent ends it.
func TestDeliveredCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	delivered := payment
	delivered.Delivered = true
	s := h.bearer(who, delivered)
	if len(s.Code.Reveal()) != 6 || len(s.Methods) != 0 {
		t.Errorf("started with code %q, methods %v", s.Code.Reveal(), s.Methods)
	}
	complete := func(s mfa.StepUp, code secret.Text) (mfa.SteppedUp, error) {
		return f.CompleteBearerStepUp(t.Context(), mfa.BearerProof{ID: s.ID.Text, Code: code})
	}
	if _, err := complete(s, wrongCode(s.Code.Text)); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a wrong code: %v", err)
	}
	done, err := complete(s, s.Code.Text)
	h.must(err)
	if _, err := complete(s, s.Code.Text); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("again: %v", err)
	}
	if err := f.TakeTrustToken(t.Context(), who, done.Token.Text, payment); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("as a proof of the user's own factor: %v", err)
	}
	if err := f.TakeTrustToken(t.Context(), who, done.Token.Text, delivered); err != nil {
		t.Errorf("as what it is: %v", err)
	}

	s = h.bearer(who, delivered)
	for range 5 {
		if _, err := complete(s, wrongCode(s.Code.Text)); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	if _, err := complete(s, s.Code.Text); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}

	sms := h.message(who, identity.MethodSMS, number)
	h.advance(time.Hour)
	s = h.bearer(who, delivered)
	if _, err := f.SendBearerStepUp(t.Context(), "another", s.ID.Text, sms); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("sent in another tenant: %v", err)
	}
	_, err = f.SendBearerStepUp(t.Context(), who.TenantID, s.ID.Text, sms)
	h.must(err)
	if s.Code.Reveal() != h.sent(number).Reveal() {
		if _, err := complete(s, s.Code.Text); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("the code before: %v", err)
		}
	}
	if _, err := complete(s, h.sent(number)); err != nil {
		t.Errorf("the code that was sent: %v", err)
	}
}

// Who may no longer sign in hears what anybody hears of a step-up that is none.
func TestBearerStepUpIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	if _, err := f.StartBearerStepUp(t.Context(), who, mfa.BearerStepUp{}); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("without a factor: %v", err)
	}
	a, _ := h.authenticator(who)
	var field *identity.FieldError
	for _, state := range []string{`[]`, `{"a":"` + strings.Repeat("a", 8<<10) + `"}`} {
		if _, err := f.StartBearerStepUp(t.Context(), who, mfa.BearerStepUp{State: identity.Object(state)}); !errors.As(err, &field) || field.Field != "state" {
			t.Errorf("state %.10s: %v", state, err)
		}
	}
	s := h.bearer(who, payment)
	for name, change := range map[string]func(*identity.User){
		"locked":    func(u *identity.User) { u.Active = false },
		"expired":   func(u *identity.User) { u.Expiry = identity.At(start) },
		"suspended": func(u *identity.User) { u.Actions = []identity.Action{{PreventLogin: true}} },
	} {
		u := sample()
		change(&u)
		h.put(u)
		if _, err := f.CompleteBearerStepUp(t.Context(), mfa.BearerProof{ID: s.ID.Text, Code: a.wait()}); !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("%s: %v, want what anybody hears", name, err)
		}
	}
}
