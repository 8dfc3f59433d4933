package messenger_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		outbox := newOutbox(t, messenger.OutboxConfig{Size: 3, Workers: 1, Next: messenger.Func(func(context.Context, messenger.Message) error {
			<-release
			return nil
		})})
		decoy := login()
		decoy.Decoy = true
		for _, m := range []messenger.Message{login(), decoy, login()} {
			send(t, outbox, m)
		}
		synctest.Wait()
		for _, m := range []messenger.Message{login(), decoy} {
			if err := outbox.Send(t.Context(), m); !errors.Is(err, messenger.ErrFull) {
				t.Errorf("fourth message of three: got %v, want ErrFull", err)
			}
		}
		close(release)
		drain(t, outbox)
		send(t, outbox, login())
		drain(t, outbox)
	})
}

func TestOutboxRunsNoMoreThanItsWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		outbox := newOutbox(t, messenger.OutboxConfig{Workers: 3, Next: messenger.Func(func(context.Context, messenger.Message) error {
			n := running.Add(1)
			defer running.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(time.Second)
			return nil
		})})
		for range 30 {
			send(t, outbox, login())
		}
		drain(t, outbox)
		if n := most.Load(); n != 3 {
			t.Errorf("%d messages were sent at a time, want 3", n)
		}
	})
}

// A dead mail server for some must not hold up the others.
func TestOutboxWaitsForAnotherTryWithoutAWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := &messenger.Inbox{}
		outbox := newOutbox(t, messenger.OutboxConfig{Workers: 1, Backoff: time.Minute, Next: messenger.Func(func(ctx context.Context, m messenger.Message) error {
			if m.Channel == messenger.SMS {
				return errDown
			}
			return inbox.Send(ctx, m)
		})})
		send(t, outbox, newMessage(messenger.PasswordlessLogin, messenger.SMS))
		send(t, outbox, login())
		synctest.Wait()
		if n := len(inbox.Messages()); n != 1 {
			t.Error("the email waited for the SMS")
		}
		drain(t, outbox)
	})
}

func TestOutboxDropsDecoysInTheWorker(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	outbox := newOutbox(t, messenger.OutboxConfig{
		Next:      messenger.Func(func(context.Context, messenger.Message) error { sent.Add(1); return nil }),
		OnFailure: func(context.Context, messenger.Message, error) { sent.Add(1) },
	})
	send(t, outbox, messenger.Message{ID: "decoy", Decoy: true, Code: secret.New(code)})
	drain(t, outbox)
	if n := sent.Load(); n != 0 {
		t.Error("a decoy was delivered or reported")
	}
}

func TestOutboxCloseDrainsAndRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := &attempts{result: func(n int) error {
			if n == 1 {
				return errDown
			}
			return nil
		}}
		outbox := newOutbox(t, messenger.OutboxConfig{Next: next})
		send(t, outbox, login())
		for range 2 {
			if err := outbox.Close(t.Context()); err != nil {
				t.Fatalf("Close: %v", err)
			}
		}
		if len(next.times) != 2 {
			t.Errorf("%d attempts before Close returned, want 2", len(next.times))
		}
		if err := outbox.Send(t.Context(), login()); !errors.Is(err, messenger.ErrClosed) {
			t.Errorf("Send after Close: got %v, want ErrClosed", err)
		}
	})
}

func TestOutboxCloseGivesUpWhenToldTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		outbox := newOutbox(t, messenger.OutboxConfig{
			Workers: 1, Timeout: time.Hour, OnFailure: failed.add,
			Next: messenger.Func(func(ctx context.Context, _ messenger.Message) error { <-ctx.Done(); return ctx.Err() }),
		})
		send(t, outbox, login())
		send(t, outbox, login())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := outbox.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: got %v, want that its time ran out", err)
		}
		synctest.Wait()
		if len(failed.errs) != 2 || !errors.Is(failed.errs[0], context.Canceled) || !errors.Is(failed.errs[1], messenger.ErrClosed) {
			t.Errorf("OnFailure was told %v, want one broken off and one ErrClosed", failed.errs)
		}
	})
}

// Not parallel: it counts the process's goroutines. Those that ended are given
// turns to go, not time.
func TestOutboxKeepsNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	outbox := newOutbox(t, messenger.OutboxConfig{Next: &messenger.Inbox{}})
	if n := runtime.NumGoroutine(); n != before {
		t.Errorf("NewOutbox started %d goroutines", n-before)
	}
	for range 1000 {
		send(t, outbox, login())
	}
	drain(t, outbox)
	for range 1_000_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines more than before", runtime.NumGoroutine()-before)
}

func TestOutboxUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	inbox := &messenger.Inbox{}
	outbox := newOutbox(t, messenger.OutboxConfig{Next: inbox, Size: 64})
	var taken atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 100 {
				switch err := outbox.Send(t.Context(), login()); {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, messenger.ErrFull):
					t.Errorf("Send: %v", err)
				}
			}
		})
	}
	group.Wait()
	if err := outbox.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if n := int64(len(inbox.Messages())); n != taken.Load() {
		t.Errorf("%d messages arrived of %d taken", n, taken.Load())
	}
}
