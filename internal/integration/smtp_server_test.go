package integration_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	smtpUsername = "example@fusionauth.io"
	smtpPassword = "canary-password"
)

// A letter is one that a mail server took over.
type letter struct {
	from string
	to   []string
	raw  string
}

// A mailServer is a real one on loopback, which keeps what it takes over.
type mailServer struct {
	server   *smtp.Server
	listener net.Listener
	port     int
	implicit bool
	// tamper sees to each connection first, as somebody on the way would.
	tamper func(net.Conn) net.Conn

	mu       sync.Mutex
	letters  []letter
	accepted int
	refusals map[string]error // by method of smtp.Session
}

// openMail starts s, and stops it with the test.
func openMail(t testing.TB, s *mailServer) *mailServer {
	t.Helper()
	s.server = smtp.NewServer(s)
	s.server.Domain = "localhost"
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0) // of clients that hang up
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{mailAuthority().certificate}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	s.port = l.Addr().(*net.TCPAddr).Port
	l = &tampered{Listener: l, s: s}
	if s.implicit {
		l = tls.NewListener(l, s.server.TLSConfig)
	}
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(l) }()
	t.Cleanup(func() {
		s.stop(t)
		if err := <-served; err != nil {
			t.Errorf("mail server: %v", err)
		}
	})
	return s
}

// stop waits until the last connection is gone, and breaks off none.
func (s *mailServer) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connections to the mail server were left open: %v", err)
		_ = s.server.Close()
	}
	_ = s.listener.Close() // the server closes only one that it already serves
}

type tampered struct {
	net.Listener
	s *mailServer
}

func (l *tampered) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.s.mu.Lock()
	l.s.accepted++
	l.s.mu.Unlock()
	if l.s.tamper != nil {
		c = l.s.tamper(c)
	}
	return c, nil
}

// config has a Messenger deliver to s.
func (s *mailServer) config() smtpmessenger.Config {
	return smtpmessenger.Config{
		Host:        "127.0.0.1",
		Port:        s.port,
		ImplicitTLS: s.implicit,
		RootCAs:     mailAuthority().pool,
		From:        "Pied Piper <login@piedpiper.com>",
	}
}

// authenticated is config with a password.
func (s *mailServer) authenticated() smtpmessenger.Config {
	c := s.config()
	c.Username, c.Password = smtpUsername, secret.New(smtpPassword)
	return c
}

func (s *mailServer) received() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

func (s *mailServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// refuse has s answer method with err from now on, or no longer.
func (s *mailServer) refuse(method string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusals == nil {
		s.refusals = map[string]error{}
	}
	s.refusals[method] = err
}

func (s *mailServer) refusal(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusals[method]
}

// NewSession implements [smtp.Backend].
func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) {
	if err := s.refusal("NewSession"); err != nil {
		return nil, err
	}
	return &mailSession{s: s}, nil
}

type mailSession struct {
	s      *mailServer
	letter letter
}

func (m *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (m *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != smtpUsername || password != smtpPassword {
			return smtp.ErrAuthFailed
		}
		return m.s.refusal("Auth")
	}), nil
}

func (m *mailSession) Reset()        { m.letter = letter{} }
func (m *mailSession) Logout() error { return nil }

func (m *mailSession) Mail(from string, o *smtp.MailOptions) error {
	if o.UTF8 {
		return errors.New("SMTPUTF8 was asked for, and not every server on the way has it")
	}
	m.letter.from = from
	return m.s.refusal("Mail")
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.letter.to = append(m.letter.to, to)
	return m.s.refusal("Rcpt")
}

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := m.s.refusal("Data"); err != nil {
		return err
	}
	m.letter.raw = string(bytes.Clone(raw))
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.letters = append(m.s.letters, m.letter)
	return nil
}

// mailAuthority has signed the certificate of every mail server here.
var mailAuthority = sync.OnceValue(func() (a struct {
	pool        *x509.CertPool
	certificate tls.Certificate
}) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	newTemplate := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(1),
			Subject:      pkix.Name{CommonName: name},
			NotBefore:    time.Now().Add(-time.Hour),
			NotAfter:     time.Now().Add(time.Hour),
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca := newTemplate("Test CA")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	must(err)
	ca, err = x509.ParseCertificate(der)
	must(err)
	a.pool = x509.NewCertPool()
	a.pool.AddCert(ca)

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := newTemplate("127.0.0.1")
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	der, err = x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	must(err)
	a.certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return a
})
