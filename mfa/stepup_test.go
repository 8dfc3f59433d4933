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

// A trust token is for its user, action and challenge, for three minutes, once.
//
// MFA-13 S0-22
func TestStepUp(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	other := h.other()
	h.authenticator(other)
	pay := mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 1")}
	if _, err := f.StartStepUp(t.Context(), who, pay); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("without a factor: %v", err)
	}
	a, _ := h.authenticator(who)
	s, err := f.StartStepUp(t.Context(), who, pay)
	h.must(err)
	if len(s.Methods) != 1 || s.Methods[0].ID != a.id || !s.Expires.Equal(h.now().Add(5*time.Minute)) {
		t.Errorf("started: %+v", s)
	}
	if _, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, pay, a.wrong()); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a wrong code: %v", err)
	}
	code := a.wait()
	if _, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, mfa.Purpose{Action: "pay"}, code); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("without its challenge: %v", err)
	}
	token, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, pay, code)
	h.must(err)
	if !token.Expires.Equal(h.now().Add(3 * time.Minute)) {
		t.Errorf("it ends at %v", token.Expires)
	}
	if _, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, pay, a.wait()); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("a spent step-up: %v", err)
	}
	elsewhere := who
	elsewhere.UserID = other.UserID
	for name, c := range map[string]struct {
		w mfa.Who
		t secret.Text
		p mfa.Purpose
	}{
		"another user":      {elsewhere, token.Token.Text, pay},
		"another action":    {who, token.Token.Text, mfa.Purpose{Action: "close", Challenge: pay.Challenge}},
		"another challenge": {who, token.Token.Text, mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 2")}},
		"no purpose":        {who, token.Token.Text, mfa.Purpose{}},
		"the step-up's id":  {who, s.ID.Text, pay},
		"no token":          {who, secret.Text{}, pay},
		"shifted text":      {who, token.Token.Text, mfa.Purpose{Action: "payi", Challenge: secret.New("nvoice 1")}},
	} {
		if err := f.TakeTrustToken(t.Context(), c.w, c.t, c.p); !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f.TakeTrustToken(t.Context(), who, token.Token.Text, pay) })
	}
	wg.Wait()
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		} else if !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("a loser hears %v", err)
		}
	}
	if taken != 1 {
		t.Errorf("it was taken %d times", taken)
	}
}

func TestATrustTokenEnds(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	s, err := f.StartStepUp(t.Context(), who, mfa.Purpose{})
	h.must(err)
	token, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, mfa.Purpose{}, a.wait())
	h.must(err)
	h.advance(3 * time.Minute)
	if err := f.TakeTrustToken(t.Context(), who, token.Token.Text, mfa.Purpose{}); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("after three minutes: %v", err)
	}
	var field *identity.FieldError
	_, err = f.StartStepUp(t.Context(), who, mfa.Purpose{Action: strings.Repeat("a", 4097)})
	if !errors.As(err, &field) || field.Field != "trustChallenge" {
		t.Errorf("a long action: %v", err)
	}
}

// MFA-03 S4-29
func TestStepUpByMessage(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	sms := h.message(who, identity.MethodSMS, number)
	h.advance(time.Hour)
	s, err := f.StartStepUp(t.Context(), who, mfa.Purpose{})
	h.must(err)
	if _, err := f.SendStepUp(t.Context(), who, s.ID.Text, a.id); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("an authenticator has nothing to send: %v", err)
	}
	if _, err := f.SendStepUp(t.Context(), who, s.ID.Text, "NONE"); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("no such method: %v", err)
	}
	sent, err := f.SendStepUp(t.Context(), who, s.ID.Text, sms)
	h.must(err)
	if sent.Kind != identity.MethodSMS || sent.MethodID != sms || !sent.Expires.Equal(s.Expires) {
		t.Errorf("sent: %+v", sent)
	}
	code := h.sent(number)
	for range 5 {
		if _, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, mfa.Purpose{}, wrongCode(code)); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	if _, err := f.CompleteStepUp(t.Context(), who, s.ID.Text, mfa.Purpose{}, code); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	h.advance(time.Minute)
	if _, err := f.SendStepUp(t.Context(), who, s.ID.Text, sms); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("a message for who has no guesses left: %v", err)
	}
}
