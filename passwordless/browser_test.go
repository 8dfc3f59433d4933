package passwordless_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

var strategies = []identity.LoginStrategy{identity.ClickableLink, identity.FormField}

// SEC-17: a login goes on in the browser that asked for it, in no other one, and
// elsewhere only if its person says so. A refusal spends nothing.
func TestALoginBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		h := open(t)
		mine := logintest.Browser()
		r := h.Bound(strategy, mine)
		elsewhere, nowhere := r, r
		elsewhere.Browser, nowhere.Browser = logintest.Browser(), secret.Text{}
		for _, r := range []passwordless.LoginRequest{elsewhere, nowhere} {
			if result, err := h.Login().Complete(t.Context(), r); result != nil || !errors.Is(err, passwordless.ErrOtherBrowser) {
				t.Fatalf("%s: %v, %v in another browser, want ErrOtherBrowser", strategy, result, err)
			}
		}
		events := h.Events()
		if last := events[len(events)-1]; last.Type != passwordless.LoginFailed || last.Reason != passwordless.OtherBrowser || last.User != logintest.UserID {
			t.Errorf("%s: told %+v", strategy, last)
		}
		if got := h.Complete(r).Outcome; got != outcome.Success {
			t.Errorf("%s: outcome %v in its own browser, want Success", strategy, got)
		}
		elsewhere.OtherBrowser = true
		_, err := h.Login().Complete(t.Context(), elsewhere)
		wantRefused(t, "a login that has completed", err)
	}
}

// SEC-17: what the person accepts elsewhere goes on there, and hooks and events know.
func TestALoginIsAcceptedElsewhere(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		h := open(t)
		var seen []bool
		h.Config.Demand = func(_ context.Context, a passwordless.Attempt) bool {
			seen = append(seen, a.OtherBrowser)
			return false
		}
		r := h.Bound(strategy, logintest.Browser())
		h.Complete(r)
		r = h.Bound(strategy, logintest.Browser())
		r.Browser, r.OtherBrowser = logintest.Browser(), true
		if got := h.Complete(r).Outcome; got != outcome.Success {
			t.Errorf("%s: outcome %v, want Success", strategy, got)
		}
		if len(seen) != 2 || seen[0] || !seen[1] {
			t.Errorf("%s: Demand was told %v, want that only the second went on elsewhere", strategy, seen)
		}
		events := h.Events()
		if last := events[len(events)-1]; last.Type != passwordless.LoginSucceeded || !last.OtherBrowser {
			t.Errorf("%s: told %+v", strategy, last)
		}
	}
}

// SEC-17: a code that belongs to no browser is none of a browser's own: somebody
// may have sent it along. A caller that names no browser answers for that itself.
func TestAnUnboundLoginIsNoBrowsersOwn(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		h := open(t)
		r := h.Bound(strategy, secret.Text{})
		r.Browser = logintest.Browser()
		_, err := h.Login().Complete(t.Context(), r)
		if !errors.Is(err, passwordless.ErrOtherBrowser) {
			t.Errorf("%s: %v, want ErrOtherBrowser", strategy, err)
		}
		accepted := r
		accepted.OtherBrowser = true
		if got := h.Complete(accepted).Outcome; got != outcome.Success {
			t.Errorf("%s: outcome %v once accepted, want Success", strategy, got)
		}
		if got := h.Complete(h.Bound(strategy, secret.Text{})).Outcome; got != outcome.Success {
			t.Errorf("%s: outcome %v where no browser is named, want Success", strategy, got)
		}
	}
}

// SEC-17: who shows no right code is not told whose browser it is.
func TestOnlyTheRightCodeIsToldOfItsBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.Bound(identity.FormField, logintest.Browser())
	form.OneTimeCode, form.Browser = logintest.Other(form.OneTimeCode), logintest.Browser()
	_, err := h.Login().Complete(t.Context(), form)
	wantRefused(t, "a wrong code in another browser", err)
	form.OneTimeCode = secret.Text{}
	_, err = h.Login().Complete(t.Context(), form)
	wantRefused(t, "a handle alone in another browser", err)
	link := h.Bound(identity.ClickableLink, logintest.Browser())
	link.Browser = logintest.Browser()
	h.Advance(3 * time.Minute)
	_, err = h.Login().Complete(t.Context(), link)
	wantRefused(t, "an expired link in another browser", err)
}

// SEC-17: every step that may mint is taken in the browser of the one before, be
// that the one that asked or the one that accepted it.
func TestALoginStaysInItsBrowser(t *testing.T) {
	t.Parallel()
	for _, accepted := range []bool{false, true} {
		h := open(t)
		app := h.Enrolled(who)
		r := h.Bound(identity.ClickableLink, logintest.Browser())
		if accepted {
			r.Browser, r.OtherBrowser = logintest.Browser(), true
		}
		first := h.Complete(r)
		for _, browser := range []secret.Text{logintest.Browser(), {}} {
			elsewhere := second(first, app.Code())
			elsewhere.Browser = browser
			_, err := h.Login().CompleteTwoFactor(t.Context(), elsewhere)
			wantRefused(t, "the second factor in another browser", err)
		}
		here := second(first, app.Code())
		here.Browser = r.Browser
		if result, err := h.Login().CompleteTwoFactor(t.Context(), here); err != nil || result.Outcome != outcome.Success {
			t.Errorf("accepted %v: %+v, %v in its own browser, want Success", accepted, result, err)
		}
	}
}

// SEC-17: an enrolment inside a login, too, goes on where the login is, if its
// caller says where that is; it ends there in any case.
func TestEnrolmentStaysInItsBrowser(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	r := h.Bound(identity.ClickableLink, logintest.Browser())
	first := h.Complete(r)
	enrol := passwordless.EnrolTwoFactorRequest{
		TwoFactorID: shown(first.Response.TwoFactorID), Enrol: mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
		Browser: logintest.Browser(),
	}
	_, err := h.Login().EnrolTwoFactor(t.Context(), enrol)
	wantRefused(t, "an enrolment in another browser", err)
	enrol.Browser = r.Browser
	e, err := h.Login().EnrolTwoFactor(t.Context(), enrol)
	if err != nil {
		t.Fatal(err)
	}
	app := &logintest.Authenticator{House: h, ID: e.MethodID, Secret: e.SecretBase32.Reveal()}
	enable := enable(first, app.Code())
	enable.Browser = logintest.Browser()
	_, err = h.Login().EnableTwoFactor(t.Context(), enable)
	wantRefused(t, "a method enabled in another browser", err)
	confirm := second(first, app.Code())
	for _, browser := range []secret.Text{{}, logintest.Browser()} {
		confirm.MethodID, confirm.Browser = e.MethodID, browser
		_, err = h.Login().ConfirmTwoFactor(t.Context(), confirm)
		wantRefused(t, "an enrolment confirmed in another browser", err)
	}
	if list, err := h.Login().Factors().List(t.Context(), who); err != nil || len(list) != 0 {
		t.Errorf("%d methods, %v, want none", len(list), err)
	}
	confirm.Browser = r.Browser
	if done, err := h.Login().ConfirmTwoFactor(t.Context(), confirm); err != nil || done.Outcome != outcome.Success {
		t.Errorf("%+v, %v in its own browser, want Success", done, err)
	}
}

// SEC-17: what a service enables for a login, without a browser's secret, completes
// it in its browser alone.
func TestWhatAServiceEnablesStaysInItsBrowser(t *testing.T) {
	t.Parallel()
	h := demanding(t)
	r := h.Bound(identity.ClickableLink, logintest.Browser())
	first := h.Complete(r)
	done, err := h.Login().EnableTwoFactor(t.Context(), enable(first, enrolling(h, first).Code()))
	if err != nil {
		t.Fatal(err)
	}
	complete := second(first, shown(done.Code))
	for _, browser := range []secret.Text{{}, logintest.Browser()} {
		complete.Browser = browser
		_, err := h.Login().CompleteTwoFactor(t.Context(), complete)
		wantRefused(t, "the code of an enabled method in another browser", err)
	}
	complete.Browser = r.Browser
	if result, err := h.Login().CompleteTwoFactor(t.Context(), complete); err != nil || result.Outcome != outcome.Success {
		t.Errorf("%+v, %v in its own browser, want Success", result, err)
	}
}

// SEC-17: nobody else has the code of a second factor sent, if the caller says whose
// browser it is.
func TestTheCodeIsSentForItsBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	confirmed(h, identity.MethodSMS, logintest.Phone)
	r := h.Bound(identity.ClickableLink, logintest.Browser())
	first := h.Complete(r)
	send := passwordless.SendTwoFactorRequest{
		TwoFactorID: shown(first.Response.TwoFactorID), MethodID: first.Response.Methods[0].ID, Browser: logintest.Browser(),
	}
	wantRefused(t, "a code sent for another browser", h.Login().SendTwoFactor(t.Context(), send))
	send.Browser = r.Browser
	if err := h.Login().SendTwoFactor(t.Context(), send); err != nil {
		t.Errorf("a code sent for its own browser: %v", err)
	}
}

// SEC-17: so is the login that a change of password leads to.
func TestAOneTimePasswordStaysInItsBrowser(t *testing.T) {
	t.Parallel()
	h, _, _ := mustChange(t)
	r := h.Bound(identity.ClickableLink, logintest.Browser())
	changed, err := change(h, changeID(h, r))
	if err != nil {
		t.Fatal(err)
	}
	done := passwordless.LoginRequest{Code: shown(changed.OneTimePassword), Browser: logintest.Browser()}
	if _, err := h.Login().Complete(t.Context(), done); !errors.Is(err, passwordless.ErrOtherBrowser) {
		t.Errorf("%v in another browser, want ErrOtherBrowser", err)
	}
	done.Browser = r.Browser
	if got := h.Complete(done).Outcome; got != outcome.Success {
		t.Errorf("outcome %v in its own browser, want Success", got)
	}
}

// SEC-17: a login that the caller vouches for waits for its second factor where it began.
func TestAVouchedLoginStaysInItsBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	app := h.Enrolled(who)
	v := vouch()
	v.Browser = logintest.Browser()
	first, err := h.Login().Vouch(t.Context(), v)
	if err != nil || first.Outcome != outcome.TwoFactorRequired {
		t.Fatalf("%+v, %v", first, err)
	}
	r := second(first, app.Code())
	_, err = h.Login().CompleteTwoFactor(t.Context(), r)
	wantRefused(t, "the second factor elsewhere", err)
	r.Browser = v.Browser
	if _, err := h.Login().CompleteTwoFactor(t.Context(), r); err != nil {
		t.Errorf("the second factor where it began: %v", err)
	}
	v.Browser = secret.New("too-short")
	_, err = h.Login().Vouch(t.Context(), v)
	wantInvalid(t, err, "[invalid]browser")
}

// SEC-17: a page is told what it needs to ask: whose login it is, and where and
// when it was asked for.
func TestPeekTellsWhereALoginWasAskedFor(t *testing.T) {
	t.Parallel()
	h := open(t)
	link := h.Bound(identity.ClickableLink, logintest.Browser())
	for _, c := range []struct {
		browser secret.Text
		same    bool
	}{{link.Browser, true}, {logintest.Browser(), false}, {secret.Text{}, false}} {
		got, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: link.Code, Browser: c.browser})
		want := passwordless.Peeked{
			ApplicationID: logintest.ApplicationID, Expires: identity.At(logintest.Start.Add(3 * time.Minute)),
			Strategy: identity.ClickableLink, LoginID: "j***@piedpiper.com",
			SameBrowser: c.same, Started: identity.At(logintest.Start),
			Origin: passwordless.Origin{
				IPAddress: "192.0.2.7", Device: "Jared's phone", UserAgent: "Mozilla/5.0 (iPhone)", Location: "Palo Alto, USA",
			},
		}
		if err != nil || got != want {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
	}
	_, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: link.Code, TenantID: "another"})
	wantRefused(t, "Peek for another tenant", err)
	if got := h.Complete(link).Outcome; got != outcome.Success {
		t.Errorf("outcome %v after the looks, want Success", got)
	}
}

// A browser keeps its secret, if it is one.
func TestBrowserSecret(t *testing.T) {
	t.Parallel()
	first := logintest.Browser()
	if len(first.Reveal()) != 43 || first.Equal(logintest.Browser()) {
		t.Error("it has not 256 bits of its own")
	}
	if !passwordless.BrowserSecret(first).Equal(first) {
		t.Error("a secret was not kept")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 42), strings.Repeat("x", 44), strings.Repeat("!", 43), strings.Repeat("x", 4096)} {
		if kept := passwordless.BrowserSecret(secret.New(bad)); kept.Reveal() == bad {
			t.Errorf("%q was kept", bad)
		}
	}
}

func TestBrowserIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	long := strings.Repeat("x", 1025)
	for want, change := range map[string]func(*passwordless.StartRequest){
		"[invalid]browser":                 func(r *passwordless.StartRequest) { r.Browser = secret.New(long[:21]) },
		"[tooLong]eventInfo.userAgent":     func(r *passwordless.StartRequest) { r.EventInfo.UserAgent = long },
		"[invalid]eventInfo.ipAddress":     func(r *passwordless.StartRequest) { r.EventInfo.IPAddress = "localhost" },
		"[tooLong]eventInfo.deviceName":    func(r *passwordless.StartRequest) { r.EventInfo.DeviceName = long },
		"[tooLong]eventInfo.data":          func(r *passwordless.StartRequest) { r.EventInfo.Data = stateOf(8<<10 + 1) },
		"[tooLong]eventInfo.location.city": func(r *passwordless.StartRequest) { r.EventInfo.Location.City = long },
	} {
		r := logintest.Request(identity.ClickableLink)
		change(&r)
		_, err := h.Login().Begin(t.Context(), r)
		wantInvalid(t, err, want)
	}
	r := logintest.Request(identity.ClickableLink)
	r.Browser = secret.New(long[:257])
	_, err := h.Login().Begin(t.Context(), r)
	wantInvalid(t, err, "[invalid]browser")
}

// SEC-17 SEC-09: what is stored opens no binding, and does not tell that two logins
// were asked for in one browser.
func TestABrowsersSecretIsNotStored(t *testing.T) {
	t.Parallel()
	mine, hashes := logintest.Browser(), map[string]bool{}
	b := joined(t)
	kept := keepTickets(&b)
	h := logintest.Open(t, b)
	h.Bound(identity.ClickableLink, mine)
	h.Bound(identity.FormField, mine)
	for _, ticket := range *kept {
		if strings.Contains(string(ticket.Data), mine.Reveal()) {
			t.Error("a browser's secret is stored")
		}
		var facts struct{ W string }
		if err := json.Unmarshal(ticket.Data, &facts); err != nil || facts.W == "" {
			t.Fatalf("%s, %v", ticket.Data, err)
		}
		hashes[facts.W] = true
	}
	if len(hashes) != 2 {
		t.Errorf("%d hashes for two logins in one browser, want 2", len(hashes))
	}
}

// tickets keeps what is created.
type tickets struct {
	store.Tickets
	kept *[]store.Ticket
}

func (k tickets) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	*k.kept = append(*k.kept, t)
	return k.Tickets.CreateTicket(ctx, t, now, charges...)
}

func keepTickets(b *logintest.Backend) *[]store.Ticket {
	kept := &[]store.Ticket{}
	b.Store.Tickets = tickets{b.Store.Tickets, kept}
	return kept
}

// SEC-01 SEC-17: of a browser's own try and those that are accepted elsewhere, at
// one time, one goes on, and the second factor is taken where that was.
func TestOneBrowserWins(t *testing.T) {
	t.Parallel()
	for range 20 {
		h := open(t)
		app := h.Enrolled(who)
		own := h.Bound(identity.ClickableLink, logintest.Browser())
		tries := []passwordless.LoginRequest{own}
		for range 7 {
			elsewhere := own
			elsewhere.Browser, elsewhere.OtherBrowser = logintest.Browser(), true
			tries = append(tries, elsewhere)
		}
		results, calls := make([]*passwordless.Result, len(tries)), []func(){}
		for i, r := range tries {
			calls = append(calls, func() { results[i], _ = h.Login().Complete(t.Context(), r) })
		}
		together(calls...)
		won := slices.IndexFunc(results, func(r *passwordless.Result) bool { return r != nil })
		if n := len(slices.DeleteFunc(slices.Clone(results), func(r *passwordless.Result) bool { return r == nil })); n != 1 {
			t.Fatalf("%d of %d tries went on, want 1", n, len(tries))
		}
		r := second(results[won], app.Code())
		r.Browser = tries[(won+1)%len(tries)].Browser
		_, err := h.Login().CompleteTwoFactor(t.Context(), r)
		wantRefused(t, "the second factor in the browser of a try that lost", err)
		r.Browser = tries[won].Browser
		if _, err := h.Login().CompleteTwoFactor(t.Context(), r); err != nil {
			t.Errorf("the second factor in the browser of the try that won: %v", err)
		}
	}
}
