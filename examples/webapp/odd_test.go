package webapp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
)

// everyPage is each page and form, with ids that there are not.
var everyPage = []string{
	"GET /", "GET /login", "POST /login", "GET /login/code", "POST /login/code", "POST /login/resend",
	"GET /login/link", "POST /login/link", "GET /login?code=x", "GET /login?code=%00%ff&oneTimeCode=%3Cb%3E",
	"GET /login/factor", "POST /login/factor", "POST /login/factor/choose",
	"GET /login/enrol", "POST /login/enrol", "GET /login/enrol/confirm", "POST /login/enrol/confirm", "GET /login/qr.png",
	"GET /login/recovery-codes", "GET /login/recovery-codes.txt", "POST /login/recovery-codes",
	"GET /login/password", "POST /login/password",
	"GET /login/verify", "POST /login/verify", "POST /login/verify/send", "GET /login/over",
	"GET /verify-identity", "POST /verify-identity", "GET /verify-registration", "POST /verify-registration",
	"GET /me", "POST /me/sign-out", "POST /me/sign-out-everywhere", "POST /me/sessions/x/end",
	"POST /me/browsers/forget", "POST /me/browsers/x/forget",
	"GET /me/factors/new/authenticator", "GET /me/factors/new/%00",
	"POST /me/factors/new/authenticator", "POST /me/factors/new/sms", "POST /me/factors/new/email", "POST /me/factors/new/x",
	"GET /me/factors/confirm", "POST /me/factors/confirm", "POST /me/factors/send",
	"GET /me/factor/x", "GET /me/factor/..%2f..%2fx", "POST /me/factor/x/name", "POST /me/factor/x/remove",
	"GET /me/factors/lost", "POST /me/factors/lost", "GET /me/recovery-codes", "POST /me/recovery-codes",
}

// oddForms have one value in every field that any form has.
func oddForms() []url.Values {
	forms := []url.Values{{}}
	for _, value := range []string{
		"", strings.Repeat("x", 5000), "\x00\xff", "a@b.c\r\nX-Injected: y", "123456", "ABCDE-FGHJK-MNPQR-STUVW",
		identity.MethodAuthenticator, "//piedpiper.example",
	} {
		form := url.Values{}
		for _, field := range []string{
			"email", "strategy", "code", "recovery", "method", "kind", "to", "name", "password", "link", "elsewhere", "send", "back", "trust",
		} {
			form.Set(field, value)
		}
		forms = append(forms, form)
	}
	return forms
}

const cookie = "__Host-webapp."

// standing is where a browser may stand when it sends something odd.
var standing = map[string]func(*testing.T) *browser{
	"nowhere": func(t *testing.T) *browser { return open(t).browser() },
	"nowhere, with cookies of its own making": func(t *testing.T) *browser {
		b := open(t).browser()
		for _, name := range []string{"access", "refresh", "trust", "browser", "walk", "link", "enrol", "recovery", "notice"} {
			b.cookies[cookie+name] = "garbage"
		}
		return b
	},
	"at a code": func(t *testing.T) *browser {
		b := open(t).browser()
		b.post("/login", "email", logintest.Email, "strategy", "FormField").at("/login/code")
		return b
	},
	"at a code, with each cookie in another's place": func(t *testing.T) *browser {
		b := open(t).browser()
		b.post("/login", "email", logintest.Email, "strategy", "FormField").at("/login/code")
		for _, name := range []string{"link", "enrol", "recovery", "notice", "trust", "access", "refresh", "browser"} {
			b.cookies[cookie+name] = b.cookies[cookie+"walk"]
		}
		return b
	},
	"waiting for a link": func(t *testing.T) *browser {
		b := open(t).browser()
		b.post("/login", "email", logintest.Email, "strategy", "ClickableLink").at("/login/code")
		return b
	},
	"at a link": func(t *testing.T) *browser {
		b := open(t).browser()
		b.openLink(b).at("/login/link")
		return b
	},
	"at another browser's link": func(t *testing.T) *browser {
		s := open(t)
		b := s.browser()
		b.openLink(s.browser()).at("/login/link")
		return b
	},
	"at the second step": func(t *testing.T) *browser {
		s := open(t)
		s.Enrolled(logintest.Who())
		b := s.browser()
		b.signIn().at("/login/factor")
		return b
	},
	"at an enrolment": func(t *testing.T) *browser {
		b := open(t, func(h *logintest.House) { h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired }).browser()
		b.signIn().at("/login/enrol")
		b.post("/login/enrol", "kind", identity.MethodAuthenticator).at("/login/enrol/confirm")
		return b
	},
	"at a verification by link": func(t *testing.T) *browser { return verifying(t, identity.ClickableLink) },
	"at a verification by code": func(t *testing.T) *browser { return verifying(t, identity.FormField) },
	"at a password": func(t *testing.T) *browser {
		s := open(t, func(h *logintest.House) {
			h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
		})
		u := s.User()
		u.PasswordChangeRequired = true
		s.Put(u)
		b := s.browser()
		b.signIn().at("/login/password")
		return b
	},
	"signed in":                          func(t *testing.T) *browser { return signedInBut(t) },
	"signed in, without a refresh token": func(t *testing.T) *browser { return signedInBut(t, "refresh") },
	"signed in, by a refresh token":      func(t *testing.T) *browser { return signedInBut(t, "access") },
}

func signedInBut(t *testing.T, lost ...string) *browser {
	b := open(t).browser()
	b.signIn().at("/me")
	for _, name := range lost {
		delete(b.cookies, cookie+name)
	}
	return b
}

func verifying(t *testing.T, s identity.LoginStrategy) *browser {
	opened := open(t, func(h *logintest.House) {
		h.Tenant.EmailConfiguration = identity.EmailConfiguration{
			VerifyEmail: true, VerificationStrategy: s, ImplicitEmailVerificationAllowed: identity.Off,
			Unverified: identity.Unverified{Behavior: identity.Gated},
		}
	})
	opened.Put(logintest.Unverified(opened.User()))
	b := opened.browser()
	b.signIn().at("/login/verify")
	return b
}

// Whatever is sent from wherever, nothing breaks, nobody is led off the site, and
// no answer may be kept or framed.
//
// ROB-01
func TestOddInputBreaksNothing(t *testing.T) {
	t.Parallel()
	for name, stand := range standing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, line := range everyPage {
				b := stand(t)
				method, path, _ := strings.Cut(line, " ")
				for _, form := range oddForms() {
					answer := b.do(method, path, form)
					if answer.StatusCode >= 500 {
						t.Errorf("%s: %d for %.80q", line, answer.StatusCode, form.Encode())
					}
					to := answer.Header.Get("Location")
					if to != "" && (to[0] != '/' || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n")) {
						t.Errorf("%s leads to %q", line, to)
					}
					if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("X-Frame-Options") != "DENY" || answer.Header.Get("X-Injected") != "" {
						t.Errorf("%s: %v", line, answer.Header)
					}
					if method == http.MethodGet {
						break // the form is not read
					}
				}
			}
		})
	}
}

// SEC-17: a browser that has lost to whom its login belongs is signed in no more,
// and told to start again.
func TestALoginWithoutItsBrowser(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"at a code", "at the second step", "at a password"} {
		b := standing[state](t)
		delete(b.cookies, cookie+"browser")
		var p page
		switch state {
		case "at a code":
			p = b.post("/login/code", "code", b.site.Inbox.LastCode(logintest.Email))
		case "at the second step":
			p = b.post("/login/factor", "code", "123456")
		default:
			p = b.post("/login/password", "password", "correct horse battery staple")
		}
		p.at("/login", "sign in again")
		if p := b.get("/me"); p.path != "/login" {
			t.Errorf("%s: at %s", state, p.path)
		}
	}
}

// Signing out ends the session itself, also where the browser has only one of its
// two cookies left.
func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"", "refresh", "access"} {
		b := signedInBut(t, lost)
		b.post("/me/sign-out").at("/login", "You are signed out")
		if n := b.site.Sessions(b.site.Now()); n != 0 {
			t.Errorf("without the cookie %q: %d sessions live on, want none", lost, n)
		}
	}
}

// awaited finds users only for who still waits.
type awaited struct{ store.Users }

func (awaited) FindUser(ctx context.Context, _ string, _ []identity.Identifier) (identity.User, error) {
	return identity.User{}, ctx.Err()
}

// Who goes elsewhere before a page is there is no failure to report, which the
// pages of a test do not bear.
func TestWhoDoesNotWait(t *testing.T) {
	t.Parallel()
	s := open(t, func(h *logintest.House) { h.Config.Store.Users = awaited{h.Config.Store.Users} })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	form := url.Values{"email": {logintest.Email}}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", w.Code)
	}
}
