package passwordless_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// SEC-04 FLT-02 FLT-04 LIM-04: the bubble fails if a goroutine stays behind.
func TestStoreFaults(t *testing.T) {
	t.Parallel()
	for name, open := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { logintest.Faults(t, open) })
		})
	}
}

// sender is a Messenger that is no Queue, so that an outbox stands before it.
type sender func(ctx context.Context, m messenger.Message) error

func (s sender) Send(ctx context.Context, m messenger.Message) error { return s(ctx, m) }

var errMail = errors.New("mail server is down")

// badTries are the ways for a first try to fail.
var badTries = map[string]func(context.Context, *messenger.Inbox, messenger.Message) error{
	"fails": func(context.Context, *messenger.Inbox, messenger.Message) error { return errMail },
	"fails after delivering": func(ctx context.Context, inbox *messenger.Inbox, m messenger.Message) error {
		return errors.Join(inbox.Send(ctx, m), errMail)
	},
	"panics": func(_ context.Context, _ *messenger.Inbox, m messenger.Message) error { panic(m) },
	"hangs": func(ctx context.Context, _ *messenger.Inbox, _ messenger.Message) error {
		<-ctx.Done()
		return ctx.Err()
	},
}

// FLT-03: what the messenger does changes no answer and takes no time, the code
// stays good, and trying again is not counted as another send.
func TestMessengerFaults(t *testing.T) {
	t.Parallel()
	for name, first := range badTries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { messengerFault(t, first) })
		})
	}
}

func messengerFault(t *testing.T, first func(context.Context, *messenger.Inbox, messenger.Message) error) {
	h := open(t)
	tries := 0
	h.Config.Limits = passwordless.Limits{SendsPerDay: 1}
	h.Config.Messenger = sender(func(ctx context.Context, m messenger.Message) error {
		if tries++; tries == 1 {
			return first(ctx, h.Inbox, m)
		}
		return h.Inbox.Send(ctx, m)
	})
	before := time.Now()
	begun, err := h.Login().Begin(t.Context(), logintest.Request(identity.FormField))
	if err != nil || begun.Code.IsZero() || !time.Now().Equal(before) {
		t.Fatalf("%v after %v, want a handle at once", err, time.Since(before))
	}
	nobody := logintest.Request(identity.FormField)
	nobody.LoginID = "nobody@piedpiper.com"
	if other, err := h.Login().Begin(t.Context(), nobody); err != nil || shape(t, other) != shape(t, begun) {
		t.Errorf("nobody is answered %s and %v, somebody %s", shape(t, other), err, shape(t, begun))
	}
	if err := h.Login().Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if tries != 2 {
		t.Errorf("the message was tried %d times, want 2", tries)
	}
	h.Complete(passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID, Code: begun.Code.Text, OneTimeCode: secret.New(h.Inbox.LastCode(logintest.Email)),
	})
}

// FLT-03: a message that is given up is told, without what it said.
func TestMessageGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.Config.Messenger = sender(func(_ context.Context, m messenger.Message) error { panic(m.To.Reveal()) })
		if _, err := h.Login().Begin(t.Context(), logintest.Request(identity.FormField)); err != nil {
			t.Fatal(err)
		}
		if err := h.Login().Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.Happened(passwordless.MessageUndelivered); n != 1 {
			t.Errorf("it was told %d times, want once: %v", n, h.Events())
		}
	})
}

// FLT-03: a queue of the caller's that refuses is an error for everybody alike,
// and what was sent before stays good.
func TestQueueRefuses(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := h.Form()
	h.Inbox.Fail(errMail)
	for _, loginID := range []string{logintest.Email, "nobody@piedpiper.com"} {
		start := logintest.Request(identity.FormField)
		start.LoginID = loginID
		begun, err := h.Login().Begin(t.Context(), start)
		if !errors.Is(err, errMail) || !begun.Code.IsZero() {
			t.Errorf("%v, %v, want the queue's error and no handle", begun, err)
		}
	}
	h.Complete(r)
}

// FLT-02: a hook that denies, fails, panics or hangs denies; the code is spent,
// nothing is minted.
func TestVetoDenies(t *testing.T) {
	t.Parallel()
	for name, veto := range map[string]func(context.Context, passwordless.Attempt) error{
		"denies": func(context.Context, passwordless.Attempt) error { return errors.New("not today") },
		"panics": func(context.Context, passwordless.Attempt) error { panic("broken") },
		"hangs": func(ctx context.Context, _ passwordless.Attempt) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				h.Config.Veto = veto
				r := h.Form()
				if result, err := h.Login().Complete(t.Context(), r); result != nil || !errors.Is(err, passwordless.ErrVetoed) {
					t.Errorf("%v and %v, want ErrVetoed", result, err)
				}
				h.Refused(r)
				if n := h.LoginsAt(h.Now()) + h.Sessions(h.Now()); n != 0 {
					t.Errorf("%d logins and sessions are stored, want none", n)
				}
			})
		})
	}
}

// FLT-02: a hook for events that panics undoes nothing.
func TestEventHookPanics(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Events = func(context.Context, passwordless.Event) { panic("broken") }
	h.Complete(h.Form())
}
