package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// joinedEngine is an engine that a login takes by its joined verbs.
type joinedEngine interface {
	store.Tickets
	store.Grants
	store.Factors
	store.Joined
}

func (t *trial) joined() (joinedEngine, bool) {
	e, ok := t.Tickets.(joinedEngine)
	return e, ok && any(t.Tickets) == any(t.Grants) && any(t.Tickets) == any(t.Factors)
}

var errLost = errors.New("storetest: the reply was lost")

// loss loses the reply to one call, which was applied or was not.
type loss struct {
	calls   atomic.Int64
	call    int64
	applied bool
}

func (l *loss) around(do func() error) error {
	if l.calls.Add(1)-1 != l.call {
		return do()
	}
	if l.applied {
		_ = do()
	}
	return errLost
}

// losing is the trial's store with the reply to one call of a Finish lost.
func (t *trial) losing(call int, applied bool) store.Store {
	l := &loss{call: int64(call), applied: applied}
	s := store.Store{Users: losingUsers{t.Users, l}, Tickets: losingTickets{t.Tickets, l}, Grants: losingGrants{t.Grants, l}, Factors: t.Factors}
	if e, ok := t.joined(); ok {
		j := &losingEngine{e, l}
		s.Tickets, s.Grants, s.Factors = j, j, j
	}
	return s
}

type losingUsers struct {
	store.Users
	*loss
}

func (s losingUsers) RecordLogin(ctx context.Context, l store.Login) error {
	return s.around(func() error { return s.Users.RecordLogin(ctx, l) })
}

type losingTickets struct {
	store.Tickets
	*loss
}

func (s losingTickets) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	return s.around(func() error { return s.Tickets.ExchangeTicket(ctx, id, x, now) })
}

type losingGrants struct {
	store.Grants
	*loss
}

func (s losingGrants) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	return s.around(func() error { return s.Grants.Admit(ctx, l, session) })
}

type losingEngine struct {
	joinedEngine
	*loss
}

func (s *losingEngine) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	return s.around(func() error { return s.joinedEngine.FinishLogin(ctx, id, x, l, session, now) })
}
