package smtpmessenger

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Config says which mail server delivers, and in whose name.
type Config struct {
	// Host is the mail server's name or IP address, without a port. Its
	// certificate must be for it. Required.
	Host string

	// Port is the mail server's. Zero means 587, or 465 with ImplicitTLS.
	Port int

	// ImplicitTLS speaks TLS from the first byte on (RFC 8314). False means
	// STARTTLS (RFC 3207), without which nothing is sent.
	ImplicitTLS bool

	// RootCAs are whom the server's certificate may come from. Nil means those
	// that the system trusts.
	RootCAs *x509.CertPool

	// Username and Password authenticate by PLAIN or else LOGIN, under TLS only.
	// Both empty: without authentication.
	Username string
	Password secret.Text

	// From is who writes, such as "Pied Piper <login@piedpiper.com>". Required.
	From string

	// ReturnPath is the bare address that bounces go to. Empty means that of From.
	ReturnPath string

	// HelloName is how this machine introduces itself. Empty means the domain
	// of From.
	HelloName string

	// Templates are the words. Nil means the built-in ones, in English where a
	// person's languages have none.
	Templates *messenger.Templates

	// Timeout bounds all of a Send. Zero means 30 seconds. StepTimeout bounds
	// connecting, and then each reply but the last, for which a server that looks
	// through the message first has what is left of Timeout. Zero means 10
	// seconds. An earlier end of the caller's context ends both.
	Timeout     time.Duration
	StepTimeout time.Duration

	// MaxIdle is how many connections are kept open for further messages, and
	// IdleTimeout how long. Zero means 8, as many as an Outbox has workers, and
	// 30 seconds. Below zero, MaxIdle means none.
	MaxIdle     int
	IdleTimeout time.Duration

	// Dial connects. Nil means as [net.Dialer.DialContext] does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Now reports the time, for the Date of messages. Nil means time.Now.
	Now func() time.Time

	// InsecurePlaintext sends without TLS: whoever listens can use every code and
	// link. It is right only for a server on this machine, such as a relay that
	// speaks TLS further on, or a catcher of mail on a developer's. It rules out
	// ImplicitTLS and Username.
	InsecurePlaintext bool
}

// check names the first field that is missing or unsafe.
func (c Config) check() error {
	for _, field := range []struct {
		name   string
		wrong  bool
		reason string
	}{
		{"Host", c.Host == "", "is required"},
		{"Host", !isHost(c.Host), "is not a host name or an IP address"},
		{"Port", c.Port < 0 || c.Port > 65535, "is not a port"},
		{"Password", c.Password.IsZero() != (c.Username == ""), "and Username need each other"},
		{"HelloName", c.HelloName != "" && !isHost(c.HelloName), "is not a host name"},
		{"Timeout", c.Timeout < 0, "is negative"},
		{"StepTimeout", c.StepTimeout < 0, "is negative"},
		{"IdleTimeout", c.IdleTimeout < 0, "is negative"},
		{"InsecurePlaintext", c.InsecurePlaintext && c.ImplicitTLS, "rules out ImplicitTLS"},
		{"InsecurePlaintext", c.InsecurePlaintext && c.Username != "", "rules out Username: a password needs TLS"},
	} {
		if field.wrong {
			return &messenger.FieldError{Field: field.name, Reason: field.reason}
		}
	}
	return nil
}

// isHost keeps apart what could be more than a name in a command or an address.
func isHost(s string) bool {
	if _, _, err := net.SplitHostPort(s); err == nil {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("[]<>/@", r) })
}

func (c Config) withDefaults() (Config, error) {
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.StepTimeout = cmp.Or(c.StepTimeout, 10*time.Second)
	c.MaxIdle = cmp.Or(c.MaxIdle, 8)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 30*time.Second)
	if c.Port == 0 && c.ImplicitTLS {
		c.Port = 465
	}
	c.Port = cmp.Or(c.Port, 587)
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Templates != nil {
		return c, nil
	}
	var err error
	c.Templates, err = messenger.NewTemplates(messenger.TemplateConfig{})
	return c, err
}

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func (c Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}

// sender is Config.From and what follows from it.
type sender struct {
	header string // the value of From
	bounce string // for MAIL FROM
	domain string
}

func newSender(c Config) (sender, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil || messenger.CheckAddress(messenger.Email, from.Address) != nil {
		return sender{}, &messenger.FieldError{Field: "From", Reason: "is not a name and an address"}
	}
	if len(from.Name) > maxName {
		return sender{}, &messenger.FieldError{Field: "From", Reason: fmt.Sprintf("has a name of more than %d bytes", maxName)}
	}
	bounce := cmp.Or(c.ReturnPath, from.Address)
	if messenger.CheckAddress(messenger.Email, bounce) != nil {
		return sender{}, &messenger.FieldError{Field: "ReturnPath", Reason: "is not an address"}
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return sender{header: mailbox(from.Name, from.Address), bounce: bounce, domain: domain}, nil
}
