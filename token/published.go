package token

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// PublishedKeysConfig is where an issuer publishes its keys, and how they are kept.
type PublishedKeysConfig struct {
	// URL of the JWK Set, https. Required. It is configuration: no token, header
	// or kid changes where keys are fetched from.
	URL string

	// InsecureHTTP accepts an http URL. Whoever is between then signs as they
	// like: it is right only on a network that already ensures who answers.
	InsecureHTTP bool

	// Transport makes the requests. Nil means http.DefaultTransport. Redirects
	// are not followed, cookies not kept.
	Transport http.RoundTripper

	// Timeout of one fetch. Zero means 5 s.
	Timeout time.Duration

	// MaxAge is how long a set is used before it is fetched again. Zero means 5
	// minutes. A key that the issuer has removed is believed for as long.
	MaxAge time.Duration

	// MaxStale is how much longer it is used while it cannot be fetched. Zero
	// means 1 hour.
	MaxStale time.Duration

	// MinInterval is the least time between two fetches, which a token with an
	// unknown kid may cause. Zero means 10 s. While fetches fail it doubles each
	// time, up to MaxAge.
	MinInterval time.Duration

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// PublishedKeys are the keys that an issuer elsewhere publishes, fetched when
// they are needed. A kid that is not among them causes one fetch, since it may
// be new; not one for each token that has it. It may be used concurrently.
type PublishedKeys struct {
	config PublishedKeysConfig
	client *http.Client

	mu       sync.Mutex
	keys     map[string]*Key
	fetched  time.Time     // when keys came
	tried    time.Time     // when a fetch was last begun
	failures int           // in a row
	err      error         // of the last fetch
	fetching chan struct{} // closed when the fetch that is under way ends; nil: none is
}

// NewPublishedKeys checks c once, and fetches nothing yet. *ConfigError.
func NewPublishedKeys(c PublishedKeysConfig) (*PublishedKeys, error) {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return nil, &ConfigError{"URL", "missing"}
	case err != nil, u.Host == "", u.User != nil:
		return nil, &ConfigError{"URL", "must be an absolute URL without user or password"}
	case u.Scheme != "https" && !(u.Scheme == "http" && c.InsecureHTTP):
		return nil, &ConfigError{"URL", "must be https"}
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		zero  time.Duration
	}{
		{"Timeout", &c.Timeout, 5 * time.Second},
		{"MaxAge", &c.MaxAge, defaultJWKSMaxAge},
		{"MaxStale", &c.MaxStale, time.Hour},
		{"MinInterval", &c.MinInterval, 10 * time.Second},
	} {
		if *d.value < 0 {
			return nil, &ConfigError{d.name, "negative"}
		}
		*d.value = cmp.Or(*d.value, d.zero)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &PublishedKeys{config: c, client: &http.Client{
		Transport: c.Transport,
		Timeout:   c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}, nil
}

// Key implements [KeySource]. Of any number of calls that need a fetch one makes
// it and all wait, each as long as its ctx allows.
func (p *PublishedKeys) Key(ctx context.Context, id string) (*Key, error) {
	p.mu.Lock()
	if p.due(id, p.config.Now()) {
		done := p.begin(ctx)
		p.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	return p.find(id, p.config.Now())
}

// due says whether a fetch is needed for id, and allowed.
func (p *PublishedKeys) due(id string, now time.Time) bool {
	if p.keys[id] != nil && now.Sub(p.fetched) < p.config.MaxAge {
		return false
	}
	return p.fetching != nil || p.tried.IsZero() || now.Sub(p.tried) >= p.wait()
}

// wait is the time between two fetches.
func (p *PublishedKeys) wait() time.Duration {
	wait := p.config.MinInterval
	for range p.failures {
		if wait *= 2; wait >= p.config.MaxAge {
			return max(p.config.MaxAge, p.config.MinInterval)
		}
	}
	return wait
}

// find looks among the keys that there are, if they are not too old.
func (p *PublishedKeys) find(id string, now time.Time) (*Key, error) {
	old := p.fetched.IsZero() || now.Sub(p.fetched) >= p.config.MaxAge+p.config.MaxStale
	if k := p.keys[id]; k != nil && !old {
		return k, nil
	}
	if p.err != nil {
		return nil, p.err // it may be a new key
	}
	if old {
		return nil, errors.New("token: published keys: too old")
	}
	return nil, ErrUnknownKey
}

// begin joins the fetch that is under way, or begins one. It outlives the call
// that began it, up to Timeout: others wait for it too.
func (p *PublishedKeys) begin(ctx context.Context) <-chan struct{} {
	if p.fetching != nil {
		return p.fetching
	}
	done := make(chan struct{})
	p.fetching, p.tried = done, p.config.Now()
	go func() {
		keys, err := p.fetch(context.WithoutCancel(ctx))
		p.mu.Lock()
		defer p.mu.Unlock()
		p.fetching, p.err = nil, err
		if err != nil {
			p.failures++
		} else {
			p.keys, p.fetched, p.failures = keys, p.config.Now(), 0
		}
		close(done)
	}()
	return done
}

func (p *PublishedKeys) fetch(ctx context.Context) (map[string]*Key, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("token: published keys: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("token: published keys: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("token: published keys: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("token: published keys: %w", err)
	}
	return readPublished(body)
}

// readPublished refuses what nobody publishes on purpose.
func readPublished(body []byte) (map[string]*Key, error) {
	list, err := ParseJWKS(body)
	if err != nil {
		return nil, fmt.Errorf("token: published keys: %w", err)
	}
	keys := make(map[string]*Key, len(list))
	for _, k := range list {
		if k.symmetric() || k.CanSign() {
			return nil, fmt.Errorf("token: published keys: %w", badKey("a secret key is published"))
		}
		keys[k.id] = k
	}
	return keys, nil
}
