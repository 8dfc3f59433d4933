package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Charge implements [store.Tickets].
func (s *Store) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	if s.dialect.atOnce {
		return s.chargeAtOnce(ctx, c, now)
	}
	return s.transact(ctx, func(o on) error {
		refused, err := o.charge(ctx, c, now)
		return firstError(err, refused)
	})
}

// charge takes one from a budget. What refuses it, a *store.LimitError, is no err.
func (o on) charge(ctx context.Context, c store.Charge, now time.Time) (refused, err error) {
	if c.Limit <= 0 {
		return &store.LimitError{}, nil
	}
	if _, err := o.exec(ctx, "INSERT INTO "+o.meters+" (id,used,resets) VALUES (?,0,0)"+o.dialect.orLock(o.meters, "id", "used"), c.Key); err != nil {
		return nil, err
	}
	n, err := o.exec(ctx, "UPDATE "+o.meters+" SET used=CASE WHEN resets<=? THEN 1 ELSE used+1 END, resets=CASE WHEN resets<=? THEN ? ELSE resets END"+
		" WHERE id=? AND (resets<=? OR used<?)", now, now, now.Add(c.Window), c.Key, now, c.Limit)
	if err != nil || n > 0 {
		return nil, err
	}
	var resets int64
	if err := o.one(ctx, []any{&resets}, "SELECT resets FROM "+o.meters+" WHERE id=?", c.Key); err != nil {
		return nil, err
	}
	return &store.LimitError{RetryAfter: until(resets, now)}, nil
}

// chargeAll takes one from each, or says which refusal lasts longest.
func (o on) chargeAll(ctx context.Context, charges []store.Charge, now time.Time) error {
	var longest error
	for _, c := range charges {
		refused, err := o.charge(ctx, c, now)
		if err != nil {
			return err
		}
		longest = longer(longest, refused)
	}
	return longest
}

// longer is the one of two refusals, either of which may be nil, that lasts
// longer. Without a RetryAfter it lasts forever.
func longer(a, b error) error {
	var x, y *store.LimitError
	switch {
	case !errors.As(a, &x):
		return b
	case !errors.As(b, &y), x.RetryAfter == 0, y.RetryAfter != 0 && x.RetryAfter >= y.RetryAfter:
		return a
	}
	return b
}

// inOrder is charges in the order in which every transaction takes them, so that
// none waits for another in a circle.
func inOrder(charges []store.Charge) []store.Charge {
	return slices.SortedStableFunc(slices.Values(charges), func(a, b store.Charge) int {
		return bytes.Compare(a.Key[:], b.Key[:])
	})
}

// distinct says whether charges that are in order have a key each, and give anything.
func distinct(charges []store.Charge) bool {
	for i, c := range charges {
		if c.Limit <= 0 || i > 0 && c.Key == charges[i-1].Key {
			return false
		}
	}
	return true
}

// Refund implements [store.Tickets].
func (s *Store) Refund(ctx context.Context, key store.Hash, now time.Time) error {
	return s.again(ctx, func() error { return s.auto().refund(ctx, key, now) })
}

func (o on) refund(ctx context.Context, key store.Hash, now time.Time) error {
	_, err := o.exec(ctx, o.giveBack(), key, now)
	return err
}

// giveBack undoes a charge: key, now.
func (t tables) giveBack() string {
	return "UPDATE " + t.meters + " SET used=used-1 WHERE id=? AND used>0 AND resets+0>?"
}
