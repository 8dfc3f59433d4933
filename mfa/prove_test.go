package mfa_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// The code that confirmed an authenticator is no login's, and none counts twice:
// not in a second login, a step-up, an enrolment or a removal.
//
// MFA-05 MFA-06
func TestAStepCountsOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	for round := range 5 {
		used := a.shows()
		for name, use := range map[string]func() error{
			"a login":   func() error { _, err := h.complete(f, h.challenge(who, byEmail), used); return err },
			"a step-up": func() error { return stepUp(h, who, used) },
			"an enrolment": func() error {
				_, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Code: used})
				return err
			},
			"a removal": func() error { return f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: used}) },
			"new recovery codes": func() error {
				_, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{Code: used})
				return err
			},
		} {
			if err := use(); !errors.Is(err, mfa.ErrWrongCode) {
				t.Errorf("round %d: a used code did for %s: %v", round, name, err)
			}
		}
		h.advance(25 * time.Hour) // the guesses are back
		switch code := a.shows(); round {
		case 0:
			_, err := h.complete(f, h.challenge(who, byEmail), code)
			h.must(err)
		case 1:
			h.must(stepUp(h, who, code))
		case 2:
			_, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{Code: code})
			h.must(err)
		case 3:
			_, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Code: code})
			h.must(err)
		}
		if round == 4 {
			h.must(f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: a.shows()}))
		}
	}
}

// stepUp proves a factor outside a login.
func stepUp(h *house, w mfa.Who, code secret.Text) error {
	h.Helper()
	s, err := h.factors().StartStepUp(h.Context(), w, mfa.Purpose{Action: "pay"})
	h.must(err)
	_, err = h.factors().CompleteStepUp(h.Context(), w, s.ID.Text, mfa.Purpose{Action: "pay"}, code)
	return err
}

// One code, at one time, on many logins and two machines.
//
// MFA-05
func TestOneCodeHasOneWinner(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.config.Limits = mfa.Limits{}
	a, _ := h.authenticator(who)
	code := a.wait()
	machines := []*mfa.Factors{h.factors(), h.another()}
	handles := make([]secret.Text, 10)
	for i := range handles {
		handles[i] = h.challenge(who, byEmail)
	}
	errs := make([]error, len(handles))
	var wg sync.WaitGroup
	for i := range handles {
		wg.Go(func() { _, errs[i] = h.complete(machines[i%2], handles[i], code) })
	}
	wg.Wait()
	winners := 0
	for _, err := range errs {
		var exhausted *mfa.ExhaustedError
		switch {
		case err == nil:
			winners++
		case !errors.Is(err, mfa.ErrWrongCode) && !errors.As(err, &exhausted):
			t.Errorf("a loser hears %v", err)
		}
	}
	if winners != 1 {
		t.Errorf("one code counted %d times", winners)
	}
}

// Whatever codes are tried at whatever times, the steps that are accepted
// strictly increase, though the clock goes back.
//
// MFA-05 TIM-01
func TestAcceptedStepsIncrease(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		h := open(t)
		r := rand.New(rand.NewPCG(seed, 0))
		key, err := mfa.ParseSecret(secret.New(codeOf(fmt.Appendf(nil, "the secret of seed %4d", seed))), true)
		h.must(err)
		a, _ := h.enrol(who, mfa.EnrolRequest{Secret: key})
		h.must(confirm(h, who, a.id, a.shows()))
		last := h.now().Unix() / 30
		accepted := 0
		for range 60 {
			h.advance(time.Duration(r.IntN(100)-30) * time.Second)
			if r.IntN(8) == 0 {
				h.advance(24 * time.Hour)
			}
			at := h.now().Add(time.Duration(r.IntN(5)-3) * 30 * time.Second)
			_, err := h.complete(h.factors(), h.challenge(who, byEmail), a.at(at))
			if err != nil {
				continue
			}
			step, now := at.Unix()/30, h.now().Unix()/30
			if step <= last || step > now || step < now-1 {
				t.Fatalf("seed %d: step %d was accepted at %d after %d", seed, step, now, last)
			}
			last = step
			accepted++
		}
		if accepted == 0 {
			t.Errorf("seed %d: nothing was ever accepted", seed)
		}
	}
}

// A code that was sent counts with its ticket alone, once it is sent, until the
// next is.
//
// MFA-03 SEC-13
func TestMessageCodeInALogin(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	id := h.message(who, identity.MethodSMS, number)
	h.advance(time.Hour)
	first, second := h.challenge(who, byEmail), h.challenge(who, byEmail)
	send := func(handle secret.Text) error {
		p, err := h.answer(handle, nil)
		h.must(err)
		_, err = f.SendCode(t.Context(), p, id)
		return err
	}
	h.must(send(first))
	code := h.sent(number)
	if _, err := h.complete(f, second, code); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("another login's code: %v", err)
	}
	var exhausted *mfa.ExhaustedError
	if err := send(first); !errors.As(err, &exhausted) || exhausted.RetryAfter != time.Minute {
		t.Errorf("sent again at once: %v", err)
	}
	h.advance(time.Minute)
	h.must(send(first))
	if _, err := h.complete(f, first, code); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the code of before: %v", err)
	}
	proof, err := h.complete(f, first, h.sent(number))
	if h.must(err); proof.MethodID != id || proof.Kind != "sms" || fmt.Sprint(proof.Methods) != "[otp sms mfa]" || proof.Recovery {
		t.Errorf("proven: %+v", proof)
	}
	if _, err := h.complete(f, first, h.sent(number)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a spent login: %v", err)
	}
}

// What goes where the login's code went proves nothing more: it is not sent, and
// a code of it does not count.
//
// MFA-14
func TestTheCarrierIsNoSecondFactor(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	id := h.message(who, identity.MethodEmail, email)
	h.advance(time.Hour)
	before := len(h.messages(messenger.TwoFactorCode))
	p, err := h.answer(h.challenge(who, byEmail), nil)
	h.must(err)
	if _, err := f.SendCode(t.Context(), p, id); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("sent: %v", err)
	}
	if _, err := f.Prove(t.Context(), mfa.Challenge{Person: p, MethodID: id}, secret.New("123456")); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("proven: %v", err)
	}
	session := who
	session.Carrier = byEmail
	if _, err := f.SendCodeFor(t.Context(), session, id); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("sent to a session whose login it carried: %v", err)
	}
	if n := len(h.messages(messenger.TwoFactorCode)); n != before {
		t.Errorf("%d messages", n-before)
	}
	// A code that was sent while it was allowed does not count where it is not.
	other := h.challenge(who, byPhone)
	q, err := h.answer(other, nil)
	h.must(err)
	_, err = f.SendCode(t.Context(), q, id)
	h.must(err)
	q, err = h.answer(other, nil)
	h.must(err)
	q.Carrier = byEmail
	if _, err := f.Prove(t.Context(), mfa.Challenge{Person: q}, h.sent(email)); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("it counted: %v", err)
	}
}

// Ten guesses a day, however many logins they are spread over, whatever was sent
// in between, and after a restart; the other ways stay open.
//
// LIM-02 LIM-05 LIM-06 MFA-10
func TestGuessesOfAnAuthenticator(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, recovery := h.authenticator(who)
	id := h.message(who, identity.MethodSMS, number)
	other := h.other()
	b, _ := h.authenticator(other)
	h.advance(time.Hour)
	compared := 0
	for i := range 10_000 {
		f := h.factors()
		if i%1000 == 0 {
			f = h.another()
		}
		_, err := h.complete(f, h.challenge(who, byEmail), a.wrong())
		var exhausted *mfa.ExhaustedError
		switch {
		case errors.Is(err, mfa.ErrWrongCode):
			compared++
		case !errors.As(err, &exhausted) || exhausted.RetryAfter <= 0:
			t.Fatalf("guess %d: %v", i, err)
		}
		if i%2000 == 0 {
			h.advance(time.Minute)
		}
	}
	if compared != 10 {
		t.Errorf("%d guesses were compared in a day, want 10", compared)
	}
	if _, err := h.complete(h.factors(), h.challenge(who, byEmail), a.shows()); err == nil {
		t.Error("the right code did after the budget was spent")
	}
	handle := h.challenge(who, byEmail)
	p, err := h.answer(handle, nil)
	h.must(err)
	_, err = h.factors().SendCode(t.Context(), p, id)
	h.must(err)
	if _, err := h.complete(h.factors(), handle, h.sent(number)); err != nil {
		t.Errorf("a code by message: %v", err)
	}
	if _, err := h.complete(h.factors(), h.challenge(who, byEmail), recovery[0].Text); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := h.complete(h.factors(), h.challenge(other, byPhone), b.shows()); err != nil {
		t.Errorf("another user: %v", err)
	}
	h.advance(24 * time.Hour)
	if _, err := h.complete(h.factors(), h.challenge(who, byEmail), a.shows()); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// A right answer gives back its own guess and no other's: not those of other
// kinds, nor those before it.
//
// LIM-05
func TestARightAnswerGivesBackItself(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, recovery := h.authenticator(who)
	for range 9 {
		if _, err := h.complete(f, h.challenge(who, byEmail), a.wrong()); !errors.Is(err, mfa.ErrWrongCode) {
			t.Fatal(err)
		}
	}
	for i := range 12 { // each right one leaves one guess
		code := a.wait()
		var err error
		if i%2 == 0 {
			_, err = h.complete(f, h.challenge(who, byEmail), code)
		} else {
			err = stepUp(h, who, code)
		}
		h.must(err)
		if i%4 == 0 {
			_, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{Code: a.wait()})
			h.must(err)
		}
	}
	_, err := h.complete(f, h.challenge(who, byEmail), recovery[0].Text) // replaced
	if !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a recovery code that was replaced: %v", err)
	}
	if _, err := h.complete(f, h.challenge(who, byEmail), a.wrong()); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the tenth wrong code: %v", err)
	}
	var exhausted *mfa.ExhaustedError
	if _, err := h.complete(f, h.challenge(who, byEmail), a.wait()); !errors.As(err, &exhausted) {
		t.Errorf("after ten: %v", err)
	}
	if h.happened(mfa.GuessesExhausted) != 1 {
		t.Errorf("it was told %d times", h.happened(mfa.GuessesExhausted))
	}
}

// Codes that cannot be one are wrong, whatever is in them, and cost nothing.
//
// MFA-09
func FuzzCodes(f *testing.F) {
	for _, s := range []string{"", " ", "123456", "12345６", "QJD73-L6GR5-9XM4T", "qjd73l6gr59xm4t", strings.Repeat("-", 99), "\x00\xff", strings.Repeat("9", 1<<16)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		h := open(t)
		a, recovery := h.authenticator(who)
		code := a.wait()
		_, err := h.complete(h.factors(), h.challenge(who, byEmail), secret.New(typed))
		switch {
		case err == nil && !code.Equal(secret.New(typed)):
			t.Errorf("%q was accepted", typed)
		case err != nil && !errors.Is(err, mfa.ErrWrongCode):
			t.Errorf("%q: %v", typed, err)
		}
		if _, err := h.complete(h.factors(), h.challenge(who, byEmail), recovery[0].Text); err != nil {
			t.Errorf("after %q a recovery code is refused: %v", typed, err)
		}
	})
}
