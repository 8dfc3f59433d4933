package memstore

import (
	"context"
	"time"
	"unique"

	"github.com/gatehouse-go/gatehouse/store"
)

// ticket is a store.Ticket but its ID, packed. It begins with the instant it expires.
type ticket struct {
	scope  unique.Handle[scope]
	packed string
}

// scope is what many tickets have in common.
type scope struct{ tenant, purpose string }

func packTicket(t store.Ticket) ticket {
	p := make(packer, 0, 256)
	p.instant(t.Expires)
	p.instant(t.Sent)
	p.number(int64(t.Attempts))
	p.number(int64(t.Sends))
	p.fixed(t.Budget[:])
	p.text(t.User)
	p.text(t.Walk)
	p.bytes(t.Code)
	p.bytes(t.Data)
	return ticket{unique.Make(scope{t.Tenant, t.Purpose}), string(p)}
}

func (t ticket) unpack(id store.Hash) store.Ticket {
	u, s := unpacker(t.packed), t.scope.Value()
	return store.Ticket{
		ID: id, Tenant: s.tenant, Purpose: s.purpose,
		Expires:  u.instant(),
		Sent:     u.instant(),
		Attempts: int(u.number()),
		Sends:    int(u.number()),
		Budget:   store.Hash([]byte(u.fixed(len(store.Hash{})))),
		User:     u.text(),
		Walk:     u.text(),
		Code:     u.bytes(),
		Data:     u.bytes(),
	}
}

func (t ticket) ends() int64 { return instantOf(t.packed) }

func (s *Store) putTicket(t store.Ticket) {
	s.tickets.at(t.ID).put(t.ID, packTicket(t), t.Expires.UnixMilli())
}

// live is a ticket of a part that the caller has locked.
func (s *Store) live(id store.Hash, now time.Time) (ticket, bool) {
	t, ok := s.tickets.at(id).rows[id]
	return t, ok && t.ends() > now.UnixMilli()
}

// CreateTicket implements [store.Tickets].
func (s *Store) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := s.tickets.at(t.ID)
	p.Lock()
	defer p.Unlock()
	if _, taken := s.live(t.ID, now); taken {
		return store.ErrExists
	}
	if err := s.chargeAll(charges, now); err != nil {
		return err
	}
	s.putTicket(t)
	return nil
}

// OpenTicket implements [store.Tickets].
func (s *Store) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if err := ctx.Err(); err != nil {
		return store.Ticket{}, err
	}
	if g != nil {
		return s.guess(id, *g, now)
	}
	packed, ok := s.tickets.get(id)
	if !ok || packed.ends() <= now.UnixMilli() {
		return store.Ticket{}, store.ErrNotFound
	}
	return packed.unpack(id), nil
}

func (s *Store) guess(id store.Hash, g store.Guess, now time.Time) (store.Ticket, error) {
	p := s.tickets.at(id)
	p.Lock()
	defer p.Unlock()
	packed, ok := s.live(id, now)
	if !ok {
		return store.Ticket{}, store.ErrNotFound
	}
	t := packed.unpack(id)
	if t.Attempts >= g.PerTicket {
		return store.Ticket{}, store.ErrNotFound
	}
	t.Attempts++
	s.putTicket(t)
	if g.PerBudget == 0 {
		return t, nil
	}
	if err := s.charge(store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now); err != nil {
		return store.Ticket{}, err
	}
	return t, nil
}

// SendTicket implements [store.Tickets].
func (s *Store) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := s.tickets.at(id)
	p.Lock()
	defer p.Unlock()
	packed, ok := s.live(id, now)
	if !ok {
		return store.ErrNotFound
	}
	t := packed.unpack(id)
	if t.Sends >= m.Max {
		return &store.LimitError{}
	}
	if wait := t.Sent.Add(m.Every).Sub(cut(now)); !t.Sent.IsZero() && wait > 0 {
		return &store.LimitError{RetryAfter: wait}
	}
	if err := s.charge(m.Charge, now); err != nil {
		return err
	}
	t.Sends, t.Sent = t.Sends+1, now
	t.Code, t.Data, t.Expires = m.Code, m.Data, m.Expires
	s.putTicket(t)
	return nil
}

// ExchangeTicket implements [store.Tickets].
func (s *Store) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.tickets.lock(exchanged(id, x)...).release()
	if err := s.spend(id, x, now); err != nil {
		return err
	}
	s.settle(x, now)
	return nil
}

// exchanged is the tickets that an exchange touches.
func exchanged(id store.Hash, x store.Exchange) []store.Hash {
	if x.Next == nil {
		return []store.Hash{id}
	}
	return []store.Hash{id, x.Next.ID}
}

// spend removes a live ticket. The caller has locked what is exchanged.
func (s *Store) spend(id store.Hash, x store.Exchange, now time.Time) error {
	if _, ok := s.live(id, now); !ok {
		return store.ErrNotFound
	}
	delete(s.tickets.at(id).rows, id)
	if x.Next == nil {
		return nil
	}
	if _, taken := s.live(x.Next.ID, now); taken {
		return store.ErrExists
	}
	return nil
}

// settle does what an exchange does beside spending.
func (s *Store) settle(x store.Exchange, now time.Time) {
	if x.Next != nil {
		s.putTicket(*x.Next)
	}
	if x.Refund != nil {
		s.refund(*x.Refund, now)
	}
}
