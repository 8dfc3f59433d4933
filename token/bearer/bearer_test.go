package bearer_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
	"github.com/gatehouse-go/gatehouse/token/bearer"
)

const (
	userID        = "00000000-0000-0001-0000-000000000000"
	applicationID = "10000000-0000-0002-0000-000000000001"
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	issuerName    = "acme.com"
)

// now is the instant of the FusionAuth examples.
var now = time.UnixMilli(1659380719000)

func clock() time.Time { return now }

// gate is a guard, and who signs what it lets through.
type gate struct {
	t      testing.TB
	key    *token.Key
	issuer *token.Issuer
	denied *token.MemoryDenylist
	config bearer.Config
}

func newGate(t testing.TB) *gate {
	t.Helper()
	g := &gate{t: t, denied: new(token.MemoryDenylist)}
	var err error
	g.key, err = token.GenerateKey(token.EdDSA)
	g.must(err)
	keys, err := token.NewKeySet(g.key)
	g.must(err)
	g.issuer, err = token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: issuerName, Now: clock})
	g.must(err)
	g.verify(keys)
	return g
}

// verify makes the guard believe the keys of a source.
func (g *gate) verify(keys token.KeySource) {
	g.t.Helper()
	v, err := token.NewVerifier(token.VerifierConfig{
		Keys: keys, Issuer: issuerName, Audiences: []string{applicationID}, Denylist: g.denied, Now: clock,
	})
	g.must(err)
	g.config = bearer.Config{Verifier: v, Now: clock}
}

func (g *gate) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func sample() token.Claims {
	return token.Claims{
		Subject: userID, Audience: applicationID, TenantID: tenantID, ApplicationID: applicationID,
		SessionID: "b7dc9d3f-0d3c-4b3f-8a6f-3d3f1a9b1c55", Roles: []string{"user", "admin"}, Context: "2fa",
		AuthTime: now.Add(-10 * time.Minute), IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
	}
}

// token signs the sample claims, as changed.
func (g *gate) token(changes ...func(*token.Claims)) string {
	g.t.Helper()
	c := sample()
	for _, change := range changes {
		change(&c)
	}
	signed, err := g.issuer.Issue(g.t.Context(), c)
	g.must(err)
	return signed.Token.Reveal()
}

// ask sends a request, and says what was answered and whether it came through.
func (g *gate) ask(r bearer.Requirement, request *http.Request) (*http.Response, *token.Claims) {
	g.t.Helper()
	guard, err := bearer.New(g.config)
	g.must(err)
	var seen *token.Claims
	h := guard.Require(r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := bearer.ClaimsOf(r.Context())
		if !ok {
			g.t.Error("the handler sees no claims")
		}
		seen = &c
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	answer := w.Result()
	body, err := io.ReadAll(answer.Body)
	g.must(err)
	if through := seen != nil; through != (answer.StatusCode == http.StatusOK) || len(body) != 0 {
		g.t.Errorf("status %d, body %q, and the handler was called: %v", answer.StatusCode, body, through)
	}
	if seen == nil && answer.Header.Get("Cache-Control") != "no-store" {
		g.t.Error("a refusal may be stored")
	}
	return answer, seen
}

func get(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://www.piedpiper.com/profile", nil)
	for _, h := range header {
		r.Header.Add("Authorization", h)
	}
	return r
}

func cookie(r *http.Request, values ...string) *http.Request {
	for _, v := range values {
		r.AddCookie(&http.Cookie{Name: "access_token", Value: v})
	}
	return r
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for name, c := range map[string]struct {
		require   bearer.Requirement
		change    func(*token.Claims)
		status    int
		challenge string
	}{
		"nothing":                     {bearer.Requirement{}, nil, 200, ""},
		"everything":                  {bearer.Requirement{TenantID: tenantID, Audience: applicationID, Roles: []string{"admin", "user"}, Context: "2fa", Within: 10 * time.Minute}, nil, 200, ""},
		"another tenant":              {bearer.Requirement{TenantID: "another"}, nil, 403, `Bearer realm="Pied Piper", error="insufficient_scope"`},
		"another audience":            {bearer.Requirement{Audience: "another"}, nil, 403, `Bearer realm="Pied Piper", error="insufficient_scope"`},
		"a role of two":               {bearer.Requirement{Roles: []string{"admin", "owner"}}, nil, 403, `Bearer realm="Pied Piper", error="insufficient_scope"`},
		"no roles":                    {bearer.Requirement{Roles: []string{"user"}}, func(c *token.Claims) { c.Roles = nil }, 403, `Bearer realm="Pied Piper", error="insufficient_scope"`},
		"one factor":                  {bearer.Requirement{Context: "2fa"}, func(c *token.Claims) { c.Context = "1fa" }, 401, `Bearer realm="Pied Piper", error="insufficient_user_authentication", acr_values="2fa"`},
		"no acr":                      {bearer.Requirement{Context: "2fa"}, func(c *token.Claims) { c.Context = "" }, 401, `Bearer realm="Pied Piper", error="insufficient_user_authentication", acr_values="2fa"`},
		"too long ago":                {bearer.Requirement{Context: "2fa", Within: 10*time.Minute - time.Second}, nil, 401, `Bearer realm="Pied Piper", error="insufficient_user_authentication", acr_values="2fa", max_age="599"`},
		"who knows when":              {bearer.Requirement{Within: time.Hour}, func(c *token.Claims) { c.AuthTime = time.Time{} }, 401, `Bearer realm="Pied Piper", error="insufficient_user_authentication", max_age="3600"`},
		"a token of another audience": {bearer.Requirement{}, func(c *token.Claims) { c.Audience = "another" }, 401, `Bearer realm="Pied Piper", error="invalid_token"`},
		"a token that has expired":    {bearer.Requirement{}, func(c *token.Claims) { c.ExpiresAt = now }, 401, `Bearer realm="Pied Piper", error="invalid_token"`},
	} {
		if c.change == nil {
			c.change = func(*token.Claims) {}
		}
		g := *g
		g.config.Realm = "Pied Piper"
		answer, seen := g.ask(c.require, get("Bearer "+g.token(c.change)))
		if answer.StatusCode != c.status || answer.Header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: %d %s, want %d %s", name, answer.StatusCode, answer.Header.Get("WWW-Authenticate"), c.status, c.challenge)
		}
		if seen != nil && (seen.Subject != userID || !slices.Equal(seen.Roles, []string{"user", "admin"})) {
			t.Errorf("%s: the handler sees %+v", name, seen)
		}
	}
}

// RFC 6750: where a token may be, and what is told of one that is not.
func TestWhereTokensAre(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	good := g.token()
	post := func(site string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "https://www.piedpiper.com/profile", strings.NewReader("access_token="+good))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		return r
	}
	query := httptest.NewRequest(http.MethodGet, "https://www.piedpiper.com/profile?access_token="+good, nil)
	basic := get("Basic am9obm55MTIzOnB3")
	for name, c := range map[string]struct {
		request   *http.Request
		cookies   bool
		status    int
		challenge string
	}{
		"header":                      {get("Bearer " + good), false, 200, ""},
		"header, lower case":          {get("bearer " + good), false, 200, ""},
		"header, two blanks":          {get("Bearer  " + good), false, 200, ""},
		"nothing":                     {get(), false, 401, "Bearer"},
		"an empty header":             {get(""), false, 401, "Bearer"},
		"no scheme":                   {get(good), false, 401, "Bearer"},
		"no token":                    {get("Bearer"), false, 401, `Bearer error="invalid_token"`},
		"two tokens":                  {get("Bearer " + good + " " + good), false, 401, `Bearer error="invalid_token"`},
		"two headers":                 {get("Bearer "+good, "Bearer "+good), false, 400, `Bearer error="invalid_request"`},
		"query":                       {query, true, 401, "Bearer"},
		"body":                        {post(""), true, 401, "Bearer"},
		"cookie":                      {cookie(get(), good), true, 200, ""},
		"cookie, not configured":      {cookie(get(), good), false, 401, "Bearer"},
		"two cookies":                 {cookie(get(), good, good), true, 400, `Bearer error="invalid_request"`},
		"an empty cookie":             {cookie(get(), ""), true, 401, "Bearer"},
		"a cookie that is wrong":      {cookie(get(), good+"A"), true, 401, `Bearer error="invalid_token"`},
		"a header before the cookie":  {cookie(basic, good), true, 401, "Bearer"},
		"cookie, posted from here":    {cookie(post("same-origin"), good), true, 200, ""},
		"cookie, posted from abroad":  {cookie(post("cross-site"), good), true, 403, "Bearer"},
		"cookie, read from elsewhere": {cookie(func() *http.Request { r := get(); r.Header.Set("Sec-Fetch-Site", "cross-site"); return r }(), good), true, 200, ""},
	} {
		g := *g
		if c.cookies {
			g.config.Cookie = "access_token"
		}
		answer, _ := g.ask(bearer.Requirement{}, c.request)
		if answer.StatusCode != c.status || answer.Header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: %d %q, want %d %q", name, answer.StatusCode, answer.Header.Get("WWW-Authenticate"), c.status, c.challenge)
		}
	}
}

// JWT-01, JWT-02, JWT-03, JWT-04, JWT-05: one refusal for whatever an attacker
// makes of a token.
func TestAttacksHaveOneAnswer(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	good := g.token()
	parts := strings.Split(good, ".")
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	with := func(header string) string { return b64(header) + "." + parts[1] + "." + parts[2] }
	jwk, _ := g.key.JWK()
	hmac, err := token.NewHMACKey(g.key.ID(), token.HS256, []byte(jwk.X+jwk.X))
	g.must(err)
	keys, err := token.NewKeySet(hmac)
	g.must(err)
	confused, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: issuerName, Now: clock})
	g.must(err)
	hs, err := confused.Issue(t.Context(), sample())
	g.must(err)
	kid := `"kid":"` + g.key.ID() + `"`
	var first http.Header
	for name, text := range map[string]string{
		"alg none":             b64(`{"alg":"none",`+kid+`,"typ":"at+jwt"}`) + "." + parts[1] + ".",
		"HS with a public key": hs.Token.Reveal(),
		"jwk":                  with(`{"alg":"EdDSA",` + kid + `,"typ":"at+jwt","jwk":{"kty":"OKP"}}`),
		"jku":                  with(`{"alg":"EdDSA",` + kid + `,"typ":"at+jwt","jku":"https://example.com/"}`),
		"x5u":                  with(`{"alg":"EdDSA",` + kid + `,"typ":"at+jwt","x5u":"https://example.com/"}`),
		"odd kid":              with(`{"alg":"EdDSA","kid":"../../etc/passwd","typ":"at+jwt"}`),
		"no kid":               with(`{"alg":"EdDSA","typ":"at+jwt"}`),
		"names twice":          with(`{"alg":"EdDSA","alg":"none",` + kid + `,"typ":"at+jwt"}`),
		"another type":         with(`{"alg":"EdDSA",` + kid + `,"typ":"JWT"}`),
		"oversized":            strings.Repeat("A", 1<<20),
		"a megabyte of dots":   strings.Repeat(".", 1<<20),
		"another payload":      parts[0] + "." + b64(`{}`) + "." + parts[2],
		"cut":                  good[:len(good)-1],
		"a refresh token":      "b7dc9d3f-0d3c-4b3f-8a6f-3d3f1a9b1c55.0." + strings.Repeat("A", 43),
		"an API key":           "gatehouse_key_b7dc9d3f-0d3c-4b3f-8a6f-3d3f1a9b1c55_" + strings.Repeat("a", 52) + "_00000000",
		"not ASCII":            "é",
	} {
		answer, _ := g.ask(bearer.Requirement{}, get("Bearer "+text))
		if first == nil {
			first = answer.Header
		}
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") != first.Get("WWW-Authenticate") || len(answer.Header) != len(first) {
			t.Errorf("%s: %d %v, want the answer of all others, %v", name, answer.StatusCode, answer.Header, first)
		}
	}
}

// What cannot be checked is not let through, and is not called invalid.
func TestSourcesThatFail(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	text := g.token()
	g.verify(brokenKeys{})
	answer, _ := g.ask(bearer.Requirement{}, get("Bearer "+text))
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}

type brokenKeys struct{}

func (brokenKeys) Key(context.Context, string) (*token.Key, error) { return nil, errors.New("fault") }

// REF-05: what the denylist has is refused at once.
func TestRevokedToken(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	text := g.token()
	g.must(g.denied.Deny(t.Context(), token.Denial{TenantID: tenantID, SessionID: sample().SessionID}))
	if answer, _ := g.ask(bearer.Requirement{}, get("Bearer "+text)); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d, want 401", answer.StatusCode)
	}
}

// Requirements may be asked one after the other, and claims are nobody's without a guard.
func TestNestedAndUnguarded(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	guard, err := bearer.New(g.config)
	g.must(err)
	inner := guard.Require(bearer.Requirement{Roles: []string{"owner"}}, http.NotFoundHandler())
	w := httptest.NewRecorder()
	guard.Require(bearer.Requirement{Roles: []string{"user"}}, inner).ServeHTTP(w, get("Bearer "+g.token()))
	if w.Code != http.StatusForbidden {
		t.Errorf("%d, want 403", w.Code)
	}
	if c, ok := bearer.ClaimsOf(t.Context()); ok || c.Subject != "" {
		t.Errorf("claims of nobody: %+v", c)
	}
}

func TestNewChecks(t *testing.T) {
	t.Parallel()
	if _, err := bearer.New(bearer.Config{}); err == nil {
		t.Error("New takes no verifier")
	}
	g := newGate(t)
	g.config.Realm = "a\"\r\nSet-Cookie: b"
	if _, err := bearer.New(g.config); err == nil {
		t.Error("New takes a realm that ends its header")
	}
	g.config.Realm = ""
	guard, err := bearer.New(g.config)
	g.must(err)
	for _, r := range []bearer.Requirement{{Context: "\""}, {Within: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Require takes %+v", r)
				}
			}()
			guard.Require(r, http.NotFoundHandler())
		}()
	}
}

// FuzzGuard: any Authorization header: no panic, and no way in.
func FuzzGuard(f *testing.F) {
	g := newGate(f)
	guard, err := bearer.New(g.config)
	g.must(err)
	h := guard.Require(bearer.Requirement{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	good := g.token()
	f.Add("Bearer " + good[:len(good)-2])
	f.Add("Bearer ..")
	f.Add("Basic am9obm55MTIzOnB3")
	f.Fuzz(func(t *testing.T, header string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, get(header))
		if _, rest, _ := strings.Cut(header, " "); w.Code == http.StatusOK && strings.TrimLeft(rest, " ") != good {
			t.Errorf("let in by %q", header)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	g := newGate(b)
	guard, err := bearer.New(g.config)
	g.must(err)
	h := guard.Require(bearer.Requirement{Roles: []string{"user"}}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request, w := get("Bearer "+g.token()), httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, request)
	}
}
