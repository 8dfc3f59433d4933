package memstore

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// meter is what was taken from a budget, until it resets.
type meter struct {
	used   int
	resets int64
}

func (m meter) ends() int64 { return m.resets }

// take is the meter with one more taken, or a *store.LimitError.
func (m meter) take(c store.Charge, now int64) (meter, error) {
	if m == (meter{}) || m.resets <= now {
		m = meter{resets: now + c.Window.Milliseconds()}
	}
	switch {
	case c.Limit <= 0:
		return m, &store.LimitError{}
	case m.used >= c.Limit:
		return m, &store.LimitError{RetryAfter: time.Duration(m.resets-now) * time.Millisecond}
	}
	m.used++
	return m, nil
}

// Charge implements [store.Tickets].
func (s *Store) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.charge(c, now)
}

func (s *Store) charge(c store.Charge, now time.Time) error {
	p := s.meters.at(c.Key)
	p.Lock()
	defer p.Unlock()
	m, err := p.rows[c.Key].take(c, now.UnixMilli())
	if err != nil {
		return err
	}
	p.put(c.Key, m, m.resets)
	return nil
}

// chargeAll takes all of charges or none. One key may be among them twice.
func (s *Store) chargeAll(charges []store.Charge, now time.Time) error {
	keys := make([]store.Hash, len(charges))
	for i, c := range charges {
		keys[i] = c.Key
	}
	defer s.meters.lock(keys...).release()

	taken := make(map[store.Hash]meter, len(charges))
	var refused error
	for _, c := range charges {
		m, ok := taken[c.Key]
		if !ok {
			m = s.meters.at(c.Key).rows[c.Key]
		}
		m, err := m.take(c, now.UnixMilli())
		taken[c.Key] = m
		refused = longer(refused, err)
	}
	if refused != nil {
		return refused
	}
	for key, m := range taken {
		s.meters.at(key).put(key, m, m.resets)
	}
	return nil
}

// longer is the one of two refusals, either of which may be nil, that lasts longer.
func longer(a, b error) error {
	x, refused := a.(*store.LimitError)
	if !refused {
		return b
	}
	y, refused := b.(*store.LimitError)
	if !refused || x.RetryAfter == 0 || y.RetryAfter != 0 && x.RetryAfter >= y.RetryAfter {
		return a
	}
	return b
}

// Refund implements [store.Tickets].
func (s *Store) Refund(ctx context.Context, key store.Hash, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.refund(key, now)
	return nil
}

func (s *Store) refund(key store.Hash, now time.Time) {
	p := s.meters.at(key)
	p.Lock()
	defer p.Unlock()
	if m := p.rows[key]; m.used > 0 && m.resets > now.UnixMilli() {
		m.used--
		p.rows[key] = m
	}
}
