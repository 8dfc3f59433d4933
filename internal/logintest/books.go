package logintest

import "time"

// books are what a test itself keeps of budgets, to hold a store to.
type books struct {
	now    func() time.Time
	meters map[string]*meter
}

// meter is one budget in the books. Its window runs from its first use.
type meter struct {
	used int
	ends time.Time
}

func openBooks(now func() time.Time) books { return books{now, map[string]*meter{}} }

// room says whether a budget has something left.
func (b books) room(key string, limit int) bool {
	m := b.meters[key]
	return m == nil || !b.now().Before(m.ends) || m.used < limit
}

// take books one from a budget.
func (b books) take(key string, window time.Duration) {
	m := b.meters[key]
	if m == nil || !b.now().Before(m.ends) {
		m = &meter{ends: b.now().Add(window)}
		b.meters[key] = m
	}
	m.used++
}

// giveBack books what a right answer gives back.
func (b books) giveBack(key string) { b.meters[key].used-- }
