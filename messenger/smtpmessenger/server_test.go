package smtpmessenger_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	host     = "smtp.piedpiper.com"
	address  = "jared@piedpiper.com"
	code     = "012345"
	link     = "https://www.piedpiper.com/login?code=fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo"
	username = "example@fusionauth.io"
	password = "canary-password"
)

func newMessage() messenger.Message {
	return messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000a",
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.Email,
		To:          secret.New(address),
		Application: messenger.Ref{ID: "10000000-0000-0002-0000-000000000001", Name: "Pied Piper"},
		User:        &identity.User{FirstName: "John"},
		Code:        secret.New(code),
		Link:        secret.New(link),
		Lifetime:    3 * time.Minute,
	}
}

// A server is as much of a mail server as a test needs, over pipes, so that it
// works on the time of a synctest bubble. Fields are set before it is dialled.
type server struct {
	host     string // of its certificate; empty means host
	implicit bool
	plain    bool   // offers no STARTTLS
	auth     string // what it offers, such as "PLAIN LOGIN"
	faults   map[string]fault

	mu          sync.Mutex
	connections int
	open        int
	commands    []string
	messages    []string
}

// A fault is what a server does at a step instead of what it should.
type fault func(c net.Conn)

func refuse(reply string) fault {
	return func(c net.Conn) { _, _ = io.WriteString(c, reply+"\r\n") }
}

func drop(c net.Conn) { c.Close() }

// stall says nothing until the client gives up.
func stall(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func endless(c net.Conn) {
	for {
		if _, err := io.WriteString(c, "250-"+address+"\r\n"); err != nil {
			return
		}
	}
}

// config has a Messenger talk to s.
func (s *server) config() smtpmessenger.Config {
	return smtpmessenger.Config{
		Host:              host,
		ImplicitTLS:       s.implicit,
		RootCAs:           authority().pool,
		From:              "Pied Piper <login@piedpiper.com>",
		Templates:         builtIn(),
		Dial:              s.dial,
		Now:               func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
		InsecurePlaintext: s.plain,
	}
}

func (s *server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, c := net.Pipe()
	s.mu.Lock()
	s.connections++
	s.open++
	s.mu.Unlock()
	go func() {
		s.serve(c)
		c.Close()
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	return client, nil
}

// log is what s was told and not to be told twice: commands, in order.
func (s *server) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

func (s *server) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *server) dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *server) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// fails does what s has instead of step, if anything.
func (s *server) fails(step string, c net.Conn) bool {
	s.mu.Lock()
	fault := s.faults[step]
	s.mu.Unlock()
	if fault == nil {
		return false
	}
	fault(c)
	return true
}

func (s *server) fail(step string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = map[string]fault{step: f}
}

func (s *server) serve(c net.Conn) {
	if s.implicit {
		if c = s.encrypt(c); c == nil {
			return
		}
	}
	if !s.fails("greeting", c) {
		reply(c, "220 "+host+" ESMTP")
	}
	s.converse(c, s.implicit)
}

func (s *server) converse(c net.Conn, encrypted bool) {
	text := textproto.NewReader(bufio.NewReader(c))
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if s.fails(verb, c) {
			continue
		}
		switch verb {
		case "EHLO":
			s.offer(c, encrypted)
		case "STARTTLS":
			reply(c, "220 2.0.0 go ahead\r\n250 2.0.0 not under TLS")
			if c = s.encrypt(c); c != nil {
				s.converse(c, true)
			}
			return
		case "AUTH":
			s.authenticate(c, text, line)
		case "DATA":
			reply(c, "354 go ahead")
			s.take(c, text)
		case "QUIT":
			reply(c, "221 2.0.0 bye")
			return
		default:
			reply(c, "250 2.0.0 ok")
		}
	}
}

func (s *server) offer(c net.Conn, encrypted bool) {
	lines := []string{"250-" + host, "250-SMTPUTF8", "250-8BITMIME"}
	if !encrypted && !s.plain {
		lines = append(lines, "250-starttls")
	}
	if s.auth != "" {
		lines = append(lines, "250-AUTH "+s.auth)
	}
	reply(c, strings.Join(append(lines, "250 PIPELINING"), "\r\n"))
}

func (s *server) authenticate(c net.Conn, text *textproto.Reader, line string) {
	given := strings.TrimPrefix(line, "AUTH PLAIN ")
	want := base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password))
	if line == "AUTH LOGIN" {
		reply(c, "334 VXNlcm5hbWU6")
		name, _ := text.ReadLine()
		reply(c, "334 UGFzc3dvcmQ6")
		secret, _ := text.ReadLine()
		given = name + " " + secret
		want = base64.StdEncoding.EncodeToString([]byte(username)) + " " + base64.StdEncoding.EncodeToString([]byte(password))
	}
	if given != want {
		reply(c, "535 5.7.8 no such account: "+username)
		return
	}
	reply(c, "235 2.7.0 welcome")
}

func (s *server) take(c net.Conn, text *textproto.Reader) {
	lines, err := text.ReadDotLines()
	if err != nil || s.fails("message", c) {
		return
	}
	s.mu.Lock()
	s.messages = append(s.messages, strings.Join(lines, "\r\n")+"\r\n")
	s.mu.Unlock()
	reply(c, "250 2.0.0 queued")
}

func reply(c net.Conn, text string) { _, _ = io.WriteString(c, text+"\r\n") }

// encrypt returns nil if the client does not like what it sees.
func (s *server) encrypt(c net.Conn) net.Conn {
	if s.fails("TLS", c) {
		return nil
	}
	name := s.host
	if name == "" {
		name = host
	}
	encrypted := tls.Server(c, &tls.Config{
		Certificates:           []tls.Certificate{authority().certificate(name)},
		SessionTicketsDisabled: true, // a pipe would wait for the client to read them
	})
	if encrypted.Handshake() != nil {
		return nil
	}
	return encrypted
}

// An issuer signs the certificates of these tests.
type issuer struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

var authority = sync.OnceValue(func() *issuer {
	a := &issuer{key: newKey(), pool: x509.NewCertPool()}
	template := newTemplate("Test CA")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		panic(err)
	}
	a.pool.AddCert(a.cert)
	return a
})

func (a *issuer) certificate(name string) tls.Certificate {
	key := newKey()
	template := newTemplate(name)
	template.DNSNames = []string{name}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// newTemplate is valid in the year 2000 too, when a synctest bubble begins.
func newTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// builtIn is what a nil Config.Templates means, read once.
var builtIn = sync.OnceValue(func() *messenger.Templates {
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{})
	if err != nil {
		panic(err)
	}
	return templates
})

func newMessenger(t testing.TB, c smtpmessenger.Config) *smtpmessenger.Messenger {
	t.Helper()
	m, err := smtpmessenger.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(m.Close)
	return m
}

func send(t testing.TB, m *smtpmessenger.Messenger, msg messenger.Message) {
	t.Helper()
	if err := m.Send(t.Context(), msg); err != nil {
		t.Fatalf("Send: %v", err)
	}
}
