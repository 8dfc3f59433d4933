package webapp_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/examples/webapp"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// site is the pages over a house.
type site struct {
	*logintest.House
	handler http.Handler
}

const origin = "https://www.piedpiper.com"

// open furnishes a house, has it changed, and opens the pages before it.
func open(t *testing.T, change ...func(*logintest.House)) site {
	t.Helper()
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Application.PasswordlessConfiguration.EmailLoginStrategy = identity.FormField
	h.Tenant.JWTConfiguration.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds = 10
	h.Tenant.MultiFactorConfiguration.Email.Enabled = true
	h.Tenant.MultiFactorConfiguration.SMS.Enabled = true
	h.Config.Links = passwordless.Links{
		Login: links(t, "/login"), VerifyIdentity: links(t, "/verify-identity"), VerifyRegistration: links(t, "/verify-registration"),
	}
	for _, c := range change {
		c(h)
	}
	return serve(t, h, webapp.Config{})
}

// openWith opens pages of another configuration.
func openWith(t *testing.T, change func(*webapp.Config)) site {
	t.Helper()
	s := open(t)
	var c webapp.Config
	change(&c)
	return serve(t, s.House, c)
}

// serve opens the pages before a house.
func serve(t *testing.T, h *logintest.House, c webapp.Config) site {
	t.Helper()
	c.Login, c.Verifier, c.ApplicationID = h.Login(), verifier(t, h), logintest.ApplicationID
	if c.Errors == nil {
		c.Errors = func(_ *http.Request, err error) { t.Errorf("failed: %v", err) }
	}
	app, err := webapp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return site{h, app.Handler()}
}

func verifier(t *testing.T, h *logintest.House) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(token.VerifierConfig{
		Keys: h.Keys, Issuer: h.Tenant.Issuer, Audiences: []string{logintest.ApplicationID}, Now: h.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func links(t *testing.T, path string) *messenger.Links {
	t.Helper()
	l, err := messenger.NewLinks(messenger.LinkConfig{Base: origin + path})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// browser keeps cookies and follows redirects.
type browser struct {
	t       *testing.T
	site    site
	cookies map[string]string
	agent   string
}

func (s site) browser() *browser {
	return &browser{s.T, s, map[string]string{}, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
}

// page is what a browser shows in the end.
type page struct {
	t      *testing.T
	path   string
	status int
	header http.Header
	body   string
}

// do sends one request, and follows nothing.
func (b *browser) do(method, path string, form url.Values, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("User-Agent", b.agent)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer
}

func (b *browser) follow(answer *http.Response, path string) page {
	b.t.Helper()
	for range 5 {
		if answer.StatusCode != http.StatusSeeOther {
			var text strings.Builder
			if err := answer.Write(&text); err != nil {
				b.t.Fatal(err)
			}
			_, body, _ := strings.Cut(text.String(), "\r\n\r\n")
			return page{b.t, path, answer.StatusCode, answer.Header, body}
		}
		path = answer.Header.Get("Location")
		answer = b.do(http.MethodGet, path, nil)
	}
	b.t.Fatalf("redirected without end, at last to %s", path)
	return page{}
}

func (b *browser) get(path string) page {
	b.t.Helper()
	return b.follow(b.do(http.MethodGet, path, nil), path)
}

// post sends a form of names and values.
func (b *browser) post(path string, fields ...string) page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.follow(b.do(http.MethodPost, path, form), path)
}

// at expects a page that has all of texts, as a person reads them.
func (p page) at(path string, texts ...string) page {
	p.t.Helper()
	if p.path != path {
		p.t.Fatalf("at %s (%d), want %s:\n%s", p.path, p.status, path, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(p.body), text) {
			p.t.Fatalf("%s lacks %q:\n%s", p.path, text, p.body)
		}
	}
	return p
}

// find is the first group of a pattern in the page.
func (p page) find(pattern string) string {
	p.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if found == nil {
		p.t.Fatalf("%s has no %s:\n%s", p.path, pattern, p.body)
	}
	return html.UnescapeString(found[1])
}

// signIn signs in by a code, and shows the page after it.
func (b *browser) signIn() page {
	b.t.Helper()
	b.post("/login", "email", logintest.Email, "strategy", "FormField").at("/login/code")
	return b.post("/login/code", "code", b.site.Inbox.LastCode(logintest.Email))
}

// openLink asks for a link and opens it in b.
func (b *browser) openLink(asked *browser) page {
	b.t.Helper()
	asked.post("/login", "email", logintest.Email, "strategy", "ClickableLink").at("/login/code", "a link is on its way")
	return b.get(b.site.link())
}

// link is the last link that was sent, without its origin.
func (s site) link() string { return strings.TrimPrefix(s.Inbox.LastLink(logintest.Email), origin) }
