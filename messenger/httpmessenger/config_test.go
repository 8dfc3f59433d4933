package httpmessenger_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func(*httpmessenger.Config) {
		return func(c *httpmessenger.Config) { c.Header = map[string]secret.Text{name: secret.New(value)} }
	}
	url := func(s string) func(*httpmessenger.Config) {
		return func(c *httpmessenger.Config) { c.URL = s }
	}
	for _, test := range []struct {
		name, field string
		change      func(*httpmessenger.Config)
	}{
		{"no URL", "URL", url("")},
		{"a path", "URL", url("/messages")},
		{"no host", "URL", url("https:///messages")},
		{"http", "URL", url("http://api.piedpiper.com/messages")},
		{"http to what looks like this machine", "URL", url("http://localhost.piedpiper.com/messages")},
		{"another scheme", "URL", url("ftp://api.piedpiper.com/messages")},
		{"credentials in the URL", "URL", url("https://user:canary@api.piedpiper.com/messages")},
		{"a fragment", "URL", url("https://api.piedpiper.com/messages#1")},
		{"a line break", "URL", url("https://api.piedpiper.com/messages\r\n")},
		{"a name without a password", "Password", func(c *httpmessenger.Config) { c.Username = "a" }},
		{"a password without a name", "Password", func(c *httpmessenger.Config) { c.Password = secret.New("a") }},
		{"a name with a colon", "Password", func(c *httpmessenger.Config) { c.Username, c.Password = "a:b", secret.New("c") }},
		{"two ways to authenticate", "Password", func(c *httpmessenger.Config) {
			c.Username, c.Password = "a", secret.New("b")
			header("authorization", "Bearer c")(c)
		}},
		{"a header without a name", "Header", header("", "a")},
		{"a header with two lines", "Header", header("X-Key", "a\r\nX-Other: b")},
		{"a header's name with two lines", "Header", header("X-Key\r\nX-Other", "b")},
		{"an idempotency header with a space", "IdempotencyHeader", func(c *httpmessenger.Config) { c.IdempotencyHeader = "a b" }},
		{"a country without a plus", "Countries", func(c *httpmessenger.Config) { c.Countries = []string{"+1", "44"} }},
		{"a country by name", "Countries", func(c *httpmessenger.Config) { c.Countries = []string{"GB"} }},
		{"every country", "Countries", func(c *httpmessenger.Config) { c.Countries = []string{"+"} }},
		{"a country of zero", "Countries", func(c *httpmessenger.Config) { c.Countries = []string{"+0"} }},
		{"a negative timeout", "Timeout", func(c *httpmessenger.Config) { c.Timeout = -1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := httpmessenger.Config{URL: "https://api.piedpiper.com/messages"}
			test.change(&c)
			_, err := httpmessenger.New(c)
			var field *messenger.FieldError
			if !errors.As(err, &field) || field.Field != test.field {
				t.Errorf("got %v, want a *FieldError for %s", err, test.field)
			}
			wantNoSecret(t, err)
		})
	}
}

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]httpmessenger.Config{
		"https":              {URL: "https://api.piedpiper.com/messages?v=1"},
		"http to localhost":  {URL: "http://localhost:8080/messages"},
		"http to a loopback": {URL: "http://[::1]:8080/messages"},
		"insecure http":      {URL: "http://api.piedpiper.com/messages", InsecureHTTP: true},
		"a token":            {URL: "https://api.piedpiper.com/", Header: map[string]secret.Text{"Authorization": secret.New("Bearer a")}},
		"Twilio":             httpmessenger.Twilio(accountSID, secret.New(authToken), sender),
	} {
		if _, err := httpmessenger.New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
