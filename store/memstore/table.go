package memstore

import (
	"hash/maphash"
	"math"
	"math/bits"
	"sync"
)

// parts is how many a table has: enough that callers on many cores seldom meet,
// and that a sweep holds only a sliver of the table at a time.
const parts = 256

// never is later than any row ends.
const never = math.MaxInt64

// table is a map in parts that lock for themselves.
type table[K comparable, V any] struct {
	seed  maphash.Seed
	parts [parts]part[K, V]
}

type part[K comparable, V any] struct {
	sync.RWMutex
	rows map[K]V
	due  int64 // no row ends before
}

func (t *table[K, V]) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.parts {
		t.parts[i].due = never
	}
}

func (t *table[K, V]) index(k K) int { return int(maphash.Comparable(t.seed, k) % parts) }

// at is the part that k belongs in.
func (t *table[K, V]) at(k K) *part[K, V] { return &t.parts[t.index(k)] }

// get looks k up in a part that the caller has not locked.
func (t *table[K, V]) get(k K) (V, bool) {
	p := t.at(k)
	p.RLock()
	defer p.RUnlock()
	v, ok := p.rows[k]
	return v, ok
}

// remove deletes k from a part that the caller has not locked.
func (t *table[K, V]) remove(k K) {
	p := t.at(k)
	p.Lock()
	defer p.Unlock()
	delete(p.rows, k)
}

// put writes a row of a part that the caller has locked. The row ends at ends.
func (p *part[K, V]) put(k K, v V, ends int64) {
	if p.rows == nil {
		p.rows = make(map[K]V)
	}
	p.rows[k] = v
	p.due = min(p.due, ends)
}

// held is some parts of a table, locked.
type held[K comparable, V any] struct {
	table *table[K, V]
	set   [parts / 64]uint64
}

// lock locks the parts that keys belong in, in one order whoever calls.
func (t *table[K, V]) lock(keys ...K) held[K, V] {
	h := held[K, V]{table: t}
	for _, k := range keys {
		i := t.index(k)
		h.set[i/64] |= 1 << (i % 64)
	}
	h.each((*part[K, V]).Lock)
	return h
}

func (h held[K, V]) release() { h.each((*part[K, V]).Unlock) }

func (h held[K, V]) each(do func(*part[K, V])) {
	for word, set := range h.set {
		for ; set != 0; set &= set - 1 {
			do(&h.table.parts[word*64+bits.TrailingZeros64(set)])
		}
	}
}
