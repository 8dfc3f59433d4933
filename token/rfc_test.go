package token_test

import (
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

// The payload of RFC 7515 appendix A.1 to A.3, with its line ends.
const rfc7515Payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"

const (
	rfc7515EncodedPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

	// Appendix A.1.1.
	rfc7515HMAC = `{"kty":"oct","kid":"a1","alg":"HS256",` +
		`"k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	// Appendix A.2.1, the public part.
	rfc7515RSA = `{"kty":"RSA","alg":"RS256","e":"AQAB","n":"` +
		"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx" +
		"HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs" +
		"D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSH" +
		"SXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV" +
		"MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8" +
		`NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}`
	rfc7515RSASignature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7" +
		"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" +
		"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K" +
		"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" +
		"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB" +
		"p0igcN_IoypGlUPQGe77Rw"
	// Appendix A.3.1.
	rfc7515EC = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
)

func TestRFC7515AppendixA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, jwk, header, signature string }{
		{"A.1 HS256", rfc7515HMAC, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		{"A.2 RS256", rfc7515RSA, "eyJhbGciOiJSUzI1NiJ9", rfc7515RSASignature},
		{"A.3 ES256", rfc7515EC, "eyJhbGciOiJFUzI1NiJ9",
			"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := must(token.ParseJWK([]byte(c.jwk)))(t)
			payload, err := key.VerifyJWS(c.header + "." + rfc7515EncodedPayload + "." + c.signature)
			if err != nil || string(payload) != rfc7515Payload {
				t.Errorf("VerifyJWS = %q, %v; want the payload of the appendix", payload, err)
			}
			changed := strings.Replace(c.signature, c.signature[:1], "X", 1)
			wantNoPayload(t, key, c.header+"."+rfc7515EncodedPayload+"."+changed)
		})
	}
}

// JWT-01: appendix A.5 is a JWS that anyone can make.
func TestRFC7515AppendixA5None(t *testing.T) {
	t.Parallel()
	for _, jwk := range []string{rfc7515HMAC, rfc7515RSA, rfc7515EC} {
		key := must(token.ParseJWK([]byte(jwk)))(t)
		wantNoPayload(t, key, "eyJhbGciOiJub25lIn0."+rfc7515EncodedPayload+".")
	}
}

const rfc8037Key = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",` +
	`"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`

func TestRFC8037AppendixA(t *testing.T) {
	t.Parallel()
	key := must(token.ParseJWK([]byte(rfc8037Key)))(t)
	if got, want := key.ID(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("thumbprint (A.3) is %s, want %s", got, want)
	}
	const message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
	const signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	payload, err := key.VerifyJWS(message + "." + signature)
	if err != nil || string(payload) != "Example of Ed25519 signing" {
		t.Errorf("VerifyJWS (A.5) = %q, %v", payload, err)
	}
	exported := string(must(key.ExportJWK())(t))
	if !strings.Contains(exported, `"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`) {
		t.Error("ExportJWK does not give the private part of A.1 back")
	}
}

// RFC 7638 section 3.1, with the alg of the example and without its kid.
func TestRFC7638Thumbprint(t *testing.T) {
	t.Parallel()
	const jwk = `{"kty":"RSA","e":"AQAB","alg":"RS256","n":"` +
		"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAt" +
		"VT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn6" +
		"4tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FD" +
		"W2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9" +
		"1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINH" +
		`aQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}`
	key := must(token.ParseJWK([]byte(jwk)))(t)
	if got, want := key.ID(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; got != want {
		t.Errorf("thumbprint is %s, want %s", got, want)
	}
}

// JWT-05: a signature has one spelling. Four of the bits of its last character
// are not of the signature.
func TestSignatureHasOneSpelling(t *testing.T) {
	t.Parallel()
	key := must(token.ParseJWK([]byte(rfc8037Key)))(t)
	const good = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	for _, last := range "hijklmnopqrstuvAB" {
		wantNoPayload(t, key, good[:len(good)-1]+string(last))
	}
	for _, added := range []string{"=", "==", "\n", "\r\n", " ", "A", "."} {
		wantNoPayload(t, key, good+added)
		wantNoPayload(t, key, added+good)
		wantNoPayload(t, key, strings.Replace(good, ".", added+".", 1))
	}
}

// JWT-05: the malleability of ECDSA (n-s for s) does not matter to us, since a
// token is named by its jti; its encoding, r and s of full length, is fixed.
func TestECDSASignatureLengthIsFixed(t *testing.T) {
	t.Parallel()
	key := must(token.ParseJWK([]byte(rfc7515EC)))(t)
	const message = "eyJhbGciOiJFUzI1NiJ9." + rfc7515EncodedPayload + "."
	raw, err := base64.RawURLEncoding.DecodeString(
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
	if err != nil {
		t.Fatal(err)
	}
	r, s := raw[:32], raw[32:]
	for name, signature := range map[string][]byte{
		"leading zeros":  append(append(append([]byte{0}, r...), 0), s...),
		"trailing zero":  append(append([]byte{}, raw...), 0),
		"half":           r,
		"empty":          {},
		"r zero, s zero": make([]byte, 64),
		"ASN.1":          asn1Of(r, s),
	} {
		t.Run(name, func(t *testing.T) {
			wantNoPayload(t, key, message+base64.RawURLEncoding.EncodeToString(signature))
		})
	}
}

func asn1Of(r, s []byte) []byte {
	integer := func(b []byte) []byte {
		n := new(big.Int).SetBytes(b).Bytes()
		if n[0] >= 0x80 {
			n = append([]byte{0}, n...)
		}
		return append([]byte{2, byte(len(n))}, n...)
	}
	body := append(integer(r), integer(s)...)
	return append([]byte{0x30, byte(len(body))}, body...)
}
