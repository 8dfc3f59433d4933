package mfa_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Sends are spaced and capped, by address and by user, and what is refused says
// how long to wait.
//
// S4-28 S4-30 LIM-11
func TestSendsAreBounded(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	h.must(err)
	send := func() error { _, err := f.SendEnrolmentCode(t.Context(), who, e.MethodID); return err }
	wait := func(err error) time.Duration {
		var exhausted *mfa.ExhaustedError
		if !errors.As(err, &exhausted) {
			t.Fatalf("%v, want to be told to wait", err)
		}
		return exhausted.RetryAfter
	}
	if got := wait(send()); got != time.Minute {
		t.Errorf("sent again after %v", got)
	}
	for range 19 {
		h.advance(time.Minute)
		h.must(send())
	}
	h.advance(time.Minute)
	if got := wait(send()); got != 24*time.Hour-20*time.Minute {
		t.Errorf("the twenty-first waits %v", got)
	}
	if _, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: "+13035551313"}); wait(err) == 0 {
		t.Error("another number was sent a code")
	}
	if n := len(h.messages(messenger.TwoFactorCode)); n != 20 {
		t.Errorf("%d messages", n)
	}
	h.advance(24 * time.Hour)
	h.message(who, identity.MethodSMS, number)
}

// A code that was sent takes five guesses, and a resend gives none back; the
// day's are counted over all codes.
//
// LIM-01 LIM-02 S4-39
func TestGuessesOfACode(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	h.must(err)
	guess := func(code secret.Text) error { return confirm(h, who, e.MethodID, code) }
	for range 4 {
		for range 5 {
			if err := guess(wrongCode(h.sent(number))); !errors.Is(err, mfa.ErrWrongCode) {
				t.Fatal(err)
			}
		}
		if err := guess(h.sent(number)); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("the right code after five wrong ones: %v", err)
		}
		h.advance(time.Minute)
		_, err := f.SendEnrolmentCode(t.Context(), who, e.MethodID)
		h.must(err)
	}
	var exhausted *mfa.ExhaustedError
	if err := guess(h.sent(number)); !errors.As(err, &exhausted) || exhausted.RetryAfter <= 0 {
		t.Errorf("the right code after twenty guesses: %v", err)
	}
	h.advance(24 * time.Hour)
	h.message(who, identity.MethodSMS, number)
}

func wrongCode(right secret.Text) secret.Text {
	if right.Reveal() == "000000" {
		return secret.New("000001")
	}
	return secret.New("000000")
}

// While a code lives, another send voids it and gives back no guess.
//
// SEC-13
func TestAResendVoidsTheCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.tenant.ExternalIdentifierConfiguration.TwoFactorOneTimeCodeIDTimeToLiveInSeconds = 300
	f := h.factors()
	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	h.must(err)
	guess := func(code secret.Text) error { return confirm(h, who, e.MethodID, code) }
	send := func() error { _, err := f.SendEnrolmentCode(t.Context(), who, e.MethodID); return err }
	for range 3 {
		if err := guess(wrongCode(h.sent(number))); !errors.Is(err, mfa.ErrWrongCode) {
			t.Error(err)
		}
	}
	before := h.sent(number)
	var exhausted *mfa.ExhaustedError
	if err := send(); !errors.As(err, &exhausted) || exhausted.RetryAfter != time.Minute {
		t.Errorf("sent again at once: %v", err)
	}
	h.advance(time.Minute)
	h.must(send())
	for _, code := range []secret.Text{before, wrongCode(h.sent(number)), h.sent(number)} { // the fourth to the sixth
		if err := guess(code); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("after five guesses: %v", err)
		}
	}
	if h.happened(mfa.ProofFailed) != 6 {
		t.Errorf("%d failures were told", h.happened(mfa.ProofFailed))
	}
}

// A method's address is part of what its code confirms: another's that took its
// place is not confirmed by it.
func TestACodeConfirmsTheAddressItWentTo(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodEmail, To: email})
	h.must(err)
	mine := h.sent(email)
	again, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodEmail, To: otherEmail})
	h.must(err)
	if err := confirm(h, who, e.MethodID, mine); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("it did not take its place: %v", err)
	}
	if err := confirm(h, who, again.MethodID, mine); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("another address's code: %v", err)
	}
}
