package webapp_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

func TestLoginByCode(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.get("/me").at("/login", "Sign in")
	b.signIn().at("/me", "Signed in as", logintest.Email, "Firefox on Linux", "this one")
	b.get("/login").at("/me")
	b.post("/me/sign-out").at("/login", "You are signed out.")
	b.get("/me").at("/login")
}

// A code is typed as it is read: in groups.
func TestACodeWithSpaces(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.post("/login", "email", " "+logintest.Email+" ").at("/login/code")
	code := s.Inbox.LastCode(logintest.Email)
	b.post("/login/code", "code", " "+code[:3]+" "+code[3:]+"\t").at("/me")
}

// Tokens and handles are in cookies that no script reads, and in no page.
func TestCookies(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	answers := []*http.Response{
		b.do(http.MethodPost, "/login", url.Values{"email": {logintest.Email}}),
		b.do(http.MethodPost, "/login/code", url.Values{"code": {s.Inbox.LastCode(logintest.Email)}}),
	}
	seen := 0
	for _, answer := range answers {
		for _, c := range answer.Cookies() {
			seen++
			if !strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("cookie %s", c.Raw)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d cookies were set", seen)
	}
	me := b.get("/me")
	for name, value := range b.cookies {
		if strings.Contains(me.body, value) {
			t.Errorf("the page holds the cookie %s", name)
		}
	}
}

// IDN-13: who exists is told by no status, no page, no cookie's name or length.
func TestKnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	s := open(t)
	const unknown = "nobod@piedpiper.com" // as long as the known one
	seen := func(address string) string {
		b := s.browser()
		var text strings.Builder
		begin := b.do(http.MethodPost, "/login", url.Values{"email": {address}})
		for _, c := range begin.Cookies() {
			text.WriteString(c.Name + " " + regexp.MustCompile(`.`).ReplaceAllString(c.Value, "x") + "\n")
		}
		text.WriteString(begin.Status + " " + begin.Header.Get("Location") + "\n")
		text.WriteString(b.get("/login/code").body)
		text.WriteString(b.post("/login/code", "code", "wrong!").body)
		text.WriteString(b.post("/login/resend").body)
		return strings.ReplaceAll(text.String(), address, "ADDRESS")
	}
	known, nobody := seen(logintest.Email), seen(unknown)
	if known != nobody {
		t.Errorf("known:\n%s\nunknown:\n%s", known, nobody)
	}
}

func TestWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	for _, text := range []string{"", "jared", "jared@", "@piedpiper.com", "jared@piedpiper", strings.Repeat("x", 5000) + "@piedpiper.com"} {
		p := b.post("/login", "email", text)
		if p.path == "/login/code" && len(text) > 1000 {
			continue // nobody's, like any other
		}
		p.at("/login", "Enter your email address", `aria-invalid="true"`, `role="alert"`, "<title>Error: ")
	}
	b.get("/login").at("/login") // what was wrong is said once
	if p := b.get("/login"); strings.Contains(p.body, "alert") {
		t.Errorf("still:\n%s", p.body)
	}
}

func TestAWrongCode(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.post("/login", "email", logintest.Email)
	wrong := logintest.Other(secretOf(s.Inbox.LastCode(logintest.Email))).Reveal()
	for range 4 {
		b.post("/login/code", "code", wrong).at("/login/code", "That code is not right", `aria-describedby="code-wrong"`)
	}
	b.post("/login/code", "code", "").at("/login/code", "Enter the code")
	b.post("/login/code", "code", s.Inbox.LastCode(logintest.Email)).at("/me")

	b = s.browser()
	b.post("/login", "email", logintest.Email)
	for range 4 {
		b.post("/login/code", "code", wrong)
	}
	b.post("/login/code", "code", wrong).at("/login", "tried too often")
	b.post("/login/code", "code", s.Inbox.LastCode(logintest.Email)).at("/login/code", "This page has expired")
}

func TestAnExpiredCode(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.post("/login", "email", logintest.Email)
	s.Advance(181 * time.Second)
	b.post("/login/code", "code", s.Inbox.LastCode(logintest.Email)).at("/login", "That code has expired", logintest.Email)
	b.signIn().at("/me")
}

func TestSendingAgain(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"FormField", "ClickableLink"} {
		s := open(t)
		b := s.browser()
		b.post("/login", "email", logintest.Email, "strategy", strategy).at("/login/code", `data-wait="60"`)
		s.Advance(20 * time.Second)
		b.post("/login/resend").at("/login/code", "The next can be sent in 40 seconds", `data-wait="40"`)
		if n := len(s.Inbox.Messages()); n != 1 {
			t.Fatalf("%s: %d messages", strategy, n)
		}
		s.Advance(40 * time.Second)
		b.post("/login/resend").at("/login/code", "Another message is on its way")
		if n := len(s.Inbox.Messages()); n != 2 {
			t.Fatalf("%s: %d messages", strategy, n)
		}
		if strategy == "FormField" {
			b.post("/login/code", "code", s.Inbox.LastCode(logintest.Email)).at("/me")
		} else {
			b.get(s.link()).at("/login/link")
			b.post("/login/link", "link", b.get("/login/link").find(`name="link" value="([^"]+)"`)).at("/me")
		}
	}
}

func TestTooManyStarts(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	p := b.post("/login", "email", logintest.Email)
	for range 30 {
		p = b.post("/login", "email", logintest.Email)
	}
	p.at("/login", "Too many messages were asked for. Try again in")
}

// A login takes the place of the session that the browser had.
func TestASessionBeginsAnew(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn().at("/me")
	before := b.cookies["__Host-webapp.refresh"]
	b.signIn().at("/me")
	if b.cookies["__Host-webapp.refresh"] == before {
		t.Error("the refresh token is the one from before")
	}
	if n := strings.Count(b.get("/me").body, "last used"); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
