package token_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/gatehouse-go/gatehouse/token"
)

// JWT-01: a token signed for one algorithm, under the id of a key for another.
func TestAlgorithmConfusion(t *testing.T) {
	t.Parallel()
	keys := make(map[token.Algorithm]*token.Key)
	for _, a := range algorithms {
		keys[a] = testKey(t, a)
	}
	for _, signed := range algorithms {
		text := issue(t, newIssuer(t, keys[signed]), sample()).Token.Reveal()
		_, rest, _ := strings.Cut(text, ".")
		for _, pinned := range algorithms {
			if pinned == signed {
				continue
			}
			verifier := newVerifier(t, keys[pinned])
			for _, alg := range []token.Algorithm{signed, pinned} {
				header := `{"alg":"` + string(alg) + `","kid":"` + keys[pinned].ID() + `","typ":"at+jwt"}`
				wantRefused(t, verifier, b64(header)+"."+rest)
			}
		}
	}
}

// JWT-01: the signature holds, but for an algorithm that is not the key's.
func TestKeyIsForOneAlgorithm(t *testing.T) {
	t.Parallel()
	private := sharedRSA()
	verifier := newVerifier(t, must(token.NewKey("k1", token.PS256, private))(t))
	claims := goodClaims
	good := signWith(jwt.SigningMethodPS256, private, `{"alg":"PS256","kid":"k1","typ":"at+jwt"}`, claims)
	if _, err := verifier.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodPS384} {
		for _, alg := range []string{method.Alg(), "PS256"} {
			header := `{"alg":"` + alg + `","kid":"k1","typ":"at+jwt"}`
			wantRefused(t, verifier, signWith(method, private, header, claims))
		}
	}
}

// JWT-06
func TestPSSSaltIsAsLongAsTheHash(t *testing.T) {
	t.Parallel()
	private := sharedRSA()
	verifier := newVerifier(t, must(token.NewKey("k1", token.PS256, private))(t))
	for _, length := range []int{0, 8, 31, 33, 48} {
		salted := &jwt.SigningMethodRSAPSS{
			SigningMethodRSA: jwt.SigningMethodPS256.SigningMethodRSA,
			Options:          &rsa.PSSOptions{SaltLength: length},
		}
		if length == 0 {
			salted.Options.SaltLength = rsa.PSSSaltLengthAuto // when signing: the longest that fits
		}
		wantRefused(t, verifier, signWith(salted, private, `{"alg":"PS256","kid":"k1","typ":"at+jwt"}`, goodClaims))
	}
}

// JWT-01: the classic: an HMAC with the bytes of the published public key.
func TestHMACWithPublicKey(t *testing.T) {
	t.Parallel()
	for _, a := range []token.Algorithm{token.RS256, token.ES256, token.EdDSA} {
		key := testKey(t, a)
		verifier := newVerifier(t, key)
		text := must(key.PublicPEM())(t)
		for _, secret := range [][]byte{text, []byte(strings.TrimSpace(string(text)))} {
			for _, alg := range []string{"HS256", string(a)} {
				header := `{"alg":"` + alg + `","kid":"` + key.ID() + `","typ":"at+jwt"}`
				wantRefused(t, verifier, signWith(jwt.SigningMethodHS256, secret, header, goodClaims))
			}
			if k, err := token.NewHMACKey("k", token.HS256, secret); k != nil || !errors.Is(err, token.ErrKey) {
				t.Errorf("a public PEM was taken for a secret: %v, %v", k, err)
			}
		}
	}
}

// JWT-01: "none", with and without a signature, for a verifier of every algorithm.
func TestNone(t *testing.T) {
	t.Parallel()
	for _, a := range algorithms {
		key := testKey(t, a)
		verifier := newVerifier(t, key)
		_, rest, _ := strings.Cut(issue(t, newIssuer(t, key), sample()).Token.Reveal(), ".")
		payload, _, _ := strings.Cut(rest, ".")
		for _, alg := range []string{"none", "None", "NONE", ""} {
			header := b64(`{"alg":"` + alg + `","kid":"` + key.ID() + `","typ":"at+jwt"}`)
			wantRefused(t, verifier, header+"."+rest)
			wantRefused(t, verifier, header+"."+payload+".")
		}
	}
}

func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	key := testKey(t, token.EdDSA)
	verifier := newVerifier(t, key)
	good := issue(t, newIssuer(t, key), token.Claims{Subject: userID, Audience: applicationID, TenantID: tenantID}).Token.Reveal()
	if _, err := verifier.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for bit := range 8 {
			changed := []byte(good)
			changed[i] ^= 1 << bit
			wantRefused(t, verifier, string(changed))
		}
		wantRefused(t, verifier, good[:i])
		wantRefused(t, verifier, good[i+1:])
		wantRefused(t, verifier, good[:i]+good[i+1:])
	}
}

// JWT-05
func TestVerifyRefusesOtherForms(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	good := f.sign(goodHeader, goodClaims)
	parts := strings.Split(good, ".")
	flattened, err := json.Marshal(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	if err != nil {
		t.Fatal(err)
	}
	standard := strings.NewReplacer("-", "+", "_", "/")
	for name, text := range map[string]string{
		"empty":             "",
		"one part":          parts[0],
		"two parts":         parts[0] + "." + parts[1],
		"four parts":        good + ".",
		"five parts":        good + "." + parts[1] + "." + parts[2],
		"a part before":     "." + good,
		"no header":         "." + parts[1] + "." + parts[2],
		"no payload":        parts[0] + ".." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"only dots":         "..",
		"JSON":              string(flattened),
		"JSON with dots":    `{"protected":"` + parts[0] + `.","payload":"."}`,
		"Bearer":            "Bearer " + good,
		"space before":      " " + good,
		"line end after":    good + "\n",
		"line end inside":   parts[0] + ".\r\n" + parts[1] + "." + parts[2],
		"padded":            good + "==",
		"padded header":     parts[0] + "==." + parts[1] + "." + parts[2],
		"NUL":               good + "\x00",
		"a quote":           `"` + good + `"`,
		"escaped dots":      strings.ReplaceAll(good, ".", "%2E"),
		"full-width dots":   strings.ReplaceAll(good, ".", "．"),
		"standard alphabet": parts[0] + "." + parts[1] + "." + standard.Replace(signatureWithBoth(f)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, verifier, text)
		})
	}
}

// signatureWithBoth returns the signature of some token that has a character
// that the two base64 alphabets write differently.
func signatureWithBoth(f forger) string {
	for {
		text := f.sign(goodHeader, strings.Replace(goodClaims, `"jti":"1"`, `"jti":"`+rand.Text()+`"`, 1))
		if signature := text[strings.LastIndexByte(text, '.')+1:]; strings.ContainsAny(signature, "-_") {
			return signature
		}
	}
}

// JWT-05: CVE-2025-30204 was a header of dots that cost as much again to split.
func TestLongInputCostsNothing(t *testing.T) {
	key := testKey(t, token.EdDSA)
	verifier := newVerifier(t, key)
	good := issue(t, newIssuer(t, key), sample()).Token.Reveal()
	for name, text := range map[string]string{
		"dots":    strings.Repeat(".", 1<<20),
		"letters": strings.Repeat("A", 1<<20),
		"a tail":  good + strings.Repeat("A", 1<<20),
	} {
		if spent := allocated(func() { _, _ = verifier.Verify(t.Context(), text) }); spent > 64<<10 {
			t.Errorf("%s: refusing 1 MiB allocated %d bytes, want at most 64 KiB", name, spent)
		}
		if spent := allocated(func() { _, _ = key.VerifyJWS(text) }); spent > 64<<10 {
			t.Errorf("%s: refusing 1 MiB as a JWS allocated %d bytes, want at most 64 KiB", name, spent)
		}
		wantRefused(t, verifier, text)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestLengthIsBounded(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	config := verifierConfig(t, f.key)
	good := f.sign(goodHeader, goodClaims)
	config.MaxBytes = len(good)
	if _, err := must(token.NewVerifier(config))(t).Verify(t.Context(), good); err != nil {
		t.Errorf("a token of MaxBytes was refused: %v", err)
	}
	config.MaxBytes--
	wantRefused(t, must(token.NewVerifier(config))(t), good)
}

// JWT-02: the key of the sender's own, in the header of the token it signed.
func TestEmbeddedKey(t *testing.T) {
	t.Parallel()
	sender := newForger(t)
	jwk, _ := sender.key.JWK()
	embedded, err := json.Marshal(jwk)
	if err != nil {
		t.Fatal(err)
	}
	header := strings.Replace(goodHeader, `{`, `{"jwk":`+string(embedded)+`,`, 1)
	ours := newForger(t)
	wantRefused(t, newVerifier(t, ours.key), sender.sign(header, goodClaims))
	wantNoPayload(t, ours.key, sender.sign(header, goodClaims))
}

func TestErrorsHoldNothingOfTheToken(t *testing.T) {
	t.Parallel()
	const canary = "jared@piedpiper.com"
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	with := func(from, to string) string { return strings.Replace(goodClaims, from, to, 1) }
	for _, text := range []string{
		canary,
		canary + "." + canary + "." + canary,
		f.sign(`{"alg":"`+canary+`","kid":"k1","typ":"at+jwt"}`, goodClaims),
		f.sign(`{"alg":"EdDSA","kid":"`+canary+`","typ":"at+jwt"}`, goodClaims),
		f.sign(`{"alg":"EdDSA","kid":"k1","typ":"`+canary+`"}`, goodClaims),
		f.sign(goodHeader, canary),
		f.sign(goodHeader, with("acme.com", canary)),
		f.sign(goodHeader, with(applicationID, canary)),
		f.sign(goodHeader, with(`1659384319`, `"`+canary+`"`)),
		f.sign(goodHeader, with(`"jti"`, `"`+canary+`":1,"`+canary+`":2,"jti"`)),
		newForger(t).sign(goodHeader, with(userID, canary)),
	} {
		_, err := verifier.Verify(t.Context(), text)
		if err == nil {
			t.Fatal("the token was accepted")
		}
		if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), b64(canary)) {
			t.Errorf("the error repeats what the token said: %v", err)
		}
	}
}
