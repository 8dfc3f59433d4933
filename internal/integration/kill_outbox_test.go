package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/sqloutbox"
	"github.com/gatehouse-go/gatehouse/secret"
)

// post sends messages and delivers them, until the process is killed. Each life
// is a minute after the one before, when leases of that have ended. The last one
// only delivers what is left.
func (m mortal) post(ctx context.Context, db *sql.DB) error {
	key, err := secret.ParseKey(m.Key)
	if err != nil {
		return err
	}
	ring, err := secret.NewKeyring(key)
	if err != nil {
		return err
	}
	now := logintest.Start.Add(time.Duration(m.Life) * time.Minute)
	outbox, err := sqloutbox.Open(ctx, db, sqloutbox.Config{
		Dialect: m.Dialect, Keys: ring, Now: func() time.Time { return now }, Poll: time.Millisecond,
		Next: messenger.Func(func(_ context.Context, message messenger.Message) error {
			note("delivered", message.ID, m.Life)
			return nil
		}),
		OnFault: func(err error) { note("error", err.Error()) },
	})
	if err != nil {
		return err
	}
	go outbox.Run(ctx)
	for m.Last {
		if n, err := outbox.Waiting(ctx); err != nil || n == 0 {
			return err
		}
	}
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { errs[i] = m.sendOn(ctx, outbox, i, now) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// sendOn sends one message after the other: to somebody, to nobody, and one that
// expires with this life.
func (m mortal) sendOn(ctx context.Context, outbox *sqloutbox.Outbox, worker int, now time.Time) error {
	for n := 0; ; n++ {
		kind := []string{"person", "nobody", "brief"}[n%3]
		letter := messenger.Message{
			ID: fmt.Sprintf("%s/%d/%d/%d", kind, m.Life, worker, n), Purpose: messenger.PasswordlessLogin, Channel: messenger.Email,
			To: secret.New(logintest.Email), Code: secret.New("123456"), Decoy: kind == "nobody",
		}
		if kind == "brief" {
			letter.Expires = now.Add(time.Minute)
		}
		if err := outbox.Send(ctx, letter); err != nil {
			return err
		}
		note("sent", letter.ID, kind, m.Life)
	}
}

// sent is what was told of one message.
type sent struct {
	kind      string // empty: nobody was told that it was taken in
	life      string
	delivered map[string]int // how often, by life
}

// A process that sends messages and delivers them is killed over and over. What
// Send took in arrives, once in any life and never after it expired; what is for
// nobody does not.
//
// FLT-01 FLT-03
func TestSQLOutboxKilled(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		m := mortal{Posts: true, Driver: e.driver, Dialect: e.dialect, DSN: e.dsn(t), Key: secret.GenerateKey("test").Reveal()}
		if err := sqloutbox.Migrate(t.Context(), e.pool(t, m.DSN), sqloutbox.Config{Dialect: e.dialect}); err != nil {
			t.Fatal(err)
		}
		all := map[string]*sent{}
		hear := func(words []string) {
			id := words[1]
			if all[id] == nil {
				all[id] = &sent{delivered: map[string]int{}}
			}
			if words[0] == "sent" {
				all[id].kind, all[id].life = words[2], words[3]
			} else {
				all[id].delivered[words[2]]++
			}
		}
		for m.Life = range *kills / 4 {
			m.live(t, hear, 1+rand.IntN(64))
		}
		m.Life, m.Last = *kills, true
		m.live(t, hear, 0)
		checkPost(t, all)
	})
}

func checkPost(t *testing.T, all map[string]*sent) {
	t.Helper()
	arrived, again := 0, 0
	for id, s := range all {
		for life, n := range s.delivered {
			arrived += n
			if n > 1 {
				t.Errorf("%s was delivered %d times in life %s", id, n, life)
			}
			if s.kind == "brief" && life != s.life {
				t.Errorf("%s was delivered in life %s, after it expired", id, life)
			}
		}
		again += max(0, len(s.delivered)-1)
		switch {
		case s.kind == "nobody" && len(s.delivered) > 0:
			t.Errorf("%s was delivered", id)
		case s.kind == "person" && len(s.delivered) == 0:
			t.Errorf("%s was taken in, and is lost", id)
		}
	}
	if arrived == 0 {
		t.Error("nothing was delivered: that proves nothing")
	}
	t.Logf("%d messages, %d deliveries, %d of them again", len(all), arrived, again)
}
