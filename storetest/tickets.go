package storetest

import (
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var ticketRules = []rule{
	{"CreateTicketKeepsEveryField", func(t *trial) {
		want := t.ticket("a")
		given := t.ticket("a")
		t.must("CreateTicket", t.CreateTicket(t.Context(), given, t.start))
		clear(given.Code)
		clear(given.Data)
		for range 2 {
			got, err := t.OpenTicket(t.Context(), want.ID, nil, t.start)
			t.must("OpenTicket", err)
			t.same("OpenTicket", got, want)
			clear(got.Code)
			clear(got.Data)
		}
	}},
	{"TicketWithoutCodeHasNone", func(t *trial) {
		k := t.ticket("a")
		k.Code, k.Data, k.User, k.Sent = nil, nil, "", time.Time{}
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		got, err := t.OpenTicket(t.Context(), k.ID, nil, t.start)
		t.must("OpenTicket", err)
		t.same("OpenTicket", got, k)
		if got.Code != nil {
			t.Errorf("OpenTicket: a nil Code came back as %v: a secret that is the proof became one that needs a code", got.Code)
		}
	}},
	{"TicketsAreFoundByIDAlone", func(t *trial) {
		// Two people hold the same short code; each completes as themselves.
		theirs := t.fresh("b")
		theirs.User, theirs.Walk = otherPerson, "walk b"
		t.create("a")
		t.must("CreateTicket", t.CreateTicket(t.Context(), theirs, t.start))
		got, err := t.OpenTicket(t.Context(), theirs.ID, nil, t.start)
		t.must("OpenTicket", err)
		t.same("OpenTicket", got, theirs)
		t.must("ExchangeTicket", t.ExchangeTicket(t.Context(), theirs.ID, store.Exchange{}, t.start))
		if !t.alive("a") {
			t.Error("ExchangeTicket: a ticket with the same code was spent: codes are not what tickets are found by")
		}
		_, err = t.OpenTicket(t.Context(), hash("ticket c"), nil, t.start)
		t.want("OpenTicket", err, store.ErrNotFound, "nobody made this ticket")
	}},
	{"TicketIsDeadFromItsExpiryOn", func(t *trial) {
		verbs := map[string]func(id store.Hash, now time.Time) error{
			"OpenTicket": func(id store.Hash, now time.Time) error {
				_, err := t.OpenTicket(t.Context(), id, nil, now)
				return err
			},
			"OpenTicket with a guess": func(id store.Hash, now time.Time) error {
				_, err := t.OpenTicket(t.Context(), id, &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}, now)
				return err
			},
			"SendTicket": func(id store.Hash, now time.Time) error {
				return t.SendTicket(t.Context(), id, t.sending(5), now)
			},
			"ExchangeTicket": func(id store.Hash, now time.Time) error {
				return t.ExchangeTicket(t.Context(), id, store.Exchange{}, now)
			},
		}
		for verb, call := range verbs {
			k := t.fresh(verb)
			t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
			for _, late := range []time.Duration{0, time.Millisecond, 59 * time.Minute, 400 * day} {
				t.want(verb, call(k.ID, k.Expires.Add(late)), store.ErrNotFound, "a ticket is dead from the instant it expires")
			}
			t.must(verb+" just before the ticket expires", call(k.ID, k.Expires.Add(-time.Millisecond)))
		}
	}},
	{"CreateTicketIsErrExistsForALiveID", func(t *trial) {
		k := t.fresh("a")
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		g := &store.Guess{PerTicket: 5}
		_, err := t.OpenTicket(t.Context(), k.ID, g, t.start)
		t.must("OpenTicket", err)
		again := k
		again.Walk = "another walk"
		t.want("CreateTicket", t.CreateTicket(t.Context(), again, t.start), store.ErrExists, "the ID is taken")
		t.want("CreateTicket", t.CreateTicket(t.Context(), k, t.start), store.ErrExists, "running it twice must not make a new ticket")
		got, err := t.OpenTicket(t.Context(), k.ID, nil, t.start)
		t.must("OpenTicket", err)
		if got.Attempts != 1 || got.Walk != k.Walk {
			t.Error("CreateTicket: ErrExists changed the ticket that was there: its guesses were given back")
		}
	}},
	{"EndedTicketMakesRoom", func(t *trial) {
		t.create("expired", "spent")
		t.must("ExchangeTicket", t.ExchangeTicket(t.Context(), hash("ticket spent"), store.Exchange{}, t.start))
		for _, id := range []string{"expired", "spent"} {
			k := t.fresh(id)
			k.Expires, k.Walk = t.at(3*lifetime), "another walk"
			t.must("CreateTicket for the ID of a ticket that has "+id, t.CreateTicket(t.Context(), k, t.at(2*lifetime)))
			got, err := t.OpenTicket(t.Context(), k.ID, nil, t.at(2*lifetime))
			t.must("OpenTicket", err)
			t.same("OpenTicket", got, k)
		}
	}},
	{"CreateTicketOnlyOneWinsAnID", func(t *trial) {
		t.onlyOne("CreateTicket", store.ErrExists, "two callers believe in one ticket", func(round int) func(int) error {
			return func(i int) error {
				k := t.fresh(fmt.Sprint(round))
				k.Walk = fmt.Sprint("walk ", i)
				return t.CreateTicket(t.Context(), k, t.start)
			}
		})
	}},
	{"CreateTicketTakesItsCharges", func(t *trial) {
		a := store.Charge{Key: hash("a"), Limit: 3, Window: time.Hour}
		b := store.Charge{Key: hash("b"), Limit: 5, Window: day}
		t.must("CreateTicket", t.CreateTicket(t.Context(), t.fresh("a"), t.start, a, b))
		t.wantLeft(a, t.start, 2, "CreateTicket takes one from each of its charges")
		t.wantLeft(b, t.start, 4, "CreateTicket takes one from each of its charges")
	}},
	{"CreateTicketKeepsNothingIfAChargeIsSpent", func(t *trial) {
		open := store.Charge{Key: hash("open"), Limit: 3, Window: day}
		hour := store.Charge{Key: hash("hour"), Limit: 1, Window: time.Hour}
		week := store.Charge{Key: hash("week"), Limit: 1, Window: 7 * day}
		for _, c := range []store.Charge{hour, week} {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		now := t.at(time.Minute)
		err := t.CreateTicket(t.Context(), t.fresh("a"), now, open, hour, week)
		t.wantLimit("CreateTicket", err, 7*day-time.Minute, "the longest of the waits")
		err = t.CreateTicket(t.Context(), t.fresh("a"), now, week, hour, open)
		t.wantLimit("CreateTicket", err, 7*day-time.Minute, "the longest of the waits, whatever the order")
		err = t.CreateTicket(t.Context(), t.fresh("a"), now, open, hour)
		t.wantLimit("CreateTicket", err, time.Hour-time.Minute, "the only wait")
		if t.alive("a") {
			t.Error("CreateTicket: a *LimitError, and yet the ticket is there: budgets of starts do not hold")
		}
		t.wantLeft(open, now, 3, "a CreateTicket that is refused keeps no charge")
	}},
	{"CreateTicketCountsAKeyThatIsChargedTwice", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 3, Window: day}
		t.must("CreateTicket", t.CreateTicket(t.Context(), t.fresh("a"), t.start, c, c))
		err := t.CreateTicket(t.Context(), t.fresh("b"), t.start, c, c)
		t.wantLimit("CreateTicket", err, day, "one is left and two are asked for")
		t.wantLeft(c, t.start, 1, "a CreateTicket that is refused keeps no charge")
	}},
	{"CreateTicketChargesAreExactInACrowd", func(t *trial) {
		a := store.Charge{Key: hash("a"), Limit: 20, Window: day}
		b := store.Charge{Key: hash("b"), Limit: 7, Window: day}
		answers := together(256, func(i int) error {
			charges := []store.Charge{a, b}
			if i%2 == 1 {
				charges = []store.Charge{b, a}
			}
			return t.CreateTicket(t.Context(), t.fresh(fmt.Sprint(i)), t.start, charges...)
		})
		if n := t.successes("CreateTicket", answers, isLimit); n != 7 {
			t.Errorf("CreateTicket: %d of 256 concurrent calls succeeded on a budget of 7", n)
		}
		t.wantLeft(a, t.start, 13, "only tickets that were made are charged")
	}},
	{"TicketVerbsApplyWhollyOrNotWhenCancelled", func(t *trial) {
		budget := store.Charge{Key: hash("starts"), Limit: 100, Window: day}
		applied, made := 0, 0
		for i, err := range t.interrupted(64, func(ctx cancelled, i int) error {
			return t.CreateTicket(ctx, t.fresh(fmt.Sprint(i)), t.start, budget)
		}) {
			if err == nil {
				applied++
			}
			if t.alive(fmt.Sprint(i)) {
				made++
			} else if err == nil {
				t.Error("CreateTicket: succeeded for a caller who had gone, and there is no ticket")
			}
		}
		if left := t.left(budget, t.start); 100-left < made || made < applied {
			t.Errorf("CreateTicket: %d tickets for %d charges after callers had gone: a charge was lost", made, 100-left)
		}
	}},
}
