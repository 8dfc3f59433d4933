package messenger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func TestByChannel(t *testing.T) {
	t.Parallel()
	var email, sms messenger.Inbox
	both := messenger.ByChannel{Email: &email, SMS: &sms}
	for _, c := range []messenger.Channel{messenger.Email, messenger.SMS, messenger.SMS} {
		if err := both.Send(t.Context(), newMessage(messenger.PasswordlessLogin, c)); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
	}
	if e, s := len(email.Messages()), len(sms.Messages()); e != 1 || s != 2 {
		t.Errorf("%d by email and %d by SMS, want 1 and 2", e, s)
	}
	if got := sms.LastCode(number); got != code {
		t.Errorf("got code %q by SMS, want %q", got, code)
	}
}

func TestByChannelRefusesAChannelOfNobodys(t *testing.T) {
	t.Parallel()
	b := messenger.ByChannel{Email: &messenger.Inbox{}}
	for _, c := range []messenger.Channel{messenger.SMS, "pigeon", ""} {
		m := newMessage(messenger.PasswordlessLogin, c)
		err := b.Send(t.Context(), m)
		var channel *messenger.ChannelError
		if !errors.As(err, &channel) || channel.Channel != c || !messenger.IsPermanent(err) {
			t.Errorf("channel %q: got %v, want a permanent *ChannelError", c, err)
		}
		m.Decoy = true
		if err := b.Send(t.Context(), m); err != nil {
			t.Errorf("a decoy on channel %q: got %v", c, err)
		}
	}
}

func TestPermanent(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such mailbox")
	if err := messenger.Permanent(nil); err != nil {
		t.Errorf("Permanent(nil) is %v", err)
	}
	if err := fmt.Errorf("send: %w", messenger.Permanent(cause)); !messenger.IsPermanent(err) || !errors.Is(err, cause) {
		t.Errorf("%v: want it permanent, and still its cause", err)
	}
	for _, err := range []error{nil, cause, messenger.ErrFull, messenger.ErrClosed, context.DeadlineExceeded, &messenger.PanicError{}} {
		if messenger.IsPermanent(err) {
			t.Errorf("%v is permanent", err)
		}
	}
	if !messenger.IsPermanent(messenger.ErrExpired) {
		t.Error("ErrExpired is not permanent")
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	var inbox messenger.Inbox
	ctx := t.Context()
	first, second, other, decoy := login(), login(), login(), login()
	first.Link = secret.New(link)
	second.Code = secret.New("654321")
	other.To = secret.New("example@fusionauth.io")
	decoy.Decoy = true
	for _, m := range []messenger.Message{first, second, other, decoy} {
		if err := inbox.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if got := inbox.LastCode(address); got != "654321" {
		t.Errorf("LastCode is %q, want the later one", got)
	}
	if got := inbox.LastLink(address); got != link {
		t.Errorf("LastLink is %q, want the only one", got)
	}
	if got := inbox.LastCode("Jared@piedpiper.com"); got != "" {
		t.Errorf("LastCode of nobody is %q", got)
	}
	inbox.Fail(errDown)
	if err := inbox.Send(ctx, first); !errors.Is(err, errDown) {
		t.Errorf("told to fail: got %v", err)
	}
	if n := len(inbox.Messages()); n != 3 {
		t.Errorf("%d messages kept, want 3", n)
	}
	inbox.Fail(nil)
	if err := inbox.Send(ctx, first); err != nil {
		t.Errorf("told to fail no more: got %v", err)
	}
}

func TestInboxUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	var inbox messenger.Inbox
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if err := inbox.Send(t.Context(), login()); err != nil {
					t.Error(err)
				}
				inbox.LastCode(address)
				inbox.Messages()
			}
		})
	}
	group.Wait()
	if n := len(inbox.Messages()); n != 400 {
		t.Errorf("%d of 400 messages kept", n)
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	console := messenger.Console(&out)
	m := login()
	m.Link, m.To = secret.New(link), secret.New("\x1b[2J\n"+address)
	decoy := login()
	decoy.Decoy = true
	for _, m := range []messenger.Message{m, decoy} {
		if err := console.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	want := "passwordless-login by email to  [2J " + address + "\n  code: " + code + "\n  link: " + link + "\n  valid for 3m0s\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConsoleReportsAClosedTerminal(t *testing.T) {
	t.Parallel()
	err := messenger.Console(brokenWriter{}).Send(t.Context(), login())
	if !errors.Is(err, errDown) || strings.Contains(err.Error(), code) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDown }
