package integration_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Callers who go away in the middle of a call leave closed connections in the
// pool. Nobody who stays is told of them.
func TestCallersWhoGoAwayAreNotFelt(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		s, db := e.open(t)
		db.SetMaxOpenConns(3)
		at := time.UnixMilli(time.Now().UnixMilli()).UTC()
		create := func(ctx context.Context, name string) error {
			return s.CreateTicket(ctx, store.Ticket{
				ID: sha256.Sum256([]byte(name)), Purpose: "login", Walk: name, Tenant: "t", User: "u", Expires: at.Add(time.Hour),
			}, at)
		}

		storm, calm := context.WithCancel(t.Context())
		var going sync.WaitGroup
		var gone atomic.Int64
		for i := range 12 {
			going.Go(func() {
				for n := 0; storm.Err() == nil; n++ {
					ctx, leave := context.WithCancel(storm)
					time.AfterFunc(time.Duration(n%16)*50*time.Microsecond, leave)
					if err := create(ctx, fmt.Sprint("gone ", i, n)); errors.Is(err, context.Canceled) {
						gone.Add(1)
					}
					leave()
				}
			})
		}
		var staying sync.WaitGroup
		for i := range 8 {
			staying.Go(func() {
				for n := range 10 {
					if err := create(t.Context(), fmt.Sprint("stays ", i, n)); err != nil {
						t.Errorf("somebody who stayed: %v", err)
						return
					}
				}
			})
		}
		staying.Wait()
		calm()
		going.Wait()
		if gone.Load() == 0 {
			t.Error("nobody went away, and nothing was proved")
		}
	})
}
