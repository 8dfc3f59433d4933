package memstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	tenant      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	application = "10000000-0000-0002-0000-000000000001"
)

func numbered(kind byte, n uint64) (h store.Hash) {
	h[0] = kind
	binary.BigEndian.PutUint64(h[8:], n*0x9e3779b97f4a7c15)
	return h
}

// ticket is as large as those of a login: its ids are UUIDs, it holds a sealed
// code and what it pins.
func ticket(n uint64) store.Ticket {
	return store.Ticket{
		ID: numbered(1, n), Purpose: "login", Walk: fmt.Sprintf("9b2d5a30-0000-4000-8000-%012x", n),
		Tenant: tenant, User: fmt.Sprintf("00000000-0000-0001-0000-%012x", n), Budget: numbered(2, n),
		Expires: start.Add(3 * time.Minute), Sends: 1, Sent: start, Code: make([]byte, 45), Data: make([]byte, 120),
	}
}

func filled(tb testing.TB, n uint64) *memstore.Store {
	s := memstore.New()
	for i := range n {
		if err := s.CreateTicket(context.Background(), ticket(i), start); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestTicketTakesLessThan400Bytes(t *testing.T) {
	const n = 100_000
	before := heap()
	s := filled(t, n)
	each := float64(heap()-before) / n
	t.Logf("%.0f bytes a ticket", each)
	if each > 400 {
		t.Errorf("%.0f bytes a live ticket, want less than 400", each)
	}
	// What a sweep removes, it gives back.
	removed := 0
	for {
		m, err := s.DeleteExpired(t.Context(), start.Add(2*time.Hour), 1000)
		if err != nil || m > 1000 {
			t.Fatalf("removed %d: %v", m, err)
		}
		if removed += m; m == 0 {
			break
		}
	}
	if removed != n {
		t.Errorf("removed %d tickets of %d", removed, n)
	}
	if left := float64(heap()-before) / n; left > 20 {
		t.Errorf("%.0f bytes a ticket are left of none", left)
	}
	runtime.KeepAlive(s)
}

func TestDeleteExpiredGivesGrantsBack(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	ctx := t.Context()
	for i := range 1000 {
		g := store.Grant{ID: fmt.Sprint(i), Kind: store.Session, Tenant: tenant, User: fmt.Sprint(i % 300), Expires: start.Add(time.Minute)}
		if err := s.CreateGrant(ctx, g, 0, start); err != nil {
			t.Fatal(err)
		}
		if err := s.Charge(ctx, store.Charge{Key: numbered(3, uint64(i)), Limit: 1, Window: time.Minute}, start); err != nil {
			t.Fatal(err)
		}
	}
	late := start.Add(time.Minute + time.Hour)
	for _, c := range []struct {
		now         time.Time
		limit, want int
	}{{late.Add(-time.Millisecond), 5000, 0}, {late, 0, 0}, {late, -1, 0}, {late, 1500, 1500}, {late, 5000, 500}, {late, 5000, 0}} {
		if n, err := s.DeleteExpired(ctx, c.now, c.limit); err != nil || n != c.want {
			t.Errorf("DeleteExpired(limit %d) removed %d, %v, want %d", c.limit, n, err, c.want)
		}
	}
	// Its id is free again, so nothing of the grant is left.
	g := store.Grant{ID: "1", Kind: store.Session, Tenant: tenant, User: "another"}
	if err := s.CreateGrant(ctx, g, 0, late); err != nil {
		t.Error(err)
	}
}

func BenchmarkTickets(b *testing.B) {
	for _, n := range []uint64{1_000, 100_000, 1_000_000} {
		s := filled(b, n)
		b.Run(fmt.Sprintf("live=%d", n), func(b *testing.B) {
			b.Run("Create", func(b *testing.B) {
				charge := store.Charge{Key: numbered(4, 1), Limit: 1 << 40, Window: time.Hour}
				i := n
				for b.Loop() {
					i++
					t := ticket(i)
					_ = s.CreateTicket(b.Context(), t, start, charge)
					_ = s.ExchangeTicket(b.Context(), t.ID, store.Exchange{}, start)
				}
			})
			b.Run("Open", func(b *testing.B) {
				g := &store.Guess{PerTicket: 1 << 40, PerBudget: 1 << 40, Window: time.Hour}
				var i uint64
				for b.Loop() {
					i++
					if _, err := s.OpenTicket(b.Context(), numbered(1, i%n), g, start); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("OpenParallel", func(b *testing.B) {
				g := &store.Guess{PerTicket: 1 << 40, PerBudget: 1 << 40, Window: time.Hour}
				b.RunParallel(func(p *testing.PB) {
					for i := uint64(0); p.Next(); i++ {
						_, _ = s.OpenTicket(b.Context(), numbered(1, i%n), g, start)
					}
				})
			})
			b.Run("Finish", func(b *testing.B) {
				i := 2 * n
				for b.Loop() {
					i++
					t := ticket(i)
					_ = s.CreateTicket(b.Context(), t, start)
					l := store.Login{Walk: t.Walk, Tenant: tenant, User: t.User, Application: application, At: start}
					session := &store.Grant{ID: t.Walk, Kind: store.Session, Tenant: tenant, User: t.User}
					if err := s.FinishLogin(b.Context(), t.ID, store.Exchange{Refund: &t.Budget}, l, session, start); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("DeleteExpired", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.DeleteExpired(b.Context(), start, 1000); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkBytesPerTicket(b *testing.B) {
	for _, n := range []uint64{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("live=%d", n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				s := filled(b, n)
				b.ReportMetric(float64(heap()-before)/float64(n), "bytes/ticket")
				runtime.KeepAlive(s)
			}
		})
	}
}
