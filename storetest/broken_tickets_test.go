package storetest_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

type readThenDelete engine

func (s readThenDelete) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	pause()
	_ = s.Engine.ExchangeTicket(ctx, id, x, now)
	return nil
}

type neverSpends engine

func (s neverSpends) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if x.Next != nil {
		return s.CreateTicket(ctx, *x.Next, now)
	}
	return nil
}

type refundsAlways engine

func (s refundsAlways) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if x.Refund != nil {
		_ = s.Refund(ctx, *x.Refund, now)
	}
	return s.Engine.ExchangeTicket(ctx, id, store.Exchange{Next: x.Next}, now)
}

type nextFirst engine

func (s nextFirst) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if x.Next != nil {
		_ = s.CreateTicket(ctx, *x.Next, now)
	}
	pause()
	return s.Engine.ExchangeTicket(ctx, id, store.Exchange{Refund: x.Refund}, now)
}

type readsThenCounts struct {
	engine
}

func (s *readsThenCounts) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := s.Engine.OpenTicket(ctx, id, nil, now)
	if err != nil || g == nil {
		return t, err
	}
	if t.Attempts >= g.PerTicket {
		return store.Ticket{}, store.ErrNotFound
	}
	pause()
	unlimited := *g
	unlimited.PerTicket = 1 << 30
	return s.Engine.OpenTicket(ctx, id, &unlimited, now)
}

type ticketAlone engine

func (s ticketAlone) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g != nil {
		g = &store.Guess{PerTicket: g.PerTicket}
	}
	return s.Engine.OpenTicket(ctx, id, g, now)
}

type rollsBack engine

func (s rollsBack) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g != nil && g.PerBudget > 0 {
		t, err := s.Engine.OpenTicket(ctx, id, nil, now)
		if err != nil {
			return t, err
		}
		if err := s.Charge(ctx, store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now); err != nil {
			return store.Ticket{}, err
		}
		g = &store.Guess{PerTicket: g.PerTicket}
	}
	return s.Engine.OpenTicket(ctx, id, g, now)
}

type slidingWindow struct {
	engine
	mu   sync.Mutex
	used map[store.Hash][]time.Time
}

func (s *slidingWindow) Charge(_ context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.used[c.Key]
	if n := len(all); n > 0 && now.Sub(all[n-1]) >= c.Window {
		all = nil
	}
	if len(all) >= c.Limit {
		return &store.LimitError{RetryAfter: c.Window - now.Sub(all[len(all)-1])}
	}
	s.used[c.Key] = append(all, now)
	return nil
}

func (s *slidingWindow) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := ticketAlone(s.engine).OpenTicket(ctx, id, g, now)
	if err == nil && g != nil {
		err = s.Charge(ctx, store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now)
	}
	return t, err
}

type countsRefused struct {
	engine
	mu      sync.Mutex
	refused map[store.Hash]int
}

func (s *countsRefused) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Limit -= s.refused[c.Key]
	err := s.Engine.Charge(ctx, c, now)
	if err != nil {
		s.refused[c.Key]++
		return &store.LimitError{RetryAfter: 59 * time.Minute}
	}
	return nil
}

type sendResets engine

func (s sendResets) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	if err := s.Engine.SendTicket(ctx, id, m, now); err != nil {
		return err
	}
	t, err := s.OpenTicket(ctx, id, nil, now)
	if err != nil {
		return err
	}
	_ = s.ExchangeTicket(ctx, id, store.Exchange{}, now)
	t.Attempts = 0
	_ = s.CreateTicket(ctx, t, now)
	return nil
}

type ignoresCharges engine

func (s ignoresCharges) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, _ ...store.Charge) error {
	return s.Engine.CreateTicket(ctx, t, now)
}

type oneByOne engine

func (s oneByOne) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	for _, c := range charges {
		if err := s.Charge(ctx, c, now); err != nil {
			return err
		}
	}
	return s.Engine.CreateTicket(ctx, t, now)
}

type createReplaces engine

func (s createReplaces) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	_ = s.ExchangeTicket(ctx, t.ID, store.Exchange{}, now)
	if err := s.Engine.CreateTicket(ctx, t, now, charges...); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}

type noRoom struct {
	engine
	mu  sync.Mutex
	ids map[store.Hash]bool
}

func (s *noRoom) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[t.ID] {
		return store.ErrExists
	}
	s.ids[t.ID] = true
	return s.Engine.CreateTicket(ctx, t, now, charges...)
}

type neverExpires engine

func (s neverExpires) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, _ time.Time) (store.Ticket, error) {
	return s.Engine.OpenTicket(ctx, id, g, time.Time{})
}

func (s neverExpires) Grant(ctx context.Context, id string, _ time.Time) (store.Grant, error) {
	return s.Engine.Grant(ctx, id, time.Time{})
}

type sweepsBudgets struct {
	engine
	mu   sync.Mutex
	keys map[store.Hash]bool
}

func (s *sweepsBudgets) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.Key] = true
	return s.Engine.Charge(ctx, c, now)
}

func (s *sweepsBudgets) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.Engine.OpenTicket(ctx, id, g, now)
	s.keys[t.Budget] = true
	return t, err
}

func (s *sweepsBudgets) DeleteExpired(ctx context.Context, now time.Time, _ int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.keys {
		_ = s.Refund(ctx, key, now)
	}
	return 0, nil
}

type sweepsSharply engine

func (s sweepsSharply) DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.Engine.DeleteExpired(ctx, now.Add(time.Hour), limit)
}
