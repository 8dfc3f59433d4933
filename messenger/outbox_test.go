package messenger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// attempts is a Messenger that fails as told and notes when it was tried.
type attempts struct {
	mu     sync.Mutex
	times  []time.Time
	ids    []string
	result func(attempt int) error
}

func (a *attempts) Send(_ context.Context, m messenger.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, time.Now())
	a.ids = append(a.ids, m.ID+m.Code.Reveal())
	return a.result(len(a.times))
}

// failures collects what OnFailure is told.
type failures struct {
	mu   sync.Mutex
	errs []error
}

func (f *failures) add(_ context.Context, _ messenger.Message, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
}

func newOutbox(t *testing.T, c messenger.OutboxConfig) *messenger.Outbox {
	t.Helper()
	outbox, err := messenger.NewOutbox(c)
	if err != nil {
		t.Fatalf("NewOutbox: %v", err)
	}
	return outbox
}

func send(t *testing.T, o *messenger.Outbox, m messenger.Message) {
	t.Helper()
	if err := o.Send(t.Context(), m); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

func drain(t *testing.T, o *messenger.Outbox) {
	t.Helper()
	if err := o.Drain(t.Context()); err != nil {
		t.Fatalf("Drain: %v", err)
	}
}

func login() messenger.Message { return newMessage(messenger.PasswordlessLogin, messenger.Email) }

var errDown = errors.New("mail server is down")

func TestNewOutboxRefuses(t *testing.T) {
	t.Parallel()
	inbox := &messenger.Inbox{}
	for field, c := range map[string]messenger.OutboxConfig{
		"Next":       {},
		"Size":       {Next: inbox, Size: -1},
		"Workers":    {Next: inbox, Workers: -1},
		"Attempts":   {Next: inbox, Attempts: -1},
		"Timeout":    {Next: inbox, Timeout: -1},
		"Backoff":    {Next: inbox, Backoff: -1},
		"MaxBackoff": {Next: inbox, MaxBackoff: -1},
	} {
		_, err := messenger.NewOutbox(c)
		wantFieldError(t, err, field)
	}
}

func TestOutboxDelivers(t *testing.T) {
	t.Parallel()
	inbox := &messenger.Inbox{}
	outbox := newOutbox(t, messenger.OutboxConfig{Next: inbox})
	for range 100 {
		send(t, outbox, login())
	}
	drain(t, outbox)
	if n := len(inbox.Messages()); n != 100 {
		t.Fatalf("%d of 100 messages arrived", n)
	}
	if got := inbox.LastCode(address); got != code {
		t.Errorf("got code %q, want %q", got, code)
	}
}

// FLT-03
func TestOutboxAnswersAtOnceWhateverBecomesOfTheMessage(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]messenger.Func{
		"slow":   func(ctx context.Context, _ messenger.Message) error { <-ctx.Done(); return ctx.Err() },
		"faulty": func(context.Context, messenger.Message) error { return errDown },
		"panics": func(context.Context, messenger.Message) error { panic("mail server") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var failed failures
				outbox := newOutbox(t, messenger.OutboxConfig{Next: next, OnFailure: failed.add})
				start := time.Now()
				send(t, outbox, login())
				if took := time.Since(start); took != 0 {
					t.Errorf("Send took %s", took)
				}
				drain(t, outbox)
				if len(failed.errs) != 1 {
					t.Errorf("OnFailure was told %d times, want once", len(failed.errs))
				}
			})
		})
	}
}

// FLT-03
func TestOutboxTriesTheSameMessageAgainWithGrowingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := &attempts{result: func(n int) error {
			if n < 4 {
				return errDown
			}
			return nil
		}}
		outbox := newOutbox(t, messenger.OutboxConfig{Next: next, Backoff: 8 * time.Second, MaxBackoff: 20 * time.Second})
		send(t, outbox, login())
		drain(t, outbox)
		if len(next.times) != 4 {
			t.Fatalf("%d attempts, want 4: three failed and one delivered", len(next.times))
		}
		for i, most := range []time.Duration{8 * time.Second, 16 * time.Second, 20 * time.Second} {
			if wait := next.times[i+1].Sub(next.times[i]); wait > most || wait < most/2 {
				t.Errorf("wait %d was %s, want between %s and %s", i+1, wait, most/2, most)
			}
			if next.ids[i+1] != next.ids[0] {
				t.Errorf("attempt %d carried another id or code", i+2)
			}
		}
	})
}

func TestOutboxGivesUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result   error
		lifetime time.Duration
		tries    int
	}{
		"after the last attempt":    {errDown, 0, 3},
		"on a permanent error":      {fmt.Errorf("refused: %w", messenger.Permanent(errDown)), 0, 1},
		"when it would be too late": {errDown, 100 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				next := &attempts{result: func(int) error { return c.result }}
				var failed failures
				outbox := newOutbox(t, messenger.OutboxConfig{Next: next, Attempts: 3, OnFailure: failed.add})
				m := login()
				if c.lifetime > 0 {
					m.Expires = time.Now().Add(c.lifetime)
				}
				send(t, outbox, m)
				drain(t, outbox)
				if len(next.times) != c.tries {
					t.Errorf("%d attempts, want %d", len(next.times), c.tries)
				}
				if len(failed.errs) != 1 || !errors.Is(failed.errs[0], errDown) {
					t.Errorf("OnFailure was told %v, want the last error once", failed.errs)
				}
			})
		})
	}
}

func TestOutboxDeliversNothingExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := &messenger.Inbox{}
		var failed failures
		now := time.Now()
		outbox := newOutbox(t, messenger.OutboxConfig{Next: inbox, OnFailure: failed.add, Now: func() time.Time { return now }})
		m := login()
		m.Expires = now
		send(t, outbox, m)
		drain(t, outbox)
		if n := len(inbox.Messages()); n != 0 {
			t.Error("an expired message was delivered")
		}
		if len(failed.errs) != 1 || !errors.Is(failed.errs[0], messenger.ErrExpired) {
			t.Errorf("OnFailure was told %v, want ErrExpired", failed.errs)
		}
	})
}

func TestOutboxEndsAnAttemptWithTheMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expires, want time.Duration }{
		"the message lives longer":       {time.Hour, 10 * time.Second},
		"the message ends first":         {4 * time.Second, 4 * time.Second},
		"the message lives for ever (0)": {0, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var took time.Duration
				outbox := newOutbox(t, messenger.OutboxConfig{Timeout: 10 * time.Second, Attempts: 1, Next: messenger.Func(func(ctx context.Context, _ messenger.Message) error {
					start := time.Now()
					<-ctx.Done()
					took = time.Since(start)
					return ctx.Err()
				})})
				m := login()
				if c.expires > 0 {
					m.Expires = time.Now().Add(c.expires)
				}
				send(t, outbox, m)
				drain(t, outbox)
				if took != c.want {
					t.Errorf("the attempt took %s, want %s", took, c.want)
				}
			})
		})
	}
}

func TestOutboxKeepsTheContextsValuesAndNotItsEnd(t *testing.T) {
	t.Parallel()
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		var value any
		var ended error
		outbox := newOutbox(t, messenger.OutboxConfig{Next: messenger.Func(func(ctx context.Context, _ messenger.Message) error {
			time.Sleep(time.Second)
			value, ended = ctx.Value(key{}), ctx.Err()
			return nil
		})})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		if err := outbox.Send(ctx, login()); err != nil {
			t.Fatal(err)
		}
		cancel()
		drain(t, outbox)
		if value != "trace" || ended != nil {
			t.Errorf("Next saw value %v and error %v, want the value and no end", value, ended)
		}
	})
}

// FLT-03
func TestOutboxReportsAPanicWithoutWhatItHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		outbox := newOutbox(t, messenger.OutboxConfig{
			Attempts: 1,
			Next: messenger.Func(func(_ context.Context, m messenger.Message) error {
				panic("cannot send " + m.Code.Reveal() + " to " + m.To.Reveal())
			}),
			OnFailure: func(ctx context.Context, m messenger.Message, err error) {
				failed.add(ctx, m, err)
				panic(err)
			},
		})
		send(t, outbox, login())
		drain(t, outbox)
		var panicked *messenger.PanicError
		if len(failed.errs) != 1 || !errors.As(failed.errs[0], &panicked) || len(panicked.Stack) == 0 {
			t.Fatalf("OnFailure was told %v, want a *PanicError with a stack", failed.errs)
		}
		text := fmt.Sprintf("%v %#v %s", panicked, panicked, panicked.Stack)
		if strings.Contains(text, code) || strings.Contains(text, "jared") || panicked.Type != "string" {
			t.Errorf("want the type of what it panicked with and no more: %s", text)
		}
	})
}
