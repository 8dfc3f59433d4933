package token_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

// JWT-07
func TestRotation(t *testing.T) {
	t.Parallel()
	before, after := testKey(t, token.EdDSA), testKey(t, token.ES256)
	keys := keySet(t, before)
	issuer := must(token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: issuerName, Now: clock}))(t)
	at := now
	verifier := must(token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: issuerName,
		Audiences: []string{applicationID}, Now: func() time.Time { return at }}))(t)
	verifies := func(text string) bool {
		_, err := verifier.Verify(t.Context(), text)
		return err == nil
	}
	published := func() (ids []string) {
		for _, jwk := range keys.JWKS().Keys {
			ids = append(ids, jwk.ID)
		}
		return ids
	}

	old := issue(t, issuer, sample()).Token.Reveal()
	if err := keys.Add(after); err != nil {
		t.Fatal(err)
	}
	if got := published(); len(got) != 2 || got[1] != after.ID() {
		t.Errorf("published is %v: a key must be known before it signs", got)
	}
	if header, _ := parts(t, issue(t, issuer, sample()).Token.Reveal()); !strings.Contains(header, before.ID()) {
		t.Errorf("a key signs that was only added: %s", header)
	}

	if err := keys.SignWith(after.ID()); err != nil {
		t.Fatal(err)
	}
	young := issue(t, issuer, sample()).Token.Reveal()
	if header, _ := parts(t, young); !strings.Contains(header, `"alg":"ES256","kid":"`+after.ID()) {
		t.Errorf("the key that signs is not the one set: %s", header)
	}
	if !verifies(old) || !verifies(young) {
		t.Error("a retired key verifies until it is removed")
	}
	at = now.Add(time.Hour - time.Second)
	if !verifies(old) {
		t.Error("a retired key verifies until its tokens expire")
	}
	at = now.Add(time.Hour)
	if verifies(old) {
		t.Error("a token outlived its exp")
	}

	at = now
	if err := keys.Remove(before.ID()); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, verifier, old)
	if !verifies(young) {
		t.Error("removing the old key took the new one's tokens with it")
	}
	if got := published(); len(got) != 1 || got[0] != after.ID() {
		t.Errorf("published is %v after the old key was removed", got)
	}
}

func TestKeySetErrors(t *testing.T) {
	t.Parallel()
	signing, public := testKey(t, token.EdDSA), publicHalf(t, testKey(t, token.ES256))
	keys := keySet(t, signing, public)
	for name, c := range map[string]struct{ got, want error }{
		"add nil":             {keys.Add(nil), token.ErrKey},
		"add zero":            {keys.Add(new(token.Key)), token.ErrKey},
		"add again":           {keys.Add(signing), token.ErrKeyExists},
		"add another by name": {keys.Add(must(token.NewHMACKey(public.ID(), token.HS256, make([]byte, 32)))(t)), token.ErrKeyExists},
		"sign with unknown":   {keys.SignWith("k"), token.ErrUnknownKey},
		"sign with public":    {keys.SignWith(public.ID()), token.ErrVerifyOnly},
		"remove unknown":      {keys.Remove("k"), token.ErrUnknownKey},
		"remove the signer":   {keys.Remove(signing.ID()), token.ErrKeyInUse},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: error is %v, want %v", name, c.got, c.want)
		}
	}
	if _, err := token.NewKeySet(nil); !errors.Is(err, token.ErrKey) {
		t.Errorf("NewKeySet(nil): error is %v, want ErrKey", err)
	}
	if len(keys.Keys()) != 2 {
		t.Errorf("a refused change left %d keys, want 2", len(keys.Keys()))
	}
}

func TestZeroKeySetVerifiesNothing(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	config := verifierConfig(t, f.key)
	config.Keys = new(token.KeySet)
	wantRefused(t, must(token.NewVerifier(config))(t), f.sign(goodHeader, goodClaims))
}

func TestKeySetIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	first, second := testKey(t, token.EdDSA), testKey(t, token.EdDSA)
	keys := keySet(t, first)
	issuer := must(token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: issuerName, Now: clock}))(t)
	config := verifierConfig(t, first)
	config.Keys = keySet(t, first, second)
	verifier := must(token.NewVerifier(config))(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				issued, err := issuer.Issue(t.Context(), sample())
				if err == nil {
					_, err = verifier.Verify(t.Context(), issued.Token.Reveal())
				}
				if err != nil {
					t.Error(err)
				}
				_ = keys.JWKS()
			}
		})
	}
	for range 50 {
		for _, err := range []error{keys.Add(second), keys.SignWith(second.ID()), keys.Remove(first.ID()), keys.Add(first),
			keys.SignWith(first.ID()), keys.Remove(second.ID())} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	group.Wait()
}

// JWT-07
func TestJWKSHasPublicPartsOnly(t *testing.T) {
	t.Parallel()
	keys := new(token.KeySet)
	for _, a := range algorithms {
		if err := keys.Add(testKey(t, a)); err != nil {
			t.Fatal(err)
		}
	}
	body, err := json.Marshal(keys.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 10 {
		t.Errorf("%d keys are published, want the 10 that are not HMAC", len(set.Keys))
	}
	public := map[string]string{
		"OKP": "alg crv kid kty use x", "EC": "alg crv kid kty use x y", "RSA": "alg e kid kty n use",
	}
	for _, jwk := range set.Keys {
		for member, value := range jwk {
			if !strings.Contains(" "+public[jwk["kty"]]+" ", " "+member+" ") || value == "" {
				t.Errorf("a %s key is published with %s", jwk["kty"], member)
			}
		}
		if len(jwk) != len(strings.Fields(public[jwk["kty"]])) {
			t.Errorf("a %s key is published as %v", jwk["kty"], jwk)
		}
	}
	read := must(token.ParseJWKS(body))(t)
	for _, k := range read {
		if k.CanSign() {
			t.Errorf("%v can sign with what was published", k)
		}
	}
	if empty, _ := json.Marshal(keySet(t, testKey(t, token.HS256)).JWKS()); string(empty) != `{"keys":[]}` {
		t.Errorf("a set of secrets is published as %s", empty)
	}
}

func TestKeySetHandler(t *testing.T) {
	t.Parallel()
	keys := keySet(t, testKey(t, token.EdDSA))
	handler := keys.Handler(10 * time.Minute)
	ask := func(method, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/.well-known/jwks.json", nil)
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}

	got := ask("GET", "")
	want, _ := json.Marshal(keys.JWKS())
	if got.Code != http.StatusOK || got.Body.String() != string(want) {
		t.Errorf("GET = %d %s", got.Code, got.Body)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "public, max-age=600", "X-Content-Type-Options": "nosniff",
	} {
		if got.Header().Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Header().Get(name), value)
		}
	}
	etag := got.Header().Get("ETag")
	if head := ask("HEAD", ""); head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("ETag") != etag {
		t.Errorf("HEAD = %d, %d bytes", head.Code, head.Body.Len())
	}
	if again := ask("GET", etag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("GET of what is known = %d, want 304", again.Code)
	}
	if err := keys.Add(testKey(t, token.ES256)); err != nil {
		t.Fatal(err)
	}
	if changed := ask("GET", etag); changed.Code != http.StatusOK {
		t.Errorf("GET after a key was added = %d, want 200", changed.Code)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if w := ask(method, ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s = %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	w := httptest.NewRecorder()
	keys.Handler(0).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("Cache-Control is %q by default, want 5 minutes", got)
	}
}
