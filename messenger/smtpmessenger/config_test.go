package smtpmessenger_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, field string
		change      func(*smtpmessenger.Config)
	}{
		{"no host", "Host", func(c *smtpmessenger.Config) { c.Host = "" }},
		{"a host with a port", "Host", func(c *smtpmessenger.Config) { c.Host += ":587" }},
		{"a URL", "Host", func(c *smtpmessenger.Config) { c.Host = "smtp://" + host }},
		{"a host with a line break", "Host", func(c *smtpmessenger.Config) { c.Host += "\r\nQUIT" }},
		{"a negative port", "Port", func(c *smtpmessenger.Config) { c.Port = -1 }},
		{"a port too high", "Port", func(c *smtpmessenger.Config) { c.Port = 65536 }},
		{"a name without a password", "Password", func(c *smtpmessenger.Config) { c.Username = username }},
		{"a password without a name", "Password", func(c *smtpmessenger.Config) { c.Password = secret.New(password) }},
		{"no sender", "From", func(c *smtpmessenger.Config) { c.From = "" }},
		{"a sender without an address", "From", func(c *smtpmessenger.Config) { c.From = "Pied Piper" }},
		{"two senders", "From", func(c *smtpmessenger.Config) { c.From = "a@piedpiper.com, b@piedpiper.com" }},
		{"a sender with another field", "From", func(c *smtpmessenger.Config) { c.From = "login@piedpiper.com\r\nBcc: example@fusionauth.io" }},
		{"a sender outside ASCII", "From", func(c *smtpmessenger.Config) { c.From = "lögin@piedpiper.com" }},
		{"a sender with a long name", "From", func(c *smtpmessenger.Config) { c.From = strings.Repeat("Pied ", 50) + "<login@piedpiper.com>" }},
		{"a return path with a name", "ReturnPath", func(c *smtpmessenger.Config) { c.ReturnPath = "Pied Piper <login@piedpiper.com>" }},
		{"a return path with a command", "ReturnPath", func(c *smtpmessenger.Config) { c.ReturnPath = "login@piedpiper.com>\r\nRSET" }},
		{"a hello with a command", "HelloName", func(c *smtpmessenger.Config) { c.HelloName = "piedpiper.com\r\nRSET" }},
		{"a negative timeout", "Timeout", func(c *smtpmessenger.Config) { c.Timeout = -1 }},
		{"a negative step timeout", "StepTimeout", func(c *smtpmessenger.Config) { c.StepTimeout = -1 }},
		{"a negative idle timeout", "IdleTimeout", func(c *smtpmessenger.Config) { c.IdleTimeout = -1 }},
		{"plaintext under TLS", "InsecurePlaintext", func(c *smtpmessenger.Config) { c.InsecurePlaintext, c.ImplicitTLS = true, true }},
		{"a password in plaintext", "InsecurePlaintext", func(c *smtpmessenger.Config) {
			c.InsecurePlaintext, c.Username, c.Password = true, username, secret.New(password)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := (&server{}).config()
			test.change(&c)
			_, err := smtpmessenger.New(c)
			var field *messenger.FieldError
			if !errors.As(err, &field) || field.Field != test.field {
				t.Errorf("got %v, want a *FieldError for %s", err, test.field)
			}
		})
	}
}

func TestWhereItDials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config smtpmessenger.Config
		want   string
	}{
		{smtpmessenger.Config{Host: host}, host + ":587"},
		{smtpmessenger.Config{Host: host, ImplicitTLS: true}, host + ":465"},
		{smtpmessenger.Config{Host: host, ImplicitTLS: true, Port: 587}, host + ":587"},
		{smtpmessenger.Config{Host: "127.0.0.1", Port: 2525}, "127.0.0.1:2525"},
		{smtpmessenger.Config{Host: "::1", Port: 25, InsecurePlaintext: true}, "[::1]:25"},
	} {
		var got string
		errDown := errors.New("down")
		c := test.config
		c.From = "login@piedpiper.com"
		c.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
			got = address
			return nil, errDown
		}
		if err := newMessenger(t, c).Send(t.Context(), newMessage()); !errors.Is(err, errDown) {
			t.Errorf("got %v, want what Dial returned", err)
		}
		if got != test.want {
			t.Errorf("dialled %s, want %s", got, test.want)
		}
	}
}
