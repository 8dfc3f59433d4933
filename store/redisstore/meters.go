package redisstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Charge implements [store.Tickets].
func (s *Store) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	if c.Limit <= 0 {
		return &store.LimitError{}
	}
	ends := now.Add(c.Window)
	wait, err := s.number(ctx, chargeMeter, s.meterKey(c.Key),
		instant(now), decimal(int64(c.Limit)), instant(ends), until(ends, now))
	if err != nil {
		return err
	}
	return limit(wait)
}

// look is Charge that takes nothing.
func (s *Store) look(ctx context.Context, c store.Charge, now time.Time) error {
	if c.Limit <= 0 {
		return &store.LimitError{}
	}
	wait, err := s.number(ctx, lookAtMeter, s.meterKey(c.Key), instant(now), decimal(int64(c.Limit)))
	if err != nil {
		return err
	}
	return limit(wait)
}

// limit is the refusal with a wait in milliseconds, or nil if there is none.
func limit(wait int64) error {
	if wait == 0 {
		return nil
	}
	return &store.LimitError{RetryAfter: time.Duration(wait) * time.Millisecond}
}

func refused(err error) bool {
	var limit *store.LimitError
	return errors.As(err, &limit)
}

// chargeAll takes all of charges or, if one is refused, none. It takes them in
// one order whoever calls: were there two, callers who hold one budget could
// keep each other from the last of another, and all be refused.
func (s *Store) chargeAll(ctx context.Context, charges []store.Charge, now time.Time) (taken []store.Charge, err error) {
	charges = slices.Clone(charges)
	slices.SortFunc(charges, func(a, b store.Charge) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for i, c := range charges {
		err := s.Charge(ctx, c, now)
		if refused(err) {
			s.undo(ctx, taken, now)
			return nil, s.longest(ctx, err, charges[i+1:], now)
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, c)
	}
	return taken, nil
}

// longest is the refusal that lasts longest, of one and those of more charges.
func (s *Store) longest(ctx context.Context, refusal error, charges []store.Charge, now time.Time) error {
	for _, c := range charges {
		err := s.look(ctx, c, now)
		if err != nil && !refused(err) {
			return err
		}
		refusal = longer(refusal, err)
	}
	return refusal
}

// longer is the one of two refusals that lasts longer; b may be nil. One
// without a wait does not end.
func longer(a, b error) error {
	var x, y *store.LimitError
	if !errors.As(a, &x) || !errors.As(b, &y) {
		return a
	}
	if x.RetryAfter == 0 || y.RetryAfter != 0 && x.RetryAfter >= y.RetryAfter {
		return a
	}
	return b
}

// Refund implements [store.Tickets]. A client that sends the script again does
// not refund again.
func (s *Store) Refund(ctx context.Context, key store.Hash, now time.Time) error {
	_, err := s.number(ctx, refundMeter, s.meterKey(key), instant(now), once())
	return err
}

// undo gives charges back that were taken at now, as far as it can: one that
// stays lets nobody do more than they may.
func (s *Store) undo(ctx context.Context, charges []store.Charge, now time.Time) {
	for _, c := range charges {
		_, _ = s.number(ctx, undoCharge, s.meterKey(c.Key), instant(now), once(), instant(now.Add(c.Window)))
	}
}

// once is eight bytes that no other refund has.
func once() string {
	var b [8]byte
	rand.Read(b[:])
	return string(b[:])
}
