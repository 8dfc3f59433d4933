package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

// publisher is an issuer's key set, fetched without a network.
type publisher struct {
	mu      sync.Mutex
	handler http.Handler
	fetches atomic.Int32
	at      time.Time
}

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.fetches.Add(1)
	p.mu.Lock()
	handler := p.handler
	p.mu.Unlock()
	if handler == nil {
		return nil, errors.New("no answer")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func (p *publisher) publish(h http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handler = h
}

func (p *publisher) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *publisher) advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = p.at.Add(d)
}

const keysURL = "https://www.piedpiper.com/.well-known/jwks.json"

func newPublisher(t *testing.T, h http.Handler) (*publisher, *token.PublishedKeys) {
	t.Helper()
	p := &publisher{handler: h, at: now}
	keys := must(token.NewPublishedKeys(token.PublishedKeysConfig{URL: keysURL, Transport: p, Now: p.now}))(t)
	return p, keys
}

// JWT-07: a key that is new is found with one fetch, one that was removed is
// gone with the next.
func TestPublishedKeysRotate(t *testing.T) {
	t.Parallel()
	first, second := generate(t, token.EdDSA), generate(t, token.ES256)
	set := keySet(t, first)
	p, keys := newPublisher(t, set.Handler(0))
	for range 5 {
		if k, err := keys.Key(t.Context(), first.ID()); err != nil || k.ID() != first.ID() || k.CanSign() {
			t.Fatalf("the first key: %v", err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches of a key that is there, want 1", n)
	}
	if err := set.Add(second); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Key(t.Context(), second.ID()); !errors.Is(err, token.ErrUnknownKey) || p.fetches.Load() != 1 {
		t.Errorf("at once after a fetch: %v, %d fetches", err, p.fetches.Load())
	}
	p.advance(10 * time.Second)
	if _, err := keys.Key(t.Context(), second.ID()); err != nil || p.fetches.Load() != 2 {
		t.Errorf("the new key: %v, %d fetches", err, p.fetches.Load())
	}
	if err := errors.Join(set.SignWith(second.ID()), set.Remove(first.ID())); err != nil {
		t.Fatal(err)
	}
	p.advance(5 * time.Minute)
	if _, err := keys.Key(t.Context(), first.ID()); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("a key that was removed: %v", err)
	}
}

// JWT-02: kids that nobody published cause one fetch in ten seconds, however many.
func TestUnknownKidsDoNotFetch(t *testing.T) {
	t.Parallel()
	p, keys := newPublisher(t, keySet(t, generate(t, token.EdDSA)).Handler(0))
	for i := range 1000 {
		if _, err := keys.Key(t.Context(), strings.Repeat("x", i%100)); !errors.Is(err, token.ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// Of many calls at once one fetches, and one whose caller has gone away fails alone.
func TestPublishedKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	key := generate(t, token.EdDSA)
	set := keySet(t, key).Handler(0)
	begun, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p, keys := newPublisher(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(begun) })
		<-release
		set.ServeHTTP(w, r)
	}))
	gone, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := keys.Key(gone, key.ID())
		left <- err
	}()
	<-begun
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone away: %v", err)
	}
	var done sync.WaitGroup
	for range 32 {
		done.Go(func() {
			if _, err := keys.Key(t.Context(), key.ID()); err != nil {
				t.Errorf("a caller that waits: %v", err)
			}
		})
	}
	close(release)
	done.Wait()
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// While the issuer does not answer, what is known holds for an hour, what is not
// is an error and no refusal, and the fetches come less and less often.
func TestPublishedKeysOfAnIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	key := generate(t, token.EdDSA)
	p, keys := newPublisher(t, keySet(t, key).Handler(0))
	if _, err := keys.Key(t.Context(), key.ID()); err != nil {
		t.Fatal(err)
	}
	p.publish(nil)
	for p.now().Before(now.Add(65 * time.Minute)) {
		if _, err := keys.Key(t.Context(), key.ID()); err != nil {
			t.Fatalf("%v after it came: %v", p.now().Sub(now), err)
		}
		if _, err := keys.Key(t.Context(), "new"); err == nil || p.fetches.Load() > 1 && errors.Is(err, token.ErrUnknownKey) {
			t.Fatalf("%v after it came, an unknown one: %v", p.now().Sub(now), err)
		}
		p.advance(time.Second)
	}
	if n := p.fetches.Load(); n > 25 {
		t.Errorf("%d fetches in 65 minutes of silence", n)
	}
	if _, err := keys.Key(t.Context(), key.ID()); err == nil || errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("too old: %v, want a failure", err)
	}
	p.publish(keySet(t, key).Handler(0))
	p.advance(5 * time.Minute)
	if _, err := keys.Key(t.Context(), key.ID()); err != nil {
		t.Errorf("when it answers again: %v", err)
	}
}

// What is no key set is not taken for one: redirects, errors, too much, secrets.
func TestPublishedKeysThatAreNone(t *testing.T) {
	t.Parallel()
	key := generate(t, token.EdDSA)
	public, _ := key.JWK()
	body := string(must(json.Marshal(token.JWKS{Keys: []token.JWK{public}}))(t))
	for name, h := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusFound)
		},
		"not found": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, body)
		},
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body+strings.Repeat(" ", 256<<10))
		},
		"a secret": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"keys":[{"kty":"oct","alg":"HS256","kid":"`+key.ID()+`","k":"`+strings.Repeat("A", 43)+`"}]}`)
		},
		"one private": func(w http.ResponseWriter, _ *http.Request) {
			// RFC 8037, appendix A.1.
			_, _ = io.WriteString(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"`+key.ID()+`","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
		},
	} {
		p, keys := newPublisher(t, h)
		k, err := keys.Key(t.Context(), key.ID())
		if k != nil || err == nil || errors.Is(err, token.ErrUnknownKey) || p.fetches.Load() != 1 {
			t.Errorf("%s: %v, %d fetches", name, err, p.fetches.Load())
		}
	}
}

// JWT-01, JWT-02, JWT-05: what an attacker writes makes a verifier of published
// keys fetch at most once, and from nowhere else.
func TestAttacksCauseNoFetch(t *testing.T) {
	t.Parallel()
	key := generate(t, token.EdDSA)
	p, keys := newPublisher(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != keysURL {
			t.Errorf("fetched %s", r.URL)
		}
		keySet(t, key).Handler(0).ServeHTTP(w, r)
	}))
	verifier := must(token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: issuerName, Audiences: []string{applicationID}, Now: clock}))(t)
	good := issue(t, newIssuer(t, key), sample()).Token.Reveal()
	if _, err := verifier.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	rest := good[strings.IndexByte(good, '.'):]
	header := func(h string) string { return b64(h) + rest }
	for name, text := range map[string]string{
		"none":         header(`{"alg":"none","kid":"` + key.ID() + `","typ":"at+jwt"}`),
		"HS":           header(`{"alg":"HS256","kid":"` + key.ID() + `","typ":"at+jwt"}`),
		"jku":          header(`{"alg":"EdDSA","kid":"` + key.ID() + `","typ":"at+jwt","jku":"https://example.com/"}`),
		"jwk":          header(`{"alg":"EdDSA","kid":"` + key.ID() + `","typ":"at+jwt","jwk":{}}`),
		"x5u":          header(`{"alg":"EdDSA","kid":"` + key.ID() + `","typ":"at+jwt","x5u":"https://example.com/"}`),
		"kid twice":    header(`{"alg":"EdDSA","kid":"` + key.ID() + `","kid":"x","typ":"at+jwt"}`),
		"kid a path":   header(`{"alg":"EdDSA","kid":"../../etc/passwd","typ":"at+jwt"}`),
		"kid a URL":    header(`{"alg":"EdDSA","kid":"https://example.com/","typ":"at+jwt"}`),
		"kid too long": header(`{"alg":"EdDSA","kid":"` + strings.Repeat("k", 129) + `","typ":"at+jwt"}`),
		"no kid":       header(`{"alg":"EdDSA","typ":"at+jwt"}`),
		"dots":         strings.Repeat(".", 1<<20),
	} {
		if c, err := verifier.Verify(t.Context(), text); !errors.Is(err, token.ErrInvalid) || c.Subject != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestNewPublishedKeysChecks(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]token.PublishedKeysConfig{
		"URL":         {},
		"URL ":        {URL: "http://www.piedpiper.com/jwks"},
		"URL  ":       {URL: "https://user:pass@www.piedpiper.com/jwks"},
		"URL   ":      {URL: "/jwks"},
		"URL    ":     {URL: "file:///jwks", InsecureHTTP: true},
		"Timeout":     {URL: keysURL, Timeout: -1},
		"MaxAge":      {URL: keysURL, MaxAge: -1},
		"MaxStale":    {URL: keysURL, MaxStale: -1},
		"MinInterval": {URL: keysURL, MinInterval: -1},
	} {
		var wrong *token.ConfigError
		if _, err := token.NewPublishedKeys(c); !errors.As(err, &wrong) || wrong.Field != strings.TrimSpace(field) {
			t.Errorf("%q: %v", field, err)
		}
	}
	if _, err := token.NewPublishedKeys(token.PublishedKeysConfig{URL: "http://127.0.0.1/", InsecureHTTP: true}); err != nil {
		t.Error(err)
	}
}
