package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// S3-36 S3-58 S3-99 S3-100: what breaks is told to who runs the service, and to
// nobody else; what cannot be reached may be tried again.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("a fault at 10.0.0.1"), http.StatusInternalServerError},
		{fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
	} {
		b := open(t)
		down := false
		b.House.Config.Store = logintest.Tap(b.Backend.Store, func(call logintest.Call) error {
			if down {
				return c.err
			}
			return call.Do()
		})
		body := b.form("")
		down = true
		for path, body := range map[string]string{
			"/api/passwordless/start": startBody,
			"/api/passwordless/send":  body,
			"/api/passwordless/login": body,
			"/api/two-factor/login":   `{"twoFactorId":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs","code":"123456"}`,
			userFactor:                `{"code":"123456","method":"email"}`,
			"/api/user/verify-email":  `{"verificationId":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"}`,
		} {
			told := len(b.Errs())
			got := b.post(path, body, withKey)
			if got.StatusCode != c.want || strings.Contains(got.body, "fault") {
				t.Errorf("%s: %v: %d %s, want %d", path, c.err, got.StatusCode, got.body, c.want)
			}
			if errs := b.Errs(); len(errs) != told+1 || !errors.Is(errs[told], c.err) {
				t.Errorf("%s: %v was reported %d times, want once", path, c.err, len(errs)-told)
			}
		}
		down = false
		if got := b.post("/api/passwordless/login", body); got.StatusCode != 200 {
			t.Errorf("%v: the login was lost with the store: %d", c.err, got.StatusCode)
		}
	}
}

// S3-101: a hook that says no, in FusionAuth's own words or in none.
func TestVeto(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		veto error
		want int
		body string
	}{
		{errors.New("a webhook did not answer"), http.StatusGatewayTimeout, ""},
		{&passwordless.ValidationError{GeneralErrors: []passwordless.ErrorDetail{{Code: "[LoginRestricted]", Message: "Not today."}}},
			http.StatusBadRequest, `{"generalErrors":[{"code":"[LoginRestricted]","message":"Not today."}]}`},
	} {
		b := open(t)
		b.House.Config.Veto = func(context.Context, passwordless.Attempt) error { return c.veto }
		body := b.form("")
		got := b.post("/api/passwordless/login", body)
		if got.StatusCode != c.want || strings.TrimSpace(got.body) != c.body || len(got.Cookies()) > 0 {
			t.Errorf("%d %s, want %d %s", got.StatusCode, got.body, c.want, c.body)
		}
		if again := b.post("/api/passwordless/login", body); again.StatusCode != 404 {
			t.Errorf("again: %d, want 404", again.StatusCode)
		}
	}
}

// panickingKeys is a hook with a bug.
type panickingKeys struct{ value any }

func (k panickingKeys) APIKey(context.Context, secret.Text) (httpapi.APIKey, error) { panic(k.value) }

// ROB-01: a hook that panics ends one request, and is heard of.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.APIKeys = panickingKeys{"a bug at jared@piedpiper.com"}
	got := b.post("/api/passwordless/start", startBody, withKey)
	if got.StatusCode != 500 || got.body != "" {
		t.Errorf("%d %s, want an empty 500", got.StatusCode, got.body)
	}
	var p *httpapi.PanicError
	if errs := b.Errs(); len(errs) != 1 || !errors.As(errs[0], &p) || len(p.Stack) == 0 || strings.Contains(errs[0].Error(), "jared") {
		t.Errorf("reported %v, want one panic, which tells its value to who asks for it", errs)
	}
	if got := b.call("GET /api/jwt/public-key", ""); got.StatusCode != 200 {
		t.Errorf("afterwards: %d, want 200", got.StatusCode)
	}
}

// A handler that is aborted stays so.
func TestAbort(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.APIKeys = panickingKeys{http.ErrAbortHandler}
	api := b.API()
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("http.ErrAbortHandler was taken for a bug")
		}
	}()
	r := httptest.NewRequest("POST", "/api/passwordless/start", strings.NewReader(startBody))
	r.Header.Set("Authorization", apiKey)
	api.ServeHTTP(httptest.NewRecorder(), r)
}

// ROB-01: a body has its bounds.
func TestBodyBounds(t *testing.T) {
	t.Parallel()
	b := open(t)
	deep := func(levels int) string {
		return `{"code":"x","eventInfo":{"data":` + strings.Repeat(`{"a":`, levels) + `1` + strings.Repeat(`}`, levels+2)
	}
	for _, c := range []struct {
		name, body string
		want       int
	}{
		{"64 KiB", `{"code":"` + strings.Repeat("x", 64<<10-11) + `"}`, 404},
		{"more", `{"code":"` + strings.Repeat("x", 64<<10-10) + `"}`, 413},
		{"32 levels", deep(30), 404},
		{"33 levels", deep(31), 400},
		{"10,000 levels", deep(10_000), 400},
		{"an array", `[]`, 400},
		{"a string", `"code"`, 400},
		{"no JSON", `code=x`, 400},
		{"half", `{"code":`, 400},
		{"not UTF-8", "{\"code\":\"\xff\"}", 400},
		{"unknown members", `{"code":"x","unknown":{"a":[1,2,null]}}`, 404},
		{"null", `{"code":null}`, 400},
		{"another case", `{"CODE":"x"}`, 404},
	} {
		if got := b.post("/api/passwordless/login", c.body); got.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, got.StatusCode, got.body, c.want)
		}
	}
}

// A client that goes before its answer is no failure.
func TestClientGone(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx, leave := context.WithCancel(t.Context())
	b.House.Config.Store = logintest.Tap(b.Backend.Store, func(logintest.Call) error {
		leave()
		return ctx.Err()
	})
	r := httptest.NewRequestWithContext(ctx, "POST", "/api/passwordless/start", strings.NewReader(startBody))
	r.Header.Set("Authorization", apiKey)
	b.API().ServeHTTP(httptest.NewRecorder(), r)
	if errs := b.Errs(); len(errs) > 0 || ctx.Err() == nil {
		t.Errorf("reported %v, want nothing", errs)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, c := range []struct {
		line  string
		want  int
		allow string
	}{
		{"OPTIONS /api/passwordless/login", 200, "OPTIONS, POST"},
		{"OPTIONS /api/jwt/refresh/none", 200, "DELETE, GET, HEAD, OPTIONS"},
		{"HEAD /api/passwordless/login", 405, "OPTIONS, POST"},
		{"PUT /api/passwordless/login", 405, "OPTIONS, POST"},
		{"PATCH /api/user/two-factor", 405, "DELETE, OPTIONS, POST"},
		{"BREW /api/logout", 405, "OPTIONS, POST"},
		{"HEAD /api/jwt/public-key", 200, ""},
		{"HEAD /.well-known/jwks.json", 200, ""},
		{"HEAD /api/jwt/validate", 401, ""},
		{"GET /", 404, ""},
		{"GET /api", 404, ""},
		{"GET /api//passwordless/login", 404, ""},
		{"GET /api/../api/passwordless/login", 404, ""},
		{"GET /api/passwordless/login/", 404, ""},
		{"POST /api/nowhere", 404, ""},
	} {
		got := b.call(c.line, "")
		if got.StatusCode != c.want || got.Header.Get("Allow") != c.allow {
			t.Errorf("%s: %d, Allow %q; want %d, %q", c.line, got.StatusCode, got.Header.Get("Allow"), c.want, c.allow)
		}
	}
}

// Under a prefix, and endpoint by endpoint on another mux.
func TestMounting(t *testing.T) {
	t.Parallel()
	b := open(t)
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", b.API()))
	for _, r := range b.API().Routes() {
		mux.Handle(r.Method+" /alone"+r.Path, r.Handler)
	}
	ask := func(method, path, key string) int {
		r := httptest.NewRequest(method, path, strings.NewReader("{}"))
		r.Header.Set("Authorization", key)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
	for key, want := range map[string]int{apiKey: 400, narrowAPIKey: 400, "": 401} {
		for _, prefix := range []string{"/auth", "/alone"} {
			if got := ask("POST", prefix+"/api/passwordless/start", key); got != want {
				t.Errorf("%s: %d, want %d", prefix, got, want)
			}
		}
	}
	for _, r := range b.API().Routes() {
		path := anyID(r.Path)
		if direct, alone := ask(r.Method, "/auth"+path, apiKey), ask(r.Method, "/alone"+path, apiKey); direct != alone || direct == 405 {
			t.Errorf("%s %s: %d under a prefix, %d alone", r.Method, r.Path, direct, alone)
		}
	}
}

// anyID is a path with something in place of its wildcards.
func anyID(path string) string { return strings.NewReplacer("{", "", "}", "").Replace(path) }

// A key that is for one endpoint is for no other; no key and two keys are for none.
func TestKeyPermissions(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, r := range b.API().Routes() {
		if r.Access != httpapi.Key && r.Access != httpapi.KeyOrPerson {
			continue
		}
		line := r.Method + " " + anyID(r.Path)
		for _, headers := range [][]string{nil, {"Authorization: "}, {withKey, withKey}, {"Authorization: " + narrowAPIKey}} {
			allowed := len(headers) == 1 && strings.Contains(headers[0], narrowAPIKey) && r.Path == "/api/passwordless/start"
			if got := b.call(line, "", headers...); (got.StatusCode == 401) == allowed {
				t.Errorf("%s with %q: %d", line, headers, got.StatusCode)
			}
		}
		if got := b.call(line, "", withKey); got.StatusCode == 401 {
			t.Errorf("%s with a key for everything: 401", line)
		}
	}
}

func TestStaticKeys(t *testing.T) {
	t.Parallel()
	key := httpapi.APIKey{Key: secret.New(apiKey)}
	if _, err := httpapi.StaticKeys(key, key); err == nil || !strings.Contains(err.Error(), "keys[1].Key") {
		t.Errorf("twice the same key: %v", err)
	}
	if _, err := httpapi.StaticKeys(httpapi.APIKey{Key: secret.New("short")}); err == nil || !strings.Contains(err.Error(), "keys[0].Key") {
		t.Errorf("a short key: %v", err)
	}
	keys, err := httpapi.StaticKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	found, err := keys.APIKey(t.Context(), secret.New(apiKey))
	if err != nil || !found.Key.IsZero() {
		t.Errorf("found %v with its key, %t; want none", err, !found.Key.IsZero())
	}
	if _, err := keys.APIKey(t.Context(), secret.New(apiKey+"x")); !errors.Is(err, httpapi.ErrUnknownAPIKey) {
		t.Errorf("another key: %v, want ErrUnknownAPIKey", err)
	}
}

// Whoever keeps API keys may fail.
type brokenKeys struct{}

func (brokenKeys) APIKey(context.Context, secret.Text) (httpapi.APIKey, error) {
	return httpapi.APIKey{}, errors.New("broken")
}

func TestKeysBroken(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.APIKeys = brokenKeys{}
	if got := b.post("/api/passwordless/start", startBody, withKey); got.StatusCode != 500 || len(b.Errs()) != 1 {
		t.Errorf("%d, %d reported; want 500, reported", got.StatusCode, len(b.Errs()))
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	b := open(t)
	for field, change := range map[string]func(*httpapi.Config){
		"Config.Login":   func(c *httpapi.Config) { c.Login = nil },
		"Config.BaseURL": func(c *httpapi.Config) { c.BaseURL = "http://www.piedpiper.com" },
	} {
		c := b.Config
		c.Login = b.Login()
		change(&c)
		if _, err := httpapi.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}

// What there is nothing for is not there.
func TestLeanConfig(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config = httpapi.Config{}
	for line, want := range map[string]int{
		"GET /.well-known/jwks.json":            404,
		"GET /.well-known/openid-configuration": 404,
		"GET /api/jwt/public-key":               404,
		"GET /api/jwt/validate":                 404,
		"POST /public/passwordless/start":       404,
		"POST /api/passwordless/start":          401,
		"GET /api/two-factor/secret":            401,
	} {
		if got := b.call(line, "", withKey); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", line, got.StatusCode, want)
		}
	}
}

// S3-58: a messenger that answers at once, and fails.
func TestMessengerFails(t *testing.T) {
	t.Parallel()
	b := open(t)
	started := b.post("/api/passwordless/start", startBody, withKey)
	b.Inbox.Fail(errors.New("no route to jared@piedpiper.com"))
	got := b.post("/api/passwordless/send", fmt.Sprintf(`{"code":%q}`, started.text("code")))
	if got.StatusCode != 500 || got.body != "" || len(b.Errs()) != 1 {
		t.Errorf("%d %s, %d reported; want an empty 500, reported", got.StatusCode, got.body, len(b.Errs()))
	}
}

// Passwordless login that is off is a 400.
func TestDisabled(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Application.PasswordlessConfiguration = identity.PasswordlessConfiguration{}
	got := b.post("/api/passwordless/start", startBody, withKey)
	if got.StatusCode != 400 || !strings.Contains(got.body, "[PasswordlessDisabled]") {
		t.Errorf("%d %s, want 400 [PasswordlessDisabled]", got.StatusCode, got.body)
	}
}
