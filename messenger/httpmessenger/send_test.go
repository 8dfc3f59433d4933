package httpmessenger_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func wantError(t testing.TB, err error) *httpmessenger.Error {
	t.Helper()
	var e *httpmessenger.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	wantNoSecret(t, err)
	return e
}

func TestDecoysAreDropped(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	if err := newMessenger(t, g.open(t, httpmessenger.Config{})).Send(t.Context(), messenger.Message{Decoy: true}); err != nil {
		t.Errorf("Send: %v", err)
	}
	if len(g.asked()) != 0 {
		t.Error("the gateway was asked to write to nobody")
	}
}

func TestWhatIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*messenger.Message){
		"email":               func(m *messenger.Message) { m.Channel, m.To = messenger.Email, secret.New("jared@piedpiper.com") },
		"no channel":          func(m *messenger.Message) { m.Channel = "" },
		"no id":               func(m *messenger.Message) { m.ID = "" },
		"an id with a header": func(m *messenger.Message) { m.ID = "1\r\nX-Other: 2" },
		"a long id":           func(m *messenger.Message) { m.ID = strings.Repeat("1", 129) },
		"no number":           func(m *messenger.Message) { m.To = secret.Text{} },
		"a national number":   func(m *messenger.Message) { m.To = secret.New("3035551212") },
		"a number and more":   func(m *messenger.Message) { m.To = secret.New(number + "&From=+1900") },
		"expired":             func(m *messenger.Message) { m.Expires = now },
		"a name with a line":  func(m *messenger.Message) { m.Application.Name = "Pied\nPiper" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &gateway{}
			msg := newMessage()
			change(&msg)
			err := newMessenger(t, g.open(t, httpmessenger.Config{})).Send(t.Context(), msg)
			if !messenger.IsPermanent(err) {
				t.Errorf("got %v, want a permanent error", err)
			}
			wantNoSecret(t, err)
			if len(g.asked()) != 0 {
				t.Error("the gateway was asked")
			}
		})
	}
}

// LIM-11: the list of countries; what counts sends is elsewhere.
func TestCountries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		countries []string
		number    string
		sent      bool
	}{
		{nil, "+8821012345678", true},
		{[]string{}, number, false},
		{[]string{"+1"}, number, true},
		{[]string{"+44", "+1"}, number, true},
		{[]string{"+44"}, number, false},
		{[]string{"+44", "+49"}, "+441632960961", true},
		{[]string{"+44"}, "+14415550123", false},
		{[]string{"+1303"}, number, true},
		{[]string{"+1303"}, "+18765550123", false},
	} {
		g := &gateway{}
		msg := newMessage()
		msg.To = secret.New(test.number)
		err := newMessenger(t, g.open(t, httpmessenger.Config{Countries: test.countries})).Send(t.Context(), msg)
		var field *messenger.FieldError
		switch {
		case test.sent && err != nil:
			t.Errorf("%q to %s: %v", test.countries, test.number, err)
		case !test.sent && (!errors.As(err, &field) || field.Field != "To" || len(g.asked()) != 0):
			t.Errorf("%q to %s: got %v after %d requests, want a refusal of To after none", test.countries, test.number, err, len(g.asked()))
		}
	}
}

// LOG-01
func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, permanent := range map[int]bool{
		301: true, 302: true, 307: true, 308: true, 304: true,
		400: true, 401: true, 403: true, 404: true, 409: true, 422: true,
		408: false, 425: false, 429: false,
		500: false, 501: false, 502: false, 503: false, 504: false, 599: false,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			g := &gateway{}
			g.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(status)
				if status != http.StatusNotModified {
					fmt.Fprintf(w, `{"message":"%s is not a number, canary"}`, number)
				}
			}
			c := g.open(t, httpmessenger.Config{Username: accountSID, Password: secret.New(authToken)})
			c.Accepted = func([]byte) error { return nil } // has no say
			err := newMessenger(t, c).Send(t.Context(), newMessage())
			e := wantError(t, err)
			want := httpmessenger.Error{Status: status, RetryAfter: 2 * time.Minute}
			if *e != want || messenger.IsPermanent(err) != permanent {
				t.Errorf("got %+v, permanent %t; want %+v, %t", *e, messenger.IsPermanent(err), want, permanent)
			}
			if text := fmt.Sprintf("httpmessenger: refused with status %d", status); err.Error() != text {
				t.Errorf("got %q, want %q", err, text)
			}
			if n := len(g.asked()); n != 1 {
				t.Errorf("%d requests, want 1: a redirect takes credentials elsewhere", n)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	errThrottled := errors.New("throttled")
	for body, want := range map[string]error{
		`{"status":"0"}`: nil,
		`{"status":"1"}`: errThrottled,
		`{"status":"6"}`: messenger.Permanent(errThrottled),
	} {
		g := &gateway{answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }}
		c := g.open(t, httpmessenger.Config{})
		c.Accepted = func(got []byte) error {
			if string(got) != body {
				t.Errorf("Accepted got %q, want %q", got, body)
			}
			return want
		}
		err := newMessenger(t, c).Send(t.Context(), newMessage())
		if !errors.Is(err, want) || messenger.IsPermanent(err) != messenger.IsPermanent(want) {
			t.Errorf("%s: got %v, want %v", body, err, want)
		}
	}
}

func TestResponsesAreBounded(t *testing.T) {
	t.Parallel()
	g := &gateway{answer: func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // until the client has enough
			if _, err := w.Write(bytes.Repeat([]byte("a"), 4096)); err != nil {
				return
			}
		}
	}}
	c := g.open(t, httpmessenger.Config{})
	read := 0
	c.Accepted = func(body []byte) error { read = len(body); return nil }
	if err := newMessenger(t, c).Send(t.Context(), newMessage()); err != nil {
		t.Errorf("Send: %v", err)
	}
	if read != 64<<10 {
		t.Errorf("%d bytes were read, want 64 KiB", read)
	}
}

// A message is asked for once in a Send, though the request has a key that the
// transport takes as leave to ask again.
func TestOneRequestASend(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	g.answer = func(w http.ResponseWriter, _ *http.Request) {
		if len(g.asked()) == 1 {
			return
		}
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			conn.Close()
		}
	}
	m := newMessenger(t, g.open(t, httpmessenger.Config{}))
	if err := m.Send(t.Context(), newMessage()); err != nil {
		t.Fatalf("Send: %v", err)
	}
	err := m.Send(t.Context(), newMessage())
	e := wantError(t, err)
	if messenger.IsPermanent(err) || e.Status != 0 {
		t.Errorf("got %v, want one worth another try", err)
	}
	if n := len(g.asked()); n != 2 {
		t.Errorf("%d requests for two messages", n)
	}
}

// Nothing is told to a gateway that cannot show who it is.
func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	c := g.open(t, httpmessenger.Config{})
	c.Transport = nil
	err := newMessenger(t, c).Send(t.Context(), newMessage())
	var certificate *tls.CertificateVerificationError
	if e := wantError(t, err); !errors.As(e, &certificate) || messenger.IsPermanent(err) {
		t.Errorf("got %v, want a *tls.CertificateVerificationError worth another try", err)
	}
	if len(g.asked()) != 0 {
		t.Error("the gateway was asked")
	}
}

// pipe serves what comes over it by f, on the time of a synctest bubble.
func pipe(f func(net.Conn)) http.RoundTripper {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			f(server)
		}()
		return client, nil
	}}
}

// plain asks over transport, without TLS.
func plain(transport http.RoundTripper) httpmessenger.Config {
	return httpmessenger.Config{
		URL: "http://localhost/messages", Transport: transport, Templates: builtIn(),
		Now: func() time.Time { return now },
	}
}

func stall(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// FLT-03
func TestSendToOneThatStalls(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{
		"at once": "", "in the header": "HTTP/1.1 200 OK\r\nContent-", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := plain(pipe(func(conn net.Conn) {
					_, _ = conn.Read(make([]byte, 64<<10))
					_, _ = io.WriteString(conn, first)
					stall(conn)
				}))
				c.Accepted = func([]byte) error { return nil }
				c.Timeout = 7 * time.Second
				m := newMessenger(t, c)

				start := time.Now()
				err := m.Send(t.Context(), newMessage())
				if e := wantError(t, err); !errors.Is(e, context.DeadlineExceeded) || messenger.IsPermanent(err) {
					t.Errorf("got %v, want a deadline that is worth another try", err)
				}
				if took := time.Since(start); took != 7*time.Second {
					t.Errorf("took %s, want 7s", took)
				}

				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start = time.Now()
				if e := wantError(t, m.Send(ctx, newMessage())); !errors.Is(e, context.Canceled) {
					t.Errorf("got %v, want context.Canceled", e)
				}
				if took := time.Since(start); took != time.Second {
					t.Errorf("returned after %s, want 1s", took)
				}
			})
		})
	}
}

// LOG-01
func TestSendToOneThatTalksNonsense(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]string{
		"nothing":          "",
		"no HTTP":          "what about " + number + "?\r\n\r\n",
		"a wrong status":   "HTTP/1.1 " + number + "\r\n\r\n",
		"a wrong header":   "HTTP/1.1 200 OK\r\n" + number + "\r\n\r\n",
		"a wrong length":   "HTTP/1.1 200 OK\r\nContent-Length: canary\r\n\r\n",
		"a wrong chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary",
		"a short body":     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + number[:5],
		"endless header":   "HTTP/1.1 200 OK\r\nX-Canary: " + strings.Repeat("canary", 2<<20),
		"a wrong encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: canary\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := plain(pipe(func(conn net.Conn) {
					_, _ = conn.Read(make([]byte, 64<<10))
					_, _ = io.WriteString(conn, response)
				}))
				c.Accepted = func([]byte) error { return nil }
				err := newMessenger(t, c).Send(t.Context(), newMessage())
				if e := wantError(t, err); e.Status != 0 || e.Err == nil || messenger.IsPermanent(err) {
					t.Errorf("got %+v, want an error without a status that is worth another try", e)
				}
			})
		})
	}
}

// FuzzResponses has a gateway answer anything: an error never repeats it, and
// nothing waits longer than a day.
func FuzzResponses(f *testing.F) {
	f.Add(uint16(429), "120", "canary")
	f.Add(uint16(503), "Mon, 23 Nov 2026 09:02:00 GMT", "")
	f.Add(uint16(503), "99999999999999999999", "")
	f.Add(uint16(500), "-1", "")
	f.Add(uint16(200), "0x10", "{}")
	f.Fuzz(func(t *testing.T, status uint16, wait, body string) {
		c := plain(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: int(status),
				Header:     http.Header{"Retry-After": {wait}},
				Body:       io.NopCloser(strings.NewReader(body)),
			}, nil
		}))
		err := newMessenger(t, c).Send(t.Context(), newMessage())
		if (err == nil) != (status >= 200 && status < 300) {
			t.Errorf("status %d: got %v", status, err)
		}
		if err == nil {
			return
		}
		e := wantError(t, err)
		if want := fmt.Sprintf("httpmessenger: refused with status %d", status); e.Error() != want {
			t.Errorf("got %q, want %q", e, want)
		}
		if e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour {
			t.Errorf("Retry-After %q is read as %s", wait, e.RetryAfter)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "86401": 24 * time.Hour, "4294967296": 0, "-1": 0, "1.5": 0, "soon": 0,
		"Mon, 23 Nov 2026 09:02:00 GMT": 2 * time.Minute, "Mon, 23 Nov 2026 08:00:00 GMT": 0, "Mon, 23 Nov 2093 09:00:00 GMT": 24 * time.Hour,
	} {
		c := plain(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {value}}, Body: http.NoBody}, nil
		}))
		if e := wantError(t, newMessenger(t, c).Send(t.Context(), newMessage())); e.RetryAfter != want {
			t.Errorf("%q is read as %s, want %s", value, e.RetryAfter, want)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
