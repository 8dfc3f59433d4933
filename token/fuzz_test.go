package token_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

// FuzzVerify feeds the verifier any text.
func FuzzVerify(f *testing.F) {
	forger := newForger(f)
	good := forger.sign(goodHeader, goodClaims)
	for _, seed := range []string{"", ".", "..", "...", good, good + ".", good[:len(good)-1], strings.ReplaceAll(good, ".", "")} {
		f.Add(seed)
	}
	verifier := newVerifier(f, forger.key)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := verifier.Verify(t.Context(), text)
		if err == nil {
			if text != good {
				t.Errorf("a token was accepted that nobody signed: %s", text)
			}
			return
		}
		if !errors.Is(err, token.ErrInvalid) {
			t.Errorf("error is %v, want ErrInvalid", err)
		}
		wantZero(t, c)
	})
}

// FuzzVerifySigned feeds the verifier any header and payload under a good
// signature, so that what lies behind the signature is reached. What is
// accepted must be what encoding/json reads, and can be issued again.
func FuzzVerifySigned(f *testing.F) {
	for _, payload := range []string{goodClaims, `{}`, `{"a":[[{}]]}`, `{"\u0061":"\ud83d\ude00\\\""}`,
		goodClaims[:len(goodClaims)-1] + `,"x":{"y":[1.5e3,true,false,null,""]} }`} {
		f.Add(goodHeader, payload)
	}
	f.Add(` {"typ" : "application/at+jwt", "alg":"EdDSA" , "kid":"k1","gty":["a"] } `, goodClaims)
	forger := newForger(f)
	verifier, issuer := newVerifier(f, forger.key), newIssuer(f, forger.key)
	f.Fuzz(func(t *testing.T, header, payload string) {
		c, err := verifier.Verify(t.Context(), forger.sign(header, payload))
		if err != nil {
			wantZero(t, c)
			return
		}
		var read map[string]any
		decoder := json.NewDecoder(strings.NewReader(payload))
		decoder.UseNumber()
		if err := decoder.Decode(&read); err != nil {
			t.Fatalf("a payload was accepted that encoding/json refuses: %v", err)
		}
		for name, value := range c.Extra {
			if !reflect.DeepEqual(read[name], value) {
				t.Errorf("%q is read as %#v, and by encoding/json as %#v", name, value, read[name])
			}
		}
		if read["sub"] != c.Subject || read["tid"] != c.TenantID {
			t.Errorf("sub and tid are read as %q, %q from %s", c.Subject, c.TenantID, payload)
		}
		if c.Extra != nil {
			return // the names of a stranger need not be ones that we would write
		}
		if issued, err := issuer.Issue(t.Context(), c); err == nil && !reflect.DeepEqual(issued.Claims, c) {
			t.Errorf("issued again, %+v became %+v", c, issued.Claims)
		}
	})
}

// FuzzParseJWK feeds any bytes to what reads keys from JSON.
func FuzzParseJWK(f *testing.F) {
	for _, jwk := range []string{goodEC, rfc8037Key, rfc7515HMAC, rfc7515RSA, rfc7515EC, `{}`, `{"keys":[]}`} {
		f.Add([]byte(jwk))
		f.Add([]byte(`{"keys":[` + jwk + `]}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := token.ParseJWKS(data)
		if k, err := token.ParseJWK(data); err == nil {
			keys = append(keys, k)
		} else if k != nil || !errors.Is(err, token.ErrKey) {
			t.Errorf("ParseJWK = %v, %v; want nothing and ErrKey", k, err)
		}
		if err != nil && !errors.Is(err, token.ErrKey) {
			t.Errorf("ParseJWKS: error is %v, want ErrKey", err)
		}
		for _, k := range keys {
			exported := must(k.ExportJWK())(t)
			again := must(token.ParseJWK(exported))(t)
			if again.ID() != k.ID() || again.CanSign() != k.CanSign() || !bytes.Equal(exported, must(again.ExportJWK())(t)) {
				t.Errorf("%v came back as %v", k, again)
			}
		}
	})
}

// FuzzParsePEM feeds any bytes to what reads keys from PEM.
func FuzzParsePEM(f *testing.F) {
	forger := newForger(f)
	f.Add("", pkcs8(f, forger.private))
	f.Add("RS256", pkcs8(f, sharedRSA()))
	f.Add("ES256", must(publicHalf(f, testKey(f, token.ES256)).PublicPEM())(f))
	f.Add("", []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, algorithm string, data []byte) {
		k, err := token.ParsePEM("", token.Algorithm(algorithm), data)
		if err != nil {
			if k != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("ParsePEM = %v, %v; want nothing and ErrKey", k, err)
			}
			return
		}
		if again := publicHalf(t, k); again.ID() != k.ID() || again.Algorithm() != k.Algorithm() {
			t.Errorf("%v came back as %v", k, again)
		}
	})
}

// FuzzKeyID looks up any kid: only the exact id of a key finds it.
//
// JWT-02
func FuzzKeyID(f *testing.F) {
	forger := newForger(f)
	verifier := newVerifier(f, forger.key)
	for _, kid := range []string{"k1", "K1", "k1\x00", "../k1", "k1?", "", "k1 ", "к1"} {
		f.Add(kid)
	}
	f.Fuzz(func(t *testing.T, kid string) {
		quoted, err := json.Marshal(kid)
		if err != nil {
			t.Fatal(err)
		}
		_, err = verifier.Verify(t.Context(), forger.sign(strings.Replace(goodHeader, `"k1"`, string(quoted), 1), goodClaims))
		if (err == nil) != (kid == "k1") {
			t.Errorf("kid %q: %v", kid, err)
		}
	})
}
