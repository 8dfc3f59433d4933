package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var admitRules = []rule{
	{"AdmitKeepsEveryField", func(t *trial) {
		l, s := t.login("walk"), t.session("s")
		given, session := t.login("walk"), t.session("s")
		t.must("Admit", t.Admit(t.Context(), given, session))
		clear(given.Data)
		clear(session.Data)
		t.same("Admit", t.logins(tenant, person), []store.Login{l})
		got, err := t.Grant(t.Context(), "s", t.start)
		t.must("Grant", err)
		t.same("Admit", got, *s)

		first := t.login("another walk")
		first.First, first.Implicit, first.Data, first.At = true, false, nil, t.at(time.Minute)
		t.must("Admit without a session", t.Admit(t.Context(), first, nil))
		t.same("Admit", t.logins(tenant, person)[:1], []store.Login{first})
	}},
	{"AdmitTakesAWalkOnce", func(t *trial) {
		t.must("Admit", t.Admit(t.Context(), t.login("walk"), t.session("a")))
		t.want("Admit", t.Admit(t.Context(), t.login("walk"), t.session("a")), store.ErrExists, "the walk has logged in")
		t.want("Admit", t.Admit(t.Context(), t.login("walk"), t.session("b")), store.ErrExists, "the walk has logged in")
		t.want("Admit", t.Admit(t.Context(), t.login("walk"), nil), store.ErrExists, "the walk has logged in")
		theirs := t.login("walk")
		theirs.Tenant, theirs.User = otherTenant, otherPerson
		t.want("Admit", t.Admit(t.Context(), theirs, nil), store.ErrExists, "the walk has logged in, if as another")
		if n := len(t.logins(tenant, person)) + len(t.logins(otherTenant, otherPerson)); n != 1 {
			t.Errorf("Admit: %d logins on one walk", n)
		}
		if t.held("b") {
			t.Error("Admit: refused a login and stored its session")
		}
	}},
	{"AdmitOnlyOneWins", func(t *trial) {
		t.onlyOne("Admit", store.ErrExists, "one walk logs in twice", func(round int) func(int) error {
			return func(i int) error {
				return t.Admit(t.Context(), t.login(fmt.Sprint(round)), t.session(fmt.Sprint(round, " ", i)))
			}
		})
		if logins, sessions := len(t.logins(tenant, person)), len(t.sessions(tenant, person)); logins != len(crowds) || sessions != len(crowds) {
			t.Errorf("Admit: %d walks left %d logins and %d sessions", len(crowds), logins, sessions)
		}
	}},
	{"AdmitRefusesASessionThatIsThere", func(t *trial) {
		t.must("Admit", t.Admit(t.Context(), t.login("a"), t.session("s")))
		t.want("Admit", t.Admit(t.Context(), t.login("b"), t.session("s")), store.ErrExists, "the session's ID is taken")
		if n := len(t.logins(tenant, person)); n != 1 {
			t.Errorf("Admit: refused a session and kept its login: %d logins, want 1", n)
		}
	}},
	{"AdmitLetsSessionsShareAName", func(t *trial) {
		for _, id := range []string{"a", "b"} {
			s := t.session(id)
			s.Name = "Jared’s telephone"
			t.must("Admit", t.Admit(t.Context(), t.login(id), s))
		}
	}},
	{"AdmitOfAnotherEpochIsErrNotFoundAndKeepsNothing", func(t *trial) {
		_, err := t.RevokeGrants(t.Context(), everything, t.start)
		t.must("RevokeGrants", err)
		for _, epoch := range []int64{0, 2, -1} {
			l := t.login("walk")
			l.Epoch, l.First = epoch, true
			err := t.Admit(t.Context(), l, t.session("s"))
			t.want("Admit", err, store.ErrNotFound, "everything was revoked since the login was decided")
		}
		if t.held("s") || len(t.logins(tenant, person)) != 0 || t.epoch(tenant, person) != 1 {
			t.Error("Admit: refused a login and kept something of it")
		}
		l := t.login("walk")
		l.Epoch = 1
		t.must("Admit of the epoch that is", t.Admit(t.Context(), l, t.session("s")))
	}},
	{"AdmitFirstEndsAllThatWasGrantedBefore", func(t *trial) {
		theirs := t.grant("theirs")
		theirs.User = otherPerson
		t.grants(t.grant("key"), theirs)
		t.must("Admit", t.Admit(t.Context(), t.login("before"), t.session("before")))
		first := t.login("first")
		first.First = true
		t.must("Admit", t.Admit(t.Context(), first, t.session("first")))
		for id, want := range map[string]bool{"key": false, "before": false, "first": true, "theirs": true} {
			if t.held(id) != want {
				t.Errorf("Admit: after the first proof of a user the grant %q is there: %v, want %v", id, !want, want)
			}
		}
		if e := t.epoch(tenant, person); e != 1 {
			t.Errorf("Admit: the first proof of a user left the epoch at %d, want 1", e)
		}
		stale := t.Admit(t.Context(), t.login("on its way"), nil)
		t.want("Admit", stale, store.ErrNotFound, "the login was decided before the first proof of its user")
		again := t.Admit(t.Context(), first, t.session("first"))
		if !errors.Is(again, store.ErrExists) && !errors.Is(again, store.ErrNotFound) {
			t.Errorf("Admit: %v, want %v or %v: run twice, it admits once", again, store.ErrExists, store.ErrNotFound)
		}
		if !t.held("first") || t.epoch(tenant, person) != 1 {
			t.Error("Admit: run twice, a first proof ended its own session")
		}
	}},
	{"AdmitFirstBeatsLoginsOnTheirWay", func(t *trial) {
		for round, crowd := range crowds {
			user := fmt.Sprint("user ", round)
			answers := together(crowd, func(i int) error {
				l, s := t.login(fmt.Sprint(round, " ", i)), t.session(fmt.Sprint(round, " ", i))
				l.User, s.User, l.First = user, user, i == crowd/2
				return t.Admit(t.Context(), l, s)
			})
			t.successes("Admit", answers, is(store.ErrNotFound))
			left := t.sessions(tenant, user)
			if len(left) != 1 || left[0].ID != fmt.Sprint(round, " ", crowd/2) {
				t.Fatalf("Admit: %d sessions live after a first proof among %d logins, want its own alone", len(left), crowd)
			}
		}
	}},
	{"RevokeGrantsBeatsLoginsOnTheirWay", func(t *trial) {
		for round, crowd := range crowds {
			epoch := t.epoch(tenant, person)
			answers := together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.RevokeGrants(t.Context(), everything, t.start)
					return err
				}
				l := t.login(fmt.Sprint(round, " ", i))
				l.Epoch = epoch
				return t.Admit(t.Context(), l, t.session(fmt.Sprint(round, " ", i)))
			})
			t.successes("Admit beside RevokeGrants", answers, is(store.ErrNotFound))
			if n := len(t.sessions(tenant, person)); n != 0 {
				t.Fatalf("Admit: %d sessions of logins decided before RevokeGrants live after it had returned", n)
			}
		}
	}},
	{"LoginsListsOnesOwnLatestFirst", func(t *trial) {
		for i, minutes := range []int{3, 1, 4, 2, 5} {
			l := t.login(fmt.Sprint(i))
			l.At = t.at(time.Duration(minutes) * time.Minute)
			t.must("Admit", t.Admit(t.Context(), l, nil))
		}
		theirs, elsewhere := t.login("theirs"), t.login("elsewhere")
		theirs.User, elsewhere.Tenant = otherPerson, otherTenant
		t.must("Admit", t.Admit(t.Context(), theirs, nil))
		t.must("Admit", t.Admit(t.Context(), elsewhere, nil))
		for _, c := range []struct {
			before time.Duration
			limit  int
			want   []int
		}{
			{time.Hour, 100, []int{5, 4, 3, 2, 1}},
			{time.Hour, 2, []int{5, 4}},
			{time.Hour, 0, nil},
			{4 * time.Minute, 2, []int{3, 2}},
			{4*time.Minute + time.Millisecond, 2, []int{4, 3}},
			{time.Minute, 100, nil},
		} {
			listed, err := t.Logins(t.Context(), tenant, person, t.at(c.before), c.limit)
			t.must("Logins", err)
			var got []int
			for _, l := range listed {
				got = append(got, int(l.At.Sub(t.start)/time.Minute))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("Logins: the minutes %v for a limit of %d before %v, want %v: latest first", got, c.limit, c.before, c.want)
			}
		}
	}},
	{"WalksAndUsersAreComparedByteForByte", func(t *trial) {
		for _, name := range lookalikes("task") {
			l := t.login(name)
			l.Tenant, l.User, l.Application, l.Agent = name, name, name, name
			t.must("Admit beside lookalikes", t.Admit(t.Context(), l, nil))
			_, err := t.RevokeGrants(t.Context(), store.Filter{Tenant: name, User: name}, t.start)
			t.must("RevokeGrants", err)
		}
		for _, name := range lookalikes("task") {
			if n, e := len(t.logins(name, name)), t.epoch(name, name); n != 1 || e != 1 {
				t.Errorf("Logins: %d logins and epoch %d for the user %q: users that look alike are taken for one another", n, e, name)
			}
		}
	}},
	{"DeleteExpiredKeepsLoginsWalksAndEpochs", func(t *trial) {
		t.must("Admit", t.Admit(t.Context(), t.login("walk"), t.session("s")))
		_, err := t.RevokeGrants(t.Context(), everything, t.start)
		t.must("RevokeGrants", err)
		for _, d := range []time.Duration{time.Hour, day, 3650 * day} {
			_, err := t.Grants.DeleteExpired(t.Context(), t.at(d), 1000)
			t.must("DeleteExpired", err)
		}
		if n, e := len(t.logins(tenant, person)), t.epoch(tenant, person); n != 1 || e != 1 {
			t.Errorf("DeleteExpired: left %d logins and epoch %d, want 1 and 1", n, e)
		}
		l := t.login("walk")
		l.Epoch = 1
		t.want("Admit", t.Admit(t.Context(), l, nil), store.ErrExists, "a walk that logged in stays known, however long ago it was")
		l = t.login("another walk")
		t.want("Admit", t.Admit(t.Context(), l, nil), store.ErrNotFound, "an epoch stays, however long ago it was raised")
	}},
	{"AdmitAppliesWhollyOrNotWhenCancelled", func(t *trial) {
		answers := t.interrupted(64, func(ctx cancelled, i int) error {
			l, s := t.login(fmt.Sprint(i)), t.session(fmt.Sprint(i))
			l.User, s.User = fmt.Sprint("user ", i), fmt.Sprint("user ", i)
			return t.Admit(ctx, l, s)
		})
		for i, err := range answers {
			user := fmt.Sprint("user ", i)
			logins, sessions := len(t.logins(tenant, user)), len(t.sessions(tenant, user))
			if logins != sessions || err == nil && logins != 1 {
				t.Errorf("Admit: answered %v to a caller who had gone, and left %d logins and %d sessions", err, logins, sessions)
			}
		}
	}},
}
