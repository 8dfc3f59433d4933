package webapp_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/examples/webapp"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// SEC-19
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	for _, path := range []string{"/", "/login", "/login?code=x", "/login/link", "/login/factor", "/me", "/nowhere", "/login/qr.png", "/verify-identity", "/assets/page.css"} {
		h := b.do(http.MethodGet, path, nil).Header
		for name, want := range map[string]string{
			"Content-Security-Policy":    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"Referrer-Policy":            "no-referrer",
			"X-Content-Type-Options":     "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if got := h.Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(path, "/assets/") {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
	}
}

// Nothing in a page is inline, so that the policy holds for all of them.
func TestNothingIsInline(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	for _, p := range []page{b.get("/login"), b.openLink(b), b.signIn()} {
		for _, inline := range []string{"style=", "<style", "onclick", "onload", "javascript:", "<script>"} {
			if strings.Contains(p.body, inline) {
				t.Errorf("%s has %s", p.path, inline)
			}
		}
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	for _, path := range []string{"/login", "/login/code", "/login/link", "/login/factor", "/me/sign-out", "/me/sign-out-everywhere", "/verify-identity"} {
		for _, site := range []string{"cross-site", "same-site"} {
			if answer := b.do(http.MethodPost, path, url.Values{"email": {logintest.Email}}, "Sec-Fetch-Site", site); answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s from %s: %s", path, site, answer.Status)
			}
		}
	}
	b.get("/me").at("/me")
}

func TestAFormHasAnEnd(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	if p := b.post("/login", "email", strings.Repeat("x", 1<<20)); p.path != "/login" || strings.Contains(p.body, "xxx") {
		t.Errorf("at %s", p.path)
	}
}

// What people type is text wherever it is shown.
func TestWhatIsTypedIsText(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.agent = `<script>alert(1)</script>`
	const typed = `"><script>alert(1)</script>@piedpiper.com`
	for _, p := range []page{b.post("/login", "email", typed), b.post("/login", "email", `"><script>`), b.signIn()} {
		if strings.Contains(p.body, "<script>") {
			t.Errorf("%s:\n%s", p.path, p.body)
		}
	}
}

// A cookie is good in its own place alone, and for as long as it was sealed for.
func TestCookiesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn().at("/login/factor")
	walk := b.cookies["__Host-webapp.walk"]
	for _, name := range []string{"link", "enrol", "recovery", "notice"} {
		b.cookies["__Host-webapp."+name] = walk
	}
	b.get("/login/link").at("/login/link", "This link no longer works")
	b.get("/login/recovery-codes").at("/login/recovery-codes", "This page has expired")
	for _, forged := range []string{"", "x", walk[1:], walk[:len(walk)-4] + "AAAA"} {
		b.cookies["__Host-webapp.walk"] = forged
		b.get("/login/factor").at("/login/factor", "This page has expired")
	}
	b.cookies["__Host-webapp.walk"] = walk
	b.get("/login/factor").at("/login/factor", "One more step")
	s.Advance(5 * time.Minute)
	b.get("/login/factor").at("/login/factor", "This page has expired")
}

// What breaks is told to the operator, and to the person as our fault.
func TestWhatBreaks(t *testing.T) {
	t.Parallel()
	broken := errors.New("the store is down")
	m := memstore.New()
	down := false
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(store.Of(m), func(c logintest.Call) error {
		if down {
			return broken
		}
		return c.Do()
	})})
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Tenant.JWTConfiguration.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds = 10
	var heard []error
	s := serve(t, h, webapp.Config{Errors: func(_ *http.Request, err error) { heard = append(heard, err) }})
	b := s.browser()
	b.post("/login", "email", logintest.Email, "strategy", "FormField")
	down = true
	p := b.post("/login/code", "code", "123456").at("/login/code", "It is our fault")
	if p.status != http.StatusInternalServerError || len(heard) != 1 || !errors.Is(heard[0], broken) {
		t.Errorf("%d, %v", p.status, heard)
	}
	down = false
	b.post("/login/code", "code", h.Inbox.LastCode(logintest.Email)).at("/me")
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*logintest.House){
		"no refresh tokens": func(h *logintest.House) { h.Application.LoginConfiguration.GenerateRefreshTokens = false },
		"none accepted":     func(*logintest.House) {},
		"no grace":          func(h *logintest.House) { h.Application.LoginConfiguration.AllowTokenRefresh = true },
	} {
		m := memstore.New()
		h := logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})
		change(h)
		_, err := webapp.New(webapp.Config{Login: h.Login(), Verifier: verifier(t, h), ApplicationID: logintest.ApplicationID})
		if !errors.Is(err, webapp.ErrSessions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
