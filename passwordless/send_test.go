package passwordless_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// send sends the message of what was started, which must be accepted.
func send(h *logintest.House, s passwordless.Started) messenger.Message {
	h.T.Helper()
	before := len(h.Inbox.Messages())
	if err := h.Login().Send(h.T.Context(), passwordless.SendRequest{Code: shown(s.Code)}); err != nil {
		h.T.Fatalf("Send: %v", err)
	}
	sent := h.Inbox.Messages()
	if len(sent) != before+1 {
		h.T.Fatalf("%d messages sent, want one for each call", len(sent)-before)
	}
	return sent[before]
}

// S3-40, S3-56: one message for each call, with what completes the login in it.
// S3-46: the strategy and the channel are those of the start.
// S3-27, S3-28
func TestSend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		loginID  string
		kind     identity.IdentityType
		strategy identity.LoginStrategy
		channel  messenger.Channel
	}{
		{logintest.Email, identity.Email, identity.ClickableLink, messenger.Email},
		{logintest.Email, identity.Email, identity.FormField, messenger.Email},
		{logintest.Phone, identity.PhoneNumber, identity.ClickableLink, messenger.SMS},
		{logintest.Phone, identity.PhoneNumber, identity.FormField, messenger.SMS},
	} {
		t.Run(string(c.kind)+" "+string(c.strategy), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			r := asked(c.loginID, c.kind)
			r.LoginStrategy = c.strategy
			s := start(h, r)
			m := send(h, s)
			if m.Channel != c.channel || m.To.Reveal() != c.loginID || m.Purpose != messenger.PasswordlessLogin {
				t.Errorf("sent by %s for %s, want by %s to who asked", m.Channel, m.Purpose, c.channel)
			}
			complete := passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code)}
			if c.strategy == identity.FormField {
				if !m.Link.IsZero() || len(m.Code.Reveal()) != 6 {
					t.Errorf("a code of %d characters and a link %v, want six and none", len(m.Code.Reveal()), !m.Link.IsZero())
				}
				complete.OneTimeCode = m.Code
			} else if !m.Code.IsZero() || !logintest.CodeOf(t, m.Link.Reveal()).Equal(shown(s.Code)) {
				t.Error("the message carries a short code, or a link without the code")
			}
			if got := h.Complete(complete).Outcome; got != outcome.Success {
				t.Errorf("outcome %v, want Success", got)
			}
		})
	}
}

// SEC-13: sending again replaces the short code, and not the link's.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := start(h, asked(logintest.Email))
	first := send(h, s)
	h.Advance(time.Minute)
	second := send(h, s)
	if first.ID == second.ID || first.Code.Equal(second.Code) && again(h, s).Equal(first.Code) {
		t.Error("the message is the same, want another code")
	}
	last := secret.New(h.Inbox.LastCode(logintest.Email))
	if !first.Code.Equal(last) { // one time in a million they are the same
		_, err := h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: first.Code})
		wantRefused(t, "the code that was replaced", err)
	}
	if got := h.Complete(passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: last}).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}

	link := start(h, logintest.Request(identity.ClickableLink))
	one := send(h, link)
	h.Advance(time.Minute)
	if two := send(h, link); !two.Link.Equal(one.Link) {
		t.Error("the link is another one")
	}
}

// again sends once more, and returns the code.
func again(h *logintest.House, s passwordless.Started) secret.Text {
	h.T.Helper()
	h.Advance(time.Minute)
	return send(h, s).Code
}

// A login that is sent lives on from there, but no longer than ten minutes from its start.
// SEC-07
func TestSendRenews(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := start(h, asked(logintest.Email))
	for range 4 {
		m := send(h, s)
		elapsed := h.Now().Sub(logintest.Start)
		want := min(3*time.Minute, 10*time.Minute-elapsed)
		if m.Lifetime != want || !m.Expires.Equal(h.Now().Add(want)) {
			t.Fatalf("%v after the start it lives %v, want %v", elapsed, m.Lifetime, want)
		}
		h.Advance(150 * time.Second)
	}
	_, err := h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: secret.New(h.Inbox.LastCode(logintest.Email))})
	wantRefused(t, "ten minutes from the start", err)
	wantRefused(t, "Send ten minutes from the start", h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)}))
}

// S3-45: unknown, expired and spent codes have one answer; a missing one is malformed.
// S3-44: so has a code of another tenant. S3-57
func TestSendIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	to := func(code string) error {
		return h.Login().Send(t.Context(), passwordless.SendRequest{Code: secret.New(code)})
	}
	wantInvalid(t, h.Login().Send(t.Context(), passwordless.SendRequest{}), "[blank]code")
	wantRefused(t, "unknown", to("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"))
	expired := start(h, asked(logintest.Email)).Code.Reveal()
	h.Advance(3 * time.Minute)
	wantRefused(t, "expired", to(expired))
	form := h.Form()
	h.Complete(form)
	wantRefused(t, "spent", to(form.Code.Reveal()))

	live := start(h, asked(logintest.Email))
	elsewhere := passwordless.SendRequest{Code: shown(live.Code), TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71416"}
	wantRefused(t, "another tenant's", h.Login().Send(t.Context(), elsewhere))
	elsewhere.TenantID = logintest.TenantID
	if err := h.Login().Send(t.Context(), elsewhere); err != nil {
		t.Errorf("the tenant named: %v", err)
	}
}

// S3-48, S3-50, S3-52, S3-53: the older form starts and sends in one.
// S3-49: without phone numbers.
// S3-56: and answers alike whether or not anybody is found.
func TestSendOlderForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(r *passwordless.SendRequest)
		want   string
		sent   int
	}{
		{"by e-mail", func(*passwordless.SendRequest) {}, "", 1},
		{"by user name", func(r *passwordless.SendRequest) { r.LoginID = logintest.Username }, "", 1},
		{"nobody", func(r *passwordless.SendRequest) { r.LoginID = "nobody@piedpiper.com" }, "", 0},
		{"by phone number", func(r *passwordless.SendRequest) { r.LoginID = logintest.Phone }, "[invalid]loginId", 0},
		{"by phone number as it is written", func(r *passwordless.SendRequest) { r.LoginID = "(303) 555-1212" }, "[invalid]loginId", 0},
		{"no login id", func(r *passwordless.SendRequest) { r.LoginID = "" }, "[blank]loginId", 0},
		{"no application", func(r *passwordless.SendRequest) { r.ApplicationID = "" }, "[blank]applicationId", 0},
		{"the tenant", func(r *passwordless.SendRequest) { r.TenantID = logintest.TenantID }, "", 1},
		{"another tenant", func(r *passwordless.SendRequest) { r.TenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" }, "[invalid]applicationId", 0},
		{"too large a state", func(r *passwordless.SendRequest) { r.State = stateOf(8<<10 + 1) }, "[tooLong]state", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.Application.PasswordlessConfiguration.EmailLoginStrategy = identity.FormField
			r := passwordless.SendRequest{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email}
			c.change(&r)
			err := h.Login().Send(t.Context(), r)
			if c.want != "" {
				wantInvalid(t, err, c.want)
			} else if err != nil {
				t.Errorf("Send: %v", err)
			}
			sent := h.Inbox.Messages()
			if len(sent) != c.sent || len(sent) == 1 && sent[0].Link.IsZero() {
				t.Errorf("%d messages, want %d, with a link: nobody has a handle for a form", len(sent), c.sent)
			}
		})
	}
}

// S2-62, S3-166: a message is written in the person's languages.
// S2-100: those of the registration win.
func TestLanguageOfAMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ user, registration, want []string }{
		{[]string{"en", "fr"}, nil, []string{"en", "fr"}},
		{[]string{"en", "fr"}, []string{"de_AT", "en"}, []string{"de_AT", "en"}},
		{nil, []string{"de"}, []string{"de"}},
		{nil, nil, nil},
	} {
		h := open(t)
		u := h.User()
		u.PreferredLanguages, u.Registrations[0].PreferredLanguages = c.user, c.registration
		h.Put(u)
		h.Form()
		if got := h.Inbox.Messages()[0].Locales; !slices.Equal(got, c.want) {
			t.Errorf("languages %v, want %v", got, c.want)
		}
	}
}

// SEC-18: a link leads where the configuration says, and carries the tenant.
// S3-25: the state is for the message's text, and never in the link.
func TestLinkOfAMessage(t *testing.T) {
	t.Parallel()
	h := open(t)
	links, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://www.piedpiper.com/oauth2/passwordless/{code}"})
	if err != nil {
		t.Fatal(err)
	}
	h.Config.Links = passwordless.Links{Login: links}
	r := logintest.Request(identity.ClickableLink)
	r.State = identity.Object(`{"redirect_uri":"https://evil.example/","tenantId":"elsewhere"}`)
	s := start(h, r)
	m := send(h, s)
	want := "https://www.piedpiper.com/oauth2/passwordless/" + s.Code.Reveal() + "?tenantId=" + logintest.TenantID
	if m.Link.Reveal() != want {
		t.Error("the link is not the configured page with code and tenant alone")
	}
	if string(m.State) != string(r.State) {
		t.Errorf("the message has state %s, want what was given", m.State)
	}
}

// An application may have pages of its own; what it has not is the login's.
func TestLinksOfAnApplication(t *testing.T) {
	t.Parallel()
	own, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://app.piedpiper.com/in"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		links passwordless.Links
		want  string
	}{
		{passwordless.Links{Login: own}, "app.piedpiper.com"},
		{passwordless.Links{VerifyIdentity: own}, "www.piedpiper.com"},
	} {
		h := open(t)
		h.Config.LinksOf = func(a identity.Application) passwordless.Links {
			if a.ID != logintest.ApplicationID {
				t.Errorf("asked for the links of application %q", a.ID)
			}
			return c.links
		}
		h.Link()
		u, err := url.Parse(h.Inbox.LastLink(logintest.Email))
		if err != nil || u.Host != c.want {
			t.Errorf("the link leads to %v (%v), want %s", u.Host, err, c.want)
		}
	}
}

// A message of a form carries a link only where it is configured to, and then
// the link alone completes the login.
func TestLinkInAForm(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Links.LoginInForm = true
	b := begin(h, logintest.Request(identity.FormField))
	m := h.Inbox.Messages()[0]
	u, err := url.Parse(m.Link.Reveal())
	if err != nil || m.Code.IsZero() {
		t.Fatalf("a link: %v, a code: %v, want both", err, !m.Code.IsZero())
	}
	q := u.Query()
	if q.Get("code") != b.Code.Reveal() || q.Get("oneTimeCode") != m.Code.Reveal() {
		t.Error("the link does not carry the handle and the short code")
	}
	if got := h.Complete(passwordless.LoginRequest{Code: secret.New(q.Get("code")), OneTimeCode: secret.New(q.Get("oneTimeCode"))}).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}
}

// What a message says beside its code: who it is for, from whom, and until when.
func TestMessage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Form()
	m := h.Inbox.Messages()[0]
	if m.Tenant != (messenger.Ref{ID: logintest.TenantID, Name: "Pied Piper"}) || m.Application != (messenger.Ref{ID: logintest.ApplicationID, Name: "Pied Piper"}) {
		t.Errorf("from %+v and %+v", m.Tenant, m.Application)
	}
	if m.ID == "" || m.Lifetime != 3*time.Minute || !m.Expires.Equal(logintest.Start.Add(3*time.Minute)) || m.User == nil || m.User.FirstName != "John" {
		t.Errorf("id %q, lifetime %v, expires %v, user %v", m.ID, m.Lifetime, m.Expires, m.User)
	}
}

// S3-58: a queue that takes no message is a failure, without the address.
func TestMessengerFails(t *testing.T) {
	t.Parallel()
	h := open(t)
	full := errors.New("the queue is full")
	h.Inbox.Fail(full)
	s := start(h, asked(logintest.Email))
	err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)})
	if !errors.Is(err, full) || strings.Contains(err.Error(), logintest.Email) {
		t.Errorf("Send: %v, want what the messenger returned", err)
	}
	if _, err := h.Login().Begin(t.Context(), asked(logintest.Email)); !errors.Is(err, full) {
		t.Errorf("Begin: %v, want what the messenger returned", err)
	}
	if h.Happened(passwordless.MessageSent) != 0 {
		t.Error("an event says that a message was sent")
	}
}

// Somebody who has moved since the start is sent nothing, and the answer is the same.
func TestSendToWhoHasMoved(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := start(h, asked(logintest.Email))
	u := h.User()
	u.Email, u.Identities[0].Value = "example@fusionauth.io", "example@fusionauth.io"
	h.Put(u)
	if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)}); err != nil {
		t.Errorf("Send: %v, want the answer that everybody has", err)
	}
	if got := recipients(h); got != nil {
		t.Errorf("sent to %v, want nothing sent", got)
	}
}

// A form whose guesses are spent is sent no more, since no code would count. A
// link needs no code: what is charged to it closes nothing.
func TestNoSendOnceGuessesAreSpent(t *testing.T) {
	t.Parallel()
	h := open(t)
	form, link := h.Form(), h.Link()
	for r, want := range map[*passwordless.LoginRequest]error{&form: passwordless.ErrRefused, &link: nil} {
		wrong := *r
		wrong.ApplicationID, wrong.OneTimeCode = logintest.OtherApplicationID, secret.New("000000")
		for range 5 {
			h.Refused(wrong)
		}
		h.Advance(time.Minute)
		if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: r.Code}); !errors.Is(err, want) {
			t.Errorf("a send after five guesses: %v, want %v", err, want)
		}
	}
}
