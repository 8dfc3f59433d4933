package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var sweepRules = []rule{
	{"DeleteExpiredRemovesAtMostLimit", func(t *trial) {
		for i := range 10 {
			t.create(fmt.Sprint(i))
		}
		for _, limit := range []int{0, 1, 3, 100, 100} {
			n, err := t.Tickets.DeleteExpired(t.Context(), t.at(day), limit)
			t.must("DeleteExpired", err)
			if n < 0 || n > limit {
				t.Errorf("DeleteExpired: removed %d, want at most %d", n, limit)
			}
		}
	}},
	{"DeleteExpiredKeepsAnHourBeyond", func(t *trial) {
		t.create("a")
		c := store.Charge{Key: hash("a"), Limit: 1, Window: lifetime}
		t.must("Charge", t.Charge(t.Context(), c, t.start))
		_, err := t.Tickets.DeleteExpired(t.Context(), t.at(lifetime+time.Hour-time.Millisecond), 100)
		t.must("DeleteExpired", err)
		if !t.alive("a") {
			t.Error("DeleteExpired: another node, whose clock is less than an hour behind, has lost a live ticket")
		}
		t.wantLimit("Charge", t.Charge(t.Context(), c, t.start), lifetime, "a budget counts for an hour beyond its window")
	}},
	{"DeleteExpiredKeepsWhatCounts", func(t *trial) {
		k := t.fresh("a")
		k.Expires = t.at(2 * day)
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		g := &store.Guess{PerTicket: 2, PerBudget: 2, Window: day}
		for range 2 {
			_, err := t.OpenTicket(t.Context(), k.ID, g, t.start)
			t.must("OpenTicket", err)
		}
		for tick := time.Duration(0); tick < day; tick += 20 * time.Minute {
			_, err := t.Tickets.DeleteExpired(t.Context(), t.at(tick), 100)
			t.must("DeleteExpired", err)
			_, err = t.OpenTicket(t.Context(), k.ID, g, t.at(tick))
			t.want("OpenTicket", err, store.ErrNotFound, "a ticket without guesses gets none from DeleteExpired")
			t.wantLimit("Charge", t.Charge(t.Context(), budget(2), t.at(tick)), day-tick, "a spent budget stays spent for its window")
		}
	}},
	{"TicketsAgreeWithTheirModel", func(t *trial) {
		for seed := range uint64(4) {
			m := &modelRun{trial: t, seed: seed, random: rand.New(rand.NewPCG(seed, 0)), now: t.start, latest: t.start}
			m.tickets, m.meters = map[store.Hash]*store.Ticket{}, map[store.Hash]modelMeter{}
			for m.steps = range 300 {
				m.step()
			}
		}
	}},
}

// modelRun compares the engine with the plainest thing that keeps the
// contract, over random calls. At every tick everything that may be deleted is.
// The clock also goes back, by less than an hour.
type modelRun struct {
	*trial
	seed    uint64
	steps   int
	random  *rand.Rand
	now     time.Time
	latest  time.Time
	tickets map[store.Hash]*store.Ticket
	meters  map[store.Hash]modelMeter
}

type modelMeter struct {
	used   int
	resets time.Time
}

func (m *modelRun) step() {
	m.tick()
	id := m.id()
	switch m.random.IntN(7) {
	case 0:
		k := m.fresh("")
		k.ID, k.Budget, k.Expires = id, m.key(), m.now.Add(m.duration())
		charges := []store.Charge{m.charge(), m.charge()}[:m.random.IntN(3)]
		m.agree("CreateTicket", m.CreateTicket(m.Context(), k, m.now, charges...), m.modelCreate(k, charges))
	case 1:
		_, err := m.OpenTicket(m.Context(), id, nil, m.now)
		_, want := m.modelOpen(id, nil)
		m.agree("OpenTicket", err, want)
	case 2, 3:
		g := &store.Guess{PerTicket: m.random.IntN(4), PerBudget: m.random.IntN(6), Window: m.window()}
		got, err := m.OpenTicket(m.Context(), id, g, m.now)
		model, want := m.modelOpen(id, g)
		m.agree("OpenTicket with a guess", err, want)
		if err == nil && want == nil {
			m.same("OpenTicket with a guess", got, model)
		}
	case 4:
		s := m.sending(m.random.IntN(4))
		s.Expires, s.Charge = m.now.Add(m.duration()), m.charge()
		m.agree("SendTicket", m.SendTicket(m.Context(), id, s, m.now), m.modelSend(id, s))
	case 5:
		x := m.exchange(id)
		m.agree("ExchangeTicket", m.ExchangeTicket(m.Context(), id, x, m.now), m.modelExchange(id, x))
	case 6:
		c := m.charge()
		m.agree("Charge", m.Charge(m.Context(), c, m.now), m.modelCharge(c))
	}
}

func (m *modelRun) tick() {
	switch d := m.duration(); m.random.IntN(8) {
	case 0:
		if back := m.now.Add(-d); m.latest.Sub(back) < time.Hour {
			m.now = back
		}
	case 1, 2, 3:
		m.now = m.now.Add(d)
	}
	if m.now.After(m.latest) {
		m.latest = m.now
	}
	_, err := m.Tickets.DeleteExpired(m.Context(), m.now, 1000)
	m.must("DeleteExpired", err)
}

func (m *modelRun) id() store.Hash  { return hash("ticket %d %d", m.seed, m.random.IntN(4)) }
func (m *modelRun) key() store.Hash { return hash("meter %d %d", m.seed, m.random.IntN(3)) }

func (m *modelRun) duration() time.Duration {
	units := []time.Duration{time.Millisecond, time.Second, time.Minute, 20 * time.Minute, time.Hour}
	return time.Duration(m.random.IntN(5)) * units[m.random.IntN(len(units))]
}

func (m *modelRun) window() time.Duration { return time.Millisecond + m.duration() }

func (m *modelRun) charge() store.Charge {
	return store.Charge{Key: m.key(), Limit: m.random.IntN(6), Window: m.window()}
}

func (m *modelRun) exchange(id store.Hash) (x store.Exchange) {
	if m.random.IntN(2) == 0 {
		key := m.key()
		x.Refund = &key
	}
	if next := m.id(); next != id && m.tickets[next] == nil {
		k := m.fresh("")
		k.ID, k.Budget, k.Expires = next, m.key(), m.now.Add(m.duration())
		x.Next = &k
	}
	return x
}

// agree compares kinds of answer; waits are for the cases that name them.
func (m *modelRun) agree(verb string, got, want error) {
	m.Helper()
	_, limit := limited(want)
	switch {
	case want == nil && got == nil, limit && isLimit(got), want != nil && !limit && errors.Is(got, want):
		return
	}
	m.Fatalf("%s: %v, want %v, in step %d of seed %d of random calls with a clock that jumps", verb, got, want, m.steps, m.seed)
}

func (m *modelRun) modelLive(id store.Hash) *store.Ticket {
	if k := m.tickets[id]; k != nil && m.now.Before(k.Expires) {
		return k
	}
	return nil
}

func (m *modelRun) modelCreate(k store.Ticket, charges []store.Charge) error {
	if m.modelLive(k.ID) != nil {
		return store.ErrExists
	}
	before := map[store.Hash]modelMeter{}
	for _, c := range charges {
		if _, ok := before[c.Key]; !ok {
			before[c.Key] = m.meters[c.Key]
		}
	}
	for _, c := range charges {
		if err := m.modelCharge(c); err != nil {
			for key, meter := range before {
				m.meters[key] = meter
			}
			return err
		}
	}
	m.tickets[k.ID] = &k
	return nil
}

func (m *modelRun) modelOpen(id store.Hash, g *store.Guess) (store.Ticket, error) {
	k := m.modelLive(id)
	if k == nil || g != nil && k.Attempts >= g.PerTicket {
		return store.Ticket{}, store.ErrNotFound
	}
	if g == nil {
		return *k, nil
	}
	k.Attempts++
	if g.PerBudget == 0 {
		return *k, nil
	}
	return *k, m.modelCharge(store.Charge{Key: k.Budget, Limit: g.PerBudget, Window: g.Window})
}

func (m *modelRun) modelSend(id store.Hash, s store.Sending) error {
	k := m.modelLive(id)
	switch {
	case k == nil:
		return store.ErrNotFound
	case k.Sends >= s.Max, !k.Sent.IsZero() && m.now.Before(k.Sent.Add(s.Every)):
		return &store.LimitError{}
	}
	if err := m.modelCharge(s.Charge); err != nil {
		return err
	}
	k.Sends, k.Sent, k.Code, k.Data, k.Expires = k.Sends+1, m.now, s.Code, s.Data, s.Expires
	return nil
}

func (m *modelRun) modelExchange(id store.Hash, x store.Exchange) error {
	if m.modelLive(id) == nil {
		return store.ErrNotFound
	}
	delete(m.tickets, id)
	if x.Next != nil {
		next := *x.Next
		m.tickets[next.ID] = &next
	}
	if x.Refund != nil {
		if meter := m.meters[*x.Refund]; meter.used > 0 && m.now.Before(meter.resets) {
			meter.used--
			m.meters[*x.Refund] = meter
		}
	}
	return nil
}

func (m *modelRun) modelCharge(c store.Charge) error {
	meter := m.meters[c.Key]
	if !m.now.Before(meter.resets) {
		meter = modelMeter{resets: m.now.Add(c.Window)}
	}
	if meter.used >= c.Limit {
		return &store.LimitError{RetryAfter: meter.resets.Sub(m.now)}
	}
	meter.used++
	m.meters[c.Key] = meter
	return nil
}
