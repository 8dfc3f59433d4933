package storetest

import (
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// sending is a message that may leave every minute, most times a ticket.
func (t *trial) sending(most int) store.Sending {
	return store.Sending{
		Code: []byte("sealed anew"), Data: []byte(`{"new":"facts"}`), Expires: t.at(2 * lifetime),
		Every: time.Minute, Max: most, Charge: store.Charge{Key: hash("destination"), Limit: 300, Window: day},
	}
}

var sendRules = []rule{
	{"SendTicketReplacesTheCodeAndCounts", func(t *trial) {
		k := t.fresh("a")
		k.Attempts = 3
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		s := t.sending(5)
		t.must("SendTicket", t.SendTicket(t.Context(), k.ID, s, t.at(time.Second)))
		got, err := t.OpenTicket(t.Context(), k.ID, nil, t.at(time.Second))
		t.must("OpenTicket", err)
		k.Code, k.Data, k.Expires, k.Sends, k.Sent = s.Code, s.Data, s.Expires, 1, t.at(time.Second)
		t.same("SendTicket", got, k) // the attempts stay
		t.wantLeft(s.Charge, t.start, 299, "the destination is charged")
	}},
	{"SendTicketMayEndATicketSooner", func(t *trial) {
		t.create("a")
		s := t.sending(5)
		s.Expires = t.at(time.Second)
		t.must("SendTicket", t.SendTicket(t.Context(), hash("ticket a"), s, t.start))
		if t.aliveAt("a", s.Expires) {
			t.Error("SendTicket: the ticket outlives the Expires it was sent with")
		}
	}},
	{"SendTicketRefusesAndChangesNothing", func(t *trial) {
		k := t.fresh("a")
		k.Sends, k.Sent = 2, t.start
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		spent := store.Charge{Key: hash("spent"), Limit: 1, Window: day}
		t.must("Charge", t.Charge(t.Context(), spent, t.start))
		refused := func(s store.Sending, d, wait time.Duration, rule string) {
			t.Helper()
			t.wantLimit("SendTicket", t.SendTicket(t.Context(), k.ID, s, t.at(d)), wait, rule)
			got, err := t.OpenTicket(t.Context(), k.ID, nil, t.at(d))
			t.must("OpenTicket", err)
			t.same("a refused SendTicket", got, k)
		}
		refused(t.sending(5), time.Minute-time.Millisecond, time.Millisecond, "it was sent within Every")
		refused(t.sending(5), -time.Second, time.Minute+time.Second, "a clock set back does not send sooner")
		refused(t.sending(2), time.Minute, 0, "it has had its sends, and gets no more")
		broke := t.sending(5)
		broke.Charge = spent
		refused(broke, time.Minute, day-time.Minute, "the destination's budget is spent")
		broke.Charge = store.Charge{}
		refused(broke, time.Minute, 0, "a charge with a Limit of zero gives nothing")
		t.must("SendTicket after Every", t.SendTicket(t.Context(), k.ID, t.sending(5), t.at(time.Minute)))
		t.wantLeft(t.sending(5).Charge, t.start, 299, "only what was sent is charged")
	}},
	{"SendTicketTwiceSendsOnce", func(t *trial) {
		t.create("a")
		t.must("SendTicket", t.SendTicket(t.Context(), hash("ticket a"), t.sending(5), t.start))
		err := t.SendTicket(t.Context(), hash("ticket a"), t.sending(5), t.start)
		t.wantLimit("SendTicket", err, time.Minute, "run twice, it sends once")
	}},
	{"SendTicketOnlyOneWithinEvery", func(t *trial) {
		for round, crowd := range crowds {
			t.create(fmt.Sprint(round))
			answers := together(crowd, func(int) error {
				return t.SendTicket(t.Context(), hash("ticket %d", round), t.sending(1000), t.start)
			})
			if n := t.successes("SendTicket", answers, isLimit); n != 1 {
				t.Fatalf("SendTicket: %d of %d concurrent calls succeeded, want exactly 1 within Every: a mailbox is flooded", n, crowd)
			}
		}
		t.wantLeft(t.sending(1).Charge, t.start, 300-len(crowds), "only what was sent is charged")
	}},
	{"SendTicketMaxIsExactInACrowd", func(t *trial) {
		t.create("a")
		s := t.sending(5)
		s.Every = 0
		answers := together(256, func(int) error { return t.SendTicket(t.Context(), hash("ticket a"), s, t.start) })
		if n := t.successes("SendTicket", answers, isLimit); n != 5 {
			t.Errorf("SendTicket: %d of 256 concurrent calls succeeded, want exactly 5: a ticket has s.Max sends", n)
		}
	}},
	{"SendTicketNeverGivesGuessesBack", func(t *trial) {
		k := t.fresh("a")
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		g := &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}
		s := t.sending(1000)
		s.Every = 0
		answers := together(256, func(i int) error {
			if i%2 == 0 {
				return t.SendTicket(t.Context(), k.ID, s, t.start)
			}
			_, err := t.OpenTicket(t.Context(), k.ID, g, t.start)
			return err
		})
		if n := t.successes("OpenTicket between sends", answers, isRefusal); n != 128+5 {
			t.Errorf("OpenTicket: %d guesses were let through while the ticket was sent again and again, want exactly 5", n-128)
		}
	}},
	{"SendTicketOfNoTicketIsErrNotFound", func(t *trial) {
		err := t.SendTicket(t.Context(), hash("ticket a"), t.sending(5), t.start)
		t.want("SendTicket", err, store.ErrNotFound, "there is no ticket")
		t.wantLeft(t.sending(5).Charge, t.start, 300, "what was not sent is not charged")
	}},
}
