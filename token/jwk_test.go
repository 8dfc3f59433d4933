package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

func TestExportedKeysComeBack(t *testing.T) {
	t.Parallel()
	for _, a := range algorithms {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel()
			key := testKey(t, a)
			again := must(token.ParseJWK(must(key.ExportJWK())(t)))(t)
			if again.ID() != key.ID() || again.Algorithm() != a || !again.CanSign() {
				t.Fatalf("%v came back as %v", key, again)
			}
			text := issue(t, newIssuer(t, again), sample()).Token.Reveal()
			if _, err := newVerifier(t, key).Verify(t.Context(), text); err != nil {
				t.Errorf("the key that came back signs otherwise: %v", err)
			}
		})
	}
}

const goodEC = `{"kty":"EC","crv":"P-256","kid":"k","use":"sig","alg":"ES256","key_ops":["sign","verify"],` +
	`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",` +
	`"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`

// JWT-06
func TestParseJWKRefuses(t *testing.T) {
	t.Parallel()
	if key, err := token.ParseJWK([]byte(goodEC)); err != nil || !key.CanSign() {
		t.Fatalf("ParseJWK = %v, %v", key, err)
	}
	for name, change := range map[string]struct{ from, to string }{
		"kty absent":            {`"kty":"EC",`, ``},
		"kty in another case":   {`"kty":"EC"`, `"kty":"ec"`},
		"kty by another name":   {`"kty"`, `"KTY"`},
		"kty RSA":               {`"kty":"EC"`, `"kty":"RSA"`},
		"kty oct":               {`"kty":"EC"`, `"kty":"oct"`},
		"kty a number":          {`"kty":"EC"`, `"kty":1`},
		"crv absent":            {`"crv":"P-256",`, ``},
		"crv another":           {`P-256`, `P-384`},
		"crv not ours":          {`P-256`, `secp256k1`},
		"alg another curve":     {`ES256`, `ES384`},
		"alg HS256":             {`ES256`, `HS256`},
		"alg none":              {`ES256`, `none`},
		"alg ES256K":            {`ES256`, `ES256K`},
		"alg a list":            {`"ES256"`, `["ES256"]`},
		"kid a number":          {`"kid":"k"`, `"kid":1`},
		"kid with a quote":      {`"kid":"k"`, `"kid":"\""`},
		"use enc":               {`"use":"sig"`, `"use":"enc"`},
		"use null":              {`"use":"sig"`, `"use":null`},
		"key_ops of encryption": {`["sign","verify"]`, `["encrypt"]`},
		"key_ops empty":         {`["sign","verify"]`, `[]`},
		"key_ops a string":      {`["sign","verify"]`, `"sign"`},
		"x twice":               {`"x":`, `"x":"AA","x":`},
		"x absent":              {`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",`, ``},
		"x padded":              {`VEU"`, `VEU="`},
		"x with a line end":     {`"x":"f8`, `"x":"f8\n`},
		"x in another spelling": {`VEU"`, `VEV"`},
		"x short":               {`"f83O`, `"`},
		"x long":                {`"f83O`, `"AAAAf83O`},
		"x a number":            {`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"`, `"x":1`},
		"off the curve":         {`"x_FE`, `"y_FE`},
		"d of another":          {`"jpsQ`, `"kpsQ`},
		"d zero":                {`jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI`, strings.Repeat("A", 43)},
		"d short":               {`"jpsQ`, `"`},
		"d empty":               {`jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI`, ``},
		"trailing":              {`9LI"}`, `9LI"}{}`},
		"too long":              {`{`, `{` + strings.Repeat(" ", 256<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(goodEC, change.from, change.to, 1)
			if changed == goodEC {
				t.Fatal("the test changes nothing")
			}
			key, err := token.ParseJWK([]byte(changed))
			if key != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("ParseJWK = %v, %v; want nothing and ErrKey", key, err)
			}
			if err != nil && strings.Contains(err.Error(), "psQnnG") {
				t.Errorf("the error holds the private key: %v", err)
			}
		})
	}
}

func TestParseJWKRefusesOKPAndRSA(t *testing.T) {
	t.Parallel()
	rsaKey := string(must(testKey(t, token.RS256).ExportJWK())(t))
	for name, jwk := range map[string]string{
		"Ed25519 x short":   strings.Replace(rfc8037Key, `"x":"11qY`, `"x":"`, 1),
		"Ed25519 d short":   strings.Replace(rfc8037Key, `"d":"nWGx`, `"d":"`, 1),
		"Ed25519 d another": strings.Replace(rfc8037Key, `"d":"nWGx`, `"d":"oWGx`, 1),
		"Ed448":             strings.Replace(rfc8037Key, `Ed25519`, `Ed448`, 1),
		"X25519":            strings.Replace(rfc8037Key, `Ed25519`, `X25519`, 1),
		"X25519 for EdDSA":  strings.Replace(rfc8037Key, `"crv":"Ed25519"`, `"crv":"X25519","alg":"EdDSA"`, 1),
		"RSA no alg":        strings.Replace(rsaKey, `"alg":"RS256",`, ``, 1),
		"RSA e 3":           strings.Replace(rsaKey, `AQAB`, `Aw`, 1),
		"RSA e long":        strings.Replace(rsaKey, `AQAB`, `AQABAQAB`, 1),
		"RSA no p":          strings.Replace(rsaKey, `"p":`, `"pp":`, 1),
		"RSA three primes":  strings.Replace(rsaKey, `"p":`, `"oth":[],"p":`, 1),
		"RSA d p swapped":   strings.NewReplacer(`"d":`, `"p":`, `"p":`, `"d":`).Replace(rsaKey),
		"RSA no n":          strings.Replace(rsaKey, `"n":`, `"nn":`, 1),
		"oct no kid":        strings.Replace(rfc7515HMAC, `"kid":"a1",`, ``, 1),
		"oct no alg":        strings.Replace(rfc7515HMAC, `"alg":"HS256",`, ``, 1),
		"oct short":         `{"kty":"oct","kid":"k","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}`,
		"oct no k":          `{"kty":"oct","kid":"k","alg":"HS256"}`,
		"empty":             `{}`,
		"a list":            `[` + rfc8037Key + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if key, err := token.ParseJWK([]byte(jwk)); key != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("ParseJWK = %v, %v; want nothing and ErrKey", key, err)
			}
		})
	}
}

func TestParseJWKS(t *testing.T) {
	t.Parallel()
	const secondEd = `{"kty":"OKP","crv":"Ed25519","kid":"two","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	for name, c := range map[string]struct {
		set  string
		want string
	}{
		"one":                 {rfc8037Key, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		"two":                 {rfc8037Key + "," + goodEC, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k k"},
		"two ids, one key":    {rfc8037Key + "," + secondEd, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k two"},
		"one not ours":        {`{"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"new"},{"kty":"RSA","n":"AQ","e":"AQAB"},` + goodEC, "k"},
		"one for encryption":  {strings.Replace(goodEC, `"sig"`, `"enc"`, 1) + "," + rfc8037Key, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		"secrets":             {rfc7515HMAC, "a1"},
		"one id twice":        {goodEC + "," + goodEC, ""},
		"secrets and pairs":   {goodEC + "," + rfc7515HMAC, ""},
		"one malformed":       {rfc8037Key + "," + strings.Replace(goodEC, `"x":`, `"xx":`, 1), ""},
		"one not an object":   {rfc8037Key + `,"k"`, ""},
		"none":                {``, ""},
		"none of ours":        {`{"kty":"new"}`, ""},
		"a member repeated":   {rfc8037Key[:len(rfc8037Key)-1] + `,"kty":"OKP"}`, ""},
		"not JSON after that": {rfc8037Key + `]}x`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, err := token.ParseJWKS([]byte(`{"keys":[` + c.set + `]}`))
			var ids []string
			for _, k := range keys {
				ids = append(ids, k.ID())
			}
			if c.want == "" {
				if keys != nil || !errors.Is(err, token.ErrKey) {
					t.Errorf("ParseJWKS = %v, %v; want nothing and ErrKey", ids, err)
				}
				return
			}
			if err != nil || strings.Join(ids, " ") != c.want {
				t.Errorf("ParseJWKS = %v, %v; want %s", ids, err, c.want)
			}
		})
	}
}

func pemOf(t testing.TB, blockType string, der []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pemOf(t, "PRIVATE KEY", der, err)
}

func TestParsePEM(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	ec, rs := ecKey(t, elliptic.P384()), sharedRSA()
	sec1, sec1Err := x509.MarshalECPrivateKey(ec)
	spki, spkiErr := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 5, 0x2b, 0x81, 4, 0, 0x22}})
	for name, c := range map[string]struct {
		a       token.Algorithm
		text    []byte
		want    token.Algorithm
		canSign bool
	}{
		"PKCS #8 Ed25519": {"", pkcs8(t, f.private), token.EdDSA, true},
		"PKCS #8 EC":      {"", pkcs8(t, ec), token.ES384, true},
		"PKCS #8 RSA":     {token.PS256, pkcs8(t, rs), token.PS256, true},
		"SEC 1":           {"", pemOf(t, "EC PRIVATE KEY", sec1, sec1Err), token.ES384, true},
		"openssl ecparam": {"", append(parameters, pemOf(t, "EC PRIVATE KEY", sec1, sec1Err)...), token.ES384, true},
		"PKCS #1":         {token.RS512, pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs), nil), token.RS512, true},
		"public":          {"", pemOf(t, "PUBLIC KEY", spki, spkiErr), token.ES384, false},
		"text around":     {"", []byte("before\n" + string(pkcs8(t, ec)) + "after\n"), token.ES384, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := token.ParsePEM("", c.a, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if key.Algorithm() != c.want || key.CanSign() != c.canSign || len(key.ID()) != 43 {
				t.Errorf("ParsePEM made %v, CanSign %v", key, key.CanSign())
			}
		})
	}
}

// JWT-06
func TestParsePEMRefuses(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ec := ecKey(t, elliptic.P256())
	for name, c := range map[string]struct {
		a    token.Algorithm
		text []byte
	}{
		"empty":                    {"", nil},
		"no PEM":                   {"", []byte("no PEM")},
		"two keys":                 {"", append(pkcs8(t, ec), pkcs8(t, ec)...)},
		"a certificate":            {"", pemOf(t, "CERTIFICATE", []byte{0x30, 0}, nil)},
		"encrypted":                {"", pemOf(t, "ENCRYPTED PRIVATE KEY", []byte{0x30, 0}, nil)},
		"damaged":                  {"", pemOf(t, "PRIVATE KEY", []byte{0x30, 0}, nil)},
		"RSA of 1024 bits":         {token.RS256, pkcs8(t, weak)},
		"RSA without an algorithm": {"", pkcs8(t, sharedRSA())},
		"P-256 for ES384":          {token.ES384, pkcs8(t, ec)},
		"P-224":                    {"", pkcs8(t, ecKey(t, elliptic.P224()))},
		"too long":                 {"", append(make([]byte, 256<<10), pkcs8(t, ec)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if key, err := token.ParsePEM("k", c.a, c.text); key != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("ParsePEM = %v, %v; want nothing and ErrKey", key, err)
			}
		})
	}
}

func TestPublicPEMOfSecret(t *testing.T) {
	t.Parallel()
	if text, err := testKey(t, token.HS256).PublicPEM(); text != nil || !errors.Is(err, token.ErrKey) {
		t.Errorf("PublicPEM of an HMAC key = %q, %v", text, err)
	}
}

func TestLoadFile(t *testing.T) {
	t.Parallel()
	ec := ecKey(t, elliptic.P256())
	for name, c := range map[string]struct {
		a       token.Algorithm
		content string
		want    int
	}{
		"key.pem":     {"", string(pkcs8(t, ec)), 1},
		"rsa.pem":     {token.RS256, string(pkcs8(t, sharedRSA())), 1},
		"key.jwk":     {"", " \n" + goodEC, 1},
		"keys.jwks":   {"", `{"keys":[` + goodEC + `,` + rfc8037Key + `]}`, 2},
		"same alg":    {token.ES256, goodEC, 1},
		"another alg": {token.ES384, goodEC, 0},
		"no alg":      {"", string(pkcs8(t, sharedRSA())), 0},
		"empty":       {"", "", 0},
		"not JSON":    {"", "{", 0},
		"damaged":     {"", `{"keys":[{}]}`, 0},
		"long":        {"", goodEC + strings.Repeat(" ", 1<<20), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			keys, err := token.LoadFile(path, c.a)
			if len(keys) != c.want || (c.want == 0) != errors.Is(err, token.ErrKey) {
				t.Errorf("LoadFile = %v, %v; want %d keys", keys, err, c.want)
			}
		})
	}
	if keys, err := token.LoadFile(filepath.Join(t.TempDir(), "absent"), ""); keys != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadFile of nothing = %v, %v; want os.ErrNotExist", keys, err)
	}
}

// A key of one format is the same key in another.
func TestFormatsAgree(t *testing.T) {
	t.Parallel()
	fromJWK := must(token.ParseJWK([]byte(strings.Replace(goodEC, `"kid":"k",`, ``, 1))))(t)
	fromPEM := publicHalf(t, fromJWK)
	again, err := x509.ParsePKIXPublicKey(firstBlock(must(fromPEM.PublicPEM())(t)))
	if err != nil {
		t.Fatal(err)
	}
	fromKey := must(token.NewKey("", token.ES256, again.(*ecdsa.PublicKey)))(t)
	if fromKey.ID() != fromJWK.ID() {
		t.Errorf("thumbprints are %s and %s", fromJWK.ID(), fromKey.ID())
	}
}

func firstBlock(text []byte) []byte {
	block, _ := pem.Decode(text)
	return block.Bytes
}
