package httpmessenger

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/loopback"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Config says which gateway delivers, and how it is asked.
type Config struct {
	// URL is posted to: https, or http for this machine alone (localhost,
	// 127.0.0.0/8, ::1). It is no place for a secret. Required.
	URL string

	// From is the sender as the gateway knows it: a number, a name or an id. It
	// is passed on as it stands, and may be empty if the gateway has one.
	From string

	// Encode writes a message for the gateway. Nil means [JSON].
	Encode Encoding

	// Username and Password are for HTTP Basic. Both empty: none.
	Username string
	Password secret.Text

	// Header is sent too, for gateways that want a token or a key there, such as
	// "Authorization": secret.New("Bearer …").
	Header map[string]secret.Text

	// IdempotencyHeader carries the message's id, which stays the same when the
	// message is tried again, for a gateway that then sends it once. Empty means
	// Idempotency-Key, which one that does not know it ignores.
	IdempotencyHeader string

	// Countries are the calling codes that messages go to, such as "+44", or
	// longer beginnings of numbers. Anything else is refused: who is asked to
	// write to numbers that earn their owner money is asked to write abroad. Some
	// countries share a code: "+1" is twenty more than the United States and
	// Canada. Nil: any that got this far.
	Countries []string

	// Accepted reads the body of a successful response, its first 64 KiB, and
	// returns why the message was refused all the same, without repeating the
	// body; wrapped in [messenger.Permanent] if another try cannot mend it. Nil:
	// a status of 200 to 299 is success.
	Accepted func(body []byte) error

	// Templates are the words. Nil means the built-in ones, in English where a
	// person's languages have none, and without the line that binds a code to a
	// site: see [messenger.TemplateConfig].
	Templates *messenger.Templates

	// Timeout bounds a Send. Zero means 15 seconds. An earlier end of the
	// caller's context ends it too.
	Timeout time.Duration

	// Transport makes the requests. Nil means one that verifies TLS 1.2 or later
	// by the system's authorities, and reads proxies from the environment.
	Transport http.RoundTripper

	// Now reports the time, against which expiry is judged. Nil means time.Now.
	Now func() time.Time

	// InsecureHTTP allows http for any host. It is right only in a network that
	// nobody else can listen to: codes, numbers and credentials pass in clear.
	InsecureHTTP bool
}

// check names the first field that is missing or unsafe.
func (c Config) check() error {
	for _, field := range []struct {
		name   string
		reason string
	}{
		{"URL", c.checkURL()},
		{"Password", c.checkPassword()},
		{"Header", c.checkHeader()},
		{"IdempotencyHeader", checkName(cmp.Or(c.IdempotencyHeader, "Idempotency-Key"))},
		{"Countries", c.checkCountries()},
		{"Timeout", c.checkTimeout()},
	} {
		if field.reason != "" {
			return &messenger.FieldError{Field: field.name, Reason: field.reason}
		}
	}
	return nil
}

func (c Config) checkURL() string {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "is not an absolute URL"
	case u.User != nil:
		return "has user info: Username and Password are the place for it"
	case u.Fragment != "":
		return "has a fragment"
	case u.Scheme != "https" && u.Scheme != "http":
		return "is not https"
	case u.Scheme == "http" && !c.InsecureHTTP && !loopback.IsHost(u.Hostname()):
		return "is http for a host that is not this machine"
	}
	return ""
}

func (c Config) checkPassword() string {
	_, authorization := c.headers()["Authorization"]
	switch {
	case c.Password.IsZero() != (c.Username == ""):
		return "and Username need each other"
	case c.Username != "" && authorization:
		return "and an Authorization header rule each other out"
	case strings.Contains(c.Username, ":"):
		return "cannot follow a Username with a colon"
	}
	return ""
}

func (c Config) checkHeader() string {
	for name, value := range c.Header {
		if reason := checkName(name); reason != "" {
			return reason
		}
		if strings.ContainsFunc(value.Reveal(), func(r rune) bool { return r < ' ' || r > '~' }) {
			return "has a value with other than printable ASCII"
		}
	}
	return ""
}

// headers are those of Config.Header under their canonical names.
func (c Config) headers() map[string]secret.Text {
	headers := map[string]secret.Text{}
	for name, value := range c.Header {
		headers[http.CanonicalHeaderKey(name)] = value
	}
	return headers
}

func checkName(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isAlphanumeric(r) && r != '-' && r != '_' }) {
		return "is not a header's name"
	}
	return ""
}

func (c Config) checkCountries() string {
	for _, code := range c.Countries {
		digits, plus := strings.CutPrefix(code, "+")
		if !plus || digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
			return "has what is not a plus and a calling code"
		}
	}
	return ""
}

func (c Config) checkTimeout() string {
	if c.Timeout < 0 {
		return "is negative"
	}
	return ""
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func (c Config) withDefaults() (Config, error) {
	c.Timeout = cmp.Or(c.Timeout, 15*time.Second)
	c.IdempotencyHeader = cmp.Or(c.IdempotencyHeader, "Idempotency-Key")
	c.Header = c.headers()
	if c.Encode == nil {
		c.Encode = JSON
	}
	if c.Transport == nil {
		c.Transport = newTransport()
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

func newTransport() *http.Transport {
	const setUp = 10 * time.Second // bounds what goes on after a request gave up
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: setUp}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    setUp,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8, // as many as an Outbox has workers
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxResponse,
	}
}
