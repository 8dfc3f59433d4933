package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// begunDB counts the transactions that are begun.
type begunDB struct {
	*sql.DB
	begun atomic.Int64
}

func (d *begunDB) BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	d.begun.Add(1)
	return d.DB.BeginTx(ctx, options)
}

// People who log in at the same time do not get in each other's way: hardly a
// transaction is undone for the sake of another and tried again. An engine may
// give up one now and then; one in twenty would be rows locked that are not its own.
func TestManyPeople(t *testing.T) {
	const people, logins = 16, 25
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		db := &begunDB{DB: e.connect(t)}
		s := e.migrated(t, db, "")
		inbox := &messenger.Inbox{}
		login, err := mortalLogin(store.Of(s), inbox, secret.GenerateKey("test").Reveal())
		if err != nil {
			t.Fatal(err)
		}
		w := worker{login: login, inbox: inbox, put: s.PutUser, note: func(words ...any) {
			if words[0] == "out" {
				t.Errorf("user %s was refused", words[1])
			}
		}}
		once := func(user string) error {
			u, err := w.begin(t.Context(), user, true)
			if err != nil {
				return err
			}
			return w.enter(t.Context(), u)
		}
		before := db.begun.Load()
		if err := once("first"); err != nil {
			t.Fatal(err)
		}
		each := db.begun.Load() - before
		before = db.begun.Load()
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				for n := range logins {
					if err := once(fmt.Sprintf("%d-%d", i, n)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if begun, want := db.begun.Load()-before, each*people*logins; begun < want || begun > want+want/20 {
			t.Errorf("%d transactions for %d logins, want %d", begun, people*logins, want)
		}
	})
}
