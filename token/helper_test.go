package token_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/gatehouse-go/gatehouse/token"
)

const (
	userID        = "00000000-0000-0001-0000-000000000000"
	applicationID = "10000000-0000-0002-0000-000000000001"
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	issuerName    = "acme.com"
)

var algorithms = []token.Algorithm{
	token.EdDSA, token.ES256, token.ES384, token.ES512,
	token.RS256, token.RS384, token.RS512, token.PS256, token.PS384, token.PS512,
	token.HS256, token.HS384, token.HS512,
}

// now is the instant of the FusionAuth examples, with a fraction to be cut.
var now = time.UnixMilli(1659380719123)

func clock() time.Time { return now }

func sample() token.Claims {
	return token.Claims{
		Subject:            userID,
		Audience:           applicationID,
		TenantID:           tenantID,
		SessionID:          "b7dc9d3f-0d3c-4b3f-8a6f-3d3f1a9b1c55",
		AuthTime:           now,
		ApplicationID:      applicationID,
		Roles:              []string{"admin", "user-role"},
		AuthenticationType: "PASSWORDLESS",
		Methods:            []string{"otp"},
		Email:              "jared@piedpiper.com",
		EmailVerified:      true,
		PreferredUsername:  "johnny123",
	}
}

// sharedRSA is made once: searching for primes is the slowest thing here.
var sharedRSA = sync.OnceValue(func() *rsa.PrivateKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return private
})

// testKey returns a signing key; all RSA keys of a run share their primes.
func testKey(t testing.TB, a token.Algorithm) *token.Key {
	t.Helper()
	if a[0] != 'R' && a[0] != 'P' {
		return generate(t, a)
	}
	return must(token.NewKey("rsa-"+string(a), a, sharedRSA()))(t)
}

func generate(t testing.TB, a token.Algorithm) *token.Key {
	t.Helper()
	return must(token.GenerateKey(a))(t)
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func keySet(t testing.TB, signing *token.Key, others ...*token.Key) *token.KeySet {
	t.Helper()
	return must(token.NewKeySet(signing, others...))(t)
}

func newIssuer(t testing.TB, key *token.Key) *token.Issuer {
	t.Helper()
	return must(token.NewIssuer(token.IssuerConfig{Keys: keySet(t, key), Issuer: issuerName, Now: clock}))(t)
}

func verifierConfig(t testing.TB, key *token.Key) token.VerifierConfig {
	t.Helper()
	return token.VerifierConfig{Keys: keySet(t, key), Issuer: issuerName,
		Audiences: []string{applicationID}, Now: clock}
}

func newVerifier(t testing.TB, key *token.Key) *token.Verifier {
	t.Helper()
	return must(token.NewVerifier(verifierConfig(t, key)))(t)
}

func issue(t testing.TB, i *token.Issuer, c token.Claims) token.Signed {
	t.Helper()
	return must(i.Issue(t.Context(), c))(t)
}

// forger signs any header and payload, as a faulty issuer with the right key
// would.
type forger struct {
	private ed25519.PrivateKey
	key     *token.Key
}

func newForger(t testing.TB) forger {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return forger{private, must(token.NewKey("k1", token.EdDSA, private))(t)}
}

const (
	goodHeader = `{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}`
	goodClaims = `{"iss":"acme.com","sub":"00000000-0000-0001-0000-000000000000",` +
		`"aud":"10000000-0000-0002-0000-000000000001","exp":1659384319,"iat":1659380719,` +
		`"jti":"1","tid":"f24aca2b-ce4a-4dad-951a-c9d690e71415"}`
)

func (f forger) sign(header, payload string) string {
	return signWith(jwt.SigningMethodEdDSA, f.private, header, payload)
}

func signWith(method jwt.SigningMethod, key any, header, payload string) string {
	message := b64(header) + "." + b64(payload)
	signature, err := method.Sign(message, key)
	if err != nil {
		panic(err)
	}
	return message + "." + b64(string(signature))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// wantRefused asserts that the token is refused, with claims that are zero and
// an error that does not repeat it.
func wantRefused(t testing.TB, v *token.Verifier, text string) {
	t.Helper()
	c, err := v.Verify(t.Context(), text)
	if !errors.Is(err, token.ErrInvalid) {
		t.Errorf("Verify: error is %v, want ErrInvalid", err)
	}
	wantZero(t, c)
}

// JWT-08
func wantZero(t testing.TB, c token.Claims) {
	t.Helper()
	if !reflect.DeepEqual(c, token.Claims{}) {
		t.Errorf("Verify returned claims with an error: %+v", c)
	}
}

func wantNoPayload(t testing.TB, key *token.Key, compact string) {
	t.Helper()
	payload, err := key.VerifyJWS(compact)
	if payload != nil || !errors.Is(err, token.ErrInvalid) {
		t.Errorf("VerifyJWS = %q, %v; want nothing and ErrInvalid", payload, err)
	}
}

func wantConfigError[T any](t testing.TB, made *T, err error, field string) {
	t.Helper()
	var config *token.ConfigError
	if made != nil || !errors.As(err, &config) || config.Field != field || !strings.Contains(err.Error(), field) {
		t.Errorf("error is %v, want nothing made and a ConfigError of %s", err, field)
	}
}
