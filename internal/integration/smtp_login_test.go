package integration_test

import (
	"context"
	"errors"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// posted is a house that sends through next, by an outbox that is quick to try
// again.
func posted(t *testing.T, next messenger.Messenger, failed func(error)) (*logintest.House, *messenger.Outbox) {
	t.Helper()
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})
	outbox, err := messenger.NewOutbox(messenger.OutboxConfig{
		Next: next, Backoff: time.Millisecond, Now: h.Now,
		OnFailure: func(_ context.Context, _ messenger.Message, err error) { failed(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drainOutbox(t, outbox) })
	h.Config.Messenger = outbox
	return h, outbox
}

func drainOutbox(t testing.TB, o *messenger.Outbox) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := o.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func unexpected(t *testing.T) func(error) {
	return func(err error) { t.Errorf("a message was given up: %v", err) }
}

var (
	codeInText = regexp.MustCompile(`(?m)^ *([0-9]{6})\b`)
	linkInText = regexp.MustCompile(`(?m)^https?://\S+$`)
)

// read begins a login, and returns what is in the one letter that arrives.
func read(t *testing.T, h *logintest.House, o *messenger.Outbox, s *mailServer, strategy identity.LoginStrategy) (passwordless.Begun, string) {
	t.Helper()
	before := len(s.received())
	begun, err := h.Login().Begin(t.Context(), logintest.Request(strategy))
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	drainOutbox(t, o)
	letters := s.received()
	if len(letters) != before+1 {
		t.Fatalf("%d letters arrived, want 1", len(letters)-before)
	}
	return begun, letters[before].open(t).text
}

func wantSuccess(t *testing.T, h *logintest.House, r passwordless.LoginRequest) {
	t.Helper()
	if result := h.Complete(r); result.Outcome != outcome.Success || result.Response.User == nil || result.Response.User.ID != logintest.UserID {
		t.Errorf("the login ended in %s", result.Outcome)
	}
}

// S3-40 S3-1
func TestSMTPLoginByCode(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	h, o := posted(t, newMail(t, s.authenticated()), unexpected(t))
	begun, text := read(t, h, o, s, identity.FormField)
	found := codeInText.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no code in %q", text)
	}
	wantSuccess(t, h, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()), OneTimeCode: secret.New(found[1]),
	})
}

// S3-40 S3-1 SEC-18
func TestSMTPLoginByLink(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	h, o := posted(t, newMail(t, s.config()), unexpected(t))
	_, text := read(t, h, o, s, identity.ClickableLink)
	link := linkInText.FindString(text)
	if want := logintest.LoginPage + "?"; len(link) < len(want) || link[:len(want)] != want {
		t.Fatalf("got link %q, want one to %s", link, want)
	}
	wantSuccess(t, h, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID, Code: logintest.CodeOf(t, link),
	})
}

// FLT-03
func TestSMTPLoginThoughTheServerIsBusy(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	m := newMail(t, s.config())
	var tries atomic.Int32
	s.refuse("Rcpt", &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "busy"})
	h, o := posted(t, messenger.Func(func(ctx context.Context, msg messenger.Message) error {
		if tries.Add(1) == 3 {
			s.refuse("Rcpt", nil)
		}
		return m.Send(ctx, msg)
	}), unexpected(t))
	begun, text := read(t, h, o, s, identity.FormField)
	if n := tries.Load(); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
	wantSuccess(t, h, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()), OneTimeCode: secret.New(codeInText.FindStringSubmatch(text)[1]),
	})
}

// A mail server that is down, and one that takes no mail for the person, change
// nothing of what a browser is told.
//
// FLT-03
func TestSMTPLoginThoughNothingIsDelivered(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	c := s.config()
	s.stop(t)
	failures := make(chan error, 2)
	h, o := posted(t, newMail(t, c), func(err error) { failures <- err })

	known, err := h.Login().Begin(t.Context(), logintest.Request(identity.FormField))
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	unknown, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: "example@fusionauth.io", LoginStrategy: identity.FormField,
	})
	if err != nil {
		t.Fatalf("Begin for nobody: %v", err)
	}
	if known.Strategy != unknown.Strategy || len(known.Code.Reveal()) != len(unknown.Code.Reveal()) {
		t.Errorf("got %v for a person and %v for nobody", known, unknown)
	}
	drainOutbox(t, o)
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	if len(all) != 1 || messenger.IsPermanent(all[0]) || errors.Is(all[0], messenger.ErrExpired) {
		t.Errorf("got %v, want one failure to connect", all)
	}
}

// Nobody is sent nothing.
func TestSMTPNothingForNobody(t *testing.T) {
	t.Parallel()
	s := openMail(t, &mailServer{})
	h, o := posted(t, newMail(t, s.config()), unexpected(t))
	for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
		if _, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
			ApplicationID: logintest.ApplicationID, LoginID: "example@fusionauth.io", LoginStrategy: strategy,
		}); err != nil {
			t.Fatalf("Begin: %v", err)
		}
	}
	drainOutbox(t, o)
	if s.connections() != 0 || len(s.received()) != 0 {
		t.Errorf("%d connections and %d letters for nobody", s.connections(), len(s.received()))
	}
}
