package webapp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// otherMailbox is not where the code of the login goes.
const otherMailbox = "example@fusionauth.io"

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn().at("/login/factor", "your authenticator app", "Trust this browser for 30 days")
	b.get("/me").at("/login")
	b.get("/login/factor").at("/login/factor")
	b.post("/login/factor", "code", "").at("/login/factor", "Enter the code")
	b.post("/login/factor", "code", logintest.Other(app.Code()).Reveal()).at("/login/factor", "That code is not right", `aria-invalid="true"`)
	b.post("/login/factor", "code", app.Code().Reveal()).at("/me", "Authenticator app")
	b.post("/login/factor", "code", app.Code().Reveal()).at("/login/factor", "This page has expired")
}

func TestFiveWrongSecondFactors(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn()
	for range 5 {
		b.post("/login/factor", "code", logintest.Other(app.Code()).Reveal())
	}
	b.post("/login/factor", "code", app.Code().Reveal()).at("/login", "Please sign in again", logintest.Email)
}

// A browser that is trusted skips the second factor, until it is forgotten.
func TestTrustedBrowser(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn()
	me := b.post("/login/factor", "code", app.Code().Reveal(), "trust", "yes").at("/me", "Browsers you trust")
	b.post("/me/sign-out")
	b.signIn().at("/me")
	s.browser().signIn().at("/login/factor")
	b.post(me.find(`action="(/me/browsers/[^"]+/forget)"`)).at("/me", "Done.")
	b.post("/me/sign-out")
	b.signIn().at("/login/factor")
}

func TestNobodyIsOfferedTrustThatThereIsNot(t *testing.T) {
	t.Parallel()
	s := open(t, func(h *logintest.House) { h.Application.MultiFactorConfiguration.TrustPolicy = identity.TrustNone })
	s.Enrolled(logintest.Who())
	if p := s.browser().signIn().at("/login/factor"); strings.Contains(p.body, "Trust this browser") {
		t.Error("it is offered")
	}
}

func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.Enrolled(logintest.Who())
	b := s.browser()
	b.signIn()
	b.post("/login/factor", "code", "AAAAA-AAAAA-AAAAA", "recovery", "yes").at("/login/factor", `id="recovery-wrong"`, "<details open>")
	b.post("/login/factor", "code", " "+strings.ToLower(app.Recovery[0].Reveal()), "recovery", "yes").at("/me", "9 left")
}

// A factor by message is chosen, sent to and, not before a minute, sent to again.
func TestAFactorByMail(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Enrol(identity.MethodEmail, otherMailbox)
	b := s.browser()
	p := b.signIn().at("/login/factor", "Send a code to e***@fusionauth.io")
	if strings.Contains(p.body, `id="code"`) {
		t.Error("it asks for a code that was not sent")
	}
	choice := p.find(`name="method" value="([^"]+)"`)
	b.post("/login/factor/choose", "method", "none").at("/login/factor/choose", "This page has expired")
	b.post("/login/factor/choose", "method", choice).at("/login/factor", "A code is on its way", "e***@fusionauth.io")
	b.post("/login/factor/choose", "method", choice).at("/login/factor", "The next can be sent in 60 seconds")
	b.post("/login/factor", "code", s.Inbox.LastCode(otherMailbox)).at("/me")
}

// Whose only factor is the mailbox that the login's code went to has recovery
// codes, and nothing else.
func TestOnlyARecoveryCodeIsLeft(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Enrol(identity.MethodEmail, logintest.Email)
	s.browser().signIn().at("/login/factor", "Enter one of your recovery codes", "<details open>")
}

func required(h *logintest.House) {
	h.Application.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
}

func TestEnrolmentInALogin(t *testing.T) {
	t.Parallel()
	s := open(t, required)
	b := s.browser()
	b.signIn().at("/login/enrol", "Set up an app")
	p := b.post("/login/enrol", "kind", "authenticator").at("/login/enrol/confirm", "Scan this")
	app := &logintest.Authenticator{House: s.House, Secret: secretIn(p)}
	qr := b.do(http.MethodGet, "/login/qr.png", nil)
	if qr.StatusCode != 200 || qr.Header.Get("Content-Type") != "image/png" || qr.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("QR: %s %v", qr.Status, qr.Header)
	}
	if other := s.browser().do(http.MethodGet, "/login/qr.png", nil); other.StatusCode != http.StatusNotFound {
		t.Errorf("another browser's QR: %s", other.Status)
	}
	b.post("/login/enrol/confirm", "code", logintest.Other(app.Code()).Reveal()).at("/login/enrol/confirm", "That code is not right")
	if again := secretIn(b.get("/login/enrol/confirm")); again != app.Secret {
		t.Error("the secret changed")
	}
	p = b.post("/login/enrol/confirm", "code", app.Code().Reveal()).at("/login/recovery-codes", "we cannot show them again")
	if n := strings.Count(p.body, "<li>"); n != 10 {
		t.Errorf("%d recovery codes", n)
	}
	code := p.find(`<li>([^<]+)</li>`)
	file := b.get("/login/recovery-codes.txt").at("/login/recovery-codes.txt", code, "Pied Piper")
	if file.header.Get("Content-Disposition") == "" {
		t.Error("the file is a page")
	}
	b.get("/me").at("/me", "Authenticator app")
	b.post("/login/recovery-codes").at("/me", "10 left")
	b.get("/login/recovery-codes").at("/login/recovery-codes", "This page has expired")

	other := s.browser()
	other.signIn().at("/login/factor")
	other.post("/login/factor", "code", code, "recovery", "yes").at("/me", "9 left")
}

func secretIn(p page) string {
	p.t.Helper()
	return strings.ReplaceAll(p.find(`id="secret">([^<]+)<`), " ", "")
}

func TestEnrolmentByPhoneInALogin(t *testing.T) {
	t.Parallel()
	s := open(t, required)
	b := s.browser()
	p := b.signIn().at("/login/enrol", "A phone")
	if strings.Contains(p.body, "Another mailbox") {
		t.Error("the channel of the login's code is offered")
	}
	b.post("/login/enrol", "kind", "sms", "to", "12").at("/login/enrol", "Enter a mobile number", `id="sms-wrong"`)
	b.post("/login/enrol", "kind", "email", "to", otherMailbox).at("/login/enrol", "Choose another")
	b.post("/login/enrol", "kind", "sms", "to", "+1 303 555 1213").at("/login/enrol/confirm", "We sent a code to <strong>+1 303 555 1213")
	b.post("/login/enrol/confirm", "code", s.Inbox.LastCode("+13035551213")).at("/login/recovery-codes")
}

// The enrolment of one login is none of another's.
func TestAnEnrolmentBelongsToItsLogin(t *testing.T) {
	t.Parallel()
	s := open(t, required)
	b := s.browser()
	b.signIn()
	b.post("/login/enrol", "kind", "authenticator").at("/login/enrol/confirm")
	stale := b.cookies["__Host-webapp.enrol"]
	s.Advance(time.Minute)
	b.signIn().at("/login/enrol")
	b.cookies["__Host-webapp.enrol"] = stale
	b.get("/login/enrol/confirm").at("/login/enrol")
	b.post("/login/enrol/confirm", "code", "123456").at("/login/enrol/confirm", "This page has expired")
}
