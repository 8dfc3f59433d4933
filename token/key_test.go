package token_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	// One RSA algorithm stands for six: they share the code, and primes take long.
	for _, a := range []token.Algorithm{token.EdDSA, token.ES256, token.ES384, token.ES512,
		token.RS256, token.HS256, token.HS384, token.HS512} {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel()
			key := generate(t, a)
			if key.Algorithm() != a || !key.CanSign() || key.ID() == "" {
				t.Errorf("GenerateKey made %v", key)
			}
			if _, err := newVerifier(t, key).Verify(t.Context(), issue(t, newIssuer(t, key), sample()).Token.Reveal()); err != nil {
				t.Error(err)
			}
			if jwk, ok := key.JWK(); ok && a == token.RS256 && len(jwk.N) != 512 {
				t.Errorf("a generated RSA modulus has %d characters, want the 512 of 3072 bits", len(jwk.N))
			}
		})
	}
	if key, err := token.GenerateKey("none"); key != nil || !errors.Is(err, token.ErrKey) {
		t.Errorf("GenerateKey(none) = %v, %v", key, err)
	}
}

// JWT-06
func TestNewKeyRefuses(t *testing.T) {
	t.Parallel()
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	_, otherEd, _ := ed25519.GenerateKey(rand.Reader)
	p256, p384 := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384())
	strong := sharedRSA()
	mixed, moved := *p256, p384.PublicKey
	mixed.PublicKey, moved.Curve = ecKey(t, elliptic.P256()).PublicKey, elliptic.P256()
	for name, c := range map[string]struct {
		a   token.Algorithm
		key any
	}{
		"nil":                        {token.EdDSA, nil},
		"a secret":                   {token.HS256, bytes.Repeat([]byte{7}, 32)},
		"a text":                     {token.HS256, "a text"},
		"RSA without an algorithm":   {"", strong},
		"RSA for EdDSA":              {token.EdDSA, strong},
		"RSA for ES256":              {token.ES256, strong},
		"RSA for HS256":              {token.HS256, strong},
		"RSA for none":               {"none", strong},
		"Ed25519 for ES256":          {token.ES256, ed},
		"Ed25519 for RS256":          {token.RS256, ed},
		"Ed25519 cut short":          {token.EdDSA, ed[:63]},
		"Ed25519 public, short":      {token.EdDSA, ed25519.PublicKey(ed[:31])},
		"Ed25519 with another half":  {token.EdDSA, append(ed[:32:32], otherEd[32:]...)},
		"P-256 for ES384":            {token.ES384, p256},
		"P-384 for ES256":            {token.ES256, p384},
		"P-224":                      {"", ecKey(t, elliptic.P224())},
		"EC with another half":       {token.ES256, &mixed},
		"EC off the curve":           {token.ES256, &moved},
		"EC without a curve":         {token.ES256, new(ecdsa.PublicKey)},
		"EC private without a curve": {token.ES256, new(ecdsa.PrivateKey)},
		"RSA empty":                  {token.RS256, new(rsa.PublicKey)},
		"RSA private empty":          {token.RS256, new(rsa.PrivateKey)},
		"RSA of 2047 bits":           {token.RS256, &rsa.PublicKey{N: odd(2047), E: 65537}},
		"RSA of 8193 bits":           {token.RS256, &rsa.PublicKey{N: odd(8193), E: 65537}},
		"RSA with an even modulus":   {token.RS256, &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}},
		"RSA with exponent 1":        {token.RS256, &rsa.PublicKey{N: strong.N, E: 1}},
		"RSA with exponent 3":        {token.RS256, &rsa.PublicKey{N: strong.N, E: 3}},
		"RSA with exponent 65535":    {token.RS256, &rsa.PublicKey{N: strong.N, E: 65535}},
		"RSA with an even exponent":  {token.RS256, &rsa.PublicKey{N: strong.N, E: 65538}},
		"RSA with exponent 2^31+1":   {token.RS256, &rsa.PublicKey{N: strong.N, E: 1<<31 + 1}},
		// A power of 65537 has the fingerprint that such a modulus has.
		"RSA with the ROCA flaw": {token.RS256, &rsa.PublicKey{N: new(big.Int).Exp(big.NewInt(65537), big.NewInt(130), nil), E: 65537}},
		"RSA with another D": {token.RS256, &rsa.PrivateKey{PublicKey: strong.PublicKey,
			D: new(big.Int).Add(strong.D, big.NewInt(2)), Primes: strong.Primes}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if key, err := token.NewKey("k", c.a, c.key); key != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("NewKey = %v, %v; want nothing and ErrKey", key, err)
			}
		})
	}
	if _, err := token.NewKey("k", token.RS256, &rsa.PublicKey{N: odd(2048), E: 65537}); err != nil {
		t.Errorf("RSA of 2048 bits was refused: %v", err)
	}
}

// odd returns an odd number of so many bits that no ROCA prime could make.
func odd(bits uint) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return n.Add(n, big.NewInt(1))
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	return must(ecdsa.GenerateKey(curve, rand.Reader))(t)
}

// JWT-06
func TestHMACSecretLength(t *testing.T) {
	t.Parallel()
	for a, least := range map[token.Algorithm]int{token.HS256: 32, token.HS384: 48, token.HS512: 64} {
		if _, err := token.NewHMACKey("k", a, make([]byte, least)); err != nil {
			t.Errorf("%s refused a secret of %d bytes: %v", a, least, err)
		}
		for _, length := range []int{0, 1, least - 1} {
			if _, err := token.NewHMACKey("k", a, make([]byte, length)); !errors.Is(err, token.ErrKey) {
				t.Errorf("%s with a secret of %d bytes: error is %v, want ErrKey", a, length, err)
			}
		}
	}
	if _, err := token.NewHMACKey("", token.HS256, make([]byte, 32)); !errors.Is(err, token.ErrKey) {
		t.Errorf("without an id: error is %v, want ErrKey", err)
	}
	for _, a := range []token.Algorithm{"", "none", token.EdDSA, token.RS256} {
		if _, err := token.NewHMACKey("k", a, make([]byte, 64)); !errors.Is(err, token.ErrKey) {
			t.Errorf("a secret for %q: error is %v, want ErrKey", a, err)
		}
	}
}

// JWT-02
func TestKeyIDs(t *testing.T) {
	t.Parallel()
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	for _, id := range []string{"k", "2011-04-29", "bilbo.baggins@hobbiton.example", strings.Repeat("k", 128)} {
		if key := must(token.NewKey(id, "", private))(t); key.ID() != id {
			t.Errorf("id is %q, want %q", key.ID(), id)
		}
	}
	for _, id := range []string{" ", "a b", `a"`, `a\`, "a\n", "é", "\x7f", strings.Repeat("k", 129)} {
		if _, err := token.NewKey(id, "", private); !errors.Is(err, token.ErrKey) {
			t.Errorf("id %q: error is %v, want ErrKey", id, err)
		}
	}
}

func TestKeyDoesNotFollowItsSource(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte{1}, 32)
	key := must(token.NewHMACKey("k", token.HS256, secret))(t)
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	edKey := must(token.NewKey("", "", private))(t)
	exported, edExported := must(key.ExportJWK())(t), must(edKey.ExportJWK())(t)
	clear(secret)
	clear(private)
	if !bytes.Equal(exported, must(key.ExportJWK())(t)) || !bytes.Equal(edExported, must(edKey.ExportJWK())(t)) {
		t.Error("the key changed with the slice it was made of")
	}
}

func TestKeyPrintsNothingSecret(t *testing.T) {
	t.Parallel()
	const canary = "canary-canary-canary-canary-0123"
	key := must(token.NewHMACKey("hs", token.HS256, []byte(canary)))(t)
	holder := struct {
		Public  token.Key
		private token.Key
		pointer *token.Key
	}{*key, *key, key}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, key, *key, holder)
	}
	text, jsonText := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	text.Info("key", "key", key, "holder", holder)
	jsonText.Info("key", "key", key, "holder", holder)
	encoded, err := json.Marshal([]any{key, *key, holder})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	if err := gob.NewEncoder(&out).Encode(key); err == nil {
		t.Error("gob encoded a key")
	}
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%d", []byte(canary)), b64(canary)} {
		if strings.Contains(out.String(), strings.Trim(form, "[]")) {
			t.Errorf("the secret was printed as %s", form)
		}
	}
	if got, want := fmt.Sprint(key), "token.Key(HS256 hs)"; got != want {
		t.Errorf("a key prints as %q, want %q", got, want)
	}
}

func TestVerifyOnlyKey(t *testing.T) {
	t.Parallel()
	public := publicHalf(t, testKey(t, token.ES256))
	if public.CanSign() {
		t.Error("CanSign of a public key")
	}
	if _, err := token.NewKeySet(public); !errors.Is(err, token.ErrVerifyOnly) {
		t.Errorf("NewKeySet: error is %v, want ErrVerifyOnly", err)
	}
}

func publicHalf(t testing.TB, key *token.Key) *token.Key {
	t.Helper()
	return must(token.ParsePEM(key.ID(), key.Algorithm(), must(key.PublicPEM())(t)))(t)
}

type signerFunc func(context.Context, []byte) ([]byte, error)

func (f signerFunc) Sign(ctx context.Context, message []byte) ([]byte, error) { return f(ctx, message) }

func TestRemoteKey(t *testing.T) {
	t.Parallel()
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	type trace struct{}
	ctx := context.WithValue(t.Context(), trace{}, "passed on")
	service := signerFunc(func(ctx context.Context, message []byte) ([]byte, error) {
		if ctx.Value(trace{}) != "passed on" {
			return nil, errors.New("the caller's context was not passed on")
		}
		return ed25519.Sign(private, message), nil
	})
	key := must(token.NewRemoteKey("", "", public, service))(t)
	issued := must(newIssuer(t, key).Issue(ctx, sample()))(t)
	elsewhere := verifierConfig(t, key)
	elsewhere.Keys = sourceFunc(func(string) (*token.Key, error) { return publicHalf(t, key), nil })
	if _, err := must(token.NewVerifier(elsewhere))(t).Verify(ctx, issued.Token.Reveal()); err != nil {
		t.Error(err)
	}
	if exported := must(key.ExportJWK())(t); strings.Contains(string(exported), `"d"`) {
		t.Errorf("a key held elsewhere was exported: %s", exported)
	}
}

func TestRemoteKeyFailures(t *testing.T) {
	t.Parallel()
	private := ecKey(t, elliptic.P256())
	down := errors.New("service is down")
	for name, c := range map[string]struct {
		sign signerFunc
		want error
	}{
		"down":       {func(context.Context, []byte) ([]byte, error) { return nil, down }, down},
		"nothing":    {func(context.Context, []byte) ([]byte, error) { return nil, nil }, nil},
		"wrong form": {func(_ context.Context, m []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, private, m[:32]) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := must(token.NewRemoteKey("", token.ES256, &private.PublicKey, c.sign))(t)
			issued, err := newIssuer(t, key).Issue(t.Context(), sample())
			if err == nil || !issued.Token.IsZero() || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("Issue = %v, %v; want no token and an error", issued.Token, err)
			}
		})
	}
	if _, err := token.NewRemoteKey("", token.ES256, &private.PublicKey, nil); !errors.Is(err, token.ErrKey) {
		t.Errorf("without a signer: error is %v, want ErrKey", err)
	}
	if _, err := token.NewRemoteKey("k", token.HS256, make([]byte, 32), signerFunc(nil)); !errors.Is(err, token.ErrKey) {
		t.Errorf("with a secret: error is %v, want ErrKey", err)
	}
}
