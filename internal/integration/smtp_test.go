package integration_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func newMail(t testing.TB, c smtpmessenger.Config) *smtpmessenger.Messenger {
	t.Helper()
	m, err := smtpmessenger.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func newLogin(id string) messenger.Message {
	return messenger.Message{
		ID: id, Purpose: messenger.PasswordlessLogin, Channel: messenger.Email,
		To:          secret.New(logintest.Email),
		Application: messenger.Ref{ID: logintest.ApplicationID, Name: "Rattenfänger von Hameln"},
		User:        &identity.User{FirstName: "John"},
		Locales:     []string{"de"},
		Code:        secret.New("012345"),
		Link:        secret.New(logintest.LoginPage + "?code=fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo"),
		Lifetime:    3 * time.Minute,
	}
}

// openedLetter is one as a mail program shows it.
type openedLetter struct {
	header     mail.Header
	text, html string
}

func (l letter) open(t testing.TB) openedLetter {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		t.Fatalf("ReadMessage: %v", err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %q: %v", kind, err)
	}
	o := openedLetter{header: m.Header}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for _, body := range []*string{&o.text, &o.html} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("NextRawPart: %v", err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatalf("quoted-printable: %v", err)
		}
		*body = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("after two parts: %v", err)
	}
	return o
}

// What a real server gets is what the templates wrote, on every kind of
// connection, and to nobody else.
func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server *mailServer
		config func(*mailServer) smtpmessenger.Config
	}{
		"STARTTLS":              {&mailServer{}, (*mailServer).config},
		"STARTTLS and password": {&mailServer{}, (*mailServer).authenticated},
		"implicit TLS":          {&mailServer{implicit: true}, (*mailServer).authenticated},
		"plaintext": {&mailServer{}, func(s *mailServer) smtpmessenger.Config {
			c := s.config()
			c.InsecurePlaintext = true
			return c
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openMail(t, test.server)
			msg := newLogin("1")
			if err := newMail(t, test.config(s)).Send(t.Context(), msg); err != nil {
				t.Fatalf("Send: %v", err)
			}
			got := s.received()
			if len(got) != 1 || got[0].from != "login@piedpiper.com" || !slices.Equal(got[0].to, []string{logintest.Email}) {
				t.Fatalf("got %d letters, the first from %q to %q", len(got), got[0].from, got[0].to)
			}
			templates, err := messenger.NewTemplates(messenger.TemplateConfig{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := templates.Render(msg)
			if err != nil {
				t.Fatal(err)
			}
			o := got[0].open(t)
			subject, err := new(mime.WordDecoder).DecodeHeader(o.header.Get("Subject"))
			if err != nil || subject != want.Subject {
				t.Errorf("got subject %q, %v; want %q", subject, err, want.Subject)
			}
			if o.text != want.Text.Reveal() || o.html != want.HTML.Reveal() {
				t.Errorf("got text %q and HTML %q", o.text, o.html)
			}
			if to := o.header.Get("To"); to != logintest.Email {
				t.Errorf("To is %q", to)
			}
			if id := o.header.Get("Message-Id"); id != "<1@piedpiper.com>" {
				t.Errorf("Message-ID is %q", id)
			}
		})
	}
}

// LOG-01
func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	for method, step := range map[string]string{"NewSession": "EHLO", "Auth": "AUTH", "Mail": "MAIL", "Rcpt": "RCPT", "Data": "message"} {
		for _, code := range []int{421, 450, 550, 554} {
			t.Run(fmt.Sprint(method, code), func(t *testing.T) {
				t.Parallel()
				s := openMail(t, &mailServer{})
				m := newMail(t, s.authenticated())
				s.refuse(method, &smtp.SMTPError{
					Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1},
					Message: "<" + logintest.Email + "> 012345 is refused",
				})
				err := m.Send(t.Context(), newLogin("1"))
				var e *smtpmessenger.Error
				if !errors.As(err, &e) || e.Step != step || e.Code != code || e.Status != fmt.Sprintf("%d.1.1", code/100) {
					t.Fatalf("got %v, want %d at %s", err, code, step)
				}
				if messenger.IsPermanent(err) != (code >= 500) {
					t.Errorf("%v: permanent is %t", err, messenger.IsPermanent(err))
				}
				if shown := fmt.Sprintf("%v %#v", err, err); strings.Contains(shown, "jared") || strings.Contains(shown, "012345") {
					t.Errorf("the error repeats the reply: %s", shown)
				}
				s.refuse(method, nil)
				if err := m.Send(t.Context(), newLogin("1")); err != nil {
					t.Errorf("once it is accepted: %v", err)
				}
				if n := len(s.received()); n != 1 {
					t.Errorf("%d letters, want 1", n)
				}
			})
		}
	}
}

func TestSMTPWrongPassword(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	c := s.authenticated()
	c.Password = secret.New("012345")
	err := newMail(t, c).Send(t.Context(), newLogin("1"))
	if want := "smtpmessenger: AUTH: refused with 535 5.7.8"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// stripped takes the offer of STARTTLS away, as somebody on the way can.
type stripped struct{ net.Conn }

func (c stripped) Write(p []byte) (int, error) {
	_, err := c.Conn.Write(bytes.ReplaceAll(p, []byte("STARTTLS"), []byte("XXXXXXXX")))
	return len(p), err
}

func TestSMTPStrippedTLS(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{tamper: func(c net.Conn) net.Conn { return stripped{c} }})
	err := newMail(t, s.authenticated()).Send(t.Context(), newLogin("1"))
	if !errors.Is(err, smtpmessenger.ErrNoTLS) || messenger.IsPermanent(err) {
		t.Errorf("got %v, want ErrNoTLS, worth another try", err)
	}
	if len(s.received()) != 0 {
		t.Error("the letter left in clear")
	}
}

func TestSMTPWrongCertificate(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*smtpmessenger.Config){
		"for another name":       func(c *smtpmessenger.Config) { c.Host = "localhost" },
		"of nobody that we know": func(c *smtpmessenger.Config) { c.RootCAs = nil },
	} {
		for _, implicit := range []bool{false, true} {
			s := openMail(t, &mailServer{implicit: implicit})
			c := s.authenticated()
			change(&c)
			c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", s.port))
			}
			err := newMail(t, c).Send(t.Context(), newLogin("1"))
			var certificate *tls.CertificateVerificationError
			if !errors.As(err, &certificate) {
				t.Errorf("%s: got %v, want a *tls.CertificateVerificationError", name, err)
			}
			if len(s.received()) != 0 {
				t.Errorf("%s: the letter left", name)
			}
		}
	}
}

// Many letters over few connections: each arrives once, at its own address.
func TestSMTPManyLetters(t *testing.T) {
	t.Parallel()
	const letters, senders = 400, 8
	s := openMail(t, &mailServer{})
	m := newMail(t, s.authenticated())
	ids := make(chan int)
	var sent sync.WaitGroup
	for range senders {
		sent.Go(func() {
			for id := range ids {
				msg := newLogin(fmt.Sprint(id))
				msg.To = secret.New(fmt.Sprintf("jared+%d@piedpiper.com", id))
				msg.Code = secret.New(fmt.Sprintf("%06d", id))
				if err := m.Send(t.Context(), msg); err != nil {
					t.Errorf("letter %d: %v", id, err)
				}
			}
		})
	}
	for id := range letters {
		ids <- id
	}
	close(ids)
	sent.Wait()
	if n := s.connections(); n > senders {
		t.Errorf("%d connections for %d senders", n, senders)
	}
	seen := map[string]bool{}
	for _, l := range s.received() {
		o := l.open(t)
		var id int
		if _, err := fmt.Sscanf(o.header.Get("Message-Id"), "<%d@piedpiper.com>", &id); err != nil {
			t.Fatal(err)
		}
		to := fmt.Sprintf("jared+%d@piedpiper.com", id)
		if !slices.Equal(l.to, []string{to}) || o.header.Get("To") != to || !strings.Contains(o.text, fmt.Sprintf("%06d", id)) || seen[to] {
			t.Errorf("letter %d went to %q, before: %t", id, l.to, seen[to])
		}
		seen[to] = true
	}
	if len(seen) != letters {
		t.Errorf("%d of %d letters arrived", len(seen), letters)
	}
}

// faulty fails, in place of the server's reply of that number.
type faulty struct {
	net.Conn
	reply int
	fail  func(net.Conn)
}

func (c *faulty) Write(p []byte) (int, error) {
	if c.reply == 0 {
		c.fail(c.Conn)
		return 0, net.ErrClosed
	}
	if len(p) > 3 && p[3] == ' ' { // the server writes by lines
		c.reply--
	}
	return c.Conn.Write(p)
}

// replies are those of a plaintext session, in order.
var replies = []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "message"}

// faultyMail has a server that fails at one of replies.
func faultyMail(t testing.TB, reply int, fail func(net.Conn)) (*mailServer, smtpmessenger.Config) {
	t.Helper()
	s := openMail(t, &mailServer{tamper: func(c net.Conn) net.Conn { return &faulty{c, reply, fail} }})
	c := s.config()
	c.InsecurePlaintext = true
	return s, c
}

// wantFailed checks what holds wherever a connection broke: the letter did not
// arrive, or, once it had left, arrived once.
func wantFailed(t *testing.T, s *mailServer, err error, step string, want ...error) {
	t.Helper()
	var e *smtpmessenger.Error
	if !errors.As(err, &e) || e.Step != step || messenger.IsPermanent(err) {
		t.Errorf("got %v, want an *Error at %s, worth another try", err, step)
	}
	if !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
		t.Errorf("got %v, want one of %v", err, want)
	}
	s.stop(t) // when the server has seen all that was sent
	arrived := 0
	if step == "message" {
		arrived = 1
	}
	if n := len(s.received()); n != arrived {
		t.Errorf("%d letters arrived, want %d", n, arrived)
	}
}

func TestSMTPDrops(t *testing.T) {
	t.Parallel()
	for i, step := range replies {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s, c := faultyMail(t, i, func(c net.Conn) { c.Close() })
			err := newMail(t, c).Send(t.Context(), newLogin("1"))
			var network *net.OpError
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &network) {
				t.Errorf("got %v, want a broken connection", err)
			}
			wantFailed(t, s, err, step, err)
		})
	}
}

func TestSMTPStalls(t *testing.T) {
	t.Parallel()
	for i, step := range replies {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			connected := make(chan struct{})
			s, c := faultyMail(t, i, func(c net.Conn) {
				<-connected
				cancel()
				_, _ = io.Copy(io.Discard, c)
			})
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				defer close(connected)
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			wantFailed(t, s, newMail(t, c).Send(ctx, newLogin("1")), step, context.Canceled)
		})
	}
}

// Failing at every step, over and over, leaves no goroutine and no file open.
// It does not run in parallel: it counts those of the process.
func TestSMTPLeaksNothing(t *testing.T) {
	const rounds = 30
	before, filesBefore := runtime.NumGoroutine(), openFiles(t)
	t.Run("fail", func(t *testing.T) {
		for i := range replies {
			s, c := faultyMail(t, i, func(c net.Conn) { c.Close() })
			m := newMail(t, c)
			for range rounds {
				if err := m.Send(t.Context(), newLogin("1")); err == nil {
					t.Fatal("Send returned nil")
				}
			}
			if n := s.connections(); n != rounds {
				t.Fatalf("%d connections, want %d", n, rounds)
			}
		}
		s := openMail(t, &mailServer{})
		m := newMail(t, s.config())
		for range rounds {
			if err := m.Send(t.Context(), newLogin("1")); err != nil {
				t.Fatal(err)
			}
		}
	})
	// Something of the runtime's own, or of a goroutine's last moment, may linger.
	const slack = 5
	if after := runtime.NumGoroutine(); after > before+slack {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	if after := openFiles(t); after > filesBefore+slack {
		t.Errorf("%d open files before, %d after", filesBefore, after)
	}
}

// openFiles counts the process's open files where Linux tells; elsewhere it is 0.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
