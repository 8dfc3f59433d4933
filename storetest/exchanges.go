package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var exchangeRules = []rule{
	{"ExchangeTicketSpendsAndStoresTheNext", func(t *trial) {
		t.create("a")
		next := t.ticket("next")
		given := t.ticket("next")
		t.must("ExchangeTicket", t.ExchangeTicket(t.Context(), hash("ticket a"), store.Exchange{Next: &given}, t.start))
		clear(given.Data)
		if t.alive("a") {
			t.Error("ExchangeTicket: the ticket is still there: it could be used twice")
		}
		got, err := t.OpenTicket(t.Context(), next.ID, nil, t.start)
		t.must("OpenTicket", err)
		t.same("ExchangeTicket", got, next)
	}},
	{"ExchangeTicketTwiceIsErrNotFound", func(t *trial) {
		t.create("a")
		next := t.fresh("next")
		x := store.Exchange{Next: &next}
		t.must("ExchangeTicket", t.ExchangeTicket(t.Context(), hash("ticket a"), x, t.start))
		t.must("ExchangeTicket of the next", t.ExchangeTicket(t.Context(), next.ID, store.Exchange{}, t.start))
		for _, verb := range []string{"a", "next", "never made"} {
			err := t.ExchangeTicket(t.Context(), hash("ticket %s", verb), x, t.start)
			t.want("ExchangeTicket", err, store.ErrNotFound, "a ticket that was spent or never made")
		}
		if t.alive("next") {
			t.Error("ExchangeTicket: a refused exchange brought a spent ticket back")
		}
	}},
	{"ExchangeTicketOnlyOneWins", func(t *trial) {
		t.onlyOne("ExchangeTicket", store.ErrNotFound, "a ticket could be used twice", func(round int) func(int) error {
			t.create(fmt.Sprint(round))
			return func(int) error {
				return t.ExchangeTicket(t.Context(), hash("ticket %d", round), store.Exchange{}, t.start)
			}
		})
	}},
	{"ExchangeTicketOnlyTheWinnersNextLives", func(t *trial) {
		for round, crowd := range crowds {
			t.create(fmt.Sprint(round))
			answers := together(crowd, func(i int) error {
				next := t.fresh(fmt.Sprint(round, " ", i))
				return t.ExchangeTicket(t.Context(), hash("ticket %d", round), store.Exchange{Next: &next}, t.start)
			})
			t.successes("ExchangeTicket", answers, is(store.ErrNotFound))
			for i, err := range answers {
				if lives := t.alive(fmt.Sprint(round, " ", i)); lives != (err == nil) {
					t.Fatalf("ExchangeTicket: answered %v, and that its next ticket lives is %v: one ticket became two", err, lives)
				}
			}
		}
	}},
	{"ExchangeTicketRefundsOnce", func(t *trial) {
		for round, crowd := range crowds {
			c := store.Charge{Key: hash("budget %d", round), Limit: 20, Window: day}
			for range 3 {
				t.must("Charge", t.Charge(t.Context(), c, t.start))
			}
			t.create(fmt.Sprint(round))
			answers := together(crowd, func(int) error {
				return t.ExchangeTicket(t.Context(), hash("ticket %d", round), store.Exchange{Refund: &c.Key}, t.start)
			})
			t.successes("ExchangeTicket", answers, is(store.ErrNotFound))
			t.wantLeft(c, t.start, 18, fmt.Sprintf("one of %d concurrent exchanges won, and only it refunds", crowd))
		}
	}},
	{"ExchangeTicketThatFailsRefundsNothing", func(t *trial) {
		c := budget(5)
		t.must("Charge", t.Charge(t.Context(), c, t.start))
		t.create("a")
		for _, id := range []string{"a", "b"} {
			err := t.ExchangeTicket(t.Context(), hash("ticket %s", id), store.Exchange{Refund: &c.Key}, t.at(2*lifetime))
			t.want("ExchangeTicket", err, store.ErrNotFound, "the ticket has expired or never was")
		}
		t.wantLeft(c, t.start, 4, "an exchange that is refused refunds nothing")
	}},
	{"ExchangeTicketEndsTheGuessing", func(t *trial) {
		for round, crowd := range crowds {
			k := t.fresh(fmt.Sprint(round))
			t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
			g := &store.Guess{PerTicket: 1000}
			together(crowd, func(i int) error {
				if i%2 == 0 {
					return t.ExchangeTicket(t.Context(), k.ID, store.Exchange{}, t.start)
				}
				_, err := t.OpenTicket(t.Context(), k.ID, g, t.start)
				return err
			})
			_, err := t.OpenTicket(t.Context(), k.ID, g, t.start)
			t.want("OpenTicket", err, store.ErrNotFound, "a guess beside an exchange must not bring the ticket back")
		}
	}},
	{"ExchangeTicketNeverReplacesALiveTicket", func(t *trial) {
		t.create("a", "b")
		g := &store.Guess{PerTicket: 5}
		_, err := t.OpenTicket(t.Context(), hash("ticket b"), g, t.start)
		t.must("OpenTicket", err)
		next := t.fresh("b")
		err = t.ExchangeTicket(t.Context(), hash("ticket a"), store.Exchange{Next: &next}, t.start)
		t.want("ExchangeTicket", err, store.ErrExists, "x.Next.ID is a live ticket's")
		got, err := t.OpenTicket(t.Context(), next.ID, nil, t.start)
		t.must("OpenTicket", err)
		if got.Attempts != 1 {
			t.Error("ExchangeTicket: the next ticket replaced a live one: its guesses were given back")
		}
	}},
	{"ExchangeTicketIsNeverTheOtherWayAboutWhenCancelled", func(t *trial) {
		for i := range 64 {
			t.create(fmt.Sprint(i))
		}
		answers := t.interrupted(64, func(ctx cancelled, i int) error {
			next := t.fresh(fmt.Sprint("next ", i))
			return t.ExchangeTicket(ctx, hash("ticket %d", i), store.Exchange{Next: &next}, t.start)
		})
		for i, err := range answers {
			spent, next := !t.alive(fmt.Sprint(i)), t.alive(fmt.Sprint("next ", i))
			if next && !spent {
				t.Errorf("ExchangeTicket: a caller had gone, and the ticket and its next both live: one ticket became two")
			}
			if err == nil && !(spent && next) {
				t.Errorf("ExchangeTicket: succeeded, and spent is %v and the next is there %v", spent, next)
			}
		}
	}},
	{"ExchangeTicketRetriedAfterALostReplyWinsOnce", func(t *trial) {
		c := budget(20)
		for range 10 {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		for i := range 5 {
			t.create(fmt.Sprint(i))
			x := store.Exchange{Refund: &c.Key}
			if err := t.ExchangeTicket(t.Context(), hash("ticket %d", i), x, t.start); err != nil {
				t.must("ExchangeTicket", err)
			}
			// The caller never heard of it.
			err := t.ExchangeTicket(t.Context(), hash("ticket %d", i), x, t.start)
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("ExchangeTicket: %v to a caller who tries again, want %v: it was spent", err, store.ErrNotFound)
			}
		}
		t.wantLeft(c, t.start, 15, "five exchanges refund five charges, however often they are tried")
	}},
}

var budgetRules = []rule{
	{"ChargeIsExactInACrowd", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 20, Window: day}
		answers := together(400, func(int) error { return t.Charge(t.Context(), c, t.start) })
		if n := t.successes("Charge", answers, isLimit); n != 20 {
			t.Errorf("Charge: %d of 400 concurrent calls succeeded on a budget of 20", n)
		}
	}},
	{"ChargesFollowNoWindow", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 3, Window: time.Hour}
		for _, d := range []time.Duration{0, 30 * time.Minute, 59 * time.Minute} {
			t.must("Charge", t.Charge(t.Context(), c, t.at(d)))
		}
		refused := t.Charge(t.Context(), c, t.at(time.Hour-time.Millisecond))
		t.wantLimit("Charge", refused, time.Millisecond, "a window runs from its first charge, and later ones make it no longer")
		t.wantLeft(c, t.at(time.Hour), 3, "the budget opens again when the window has passed")
	}},
	{"RefusedChargesTakeNothing", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 2, Window: time.Hour}
		for range 2 {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		for range 50 {
			t.wantLimit("Charge", t.Charge(t.Context(), c, t.at(time.Minute)), 59*time.Minute, "the budget is spent")
		}
		t.must("Refund", t.Refund(t.Context(), c.Key, t.at(time.Minute)))
		t.wantLeft(c, t.at(time.Minute), 1, "what was refused was not taken")
		t.wantLeft(c, t.at(time.Hour), 2, "what was refused opens no window of its own")
	}},
	{"LimitOfZeroGivesNothing", func(t *trial) {
		for _, limit := range []int{0, -1} {
			c := store.Charge{Key: hash("a"), Limit: limit, Window: time.Hour}
			t.wantLimit("Charge", t.Charge(t.Context(), c, t.start), 0, "a Limit of zero gives nothing, ever")
		}
	}},
	{"LimitMayChangeBetweenCharges", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 5, Window: time.Hour}
		for range 3 {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		c.Limit = 2
		t.wantLimit("Charge", t.Charge(t.Context(), c, t.start), time.Hour, "a lower limit holds at once")
		c.Limit = 4
		t.wantLeft(c, t.start, 1, "what was taken under another limit counts")
	}},
	{"RefundGivesOneBack", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 5, Window: time.Hour}
		t.must("Refund of a budget that is absent", t.Refund(t.Context(), c.Key, t.start))
		for range 4 {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		t.must("Refund", t.Refund(t.Context(), c.Key, t.start))
		t.wantLeft(c, t.start, 2, "one was given back")
	}},
	{"RefundNeverGivesMoreThanWasTaken", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 2, Window: time.Hour}
		t.must("Charge", t.Charge(t.Context(), c, t.start))
		answers := together(64, func(int) error { return t.Refund(t.Context(), c.Key, t.start) })
		t.successes("Refund", answers, func(error) bool { return false })
		t.wantLeft(c, t.start, 2, "refunds do not add to a budget")
		t.must("Refund of a window that has passed", t.Refund(t.Context(), c.Key, t.at(2*time.Hour)))
		t.wantLeft(c, t.at(2*time.Hour), 2, "refunds do not add to a budget")
	}},
	{"ClockSetBackRefundsNothing", func(t *trial) {
		c := store.Charge{Key: hash("a"), Limit: 2, Window: time.Hour}
		for range 2 {
			t.must("Charge", t.Charge(t.Context(), c, t.start))
		}
		for _, back := range []time.Duration{time.Millisecond, 30 * time.Second, 59 * time.Minute, 3650 * day} {
			err := t.Charge(t.Context(), c, t.at(-back))
			t.wantLimit("Charge", err, time.Hour+back, "a clock set back opens no budget")
			t.must("Refund by a clock set back", t.Refund(t.Context(), hash("another"), t.at(-back)))
		}
		ahead := t.at(3650 * day)
		t.wantLeft(c, ahead, 2, "a clock set forward only ends windows")
		t.wantLimit("Charge", t.Charge(t.Context(), c, t.start), 3650*day+time.Hour, "and what it took stays taken")
	}},
}
