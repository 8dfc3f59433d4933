package passwordless_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/gatehouse-go/gatehouse/session"
)

// wrongCode is another code of six digits.
func wrongCode(right secret.Text) secret.Text {
	code := []byte(right.Reveal())
	code[0] = '0' + (code[0]-'0'+1)%10
	return secret.New(string(code))
}

// kinds are the types of all events, oldest first.
func kinds(h *logintest.House) []passwordless.EventType {
	var types []passwordless.EventType
	for _, e := range h.Events() {
		types = append(types, e.Type)
	}
	return types
}

// Each step is told of once, with ids and the reason that the caller never hears.
func TestEvents(t *testing.T) {
	t.Parallel()
	type told struct {
		kind    passwordless.EventType
		user    bool
		outcome outcome.Outcome
		reason  passwordless.Reason
	}
	begun := []told{{passwordless.LoginStarted, true, 0, ""}, {passwordless.MessageSent, true, 0, ""}}
	after := func(more ...told) []told { return append(slices.Clone(begun), more...) }
	complete := func(h *logintest.House, change func(r *passwordless.LoginRequest)) {
		r := h.Form()
		change(&r)
		_, _ = h.Login().Complete(h.T.Context(), r)
	}
	for _, c := range []struct {
		name string
		do   func(h *logintest.House)
		want []told
	}{
		{"success", func(h *logintest.House) { h.Complete(h.Form()) }, after(told{passwordless.LoginSucceeded, true, outcome.Success, ""})},
		{"success on a new device", func(h *logintest.House) {
			complete(h, func(r *passwordless.LoginRequest) { r.NewDevice = true })
		}, after(told{passwordless.LoginSucceeded, true, outcome.Success, ""}, told{passwordless.LoginOnNewDevice, true, outcome.Success, ""})},
		{"first proof", func(h *logintest.House) { unverified(h); h.Complete(h.Form()) }, after(
			told{passwordless.LoginSucceeded, true, outcome.Success, ""},
			told{passwordless.IdentityVerified, true, outcome.Success, ""},
			told{passwordless.EarlierGrantsRevoked, true, outcome.Success, ""})},
		{"started and sent", func(h *logintest.House) { send(h, start(h, asked(logintest.Email))) }, begun},
		{"no address", func(h *logintest.House) {
			u := h.User()
			u.Email, u.Identities = "", u.Identities[2:]
			h.Put(u)
			begin(h, asked(logintest.Username))
		}, []told{{passwordless.LoginStarted, true, 0, ""}, {passwordless.MessageUndeliverable, true, 0, ""}}},
		{"nobody", func(h *logintest.House) { begin(h, asked("nobody@piedpiper.com")) },
			[]told{{passwordless.LoginStarted, false, 0, ""}, {passwordless.MessageSent, false, 0, ""}}},
		{"nobody completes", func(h *logintest.House) {
			s := start(h, passwordless.StartRequest{ApplicationID: logintest.ApplicationID, LoginID: "nobody@piedpiper.com", LoginStrategy: identity.ClickableLink})
			_, _ = h.Login().Complete(h.T.Context(), passwordless.LoginRequest{Code: shown(s.Code)})
		}, []told{{passwordless.LoginStarted, false, 0, ""}, {passwordless.LoginFailed, false, 0, passwordless.NoUser}}},
		{"unknown code", func(h *logintest.House) {
			_, _ = h.Login().Complete(h.T.Context(), passwordless.LoginRequest{Code: secret.New("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs")})
		}, []told{{passwordless.LoginFailed, false, 0, passwordless.NoTicket}}},
		{"wrong code", func(h *logintest.House) {
			complete(h, func(r *passwordless.LoginRequest) { r.OneTimeCode = wrongCode(r.OneTimeCode) })
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.WrongCode})},
		{"no code", func(h *logintest.House) {
			complete(h, func(r *passwordless.LoginRequest) { r.OneTimeCode = secret.Text{} })
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.NoCode})},
		{"elsewhere", func(h *logintest.House) {
			complete(h, func(r *passwordless.LoginRequest) { r.TenantID = "elsewhere" })
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.Elsewhere})},
		{"moved", func(h *logintest.House) {
			complete(h, func(*passwordless.LoginRequest) {
				u := h.User()
				u.Email, u.Identities[0].Value = "example@fusionauth.io", "example@fusionauth.io"
				h.Put(u)
			})
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.Moved})},
		{"never sent", func(h *logintest.House) {
			s := start(h, asked(logintest.Email))
			_, _ = h.Login().Complete(h.T.Context(), passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: secret.New("123456")})
		}, []told{{passwordless.LoginStarted, true, 0, ""}, {passwordless.LoginFailed, true, 0, passwordless.NeverSent}}},
		{"guesses exhausted", func(h *logintest.House) {
			h.Config.Limits.GuessesPerDay = 1
			r := h.Form()
			r.OneTimeCode = wrongCode(r.OneTimeCode)
			for range 2 {
				_, _ = h.Login().Complete(h.T.Context(), r)
			}
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.WrongCode}, told{passwordless.GuessesExhausted, true, 0, passwordless.Exhausted})},
		{"vetoed", func(h *logintest.House) {
			h.Config.Veto = func(context.Context, passwordless.Attempt) error { return errors.New("no") }
			complete(h, func(*passwordless.LoginRequest) {})
		}, after(told{passwordless.LoginFailed, true, 0, passwordless.Vetoed})},
		{"second factor", func(h *logintest.House) {
			factor(h, "35VW", identity.MethodAuthenticator, "")
			h.Complete(h.Form())
		}, after(told{passwordless.TwoFactorChallenged, true, outcome.TwoFactorRequired, ""})},
		{"locked", func(h *logintest.House) {
			u := h.User()
			u.Active = false
			h.Put(u)
			h.Complete(h.Form())
		}, after(told{passwordless.LoginFailed, true, outcome.UserLocked, ""})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			c.do(h)
			var got []told
			walks := map[string]bool{}
			for _, e := range h.Events() {
				got = append(got, told{e.Type, e.User != "", e.Outcome, e.Reason})
				if !e.At.Equal(logintest.Start) || e.User != "" && e.User != logintest.UserID {
					t.Errorf("%s at %v of user %q", e.Type, e.At, e.User)
				}
				if e.Walk != "" {
					walks[e.Walk] = true
					if e.Tenant != logintest.TenantID || e.Application != logintest.ApplicationID {
						t.Errorf("%s of tenant %q and application %q", e.Type, e.Tenant, e.Application)
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told of\n%+v\nwant\n%+v", got, c.want)
			}
			if len(walks) > 1 {
				t.Errorf("%d walks, want what belongs to one start to say so", len(walks))
			}
		})
	}
}

// Nobody need listen.
func TestNoEventHook(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Events = nil
	if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}
}

// What an event holds of a client is what the caller said, and nothing of the login's secrets.
func TestEventsHoldNoSecret(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.Form()
	r := decoded[passwordless.LoginRequest](t, read(t, "login_request_every_field.json"))
	r.Code, r.OneTimeCode = form.Code, form.OneTimeCode
	result := h.Complete(r)
	for _, e := range h.Events() {
		text := fmt.Sprintf("%+v %s", e, encoded(t, e))
		for _, s := range []string{form.Code.Reveal(), form.OneTimeCode.Reveal(), result.Response.Token.Reveal(), result.Response.RefreshToken.Reveal(), logintest.Email, logintest.Phone} {
			if strings.Contains(text, s) {
				t.Errorf("event %s holds a secret or an address", e.Type)
			}
		}
	}
	last := h.Events()[len(h.Events())-1]
	if last.Info.UserAgent != "Mozilla/5.0" || last.Info.Location.City != "Denver" || !last.NewDevice {
		t.Errorf("the event has %+v", last.Info)
	}
}

// A message that the outbox gives up is told of, without its address.
func TestMessageUndelivered(t *testing.T) {
	t.Parallel()
	h := open(t)
	refused := errors.New("550 no such mailbox")
	h.Config.Messenger = messenger.Func(func(context.Context, messenger.Message) error { return messenger.Permanent(refused) })
	begin(h, asked(logintest.Email))
	if err := h.Login().Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := kinds(h), passwordless.MessageUndelivered; !slices.Contains(got, want) {
		t.Fatalf("told of %v, want %s too", got, want)
	}
	for _, e := range h.Events() {
		if e.Type == passwordless.MessageUndelivered && (e.User != logintest.UserID || e.Tenant != logintest.TenantID || !errors.Is(e.Err, refused)) {
			t.Errorf("event %+v", e)
		}
	}
}

// A messenger that waits is put behind an outbox: Begin does not wait for it, and Close does.
func TestSlowMessenger(t *testing.T) {
	t.Parallel()
	h := open(t)
	begun, delivered := make(chan struct{}), false
	h.Config.Messenger = messenger.Func(func(context.Context, messenger.Message) error {
		<-begun
		delivered = true
		return nil
	})
	begin(h, asked(logintest.Email))
	close(begun)
	if err := h.Login().Close(t.Context()); err != nil || !delivered {
		t.Errorf("Close: %v, delivered: %v, want what was sent delivered", err, delivered)
	}
}

// Each step of the password and of verifications is told of once.
func TestEventsOfTheNextSteps(t *testing.T) {
	t.Parallel()
	h, _, id := mustChange(t)
	if _, err := change(h, id); err != nil {
		t.Fatal(err)
	}
	if got, want := kinds(h), []passwordless.EventType{
		passwordless.LoginStarted, passwordless.MessageSent, passwordless.LoginFailed, passwordless.PasswordChanged,
		passwordless.EventType(session.Revoked),
	}; !slices.Equal(got, want) {
		t.Errorf("told of %v, want %v", got, want)
	}

	h = open(t)
	unverified(h)
	for _, step := range []struct {
		start  func(context.Context, passwordless.StartVerificationRequest) (passwordless.Verification, error)
		send   func(context.Context, secret.Text, string) error
		verify func(context.Context, passwordless.CompleteVerificationRequest) (passwordless.Verified, error)
	}{
		{h.Login().StartVerifyIdentity, h.Login().SendVerifyIdentity, h.Login().VerifyIdentity},
		{h.Login().StartVerifyRegistration, h.Login().SendVerifyRegistration, h.Login().VerifyRegistration},
	} {
		v, err := step.start(t.Context(), verifying(identity.FormField))
		if err != nil {
			t.Fatal(err)
		}
		if err := step.send(t.Context(), shown(v.VerificationID), ""); err != nil {
			t.Fatal(err)
		}
		sent := h.Inbox.Messages()
		if _, err := step.verify(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID), OneTimeCode: sent[len(sent)-1].Code}); err != nil {
			t.Fatal(err)
		}
		h.Advance(time.Hour)
	}
	if got, want := kinds(h), []passwordless.EventType{
		passwordless.VerificationStarted, passwordless.MessageSent, passwordless.EventType(session.Revoked), passwordless.EarlierGrantsRevoked, passwordless.IdentityVerified,
		passwordless.VerificationStarted, passwordless.MessageSent, passwordless.RegistrationVerified,
	}; !slices.Equal(got, want) {
		t.Errorf("told of %v, want %v", got, want)
	}
}
