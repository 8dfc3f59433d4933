package sqlstore

import (
	"context"
	"time"
)

// grace is how long a record stays after it ended: clocks of several callers
// may differ, and one may be set back.
const grace = time.Hour

// bite is how many rows a statement deletes at most, so that none takes long and
// holds many.
const bite = 1000

// DeleteExpired implements [store.Tickets] and [store.Grants]. It runs beside
// traffic, in statements of at most a thousand rows. A limit of zero or less
// removes nothing.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time, limit int) (total int, err error) {
	before := now.Add(-grace)
	for _, t := range []struct{ table, ends string }{{s.tickets, "expires"}, {s.meters, "resets"}, {s.grants, "expires"}} {
		for total < limit {
			most, n := min(limit-total, bite), 0
			err := s.again(ctx, func() (err error) {
				n, err = s.auto().exec(ctx, s.dialect.sweep(t.table, "id", t.ends), before, most)
				return err
			})
			if err != nil {
				return total, err
			}
			total += n
			if n < most {
				break
			}
		}
	}
	return total, nil
}
