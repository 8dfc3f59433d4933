package webapp_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/examples/webapp"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

func secretOf(s string) secret.Text { return secret.New(s) }

const linkField = `name="link" value="([^"]+)"`

func TestLoginByLink(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	p := b.openLink(b).at("/login/link", "j***@piedpiper.com", "Yes, sign me in")
	if code := logintest.CodeOf(t, s.Inbox.LastLink(logintest.Email)).Reveal(); strings.Contains(p.body, code) || strings.Contains(p.path, code) {
		t.Error("the page holds the code")
	}
	mark := p.find(linkField)
	b.post("/login/link", "link", mark).at("/me", logintest.Email)
	b.post("/login/link", "link", mark).at("/login/link", "This link no longer works")
	b.get(s.link()).at("/login/link", "This link no longer works")
}

// SEC-16: whatever is fetched, by whomever, completes nothing.
func TestFetchingALinkSpendsNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, scanner := s.browser(), s.browser()
	b.post("/login", "email", logintest.Email, "strategy", "ClickableLink")
	link := s.link()
	for range 100 {
		scanner.get(link).at("/login/link", "sign me in")
		scanner.do(http.MethodHead, link, nil)
		scanner.do(http.MethodHead, "/login/link", nil)
		scanner.do(http.MethodGet, link, nil, "Sec-Purpose", "prefetch;prerender")
		scanner.do(http.MethodOptions, link, nil)
	}
	if p := scanner.get("/me"); p.path != "/login" {
		t.Errorf("the scanner is at %s", p.path)
	}
	p := b.get(link).at("/login/link")
	b.post("/login/link", "link", p.find(linkField)).at("/me")
}

// SEC-16: opening a link and its page reads, and writes nothing.
func TestAPageOfALinkOnlyReads(t *testing.T) {
	t.Parallel()
	m := memstore.New()
	var called []string
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(store.Of(m), func(c logintest.Call) error {
		guessed := c.Method == "OpenTicket" && !reflect.ValueOf(c.Args[1]).IsNil()
		called = append(called, fmt.Sprintf("%s, charged %v", c.Method, guessed))
		return c.Do()
	})})
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Tenant.JWTConfiguration.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds = 10
	s := serve(t, h, webapp.Config{})
	b := s.browser()
	b.post("/login", "email", logintest.Email, "strategy", "ClickableLink")
	called = nil
	b.get(s.link()).at("/login/link", "sign me in")
	if want := []string{"OpenTicket, charged false"}; !slices.Equal(called, want) {
		t.Errorf("the store was asked for %q, want %q", called, want)
	}
}

// What a browser fetches ahead leaves nothing in it.
func TestPrefetchSetsNoCookie(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		answer := b.do(http.MethodGet, "/login?code=x", nil, header, "prefetch")
		if answer.StatusCode != http.StatusServiceUnavailable || len(answer.Cookies()) > 0 || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %d cookies", header, answer.Status, len(answer.Cookies()))
		}
	}
	if answer := b.do(http.MethodHead, "/login?code=x", nil); len(answer.Cookies()) > 0 {
		t.Error("HEAD sets a cookie")
	}
}

// SEC-19: the code leaves the address bar, and no page passes it on.
func TestALinkLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.post("/login", "email", logintest.Email, "strategy", "ClickableLink")
	answer := b.do(http.MethodGet, s.link(), nil)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/login/link" ||
		answer.Header.Get("Referrer-Policy") != "no-referrer" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	code := logintest.CodeOf(t, s.Inbox.LastLink(logintest.Email)).Reveal()
	for _, c := range answer.Cookies() {
		if strings.Contains(c.Value, code) {
			t.Error("the cookie holds the code in clear")
		}
	}
}

// Another site may have a browser open another link while the person looks at the
// page of their own.
func TestTheButtonIsForTheLinkThatWasShown(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	shown := b.openLink(b).find(linkField)
	s.Advance(time.Minute)
	b.openLink(b)
	b.post("/login/link", "link", shown).at("/login/link", "Another link was opened meanwhile")
	b.post("/login/link").at("/login/link", "Another link was opened meanwhile")
	b.get("/me").at("/login")
}

func TestLinksThatAreNone(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	b.get("/login/link").at("/login/link", "This link no longer works")
	b.get("/login?code=").at("/login/link", "This link no longer works")
	b.get("/login?code=none").at("/login/link", "This link no longer works")
	b.get("/login?code="+strings.Repeat("x", 2000)).at("/login?code="+strings.Repeat("x", 2000), "This page has expired")
	b.get("/login?code="+url.QueryEscape(`"><script>alert(1)</script>`)).at("/login/link", "This link no longer works")
}

func TestAnExpiredLink(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	mark := b.openLink(b).find(linkField)
	s.Advance(3 * time.Minute)
	b.post("/login/link", "link", mark).at("/login/link", "This link no longer works", "Sign in again")
}

// SEC-17: a link that was asked for in another browser says so, and takes an
// explicit act.
func TestALinkInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := open(t)
	asked, opened := s.browser(), s.browser()
	opened.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
	p := opened.openLink(asked).at("/login/link", "Did you ask for this?", "j***@piedpiper.com", "Firefox on Linux", "192.0.2.1", "23 November 2026, 09:00 UTC")
	mark := p.find(linkField)
	opened.post("/login/link", "link", mark).at("/login/link", "Did you ask for this?")
	opened.get("/me").at("/login")
	opened.post("/login/link", "link", mark, "elsewhere", "mine").at("/me", "Safari on iPhone")
	asked.get("/me").at("/login")
}

func TestSameBrowserOnly(t *testing.T) {
	t.Parallel()
	s := openWith(t, func(c *webapp.Config) { c.SameBrowserOnly = true })
	asked, opened := s.browser(), s.browser()
	p := opened.openLink(asked).at("/login/link", "Open the link in the browser that asked for it")
	if strings.Contains(p.body, "<form") {
		t.Error("the page has a form")
	}
	sum := asked.get(s.link()).at("/login/link", "Yes, sign me in").find(linkField)
	opened.post("/login/link", "link", sum, "elsewhere", "mine").at("/login/link", "Did you ask for this?")
	asked.post("/login/link", "link", sum).at("/me")
}

// The walk goes on in the browser that took the link, and in no other that got
// hold of its cookie.
func TestTheSecondStepBelongsToTheBrowser(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.Enrolled(logintest.Who())
	asked, opened := s.browser(), s.browser()
	mark := opened.openLink(asked).find(linkField)
	opened.post("/login/link", "link", mark, "elsewhere", "mine").at("/login/factor")
	thief := s.browser()
	thief.cookies["__Host-webapp.walk"] = opened.cookies["__Host-webapp.walk"]
	thief.post("/login/factor", "code", app.Code().Reveal()).at("/login", "Please sign in again")
	s.Advance(30 * time.Second)
	opened.post("/login/factor", "code", app.Code().Reveal()).at("/me")
}
