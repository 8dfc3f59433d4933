package token_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

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

// BenchmarkVerifyFloor is what golang-jwt takes to parse the same tokens, into a
// map as wide as our claims, and check their signatures.
func BenchmarkVerifyFloor(b *testing.B) {
	public, private, _ := ed25519.GenerateKey(nil)
	secret := bytes.Repeat([]byte("0123456789abcdef"), 4)
	for _, c := range []struct {
		algorithm token.Algorithm
		key       *token.Key
		verify    any
	}{
		{token.EdDSA, must(token.NewKey("a", token.EdDSA, private))(b), public},
		{token.RS256, testKey(b, token.RS256), sharedRSA().Public()},
		{token.HS256, must(token.NewHMACKey("a", token.HS256, secret))(b), secret},
	} {
		text := issue(b, newIssuer(b, c.key), sample()).Token.Reveal()
		parser := jwt.NewParser(jwt.WithTimeFunc(clock), jwt.WithValidMethods([]string{string(c.algorithm)}))
		b.Run(string(c.algorithm), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parser.Parse(text, func(*jwt.Token) (any, error) { return c.verify, nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
