// Package memstore is the embedded default: a store in the memory of one
// process. It is also the reference: what [storetest.Run] asks of an engine,
// it does, and nothing more.
//
// What it holds is gone when the process is: sessions, trusted devices and
// second factors too. Logins, and the walks they were admitted on, are kept for
// as long as it lives. Nothing sweeps in the background: expiry is judged on
// read, and DeleteExpired gives memory back.
//
// [storetest.Run]: https://pkg.go.dev/github.com/gatehouse-go/gatehouse/storetest#Run
package memstore

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Store is a store.Engine and a store.Joined: use it as store.Of(memstore.New()).
// Its methods may be called concurrently. Values are copied in and out, so
// that a caller may change its own.
//
// Each table is in parts that lock for themselves. A method that needs several
// takes tables in the order of the fields, and within a table as lock does, so
// that none waits for another in a circle.
type Store struct {
	tickets table[store.Hash, ticket]
	people  table[who, *person]
	meters  table[store.Hash, meter]
	walks   table[string, struct{}] // that were admitted
	holders table[string, who]      // of grants, by the grant's id
	names   table[name, string]     // users' ids by what they sign in with
	sweeper sweeper
}

var (
	_ store.Engine      = (*Store)(nil)
	_ store.Joined      = (*Store)(nil)
	_ store.JoinedUsers = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	s := &Store{}
	s.tickets.init()
	s.people.init()
	s.meters.init()
	s.walks.init()
	s.holders.init()
	s.names.init()
	return s
}

// OpenLogin implements [store.Joined]. User, factors and epoch are those of one
// moment.
func (s *Store) OpenLogin(ctx context.Context, id store.Hash, g *store.Guess, trust string, now time.Time) (store.Opened, error) {
	t, err := s.OpenTicket(ctx, id, g, now)
	if err != nil {
		return store.Opened{}, err
	}
	o := s.openUser(who{t.Tenant, t.User}, trust, now)
	o.Ticket = t
	return o, nil
}

// OpenUser implements [store.JoinedUsers].
func (s *Store) OpenUser(ctx context.Context, tenant, user, trust string, now time.Time) (store.Opened, error) {
	if err := ctx.Err(); err != nil {
		return store.Opened{}, err
	}
	return s.openUser(who{tenant, user}, trust, now), nil
}

func (s *Store) openUser(w who, trust string, now time.Time) (o store.Opened) {
	s.read(w, func(p *person) {
		o.Epoch, o.Factors = p.epoch, p.listFactors()
		if p.user != nil {
			o.User = p.user.Clone()
		}
	})
	if g, ok := s.grant(trust, now); ok {
		o.Trust = &g
	}
	return o
}

// FinishLogin implements [store.Joined].
func (s *Store) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.tickets.lock(exchanged(id, x)...).release()
	defer s.people.lock(admitted(l, session)...).release()
	if err := s.spend(id, x, now); err != nil {
		return err
	}
	if err := s.admit(l, session); err != nil {
		return err
	}
	s.recordLogin(l)
	s.settle(x, now)
	return nil
}

// AdmitLogin implements [store.JoinedUsers].
func (s *Store) AdmitLogin(ctx context.Context, l store.Login, session *store.Grant) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.people.lock(admitted(l, session)...).release()
	if err := s.admit(l, session); err != nil {
		return err
	}
	s.recordLogin(l)
	return nil
}
