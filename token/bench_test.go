package token_test

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

// BenchmarkFloor is the least that a token costs: its claims through
// encoding/json and one bare signature of as many bytes.
func BenchmarkFloor(b *testing.B) {
	_, private, _ := ed25519.GenerateKey(nil)
	issued := issue(b, newIssuer(b, generate(b, token.EdDSA)), sample())
	message := []byte(issued.Token.Reveal()[:strings.LastIndexByte(issued.Token.Reveal(), '.')])
	b.Run("ed25519", func(b *testing.B) {
		for b.Loop() {
			ed25519.Sign(private, message)
		}
	})
	b.Run("ed25519+json", func(b *testing.B) {
		for b.Loop() {
			json.Marshal(wire{"acme.com", userID, applicationID, 1, 1, userID, tenantID, userID, 1,
				applicationID, []string{"admin"}, "PASSWORDLESS", "jared@piedpiper.com", true})
			ed25519.Sign(private, message)
		}
	})
}

type wire struct {
	Iss, Sub, Aud      string
	Exp, Iat           int64
	Jti, Tid, Sid      string
	AuthTime           int64
	ApplicationID      string
	Roles              []string
	AuthenticationType string
	Email              string
	EmailVerified      bool
}

func BenchmarkIssue(b *testing.B) {
	for _, a := range algorithms {
		issuer := newIssuer(b, testKey(b, a))
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := issuer.Issue(b.Context(), sample()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, a := range algorithms {
		key := testKey(b, a)
		verifier := newVerifier(b, key)
		text := issue(b, newIssuer(b, key), sample()).Token.Reveal()
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := verifier.Verify(b.Context(), text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
