package storetest

import (
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var guessRules = []rule{
	{"OpenTicketChargesTheGuessFirst", func(t *trial) {
		k := t.fresh("a")
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		g := &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}
		for want := 1; want <= 5; want++ {
			got, err := t.OpenTicket(t.Context(), k.ID, g, t.at(time.Second))
			t.must("OpenTicket", err)
			k.Attempts = want
			t.same("OpenTicket", got, k) // as it is after the call, and no longer lived
		}
		for range 3 {
			_, err := t.OpenTicket(t.Context(), k.ID, g, t.at(time.Second))
			t.want("OpenTicket", err, store.ErrNotFound, "the ticket has had its guesses")
		}
		got, err := t.OpenTicket(t.Context(), k.ID, nil, t.at(time.Second))
		t.must("OpenTicket without a guess", err)
		t.same("OpenTicket", got, k)
		t.wantLeft(budget(20), t.at(time.Second), 15, "guesses are charged to the budget, those that a ticket refused are not")
	}},
	{"OpenTicketWithoutAGuessChargesNothing", func(t *trial) {
		t.create("a")
		for range 3 {
			got, err := t.OpenTicket(t.Context(), hash("ticket a"), nil, t.start)
			t.must("OpenTicket", err)
			if got.Attempts != 0 {
				t.Fatal("OpenTicket: reading without a guess charged one")
			}
		}
		t.wantLeft(budget(20), t.start, 20, "reading without a guess charges nothing")
	}},
	{"OpenTicketWithNoGuessesAllowedIsErrNotFound", func(t *trial) {
		t.create("a")
		_, err := t.OpenTicket(t.Context(), hash("ticket a"), &store.Guess{}, t.start)
		t.want("OpenTicket", err, store.ErrNotFound, "a PerTicket of zero allows no guess")
	}},
	{"GuessesAreExactInACrowd", func(t *trial) {
		t.create("a")
		g := &store.Guess{PerTicket: 5, PerBudget: 300, Window: day}
		answers := together(1000, func(int) error {
			_, err := t.OpenTicket(t.Context(), hash("ticket a"), g, t.start)
			return err
		})
		if n := t.successes("OpenTicket", answers, isRefusal); n != 5 {
			t.Errorf("OpenTicket: %d of 1000 parallel guesses at one ticket were let through, want exactly 5", n)
		}
		t.wantLeft(budget(300), t.start, 295, "five guesses are charged to the budget, and only they")
	}},
	{"SpentBudgetIsALimitErrorAndTheTicketStaysCharged", func(t *trial) {
		t.create("a", "b")
		g := &store.Guess{PerTicket: 5, PerBudget: 2, Window: day}
		for range 2 {
			_, err := t.OpenTicket(t.Context(), hash("ticket a"), g, t.start)
			t.must("OpenTicket", err)
		}
		now := t.at(time.Minute)
		_, err := t.OpenTicket(t.Context(), hash("ticket b"), g, now)
		t.wantLimit("OpenTicket", err, day-time.Minute, "another ticket of the same person has the same budget")
		got, err := t.OpenTicket(t.Context(), hash("ticket b"), nil, now)
		t.must("OpenTicket", err)
		if got.Attempts != 1 {
			t.Errorf("OpenTicket: a guess that the budget refused left the ticket with %d, want 1: it stays charged", got.Attempts)
		}
	}},
	{"BudgetIsExactOverManyTickets", func(t *trial) {
		const tickets = 40
		for i := range tickets {
			t.create(fmt.Sprint(i))
		}
		g := &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}
		answers := together(400, func(i int) error {
			_, err := t.OpenTicket(t.Context(), hash("ticket %d", i%tickets), g, t.start)
			return err
		})
		if n := t.successes("OpenTicket", answers, isRefusal); n != 20 {
			t.Errorf("OpenTicket: %d of 400 parallel guesses over %d tickets of one person were let through, want exactly 20", n, tickets)
		}
	}},
	{"BudgetsOfTwoPeopleAreApart", func(t *trial) {
		mine, theirs := t.fresh("a"), t.fresh("b")
		theirs.Budget = hash("their budget")
		t.must("CreateTicket", t.CreateTicket(t.Context(), mine, t.start))
		t.must("CreateTicket", t.CreateTicket(t.Context(), theirs, t.start))
		g := &store.Guess{PerTicket: 5, PerBudget: 1, Window: day}
		_, err := t.OpenTicket(t.Context(), mine.ID, g, t.start)
		t.must("OpenTicket", err)
		_, err = t.OpenTicket(t.Context(), mine.ID, g, t.start)
		t.wantLimit("OpenTicket", err, day, "the budget is spent")
		_, err = t.OpenTicket(t.Context(), theirs.ID, g, t.start)
		t.must("OpenTicket of a ticket on another budget", err)
	}},
	{"PerBudgetOfZeroChargesTheTicketAlone", func(t *trial) {
		t.create("a")
		for range 3 {
			_, err := t.OpenTicket(t.Context(), hash("ticket a"), &store.Guess{PerTicket: 3, Window: day}, t.start)
			t.must("OpenTicket", err)
		}
		_, err := t.OpenTicket(t.Context(), hash("ticket a"), &store.Guess{PerTicket: 3, Window: day}, t.start)
		t.want("OpenTicket", err, store.ErrNotFound, "the ticket has had its guesses")
		t.wantLeft(budget(5), t.start, 5, "a PerBudget of zero charges no budget")
	}},
	{"GuessingMakesNothingLiveLonger", func(t *trial) {
		k := t.fresh("a")
		k.Expires = t.at(2 * time.Hour)
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		g := &store.Guess{PerTicket: 9, PerBudget: 3, Window: time.Hour}
		for _, d := range []time.Duration{0, 20 * time.Minute, 40 * time.Minute} {
			_, err := t.OpenTicket(t.Context(), k.ID, g, t.at(d))
			t.must("OpenTicket", err)
		}
		_, err := t.OpenTicket(t.Context(), k.ID, g, t.at(time.Hour-time.Millisecond))
		t.wantLimit("OpenTicket", err, time.Millisecond, "the window runs from its first charge")
		_, err = t.OpenTicket(t.Context(), k.ID, g, t.at(time.Hour))
		t.must("OpenTicket in the next window", err)
		_, err = t.OpenTicket(t.Context(), k.ID, g, k.Expires)
		t.want("OpenTicket", err, store.ErrNotFound, "a guess does not make a ticket live longer")
	}},
	{"GuessingTwiceNeverChargesLess", func(t *trial) {
		// What a driver re-sends is charged again.
		t.create("a")
		g := &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}
		for range 2 {
			_, err := t.OpenTicket(t.Context(), hash("ticket a"), g, t.start)
			t.must("OpenTicket", err)
		}
		t.wantLeft(budget(20), t.start, 18, "each run of OpenTicket charges its guess")
	}},
	{"GuessIsChargedThoughTheCallerGoes", func(t *trial) {
		t.create("a")
		g := &store.Guess{PerTicket: 100, PerBudget: 100, Window: day}
		seen := 0
		for _, err := range t.interrupted(64, func(ctx cancelled, _ int) error {
			_, err := t.OpenTicket(ctx, hash("ticket a"), g, t.start)
			return err
		}) {
			if err == nil {
				seen++
			}
		}
		got, err := t.OpenTicket(t.Context(), hash("ticket a"), nil, t.start)
		t.must("OpenTicket", err)
		if got.Attempts < seen {
			t.Errorf("OpenTicket: %d guesses were let through and %d charged to the ticket: a caller who goes guesses for nothing", seen, got.Attempts)
		}
		if charged := 100 - t.left(budget(100), t.start); charged < seen {
			t.Errorf("OpenTicket: %d guesses were let through and %d charged to the budget: a caller who goes guesses for nothing", seen, charged)
		}
	}},
}
