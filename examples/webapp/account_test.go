package webapp_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/session"
)

// An access token lives for an hour, and a session for as long as it is used.
func TestASessionIsRefreshed(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	for range 3 {
		s.Advance(61 * time.Minute)
		before := b.cookies["__Host-webapp.refresh"]
		b.get("/me").at("/me", logintest.Email)
		if b.cookies["__Host-webapp.refresh"] == before {
			t.Error("the refresh token was not rotated")
		}
	}
	delete(b.cookies, "__Host-webapp.access")
	b.get("/me").at("/me")
}

// Tabs that come back together use one refresh token. Each gets the same
// successor.
func TestTabsThatRefreshAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	s.Advance(61 * time.Minute)
	tabs := make([]*browser, 8)
	var all sync.WaitGroup
	for i := range tabs {
		tab := s.browser()
		for name, value := range b.cookies {
			tab.cookies[name] = value
		}
		tabs[i] = tab
		all.Go(func() {
			if answer := tab.do(http.MethodGet, "/me", nil); answer.StatusCode != http.StatusOK {
				t.Errorf("a tab is answered %s, to %s", answer.Status, answer.Header.Get("Location"))
			}
		})
	}
	all.Wait()
	for _, tab := range tabs {
		if tab.cookies["__Host-webapp.refresh"] != tabs[0].cookies["__Host-webapp.refresh"] {
			t.Error("two successors")
		}
	}
	s.Advance(61 * time.Minute)
	tabs[7].get("/me").at("/me")
}

// Whoever has copied a refresh token ends the session, for both.
func TestAStolenRefreshToken(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, thief := s.browser(), s.browser()
	b.signIn()
	thief.cookies["__Host-webapp.refresh"] = b.cookies["__Host-webapp.refresh"]
	s.Advance(61 * time.Minute)
	b.get("/me").at("/me")
	s.Advance(11 * time.Second)
	thief.get("/me").at("/login", "Your session has ended")
	b.get("/me").at("/login", "Your session has ended")
}

// Signing out in one browser counts in the others at once, though their access
// tokens are good for an hour.
func TestSigningOutEverywhere(t *testing.T) {
	t.Parallel()
	s := open(t)
	here, there, elsewhere := s.browser(), s.browser(), s.browser()
	there.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/140.0 Safari/604.1"
	here.signIn()
	there.signIn()
	elsewhere.signIn()
	p := here.get("/me").at("/me", "Chrome on iPhone")
	if n := strings.Count(p.body, "last used <time"); n != 3 {
		t.Errorf("%d sessions, want 3", n)
	}
	here.post(p.find(`action="(/me/sessions/[^"]+/end)"><button class="small" aria-label="Sign out Chrome on iPhone`)).at("/me", "That session has ended")
	there.get("/me").at("/login", "Your session has ended")
	elsewhere.get("/me").at("/me")
	here.post("/me/sign-out-everywhere").at("/login", "signed out in every browser")
	elsewhere.post("/me/sign-out-everywhere").at("/login", "Your session has ended")
	here.get("/me").at("/login")
}

// What is in a URL names nothing of somebody else's.
func TestNobodyEndsAnothersSession(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	sessions, who := s.Login().Sessions(), session.Who{TenantID: logintest.TenantID, UserID: "00000000-0000-0001-0000-000000000099"}
	u := s.User()
	u.ID, u.Email, u.PhoneNumber, u.Username, u.Identities = who.UserID, otherMailbox, "", "", nil
	s.Put(u)
	other := s.browser()
	other.post("/login", "email", otherMailbox)
	other.post("/login/code", "code", s.Inbox.LastCode(otherMailbox)).at("/me", otherMailbox)
	theirs, err := sessions.List(t.Context(), who)
	if err != nil || len(theirs) != 1 {
		t.Fatal(theirs, err)
	}
	b.post("/me/sessions/" + theirs[0].ID + "/end").at("/me")
	other.get("/me").at("/me")
}

func TestAddingAFirstFactor(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn().at("/me", "Signing in takes your mailbox alone")
	b.get("/me/factors/new/nonsense").at("/me")
	b.get("/me/factors/new/authenticator").at("/me/factors/new/authenticator")
	app := &logintest.Authenticator{House: s.House, Secret: secretIn(b.post("/me/factors/new/authenticator").at("/me/factors/confirm"))}
	b.post("/me/factors/confirm", "code", logintest.Other(app.Code()).Reveal()).at("/me/factors/confirm", "That code is not right")
	b.post("/me/factors/confirm", "code", app.Code().Reveal()).at("/login/recovery-codes", "You are asked for it when you next sign in")
	b.post("/login/recovery-codes").at("/me", "Authenticator app", "10 left")
}

// Who has a factor proves it before anything of it changes.
func TestChangingFactors(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	app := s.Enrolled(logintest.Who())

	const add = "/me/factors/new/email"
	b.get(add).at(add, "First, show that it is you")
	b.post(add, "to", otherMailbox).at(add, "That code is not right", otherMailbox)
	b.post(add, "to", otherMailbox, "method", app.ID, "code", logintest.Other(app.Code()).Reveal()).at(add, "That code is not right")
	b.post(add, "to", "nonsense", "method", app.ID, "code", app.Code().Reveal()).at(add, "Enter an email address")
	b.post(add, "to", otherMailbox, "method", app.ID, "code", app.Code().Reveal()).at("/me/factors/confirm", "We sent a code to <strong>"+otherMailbox)
	p := b.post("/me/factors/confirm", "code", s.Inbox.LastCode(otherMailbox)).at("/me", "Added.", "Email to e***@fusionauth.io")
	mailbox := p.find(`href="(/me/factor/[^"]+)" aria-label="Change Email`)

	b.get(mailbox).at(mailbox)
	if p := b.post(mailbox+"/name", "name", "<b>Spare</b>").at("/me", "Renamed.", "<b>Spare</b>"); strings.Contains(p.body, "<b>") {
		t.Error("a name is markup")
	}
	b.post(mailbox+"/name", "name", strings.Repeat("x", 257)).at(mailbox, "too long")
	s.Advance(time.Minute)

	b.post("/me/factors/send", "send", strings.TrimPrefix(mailbox, "/me/factor/"), "back", mailbox).at(mailbox, "A code is on its way")
	b.post(mailbox+"/remove", "method", app.ID, "code", app.Recovery[0].Reveal()).at(mailbox, "That code is not right")
	b.post(mailbox+"/remove", "method", strings.TrimPrefix(mailbox, "/me/factor/"), "code", s.Inbox.LastCode(otherMailbox)).at("/me", "Removed.", "Authenticator app")
	b.get(mailbox).at("/me")
}

func TestNewRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	app := s.Enrolled(logintest.Who())
	b.get("/me/recovery-codes").at("/me/recovery-codes", "ten new codes")
	b.post("/me/recovery-codes").at("/me/recovery-codes", "That code is not right")
	b.post("/me/recovery-codes", "method", app.ID, "code", app.Code().Reveal()).at("/login/recovery-codes")
	b.post("/login/recovery-codes").at("/me", "10 left")
	b.post("/me/factors/lost", "code", app.Recovery[0].Reveal()).at("/me/factors/lost", "That code is not right")
}

func TestLosingAllFactors(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	app := s.Enrolled(logintest.Who())
	for _, code := range []string{"", app.Code().Reveal(), "nonsense"} {
		b.post("/me/factors/lost", "code", code).at("/me/factors/lost", "That code is not right")
	}
	b.post("/me/factors/lost", "code", app.Recovery[0].Reveal()).at("/me", "All second steps are removed", "Signing in takes your mailbox alone")
}

func TestTheLastFactorThatIsRequired(t *testing.T) {
	t.Parallel()
	s := open(t, required)
	app := s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn()
	b.post("/login/factor", "code", app.Code().Reveal()).at("/me")
	s.Advance(30 * time.Second)
	factor := "/me/factor/" + app.ID
	b.post(factor+"/remove", "method", app.ID, "code", app.Code().Reveal()).at(factor, "this is your last")
	methods, err := s.Login().Factors().List(t.Context(), logintest.Who())
	if err != nil || len(methods) != 1 || methods[0].Method != identity.MethodAuthenticator {
		t.Errorf("%v, %v", methods, err)
	}
}

// Nobody is sent anywhere but back to a page of the account.
func TestBackIsLocal(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn()
	s.Enrol(identity.MethodEmail, otherMailbox)
	methods, err := s.Login().Factors().List(t.Context(), mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID})
	if err != nil {
		t.Fatal(err)
	}
	for _, back := range []string{"https://example.com/me/", "//example.com/me/", "/\\example.com", "/me/..//example.com", "/me/../../x", "/me\n/x", "", "/login", "/me/%2e%2e/x"} {
		answer := b.do(http.MethodPost, "/me/factors/send", url.Values{"send": {methods[0].ID}, "back": {back}})
		if to := answer.Header.Get("Location"); to != "/me" && !strings.HasPrefix(to, "/me/") || strings.Contains(to, "..") || strings.Contains(to, "//") {
			t.Errorf("%q leads to %q", back, to)
		}
		s.Advance(2 * time.Minute)
	}
}

// Who comes to the browser next sees nothing of what was shown there.
func TestRecoveryCodesLeaveWithTheirOwner(t *testing.T) {
	t.Parallel()
	s := open(t, required)
	for _, way := range []string{"/me/sign-out", "/me/sign-out-everywhere"} {
		b := s.browser()
		b.signIn().at("/login/enrol")
		app := &logintest.Authenticator{House: s.House, Secret: secretIn(b.post("/login/enrol", "kind", "authenticator"))}
		b.post("/login/enrol/confirm", "code", app.Code().Reveal()).at("/login/recovery-codes")
		b.post(way).at("/login")
		b.get("/login/recovery-codes").at("/login/recovery-codes", "This page has expired")
		for name := range b.cookies {
			if name != "__Host-webapp.browser" {
				t.Errorf("%s leaves the cookie %s", way, name)
			}
		}
		if err := s.Login().Factors().Reset(t.Context(), logintest.Who()); err != nil {
			t.Fatal(err)
		}
		s.Advance(time.Minute)
	}
}
