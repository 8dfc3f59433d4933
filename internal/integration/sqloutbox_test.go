package integration_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/sqloutbox"
	"github.com/gatehouse-go/gatehouse/secret"
)

// post is a table of messages, and outboxes over it.
type post struct {
	t      *testing.T
	engine *sqlEngine
	db     *sql.DB
	keys   *secret.Keyring

	workers int // of the outboxes that are opened; zero: the usual
	mu      sync.Mutex
	now     time.Time
	failed  []error
}

func onPosts(t *testing.T, test func(t *testing.T, p *post)) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		p := &post{t: t, engine: e, db: e.connect(t), keys: logintest.Keyring(t), now: logintest.Start}
		if err := sqloutbox.Migrate(t.Context(), p.db, sqloutbox.Config{Dialect: e.dialect}); err != nil {
			t.Fatal(err)
		}
		test(t, p)
	})
}

func (p *post) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *post) advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *post) fail(_ context.Context, _ messenger.Message, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = append(p.failed, err)
}

// failures waits until as many messages were given up, and says why.
func (p *post) failures(n int) []error {
	p.t.Helper()
	eventually(p.t, "messages were given up", func(context.Context) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.failed) >= n
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.failed)
}

// open is an outbox that looks for work without pause, and tries again at once.
func (p *post) open(next messenger.Messenger) *sqloutbox.Outbox {
	p.t.Helper()
	o, err := sqloutbox.Open(p.t.Context(), p.db, sqloutbox.Config{
		Dialect: p.engine.dialect, Next: next, Keys: p.keys, Now: p.clock, OnFailure: p.fail,
		Workers: p.workers, Backoff: 1, Poll: 5 * time.Millisecond,
		OnFault: func(err error) { p.t.Errorf("the database failed: %v", err) },
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return o
}

// run has o deliver, until the test ends or o is closed.
func (p *post) run(o *sqloutbox.Outbox) (ended <-chan error) {
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- o.Run(ctx) }()
	p.t.Cleanup(cancel)
	return done
}

func (p *post) send(o *sqloutbox.Outbox, messages ...messenger.Message) {
	p.t.Helper()
	for _, m := range messages {
		if err := o.Send(p.t.Context(), m); err != nil {
			p.t.Fatal(err)
		}
	}
}

// gone waits until nothing is left to deliver.
func (p *post) gone(o *sqloutbox.Outbox) {
	p.t.Helper()
	eventually(p.t, "the outbox is empty", func(ctx context.Context) bool {
		n, err := o.Waiting(ctx)
		if err != nil {
			p.t.Error(err)
		}
		return n == 0
	})
}

func letters(n int) []messenger.Message {
	var all []messenger.Message
	for i := range n {
		all = append(all, messenger.Message{
			ID: fmt.Sprintf("m%d", i), Purpose: messenger.PasswordlessLogin, Channel: messenger.Email,
			To: secret.New(logintest.Email), Code: secret.New("123456"),
			Link:    secret.New("https://www.piedpiper.com/login?code=ZGVjb3k"),
			State:   []byte(`{"deal":"hooli"}`),
			Expires: logintest.Start.Add(3 * time.Minute),
		})
	}
	return all
}

// Each message is delivered once, though two processes share the table; a decoy,
// never; and one that is sent again while it waits is one message.
func TestSQLOutboxDelivers(t *testing.T) {
	onPosts(t, func(t *testing.T, p *post) {
		inbox := &messenger.Inbox{}
		here, there := p.open(inbox), p.open(messenger.Func(func(ctx context.Context, m messenger.Message) error {
			if m.Decoy {
				t.Error("a decoy was delivered")
			}
			return inbox.Send(ctx, m)
		}))
		all := letters(60)
		all[7].Decoy, all[8].Decoy = true, true
		p.send(here, all[:30]...)
		p.send(there, all[:40]...) // 30 of them again
		p.run(here)
		p.run(there)
		p.send(here, all[40:]...)
		p.gone(here)
		seen := map[string]int{}
		for _, m := range inbox.Messages() {
			seen[m.ID]++
			if m.Code.Reveal() != "123456" || m.To.Reveal() != logintest.Email || m.Link.IsZero() {
				t.Errorf("%v is not what was sent", m)
			}
		}
		for _, m := range all {
			if want := 1; !m.Decoy && seen[m.ID] != want {
				t.Errorf("%v was delivered %d times, want once", m, seen[m.ID])
			}
		}
		if err := here.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// SEC-09
// A stolen table holds nothing that signs anyone in, and does not tell who exists.
func TestSQLOutboxIsSealed(t *testing.T) {
	onPosts(t, func(t *testing.T, p *post) {
		o := p.open(&messenger.Inbox{})
		decoy := messenger.Message{ID: "decoy", Purpose: messenger.PasswordlessLogin, Channel: messenger.Email, Decoy: true}
		p.send(o, letters(1)[0], decoy)
		rows, err := p.db.QueryContext(t.Context(), "SELECT sealed FROM gatehouse_outbox")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var sizes []int
		for rows.Next() {
			var sealed []byte
			if err := rows.Scan(&sealed); err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(sealed))
			for _, clear := range []string{"jared", "123456", "ZGVjb3k", "piedpiper", "hooli"} {
				if bytes.Contains(sealed, []byte(clear)) {
					t.Errorf("the table shows %q", clear)
				}
			}
		}
		if len(sizes) != 2 || sizes[0] != sizes[1] {
			t.Errorf("a message and a decoy have %v bytes", sizes)
		}
	})
}

// FLT-03
// What failed is tried again, as it was, until it has had its attempts; what
// cannot be mended is not; and a panic is a failure like any other.
func TestSQLOutboxTriesAgain(t *testing.T) {
	down := errors.New("mail server is down")
	for name, c := range map[string]struct {
		next     func(attempt int) error
		attempts int
		want     func(error) bool // nil: it arrives
	}{
		"mended":    {func(n int) error { return map[bool]error{true: down}[n < 3] }, 3, nil},
		"never":     {func(int) error { return down }, 5, func(err error) bool { return errors.Is(err, down) }},
		"permanent": {func(int) error { return messenger.Permanent(down) }, 1, messenger.IsPermanent},
		"panics":    {func(int) error { panic("mail server") }, 5, func(err error) bool { return errors.As(err, new(*messenger.PanicError)) }},
	} {
		t.Run(name, func(t *testing.T) {
			onPosts(t, func(t *testing.T, p *post) {
				var mu sync.Mutex
				made := 0
				o := p.open(messenger.Func(func(_ context.Context, m messenger.Message) error {
					mu.Lock()
					made++
					n := made
					mu.Unlock()
					if m.ID != "m0" || m.Code.Reveal() != "123456" {
						t.Errorf("attempt %d is of another message", n)
					}
					return c.next(n)
				}))
				p.send(o, letters(1)...)
				p.run(o)
				p.gone(o)
				mu.Lock()
				defer mu.Unlock()
				if made != c.attempts {
					t.Errorf("%d attempts, want %d", made, c.attempts)
				}
				if c.want != nil && !c.want(p.failures(1)[0]) {
					t.Errorf("given up for %v", p.failures(1))
				}
			})
		})
	}
}

// Nothing is delivered after it expired, however long nobody ran.
func TestSQLOutboxExpires(t *testing.T) {
	onPosts(t, func(t *testing.T, p *post) {
		inbox := &messenger.Inbox{}
		o := p.open(inbox)
		p.send(o, letters(1)...)
		p.advance(3 * time.Minute)
		p.run(o)
		if err := p.failures(1)[0]; !errors.Is(err, messenger.ErrExpired) {
			t.Errorf("given up for %v, want ErrExpired", err)
		}
		p.gone(o)
		if len(inbox.Messages()) > 0 {
			t.Error("a message was delivered after it expired")
		}
	})
}

// A message whose process hangs is taken up by another after its lease, and what
// the first one does afterwards changes nothing.
func TestSQLOutboxLease(t *testing.T) {
	onPosts(t, func(t *testing.T, p *post) {
		began, end := make(chan struct{}), make(chan struct{})
		p.workers = 1 // it has none left to look again
		hangs := p.open(messenger.Func(func(context.Context, messenger.Message) error {
			close(began)
			<-end
			return errors.New("too late")
		}))
		p.send(hangs, letters(1)...)
		p.run(hangs)
		<-began
		inbox := &messenger.Inbox{}
		other := p.open(inbox)
		p.send(other, letters(2)[1])
		p.run(other)
		eventually(t, "the other process has delivered", func(context.Context) bool { return len(inbox.Messages()) > 0 })
		if err := other.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if sent := inbox.Messages(); len(sent) != 1 || sent[0].ID != "m1" {
			t.Fatal("a message was taken up while another process had it")
		}
		p.advance(time.Minute)
		next := p.open(inbox)
		p.run(next)
		p.gone(next)
		close(end)
		if err := hangs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		p.gone(next)
		if n := len(inbox.Messages()); n != 2 || len(p.failed) > 0 {
			t.Errorf("two messages were delivered %d times in all, want once each", n)
		}
	})
}

// Close has what is due delivered. When it may wait no longer it breaks off what
// is under way, which another process then delivers at once.
func TestSQLOutboxCloses(t *testing.T) {
	onPosts(t, func(t *testing.T, p *post) {
		inbox := &messenger.Inbox{}
		first := p.open(inbox)
		p.send(first, letters(20)...)
		ended := p.run(first)
		eventually(t, "it runs", func(context.Context) bool { return len(inbox.Messages()) > 0 })
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := len(inbox.Messages()); n != 20 {
			t.Errorf("%d of 20 messages were delivered by the time Close returned", n)
		}
		if err := first.Send(t.Context(), letters(1)[0]); !errors.Is(err, messenger.ErrClosed) {
			t.Errorf("Send after Close: %v, want ErrClosed", err)
		}
		if err := first.Run(t.Context()); !errors.Is(err, messenger.ErrClosed) {
			t.Errorf("Run after Close: %v, want ErrClosed", err)
		}
	})
	t.Run("BreaksOff", func(t *testing.T) {
		onPosts(t, func(t *testing.T, p *post) {
			began := make(chan struct{})
			stalls := p.open(messenger.Func(func(ctx context.Context, _ messenger.Message) error {
				close(began)
				<-ctx.Done()
				return ctx.Err()
			}))
			p.send(stalls, letters(1)...)
			ended := p.run(stalls)
			<-began
			now, cancel := context.WithCancel(t.Context())
			cancel()
			if err := stalls.Close(now); !errors.Is(err, context.Canceled) || <-ended != nil {
				t.Errorf("Close that may not wait: %v", err)
			}
			inbox := &messenger.Inbox{}
			next := p.open(inbox)
			p.run(next)
			p.gone(next)
			if len(inbox.Messages()) != 1 {
				t.Error("the message that was broken off is lost")
			}
		})
	})
}
