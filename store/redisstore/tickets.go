package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// CreateTicket implements [store.Tickets].
func (s *Store) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	taken, err := s.chargeAll(ctx, charges, now)
	if refused(err) {
		return s.unlessTaken(ctx, t.ID, now, err)
	}
	if err != nil {
		return err
	}
	err = s.create(ctx, t, now)
	if errors.Is(err, store.ErrExists) {
		s.undo(ctx, taken, now)
	}
	return err
}

// unlessTaken is ErrExists if id is a live ticket's, and otherwise the refusal.
func (s *Store) unlessTaken(ctx context.Context, id store.Hash, now time.Time, refusal error) error {
	switch _, err := s.OpenTicket(ctx, id, nil, now); {
	case err == nil:
		return store.ErrExists
	case errors.Is(err, store.ErrNotFound):
		return refusal
	default:
		return err
	}
}

func (s *Store) create(ctx context.Context, t store.Ticket, now time.Time) error {
	args := append([]string{instant(now), until(t.Expires, now)}, record(t)...)
	made, err := s.number(ctx, createTicket, s.ticketKey(t.ID), args...)
	if err != nil {
		return err
	}
	if made == 0 {
		return store.ErrExists
	}
	return nil
}

// OpenTicket implements [store.Tickets]. A guess takes two trips, one to the
// ticket and one to its budget.
func (s *Store) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g == nil {
		return s.read(ctx, id, openTicket, instant(now))
	}
	t, err := s.read(ctx, id, guessTicket, instant(now), decimal(int64(g.PerTicket)))
	if err != nil || g.PerBudget == 0 {
		return t, err
	}
	if err := s.Charge(ctx, store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now); err != nil {
		return store.Ticket{}, err
	}
	return t, nil
}

func (s *Store) read(ctx context.Context, id store.Hash, script string, args ...string) (store.Ticket, error) {
	fields, err := s.list(ctx, script, s.ticketKey(id), args...)
	if err != nil {
		return store.Ticket{}, err
	}
	if len(fields) == 0 {
		return store.Ticket{}, store.ErrNotFound
	}
	return ticketOf(id, fields)
}

// SendTicket implements [store.Tickets].
func (s *Store) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	err := s.Charge(ctx, m.Charge, now)
	if refused(err) {
		if _, gone := s.OpenTicket(ctx, id, nil, now); gone != nil {
			return gone
		}
	}
	if err != nil {
		return err
	}
	err = s.send(ctx, id, m, now)
	if refused(err) || errors.Is(err, store.ErrNotFound) {
		s.undo(ctx, []store.Charge{m.Charge}, now)
	}
	return err
}

// send counts a send that has been charged to its destination.
func (s *Store) send(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	args := []string{instant(now), until(m.Expires, now), decimal(int64(m.Max)), decimal(ceil(m.Every)), "e", instant(m.Expires)}
	wait, err := s.number(ctx, sendTicket, s.ticketKey(id), append(args, content(m.Code, m.Data)...)...)
	switch {
	case err != nil:
		return err
	case wait == -1:
		return store.ErrNotFound
	case wait == -2:
		return &store.LimitError{}
	}
	return limit(wait)
}

// ceil is d in milliseconds, and never less than d.
func ceil(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

// ExchangeTicket implements [store.Tickets]. It takes one trip to spend the
// ticket, and one each to store the next and to refund.
func (s *Store) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	spent, err := s.number(ctx, spendTicket, s.ticketKey(id), instant(now))
	if err != nil {
		return err
	}
	if spent == 0 {
		return store.ErrNotFound
	}
	if x.Next != nil {
		if err := s.create(ctx, *x.Next, now); err != nil {
			return err
		}
	}
	if x.Refund != nil {
		// The login goes on without: a charge too many lets nobody in.
		_ = s.Refund(ctx, *x.Refund, now)
	}
	return nil
}
