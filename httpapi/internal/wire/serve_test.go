package wire_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
)

// fail answers with what went wrong, so that a test sees it.
func fail(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusTeapot
	var body *wire.BodyError
	if errors.As(err, &body) {
		status = body.Status
	}
	_ = wire.Reply(w, status, err.Error())
}

func call(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// SEC-19: every answer says that it is not to be kept, also one that fails.
func TestHandler(t *testing.T) {
	t.Parallel()
	h := wire.Dialect{Fail: fail}.Handler([]wire.Endpoint{
		{Method: http.MethodGet, Path: "/thing/{id}", Do: func(w http.ResponseWriter, r *http.Request) error {
			return wire.Reply(w, http.StatusOK, r.PathValue("id"))
		}},
		{Method: http.MethodPost, Path: "/thing/{id}", Do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			panic("secret")
		}},
	})
	for name, c := range map[string]struct {
		method, target string
		headers        []string
		status         int
		body           string
	}{
		"an endpoint":      {"GET", "/thing/1", nil, 200, `"1"`},
		"a panic":          {"POST", "/thing/1", nil, 418, `"httpapi: panic in a request"`},
		"no such path":     {"GET", "/", nil, 418, `"httpapi: no such path"`},
		"an unclean path":  {"GET", "/x/../thing/1", nil, 418, `"httpapi: no such path"`},
		"the server":       {"GET", "*", nil, 418, `"httpapi: no such path"`},
		"no such method":   {"PUT", "/thing/1", nil, 418, `"httpapi: no such method"`},
		"HEAD":             {"HEAD", "/thing/1", nil, 418, `"httpapi: no such method"`},
		"OPTIONS":          {"OPTIONS", "/thing/1", nil, 204, ""},
		"a foreign origin": {"POST", "/thing/1", []string{"Sec-Fetch-Site", "cross-site"}, 418, `"httpapi: from another origin"`},
	} {
		w := call(h, c.method, c.target, "", c.headers...)
		if w.Code != c.status || strings.TrimSpace(w.Body.String()) != c.body || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s %v, want %d %s", name, w.Code, w.Body, w.Header(), c.status, c.body)
		}
		if kind := w.Header().Get("Content-Type"); c.body != "" && kind != "application/json" {
			t.Errorf("%s: Content-Type %q", name, kind)
		}
	}
	if w := call(h, "PUT", "/thing/1", ""); w.Header().Get("Allow") != "GET, OPTIONS, POST" {
		t.Errorf("Allow %q", w.Header().Get("Allow"))
	}
}

// A handler that gives a connection up does so.
func TestAbort(t *testing.T) {
	t.Parallel()
	h := wire.Dialect{Fail: fail}.Handler([]wire.Endpoint{{Method: "GET", Path: "/x", Do: func(http.ResponseWriter, *http.Request) error {
		panic(http.ErrAbortHandler)
	}}})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("%v, want http.ErrAbortHandler", p)
		}
	}()
	call(h, "GET", "/x", "")
}

// ROB-01: a body is one JSON object, within bounds.
func TestObject(t *testing.T) {
	t.Parallel()
	h := wire.Dialect{Fail: fail}.Handler([]wire.Endpoint{{Method: "POST", Path: "/x", Do: func(w http.ResponseWriter, r *http.Request) error {
		var into struct {
			Code string `json:"code"`
		}
		if err := wire.Object(w, r, &into); err != nil {
			return err
		}
		return wire.Reply(w, http.StatusOK, into)
	}}})
	full := `{"code":"` + strings.Repeat("x", wire.MaxBody-len(`{"code":""}`)) + `"}`
	for name, c := range map[string]struct {
		body, kind string
		status     int
	}{
		"an object":           {`{"code":"x","unknown":[{}]}`, "application/json", 200},
		"with a charset":      {`{}`, "application/json; charset=utf-8", 200},
		"without a type":      {`{}`, "", 200},
		"nothing":             {``, "text/plain", 200},
		"as much as may be":   {full, "application/json", 200},
		"a byte more":         {full + " ", "application/json", 413},
		"a form":              {`code=x`, "application/x-www-form-urlencoded", 415},
		"text":                {`{}`, "text/plain", 415},
		"a list":              {`[]`, "application/json", 400},
		"two":                 {`{}{}`, "application/json", 400},
		"half of one":         {`{`, "application/json", 400},
		"a member twice":      {`{"code":"x","code":"y"}`, "application/json", 400},
		"another type":        {`{"code":1}`, "application/json", 400},
		"deep":                {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "application/json", 400},
		"what is not in UTF8": {"{\"code\":\"\xff\"}", "application/json", 400},
	} {
		var headers []string
		if c.kind != "" {
			headers = []string{"Content-Type", c.kind}
		}
		if w := call(h, "POST", "/x", c.body, headers...); w.Code != c.status {
			t.Errorf("%s: %d %.80s, want %d", name, w.Code, w.Body, c.status)
		}
	}
	if w := call(h, "POST", "/x", `{"code":1}`); !strings.Contains(w.Body.String(), "code is not of its type") {
		t.Errorf("%s", w.Body)
	}
}

// LIM-09: the client is who connects, whatever a header says.
func TestPeer(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.8:1234":          "192.0.2.8",
		"[2001:db8::1%eth0]:1234": "2001:db8::1",
		"[::ffff:192.0.2.8]:1234": "192.0.2.8",
		"192.0.2.8":               "192.0.2.8",
		"@":                       "",
		"":                        "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if got := wire.Peer(r); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}

func TestAgent(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0":                  "Mozilla/5.0",
		"":                             "",
		"a\xffb":                       "ab",
		strings.Repeat("x", 600):       strings.Repeat("x", 512),
		strings.Repeat("x", 511) + "é": strings.Repeat("x", 511),
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", agent)
		if got := wire.Agent(r); got != want {
			t.Errorf("%.20q: %.20q", agent, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{0: "", time.Millisecond: "1", 60 * time.Second: "60"} {
		w := httptest.NewRecorder()
		wire.RetryAfter(w, wait)
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: %q, want %q", wait, got, want)
		}
	}
}

// A client that closes its half of the connection has gone, for the server: that is
// no failure to report, whatever was under way.
func TestAClientThatHasGone(t *testing.T) {
	t.Parallel()
	h := wire.Dialect{Fail: func(_ http.ResponseWriter, _ *http.Request, err error) { t.Errorf("told as a failure: %v", err) }}.
		At(wire.Endpoint{Method: http.MethodPost, Do: func(_ http.ResponseWriter, r *http.Request) error {
			_, _ = io.ReadAll(r.Body)
			<-r.Context().Done()
			return fmt.Errorf("the store: %w", r.Context().Err())
		}})
	server := httptest.NewServer(h)
	defer server.Close()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: www.piedpiper.com\r\nContent-Length: 9\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", got.StatusCode)
	}
}

// What is cancelled for another reason, while its client waits, is a failure.
func TestACancellationOfAnotherKind(t *testing.T) {
	t.Parallel()
	h := wire.Dialect{Fail: fail}.At(wire.Endpoint{Method: http.MethodPost, Do: func(http.ResponseWriter, *http.Request) error {
		return context.Canceled
	}})
	if w := call(h, http.MethodPost, "/", ""); w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
}
