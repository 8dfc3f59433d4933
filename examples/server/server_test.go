package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	apiKey        = "this-is-an-api-key-of-forty-characters-!"
	applicationID = "10000000-0000-0002-0000-000000000001"
	email         = "jared@piedpiper.com"
)

// running is a server that ends with its test.
type running struct {
	t      *testing.T
	url    string
	outbox string
	stop   func() error
}

// start runs the server on a port of its own, with more flags at the end.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	s := &running{t: t, outbox: filepath.Join(t.TempDir(), "outbox.jsonl")}
	o, err := parse(append([]string{"-addr", "127.0.0.1:0", "-outbox", s.outbox, "-api-key", apiKey}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	logs, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, o, io.Discard, writer)
		writer.Close()
		ended <- err
	}()
	stopped := false
	s.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	s.url = "http://" + s.address(logs)
	return s
}

// address waits until the server says where it listens, and then reads on, so
// that the server can write on.
func (s *running) address(logs *io.PipeReader) string {
	s.t.Helper()
	lines := bufio.NewScanner(logs)
	for lines.Scan() {
		var entry struct{ Msg, Addr string }
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			s.t.Fatal(err)
		}
		if entry.Msg == "listening" {
			go io.Copy(io.Discard, logs)
			return entry.Addr
		}
	}
	s.t.Fatal("the server does not say where it listens")
	return ""
}

// call sends JSON and returns the status and the answer.
func (s *running) call(method, path, body string) (int, map[string]any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", apiKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var members map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &members); err != nil {
			s.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, text)
		}
	}
	return answer.StatusCode, members
}

// must is call for what must have that status.
func (s *running) must(status int, method, path, body string) map[string]any {
	s.t.Helper()
	got, members := s.call(method, path, body)
	if got != status {
		s.t.Fatalf("%s %s: %d %v, want %d", method, path, got, members, status)
	}
	return members
}

// last is the last message that was sent.
func (s *running) last() line {
	s.t.Helper()
	text, err := os.ReadFile(s.outbox)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	var l line
	if err := json.Unmarshal(lines[len(lines)-1], &l); err != nil {
		s.t.Fatal(err)
	}
	return l
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// begin starts a login with its message, and returns what completes it.
func (s *running) begin(loginID, strategy string) string {
	s.t.Helper()
	started := s.must(200, "POST", "/api/passwordless/start", encode(s.t, map[string]any{
		"applicationId": applicationID, "loginId": loginID, "loginStrategy": strategy, "state": map[string]string{"page": "/home"},
	}))
	s.must(200, "POST", "/api/passwordless/send", encode(s.t, map[string]any{"code": started["code"]}))
	login := map[string]any{"applicationId": applicationID, "code": started["code"]}
	if strategy == "FormField" {
		login["oneTimeCode"] = s.last().OneTimeCode
	}
	return encode(s.t, login)
}

func TestStartSendLogin(t *testing.T) {
	t.Parallel()
	s := start(t)
	login := s.begin(email, "FormField")
	if l := s.last(); l.Channel != "email" || l.To != email || l.Purpose != "passwordless-login" || l.OneTimeCode == "" ||
		l.Link != "" || l.Subject == "" || !strings.Contains(l.Text, l.OneTimeCode) || l.At.IsZero() {
		t.Errorf("the message is %+v", l)
	}
	answer := s.must(200, "POST", "/api/passwordless/login", login)
	if answer["token"] == nil || answer["refreshToken"] == nil || encode(t, answer["state"]) != `{"page":"/home"}` {
		t.Errorf("the answer is %v", answer)
	}
	s.must(404, "POST", "/api/passwordless/login", login)
}

func TestALinkIsInTheOutbox(t *testing.T) {
	t.Parallel()
	s := start(t)
	login := s.begin(email, "ClickableLink")
	l := s.last()
	if !strings.HasPrefix(l.Link, s.url+"/login?code=") || !strings.Contains(login, l.Code) || l.Code == "" || l.OneTimeCode != "" {
		t.Errorf("the message is %+v, and what completes the login %s", l, login)
	}
	s.must(200, "POST", "/api/passwordless/login", login)
}

// A passwordless login is the first factor of the other two APIs as well.
func TestTheOtherDialects(t *testing.T) {
	t.Parallel()
	s := start(t)
	var login struct{ Code, OneTimeCode string }
	begin := func() string {
		text := s.begin(email, "FormField")
		if err := json.Unmarshal([]byte(text), &login); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if answer := s.must(200, "POST", "/account/auth/login", begin()); answer["idToken"] == nil {
		t.Errorf("account: %v", answer)
	}
	begin()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/authn/auth", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(login.Code, login.OneTimeCode)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != 200 || !strings.Contains(string(text), `"SUCCESS"`) {
		t.Errorf("authn: %d %s %v", answer.StatusCode, text, err)
	}
}

func TestTheClockMovesWhenToldTo(t *testing.T) {
	t.Parallel()
	s := start(t, "-clock-control")
	login := s.begin(email, "FormField")
	for _, bad := range []string{"", "{", `{"advanceSeconds":-1}`, `{"advanceSeconds":1e12}`} {
		s.must(400, "POST", "/test/clock", bad)
	}
	s.must(200, "POST", "/test/clock", `{"advanceSeconds":181}`)
	s.must(400, "POST", "/test/clock", `{"advanceSeconds":3153600000}`)
	s.must(404, "POST", "/api/passwordless/login", login)
	s.must(200, "POST", "/api/passwordless/login", s.begin(email, "FormField"))
}

func TestTheClockIsItsOwnWithoutTheFlag(t *testing.T) {
	t.Parallel()
	start(t).must(404, "POST", "/test/clock", `{"advanceSeconds":181}`)
	o, err := parse([]string{"-addr", ":0", "-clock-control"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("the clock can be moved from everywhere: %v", err)
	}
}

func TestAnotherSiteCannotMoveTheClock(t *testing.T) {
	t.Parallel()
	s := start(t, "-clock-control")
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/test/clock", strings.NewReader(`{"advanceSeconds":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("%d, want 403", answer.StatusCode)
	}
}

// Everything that the documents of the three APIs have is served, where they say.
func TestEverythingIsMounted(t *testing.T) {
	t.Parallel()
	s := start(t, "-base-url", "https://www.piedpiper.com")
	for at, document := range map[string]string{
		"":         "../../httpapi/openapi.json",
		"/authn":   "../../httpapi/authn/openapi.json",
		"/account": "../../httpapi/account/openapi.json",
	} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Paths map[string]map[string]any
		}
		if err := json.Unmarshal(text, &d); err != nil || len(d.Paths) == 0 {
			t.Fatalf("%s: %d paths, %v", document, len(d.Paths), err)
		}
		for path, operations := range d.Paths {
			allowed := s.allowed(at + strings.NewReplacer("{", "", "}", "").Replace(path))
			for method := range operations {
				if !slices.Contains(allowed, strings.ToUpper(method)) {
					t.Errorf("%s %s%s: %v alone", method, at, path, allowed)
				}
			}
		}
	}
	answer := s.must(200, "GET", "/.well-known/openid-configuration", "")
	if answer["jwks_uri"] != "https://www.piedpiper.com/.well-known/jwks.json" {
		t.Errorf("keys at %v", answer["jwks_uri"])
	}
}

// allowed are the methods that there are at a path.
func (s *running) allowed(path string) []string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodOptions, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	return strings.Split(answer.Header.Get("Allow"), ", ")
}

// Cookies are for https, unless the flag says that the server is this machine's own.
func TestCookies(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"-insecure-cookies"}} {
		s := start(t, flags...)
		body := encode(t, map[string]any{"applicationId": applicationID, "loginId": email})
		answer, err := http.Post(s.url+"/public/passwordless/start", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		cookies := answer.Cookies()
		if len(cookies) == 0 {
			t.Fatalf("%v: %d without a cookie", flags, answer.StatusCode)
		}
		for _, c := range cookies {
			if secure := flags == nil; c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure || !c.HttpOnly {
				t.Errorf("%v: %s", flags, c)
			}
		}
	}
}

func TestNoPatienceIsRefused(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-patience", "-sweep"} {
		if _, err := parse([]string{flag, "0s"}); err == nil {
			t.Errorf("%s 0s was taken", flag)
		}
	}
}

func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	if got := s.must(200, "GET", "/health", ""); got["status"] != "ok" {
		t.Errorf("health: %v", got)
	}
	s.must(200, "POST", "/api/passwordless/login", s.begin(email, "FormField"))
	s.must(404, "GET", "/api/%22%0a"+email, "")
	answer, err := http.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, gauge := range []string{"go_goroutines", "go_gc_heap_live_bytes"} {
		if !regexp.MustCompile(`(?m)^` + gauge + ` [1-9]\d*$`).Match(text) {
			t.Errorf("metrics lack %s:\n%s", gauge, text)
		}
	}
	for _, want := range []string{
		`gatehouse_events_total{type="user.login.success",outcome="Success",reason=""} 1`,
		`gatehouse_http_request_seconds_count{route="/api/passwordless/login",status="200"} 1`,
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), email) {
		t.Errorf("metrics tell of paths that were asked for:\n%s", text)
	}
}

func TestARestartKeepsWhatIsInAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flags := []string{"-store", "sqlite:" + filepath.Join(dir, "gatehouse.db"), "-keys", filepath.Join(dir, "keys.json"), "-seed", "testdata/outcomes.json"}
	before := start(t, flags...)
	answer := before.must(200, "POST", "/api/passwordless/login", before.begin(email, "FormField"))
	if err := before.stop(); err != nil {
		t.Fatal(err)
	}
	after := start(t, flags...)
	after.must(200, "POST", "/api/jwt/refresh", encode(t, map[string]any{"refreshToken": answer["refreshToken"]}))
	s := after.must(242, "POST", "/api/passwordless/login", after.begin("jared+factor@piedpiper.com", "FormField"))
	if n := len(s["methods"].([]any)); n != 2 {
		t.Errorf("%d methods, want the two of the seed", n)
	}
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	t.Parallel()
	dir, files := t.TempDir(), 0
	file := func(text string) string {
		files++
		path := filepath.Join(dir, strconv.Itoa(files)+".json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const place = `"tenants":[{"id":"T","issuer":"https://www.piedpiper.com"}],"applications":[{"id":"A"}]`
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"an API key that could be guessed": {[]string{"-api-key", "short"}, "at least 32 characters"},
		"a store that there is not":        {[]string{"-store", "paper"}, "-store"},
		"Redis for users":                  {[]string{"-store", "redis:127.0.0.1:1+redis:127.0.0.1:1+memory"}, "-store"},
		"links that others can read":       {[]string{"-pages", "http://www.piedpiper.com"}, "-pages"},
		"cookies that others can read":     {[]string{"-insecure-cookies", "-addr", "0.0.0.0:0"}, "-insecure-cookies"},
		"a base that others can read":      {[]string{"-base-url", "http://www.piedpiper.com"}, "BaseURL"},
		"mail in clear over a network":     {[]string{"-smtp", "192.0.2.1:25"}, "-smtp"},
		"keys that are none":               {[]string{"-keys", file("{}")}, "-keys"},
		"a seed that is none":              {[]string{"-seed", file("[")}, "-seed"},
		"a seed without tenants":           {[]string{"-seed", file("{}")}, "-seed"},
		"a tenant without an issuer":       {[]string{"-seed", file(`{"tenants":[{"id":"T"}],"applications":[{"id":"A"}]}`)}, "issuer"},
		"an authenticator without secret":  {[]string{"-seed", file("{" + place + `,"users":[{"id":"U","active":true,"email":"jared@piedpiper.com","verified":true,"twoFactor":{"methods":[{"method":"authenticator"}]}}]}`)}, "users[0]"},
		"a method without an address":      {[]string{"-seed", file("{" + place + `,"users":[{"id":"U","active":true,"twoFactor":{"methods":[{"id":"7K2G","method":"email"}]}}]}`)}, "users[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := parse(append([]string{"-addr", "127.0.0.1:0"}, c.flags...))
			if err != nil {
				t.Fatal(err)
			}
			if err := run(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
}
