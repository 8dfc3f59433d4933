package storetest

import (
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// The rules of store.Store's own methods, which take a joined engine by its
// joined verbs and any other part by part: a login is the same either way.
var loginRules = []rule{
	{"OpenReadsWhatThePartsSay", func(t *trial) {
		john := t.john()
		k, trust := t.ticket("a"), t.grant("trust")
		k.User, trust.User, trust.Kind = john.ID, john.ID, store.Trust
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		_, err := t.RevokeGrants(t.Context(), store.Filter{Tenant: tenant, User: john.ID}, t.start)
		t.must("RevokeGrants", err)
		t.must("CreateGrant", t.CreateGrant(t.Context(), trust, 1, t.start))
		confirmed, pending := t.factor("b"), t.factor("a")
		confirmed.User, pending.User, pending.Created = john.ID, john.ID, t.at(time.Minute)
		for _, f := range []store.Factor{pending, confirmed} {
			t.must("PutFactor", t.PutFactor(t.Context(), f))
		}
		_, err = t.ConfirmFactor(t.Context(), confirmed.FactorID, 7, nil, t.start)
		t.must("ConfirmFactor", err)
		confirmed.Confirmed, confirmed.Used, confirmed.Step = t.start, t.start, 7

		want := store.Opened{Ticket: k, User: john, Factors: []store.Factor{confirmed, pending}, Epoch: 1}
		got, err := t.Open(t.Context(), k.ID, nil, "", t.start)
		t.must("Open", err)
		t.sameOpened(got, want, nil)
		want.Ticket.Attempts++
		got, err = t.Open(t.Context(), k.ID, &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}, "trust", t.start)
		t.must("Open with a guess", err)
		t.sameOpened(got, want, &trust)
		t.wantLeft(budget(20), t.start, 19, "Open charges its guess once")
	}},
	{"OpenLeavesWhatIsNotThereEmpty", func(t *trial) {
		decoy := t.fresh("decoy")
		decoy.User = ""
		t.must("CreateTicket", t.CreateTicket(t.Context(), decoy, t.start))
		for _, trust := range []string{"", "never made"} {
			got, err := t.Open(t.Context(), decoy.ID, nil, trust, t.start)
			t.must("Open of a ticket without a user", err)
			t.sameOpened(got, store.Opened{Ticket: decoy}, nil)
		}
		dead := t.grant("dead")
		dead.Kind, dead.Expires = store.Trust, t.start
		t.grants(dead)
		got, err := t.Open(t.Context(), decoy.ID, nil, "dead", t.start)
		t.must("Open with a dead trust", err)
		t.sameOpened(got, store.Opened{Ticket: decoy}, nil)
	}},
	{"OpenRefusesAsOpenTicketDoes", func(t *trial) {
		t.create("a", "b")
		_, err := t.Open(t.Context(), hash("ticket never made"), nil, "", t.start)
		t.want("Open", err, store.ErrNotFound, "there is no ticket")
		_, err = t.Open(t.Context(), hash("ticket a"), nil, "", t.at(lifetime))
		t.want("Open", err, store.ErrNotFound, "the ticket has expired")
		g := &store.Guess{PerTicket: 2, PerBudget: 3, Window: day}
		for range 2 {
			_, err = t.Open(t.Context(), hash("ticket a"), g, "", t.start)
			t.must("Open", err)
		}
		_, err = t.Open(t.Context(), hash("ticket a"), g, "", t.start)
		t.want("Open", err, store.ErrNotFound, "the ticket has had its guesses")
		_, err = t.Open(t.Context(), hash("ticket b"), g, "", t.start)
		t.must("Open", err)
		_, err = t.Open(t.Context(), hash("ticket b"), g, "", t.start)
		t.wantLimit("Open", err, day, "the budget is spent")
	}},
	{"FinishSpendsAdmitsAndTells", func(t *trial) {
		john := t.john()
		k, next, l, s := t.fresh("a"), t.fresh("next"), t.login("walk a"), t.session("s")
		k.User, next.User, l.User, s.User = john.ID, john.ID, john.ID, john.ID
		l.Identity = verifiable(john)
		t.must("CreateTicket", t.CreateTicket(t.Context(), k, t.start))
		c := budget(5)
		t.must("Charge", t.Charge(t.Context(), c, t.start))
		t.finished(t.Finish(t.Context(), k.ID, store.Exchange{Next: &next, Refund: &c.Key}, l, s, t.start))

		t.same("Finish", t.logins(tenant, john.ID), []store.Login{l})
		t.same("Finish", t.sessions(tenant, john.ID), []store.Grant{*s})
		t.wantLeft(c, t.start, 5, "the charge of the right answer was given back")
		if t.alive("a") || !t.alive("next") {
			t.Error("Finish: a login leaves its ticket spent and the next one stored")
		}
		got := t.reread(john)
		if i, _ := got.Identity(l.Identity); !i.Verified || got.LastLoginInstant != identity.At(l.At) {
			t.Error("Finish: Users was not told of the login")
		}
		_, err := t.Finish(t.Context(), k.ID, store.Exchange{}, l, s, t.start)
		t.want("Finish", err, store.ErrNotFound, "the ticket was spent")
	}},
	{"FinishOnlyOneWins", func(t *trial) {
		t.onlyOne("Finish", store.ErrNotFound, "a ticket logs in twice", func(round int) func(int) error {
			t.create(fmt.Sprint(round))
			return func(i int) error {
				return t.finish(fmt.Sprint(round), fmt.Sprint(round), fmt.Sprint(round, " ", i))
			}
		})
		t.wantLogins(len(crowds))
	}},
	{"FinishOnlyOneWinsAWalk", func(t *trial) {
		// A ticket engine that forgot a spend, or a walk with several live tickets.
		t.onlyOne("Finish", store.ErrExists, "a walk logs in twice", func(round int) func(int) error {
			for i := range crowds[round] {
				t.create(fmt.Sprint(round, " ", i))
			}
			return func(i int) error {
				return t.finish(fmt.Sprint(round, " ", i), fmt.Sprint(round), fmt.Sprint(round, " ", i))
			}
		})
		t.wantLogins(len(crowds))
	}},
	{"FinishThatIsRefusedSpendsTheTicketAndAdmitsNobody", func(t *trial) {
		c := budget(5)
		t.must("Charge", t.Charge(t.Context(), c, t.start))
		t.must("Admit", t.Admit(t.Context(), t.login("taken"), nil))
		_, err := t.RevokeGrants(t.Context(), everything, t.start)
		t.must("RevokeGrants", err)
		for walk, want := range map[string]error{"taken": store.ErrExists, "stale": store.ErrNotFound} {
			t.create(walk)
			next, l := t.fresh("next "+walk), t.login(walk)
			if walk == "taken" {
				l.Epoch = 1
			}
			x := store.Exchange{Next: &next, Refund: &c.Key}
			_, err := t.Finish(t.Context(), hash("ticket %s", walk), x, l, t.session(walk), t.start)
			t.want("Finish", err, want, "Admit refuses")
			if t.alive(walk) {
				t.Error("Finish: a login was refused and its ticket lives: it could be tried again")
			}
			if _, joined := t.joined(); joined && t.alive("next "+walk) {
				t.Error("FinishLogin: a login was refused, and the next ticket is there")
			}
			if t.held(walk) || len(t.logins(tenant, person)) != 1 {
				t.Error("Finish: a login was refused, and something of it is there")
			}
		}
		if _, joined := t.joined(); joined {
			t.wantLeft(c, t.start, 4, "a FinishLogin that is refused refunds nothing")
		}
	}},
	{"FinishFirstEndsAllThatWasGrantedBefore", func(t *trial) {
		t.grants(t.grant("key"))
		t.create("a")
		l := t.login("walk")
		l.First = true
		_, err := t.Finish(t.Context(), hash("ticket a"), store.Exchange{}, l, t.session("s"), t.start)
		t.must("Finish", err)
		if t.held("key") || !t.held("s") || t.epoch(tenant, person) != 1 {
			t.Error("Finish: the first proof of a user ends all that was granted before, and nothing else")
		}
	}},
	{"RevokeGrantsBeatsAFinishOnItsWay", func(t *trial) {
		for round, crowd := range crowds {
			for i := range crowd {
				t.create(fmt.Sprint(round, " ", i))
			}
			epoch := t.epoch(tenant, person)
			answers := together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.RevokeGrants(t.Context(), everything, t.start)
					return err
				}
				id := fmt.Sprint(round, " ", i)
				l := t.login(id)
				l.Epoch = epoch
				_, err := t.Finish(t.Context(), hash("ticket %s", id), store.Exchange{}, l, t.session(id), t.start)
				return err
			})
			t.successes("Finish beside RevokeGrants", answers, is(store.ErrNotFound))
			if n := len(t.sessions(tenant, person)); n != 0 {
				t.Fatalf("Finish: %d sessions of logins decided before RevokeGrants live after it had returned", n)
			}
		}
	}},
	{"FinishTriedAgainAfterALostReplyLogsInOnce", func(t *trial) {
		for _, applied := range []bool{false, true} {
			for call := range 4 {
				walk := fmt.Sprint(call, applied)
				t.create(walk)
				lossy := t.losing(call, applied)
				succeeded := 0
				for range 3 {
					_, err := lossy.Finish(t.Context(), hash("ticket %s", walk), store.Exchange{}, t.login(walk), t.session(walk), t.start)
					if err == nil {
						succeeded++
					}
				}
				logins := 0
				for _, l := range t.logins(tenant, person) {
					if l.Walk == walk {
						logins++
					}
				}
				if succeeded > 1 || logins > 1 || succeeded > logins || t.held(walk) != (logins == 1) {
					t.Errorf("Finish: %d of 3 tries succeeded and %d logins were kept, when call %d of the store lost its reply (applied: %v)",
						succeeded, logins, call, applied)
				}
			}
		}
	}},
	{"FinishAppliesWhollyOrNotWhenCancelled", func(t *trial) {
		for i := range 64 {
			t.create(fmt.Sprint(i))
		}
		answers := t.interrupted(64, func(ctx cancelled, i int) error {
			_, err := t.Finish(ctx, hash("ticket %d", i), store.Exchange{}, t.login(fmt.Sprint(i)), t.session(fmt.Sprint(i)), t.start)
			return err
		})
		for i, err := range answers {
			id := fmt.Sprint(i)
			if err == nil && !t.held(id) {
				t.Error("Finish: succeeded for a caller who had gone, and there is no session")
			}
			if t.held(id) && t.alive(id) {
				t.Error("Finish: a caller had gone, and the login was admitted while its ticket lives")
			}
		}
		if logins, sessions := len(t.logins(tenant, person)), len(t.sessions(tenant, person)); logins != sessions {
			t.Errorf("Finish: %d logins and %d sessions after callers had gone", logins, sessions)
		}
	}},
}

func (t *trial) sameOpened(got, want store.Opened, trust *store.Grant) {
	t.Helper()
	t.same("Open", got.Ticket, want.Ticket)
	t.same("Open", got.User, want.User)
	t.same("Open", got.Factors, want.Factors)
	if got.Epoch != want.Epoch {
		t.Errorf("Open: epoch %d, want %d", got.Epoch, want.Epoch)
	}
	switch {
	case trust != nil && got.Trust != nil:
		t.same("Open", *got.Trust, *trust)
	case trust != got.Trust:
		t.Errorf("Open: that the trust is there is %v, want %v", got.Trust != nil, trust != nil)
	}
}

func (t *trial) finish(ticket, walk, session string) error {
	_, err := t.Finish(t.Context(), hash("ticket %s", ticket), store.Exchange{}, t.login(walk), t.session(session), t.start)
	return err
}

func (t *trial) finished(told, err error) {
	t.Helper()
	t.must("Finish", err)
	t.must("RecordLogin", told)
}

func (t *trial) wantLogins(want int) {
	t.Helper()
	if logins, sessions := len(t.logins(tenant, person)), len(t.sessions(tenant, person)); logins != want || sessions != want {
		t.Errorf("Finish: %d logins and %d sessions, want %d of each", logins, sessions, want)
	}
}
