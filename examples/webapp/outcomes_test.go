package webapp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// Every way in which a login can end has its page, and a way on.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	pages := map[string]struct{ path, text string }{
		"success":             {"/me", "Your account"},
		"not registered":      {"/login/over", "You have no account here yet"},
		"password":            {"/login/password", "Choose a new password"},
		"locked":              {"/login/over", "Your account is locked"},
		"expired":             {"/login/over", "Your account has ended"},
		"prevented":           {"/login/over", "Suspended"},
		"second factor":       {"/login/factor", "One more step"},
		"first proof":         {"/me", "Your account"},
		"unverified, allowed": {"/login/verify", "You are signed in."},
		"unverified, gated":   {"/login/verify", "Before you can go on"},
		"registration, gated": {"/login/verify", "Confirm your registration"},
	}
	for name, change := range logintest.Outcomes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, known := pages[name]
			if !known {
				t.Fatal("no page is expected")
			}
			s := open(t, func(h *logintest.House) {
				u := h.User()
				change(h, &u)
				h.Put(u)
			})
			b := s.browser()
			p := b.signIn().at(want.path, want.text)
			if want.path == "/login/over" && !strings.Contains(p.body, `href="/login"`) {
				t.Error("there is no way on")
			}
			signedIn := want.path == "/me" || name == "unverified, allowed"
			if p := b.get("/me"); (p.path == "/me") != signedIn {
				t.Errorf("signed in: %v, want %v", p.path == "/me", signedIn)
			}
		})
	}
}

func TestChangeOfPassword(t *testing.T) {
	t.Parallel()
	s := open(t, func(h *logintest.House) {
		u := h.User()
		u.PasswordChangeRequired, u.PasswordChangeReason = true, identity.ChangeBreached
		h.Put(u)
		h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error {
			h.Put(h.User())
			return nil
		}
	})
	b := s.browser()
	b.signIn().at("/login/password", "was found in a leak", "At least 8 characters")
	b.post("/login/password", "password", "short").at("/login/password", "too short", `aria-describedby="password-hint password-wrong"`)
	b.post("/login/password", "password", "correct horse battery").at("/me")
	b.post("/login/password", "password", "correct horse battery").at("/login/password", "This page has expired")
}

// gated has an address or a registration that is yet to be verified, and in the way.
func gated(name string, strategy identity.LoginStrategy) func(*logintest.House) {
	return func(h *logintest.House) {
		u := h.User()
		logintest.Outcomes()[name](h, &u)
		h.Tenant.EmailConfiguration.VerificationStrategy, h.Application.VerificationStrategy = strategy, strategy
		h.Put(u)
	}
}

func TestVerifyingByCode(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"unverified, gated", "registration, gated"} {
		s := open(t, gated(name, identity.FormField))
		b := s.browser()
		b.signIn().at("/login/verify", "A message with a code is on its way")
		b.post("/login/verify", "code", "").at("/login/verify", "Enter the code")
		b.post("/login/verify", "code", "WRONG1").at("/login/verify", "That code is not right")
		b.post("/login/verify/send").at("/login/verify", "The next can be sent in")
		b.post("/login/verify", "code", s.Inbox.LastCode(logintest.Email)).at("/login", "Please sign in once more")
		b.signIn().at("/me")
	}
}

// A verification by link asks, too, and may be opened in any browser: it signs
// nobody in.
func TestVerifyingByLink(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"unverified, gated": "/verify-identity", "registration, gated": "/verify-registration"} {
		s := open(t, gated(name, identity.ClickableLink))
		b, other := s.browser(), s.browser()
		b.signIn().at("/login/verify", "A message with a link is on its way")
		mark := other.get(s.link()).at(path, "Verify it only if you asked for it").find(linkField)
		for range 10 {
			other.get(s.link()).at(path)
		}
		other.post(path, "link", "other").at(path, "Another link was opened meanwhile")
		other.post(path, "link", mark).at("/login", "Please sign in once more")
		other.post(path, "link", mark).at(path, "This link no longer works")
		b.signIn().at("/me")
	}
}
