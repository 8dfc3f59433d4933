package memstore

import (
	"context"
	"maps"
	"sync"
	"time"
)

// grace is how long a record stays after it ended: clocks of several callers
// may differ, and one may be set back.
const grace = time.Hour

// sweeper is where the sweeps go on.
type sweeper struct {
	sync.Mutex
	tickets, people, meters int
}

// DeleteExpired implements [store.Tickets] and [store.Grants]. Others wait for
// it no longer than it takes to look through one of 256 parts. A limit of zero
// or less removes nothing.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.sweeper.Lock()
	defer s.sweeper.Unlock()
	before := now.Add(-grace).UnixMilli()
	n := s.tickets.sweep(&s.sweeper.tickets, before, limit, removeEnded)
	n += s.meters.sweep(&s.sweeper.meters, before, limit-n, removeEnded)
	n += s.people.sweep(&s.sweeper.people, before, limit-n, s.removeGrants)
	return n, nil
}

// sweep lets remove have the parts that may hold something that ended until
// before, from the part *next on, once around or until limit is used up.
func (t *table[K, V]) sweep(next *int, before int64, limit int, remove func(p *part[K, V], before int64, limit int) int) (n int) {
	for range parts {
		if n >= limit {
			return n
		}
		p := &t.parts[*next]
		p.Lock()
		if p.due <= before {
			n += remove(p, before, limit-n)
		}
		done := p.due > before
		p.Unlock()
		if done {
			*next = (*next + 1) % parts
		}
	}
	return n
}

// removeEnded removes at most limit rows and notes when the part is due again.
func removeEnded[K comparable, V interface{ ends() int64 }](p *part[K, V], before int64, limit int) (n int) {
	due := int64(never)
	for k, v := range p.rows {
		switch ends := v.ends(); {
		case ends > before || n == limit:
			due = min(due, ends)
		default:
			delete(p.rows, k)
			n++
		}
	}
	p.due = due
	p.shrink(n)
	return n
}

// shrink gives back the memory of a part that has lost most of its rows: a map
// does not do so by itself.
func (p *part[K, V]) shrink(removed int) {
	if removed <= 3*len(p.rows) {
		return
	}
	rows := make(map[K]V, len(p.rows))
	maps.Copy(rows, p.rows)
	p.rows = rows
}

// removeGrants is removeEnded for what the people of a part were granted.
func (s *Store) removeGrants(p *part[who, *person], before int64, limit int) (n int) {
	due := int64(never)
	for _, found := range p.rows {
		for _, g := range found.grants {
			if ends := endOf(g); ends > before || n == limit {
				due = min(due, ends)
				continue
			}
			delete(found.grants, g.ID)
			s.holders.remove(g.ID)
			n++
		}
	}
	p.due = due
	return n
}
