package sqlstore

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// live and ended tell of a row that is written by its key. They compare no plain
// column: MySQL would rather look for the row by its expiry, and lock others.
const (
	live  = "expires+0>?"
	ended = "expires+0<=?"
)

const ticketFields = "(id,purpose,walk,tenant,user_id,budget,expires,attempts,sends,sent,code,data)"

func ticketValues(t store.Ticket) []any {
	return []any{t.ID, t.Purpose, t.Walk, t.Tenant, t.User, t.Budget, t.Expires, t.Attempts, t.Sends, t.Sent, t.Code, t.Data}
}

// CreateTicket implements [store.Tickets].
func (s *Store) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	charges = inOrder(charges)
	if s.dialect.atOnce && distinct(charges) {
		if done, err := s.createAtOnce(ctx, t, now, charges); done || err != nil {
			return err
		}
	}
	return s.transact(ctx, func(o on) error {
		if err := o.makeRoom(ctx, t.ID, now); err != nil {
			return err
		}
		if err := o.chargeAll(ctx, charges, now); err != nil {
			return err
		}
		return o.insertTicket(ctx, t)
	})
}

// makeRoom removes a ticket that ended. ErrExists if it is live.
func (o on) makeRoom(ctx context.Context, id store.Hash, now time.Time) error {
	if _, err := o.exec(ctx, "DELETE FROM "+o.tickets+" WHERE id=? AND "+ended, id, now); err != nil {
		return err
	}
	var live int
	if err := o.one(ctx, []any{&live}, "SELECT COUNT(*) FROM "+o.tickets+" WHERE id=?", id); err != nil {
		return err
	}
	if live > 0 {
		return store.ErrExists
	}
	return nil
}

func (o on) insertTicket(ctx context.Context, t store.Ticket) error {
	_, err := o.exec(ctx, "INSERT INTO "+o.tickets+" "+ticketFields+" VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", ticketValues(t)...)
	return err
}

// OpenTicket implements [store.Tickets].
func (s *Store) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	o, err := s.open(ctx, id, g, now, "", nil)
	return o.Ticket, err
}

// OpenLogin implements [store.Joined]. All but the charge is of one moment.
func (s *Store) OpenLogin(ctx context.Context, id store.Hash, g *store.Guess, trust string, now time.Time) (store.Opened, error) {
	return s.open(ctx, id, g, now, trust, []string{s.epochPart, s.userParts, s.factorPart})
}

// open charges a guess, if it is one, and reads the ticket and parts.
func (s *Store) open(ctx context.Context, id store.Hash, g *store.Guess, now time.Time, trust string, parts []string) (store.Opened, error) {
	if g != nil && s.dialect.atOnce {
		return s.guessAtOnce(ctx, id, *g, now, trust, parts)
	}
	read := saying("WITH t AS (SELECT * FROM "+s.tickets+" WHERE id=? AND expires>?) ", id, now)
	s.parts(&read, append([]string{s.ticketPart}, parts...), trust, now)
	if g == nil {
		return found(s.retried(ctx, id, read))
	}

	var all store.Opened
	var refused error
	err := s.transact(ctx, func(o on) (err error) {
		if refused, err = o.guess(ctx, id, *g, now); err != nil || refused != nil {
			return err
		}
		all, err = found(o.readTicket(ctx, id, read))
		return err
	})
	if err != nil || refused != nil {
		return store.Opened{}, firstError(err, refused)
	}
	return all, nil
}

// guess charges a guess. What refuses it is no err: the charge of the ticket stays.
func (o on) guess(ctx context.Context, id store.Hash, g store.Guess, now time.Time) (refused, err error) {
	n, err := o.exec(ctx, "UPDATE "+o.tickets+" SET attempts=attempts+1 WHERE id=? AND "+live+" AND attempts<?", id, now, g.PerTicket)
	if err != nil || n == 0 {
		return nil, firstError(err, store.ErrNotFound)
	}
	if g.PerBudget == 0 {
		return nil, nil
	}
	var budget []byte
	if err := o.one(ctx, []any{&budget}, "SELECT budget FROM "+o.tickets+" WHERE id=?", id); err != nil {
		return nil, err
	}
	return o.charge(ctx, store.Charge{Key: hashOf(budget), Limit: g.PerBudget, Window: g.Window}, now)
}

// SendTicket implements [store.Tickets].
func (s *Store) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	if s.dialect.atOnce {
		return s.sendAtOnce(ctx, id, m, now)
	}
	return s.transact(ctx, func(o on) error {
		n, err := o.exec(ctx, "UPDATE "+o.tickets+" SET sends=sends+1, sent=?, code=?, data=?, expires=?"+
			" WHERE id=? AND "+live+" AND sends<? AND (sent=0 OR sent<=?)",
			now, m.Code, m.Data, m.Expires, id, now, m.Max, now.Add(-m.Every))
		if err != nil {
			return err
		}
		if n == 0 {
			return o.unsent(ctx, id, m, now)
		}
		refused, err := o.charge(ctx, m.Charge, now)
		return firstError(err, refused)
	})
}

// unsent is why a ticket was not sent.
func (o on) unsent(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	var sends, sent int64
	err := o.one(ctx, []any{&sends, &sent}, "SELECT sends,sent FROM "+o.tickets+" WHERE id=? AND expires>?", id, now)
	if err != nil {
		return err
	}
	return tooSoon(sends, sent, m, now)
}

// tooSoon is when a ticket that was sent so often, and so lately, may be sent again.
func tooSoon(sends, sent int64, m store.Sending, now time.Time) *store.LimitError {
	if sends >= int64(m.Max) {
		return &store.LimitError{}
	}
	return &store.LimitError{RetryAfter: until(sent, now) + m.Every}
}

// ExchangeTicket implements [store.Tickets].
func (s *Store) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if x == (store.Exchange{}) {
		return s.again(ctx, func() error { return s.auto().spend(ctx, id, now) })
	}
	if s.dialect.atOnce {
		if done, err := s.exchangeAtOnce(ctx, id, x, now); done || err != nil {
			return err
		}
	}
	return s.transact(ctx, func(o on) error {
		if err := o.spend(ctx, id, now); err != nil {
			return err
		}
		return o.settle(ctx, x, now)
	})
}

// spend removes a live ticket.
func (o on) spend(ctx context.Context, id store.Hash, now time.Time) error {
	n, err := o.exec(ctx, "DELETE FROM "+o.tickets+" WHERE id=? AND "+live, id, now)
	if err != nil || n == 0 {
		return firstError(err, store.ErrNotFound)
	}
	return nil
}

// settle does what an exchange does beside spending.
func (o on) settle(ctx context.Context, x store.Exchange, now time.Time) error {
	if x.Next != nil {
		if err := o.makeRoom(ctx, x.Next.ID, now); err != nil {
			return err
		}
		if err := o.insertTicket(ctx, *x.Next); err != nil {
			return err
		}
	}
	if x.Refund != nil {
		return o.refund(ctx, *x.Refund, now)
	}
	return nil
}

// retried reads a ticket by a statement of its own.
func (s *Store) retried(ctx context.Context, id store.Hash, read statement) (all opened, err error) {
	err = s.again(ctx, func() (err error) {
		all, err = s.auto().readTicket(ctx, id, read)
		return err
	})
	return all, err
}

func (o on) readTicket(ctx context.Context, id store.Hash, read statement) (opened, error) {
	all, err := o.read(ctx, read)
	all.Ticket.ID = id
	return all, err
}

// found is what was opened, if its ticket is there.
func found(all opened, err error) (store.Opened, error) {
	if err != nil || all.ticket == nil {
		return store.Opened{}, firstError(err, store.ErrNotFound)
	}
	return all.Opened, nil
}

// firstError is a failure or, without one, what else there is to say.
func firstError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
