package mfa_test

import (
	"testing"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// BenchmarkTOTP is what an authenticator's code costs beside the primitive, which
// computes the codes of two steps: with its secret unsealed, its guess charged
// and refunded, and its step claimed.
func BenchmarkTOTP(b *testing.B) {
	b.Run("primitive", func(b *testing.B) {
		key := codeOf([]byte("12345678901234567890"))
		opts := hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
		for i := 0; b.Loop(); i++ {
			for step := range uint64(2) {
				if _, err := hotp.GenerateCodeCustom(key, uint64(i)+step, opts); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("wrong", func(b *testing.B) {
		h, p, a := signingIn(b)
		wrong := a.wrong()
		for b.Loop() {
			if _, err := h.factors().Prove(b.Context(), mfa.Challenge{Person: p}, wrong); err == nil {
				b.Fatal("a wrong code was accepted")
			}
			b.StopTimer()
			h.advance(day)
			wrong = a.wrong()
			b.StartTimer()
		}
	})
	b.Run("right", func(b *testing.B) {
		h, p, a := signingIn(b)
		for b.Loop() {
			b.StopTimer()
			h.advance(day)
			code := a.shows()
			b.StartTimer()
			if _, err := h.factors().Prove(b.Context(), mfa.Challenge{Person: p}, code); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRecoveryCode is what a recovery code costs beside the primitive, its
// keyed hash: a right one with its notice handed over, and the devices that were
// trusted forgotten.
func BenchmarkRecoveryCode(b *testing.B) {
	b.Run("primitive", func(b *testing.B) {
		h := open(b)
		for b.Loop() {
			h.config.Keys.MACs("recovery code", tenantID, userID, "QJD73L6GR59XM4T")
		}
	})
	b.Run("wrong", func(b *testing.B) {
		h, p, _ := signingIn(b)
		wrong := secret.New("QJD73-L6GR5-9XM4T")
		for b.Loop() {
			if _, err := h.factors().Prove(b.Context(), mfa.Challenge{Person: p}, wrong); err == nil {
				b.Fatal("a wrong code was accepted")
			}
			b.StopTimer()
			h.advance(day)
			b.StartTimer()
		}
	})
	b.Run("right", func(b *testing.B) {
		h, p, _ := signingIn(b)
		kept := []store.Hash{h.config.Keys.MAC("recovery code", tenantID, userID, "QJD73L6GR59XM4T")}
		for b.Loop() {
			b.StopTimer()
			h.advance(day)
			h.must(h.config.Store.ReplaceRecoveryCodes(b.Context(), tenantID, userID, kept))
			b.StartTimer()
			if _, err := h.factors().Prove(b.Context(), mfa.Challenge{Person: p}, secret.New("QJD73-L6GR5-9XM4T")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// signingIn is the sample user in a login that waits for their authenticator.
func signingIn(b *testing.B) (*house, mfa.Person, authenticator) {
	h := open(b)
	h.config.Events = nil
	a, _ := h.authenticator(who)
	p, err := h.answer(h.challenge(who, byEmail), nil)
	h.must(err)
	return h, p, a
}
