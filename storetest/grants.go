package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var grantRules = []rule{
	{"CreateGrantKeepsEveryField", func(t *trial) {
		want, given := t.grant("a"), t.grant("a")
		t.grants(given)
		clear(given.Data)
		for range 2 {
			got, err := t.Grant(t.Context(), "a", t.start)
			t.must("Grant", err)
			t.same("Grant", got, want)
			clear(got.Data)
		}
		listed, err := t.ListGrants(t.Context(), tenant, person, store.APIKey, t.start)
		t.must("ListGrants", err)
		t.same("ListGrants", listed, []store.Grant{want})
	}},
	{"GrantWithoutExpiryLivesUntilRevoked", func(t *trial) {
		g := t.grant("a")
		g.Expires, g.Rotated, g.Used, g.Data, g.Sum = time.Time{}, time.Time{}, time.Time{}, nil, store.Hash{}
		t.grants(g)
		got, err := t.Grant(t.Context(), "a", t.at(36500*day))
		t.must("Grant", err)
		t.same("Grant", got, g)
	}},
	{"GrantIsDeadFromItsExpiryOn", func(t *trial) {
		g := t.grant("a")
		t.grants(g)
		for _, late := range []time.Duration{0, time.Millisecond, 400 * day} {
			now := g.Expires.Add(late)
			if t.heldAt("a", now) {
				t.Error("Grant: a grant lives on after its Expires")
			}
			listed, err := t.ListGrants(t.Context(), tenant, person, g.Kind, now)
			t.must("ListGrants", err)
			if len(listed) != 0 {
				t.Error("ListGrants: a grant lives on after its Expires")
			}
			_, err = t.RotateGrant(t.Context(), "a", store.Rotation{From: g.Counter, Expires: now.Add(day)}, now)
			t.want("RotateGrant", err, store.ErrNotFound, "a grant is dead from the instant it expires")
			t.want("RenameGrant", t.RenameGrant(t.Context(), "a", "new", now), store.ErrNotFound, "a grant is dead from the instant it expires")
		}
		if !t.heldAt("a", g.Expires.Add(-time.Millisecond)) {
			t.Error("Grant: a grant died before its Expires")
		}
	}},
	{"CreateGrantIsErrExistsForATakenID", func(t *trial) {
		t.grants(t.grant("a"))
		theirs := t.grant("a")
		theirs.Tenant, theirs.User, theirs.Name = otherTenant, otherPerson, ""
		t.want("CreateGrant", t.CreateGrant(t.Context(), theirs, 0, t.start), store.ErrExists, "the ID is taken, if by another tenant")
		again := t.CreateGrant(t.Context(), t.grant("a"), 0, t.start)
		t.want("CreateGrant", again, store.ErrExists, "running it twice makes one grant")
		got, err := t.Grant(t.Context(), "a", t.start)
		t.must("Grant", err)
		t.same("CreateGrant", got, t.grant("a"))
	}},
	{"CreateGrantIsErrExistsForALiveName", func(t *trial) {
		named := func(id, name string) store.Grant {
			g := t.grant(id)
			g.Name = name
			return g
		}
		t.grants(named("a", "laptop"))
		again := t.CreateGrant(t.Context(), named("b", "laptop"), 0, t.start)
		t.want("CreateGrant", again, store.ErrExists, "a live grant of the kind has the name")

		kind, theirs, elsewhere := named("c", "laptop"), named("d", "laptop"), named("e", "laptop")
		kind.Kind, theirs.User, elsewhere.Tenant = store.AccessToken, otherPerson, otherTenant
		t.grants(kind, theirs, elsewhere, named("f", ""), named("g", ""))
		for _, id := range []string{"h", "i"} {
			s := t.session(id)
			s.Name = "laptop"
			t.grants(*s)
		}
		late := named("j", "laptop")
		late.Expires = t.at(3 * day)
		t.must("CreateGrant with the name of a dead grant", t.CreateGrant(t.Context(), late, 0, t.at(2*day)))
	}},
	{"CreateGrantOnlyOneWinsAName", func(t *trial) {
		t.onlyOne("CreateGrant", store.ErrExists, "two live grants have one name", func(round int) func(int) error {
			return func(i int) error {
				g := t.grant(fmt.Sprint(round, " ", i))
				g.Name = fmt.Sprint("laptop ", round)
				return t.CreateGrant(t.Context(), g, 0, t.start)
			}
		})
	}},
	{"CreateGrantOnlyOneWinsAnID", func(t *trial) {
		t.onlyOne("CreateGrant", store.ErrExists, "two users hold one grant", func(round int) func(int) error {
			return func(i int) error {
				g := t.grant(fmt.Sprint(round))
				g.Name, g.User = "", fmt.Sprint("user ", i)
				return t.CreateGrant(t.Context(), g, 0, t.start)
			}
		})
	}},
	{"CreateGrantOfAnotherEpochIsErrNotFound", func(t *trial) {
		_, err := t.RevokeGrants(t.Context(), store.Filter{Tenant: tenant, User: person}, t.start)
		t.must("RevokeGrants", err)
		for _, epoch := range []int64{0, 2, -1} {
			err := t.CreateGrant(t.Context(), t.grant("a"), epoch, t.start)
			t.want("CreateGrant", err, store.ErrNotFound, "everything was revoked since the caller looked")
		}
		t.must("CreateGrant", t.CreateGrant(t.Context(), t.grant("a"), 1, t.start))
	}},
	{"ListGrantsListsOnesOwnOldestFirst", func(t *trial) {
		var want []string
		for i, id := range []string{"d", "b", "c", "a"} {
			g := t.grant(id)
			g.Created = t.at(-time.Duration(10-i) * time.Minute)
			want = append(want, id)
			t.grants(g)
		}
		kind, theirs, elsewhere := t.grant("k"), t.grant("t"), t.grant("e")
		kind.Kind, theirs.User, elsewhere.Tenant = store.Trust, otherPerson, otherTenant
		t.grants(kind, theirs, elsewhere)
		listed, err := t.ListGrants(t.Context(), tenant, person, store.APIKey, t.start)
		t.must("ListGrants", err)
		var got []string
		for _, g := range listed {
			got = append(got, g.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("ListGrants: %v, want %v: the user's live grants of the kind, oldest first", got, want)
		}
	}},
	{"GrantsAreComparedByteForByte", func(t *trial) {
		for i, id := range lookalikes("task") {
			g := t.grant(id)
			g.Name, g.Counter = id, int64(i)
			t.must("CreateGrant beside its lookalikes", t.CreateGrant(t.Context(), g, 0, t.start))
			g.ID, g.User, g.Tenant = fmt.Sprint("of user ", i), id, id
			t.must("CreateGrant for a lookalike of a user", t.CreateGrant(t.Context(), g, 0, t.start))
		}
		for i, id := range lookalikes("task") {
			got, err := t.Grant(t.Context(), id, t.start)
			t.must("Grant", err)
			theirs, err := t.ListGrants(t.Context(), id, id, store.APIKey, t.start)
			t.must("ListGrants", err)
			if got.Counter != int64(i) || got.Name != id || len(theirs) != 1 || theirs[0].Counter != int64(i) {
				t.Errorf("Grant: the grants or users %q and others that look alike are taken for one another", id)
			}
		}
	}},
	{"RenameGrantNames", func(t *trial) {
		t.grants(t.grant("a"), t.grant("b"))
		for range 2 {
			t.must("RenameGrant", t.RenameGrant(t.Context(), "a", "Größe 世界", t.start))
		}
		got, err := t.Grant(t.Context(), "a", t.start)
		t.must("Grant", err)
		want := t.grant("a")
		want.Name = "Größe 世界"
		t.same("RenameGrant", got, want)
		taken := t.RenameGrant(t.Context(), "a", t.grant("b").Name, t.start)
		t.want("RenameGrant", taken, store.ErrExists, "a live grant of the kind has the name")
		absent := t.RenameGrant(t.Context(), "c", "new", t.start)
		t.want("RenameGrant", absent, store.ErrNotFound, "there is no such grant")
		for range 2 {
			t.must("RenameGrant to nothing", t.RenameGrant(t.Context(), "a", "", t.start))
		}
		t.must("RenameGrant to nothing, as another", t.RenameGrant(t.Context(), "b", "", t.start))
	}},
	{"RenameGrantOnlyOneWinsAName", func(t *trial) {
		t.onlyOne("RenameGrant", store.ErrExists, "two live grants have one name", func(round int) func(int) error {
			for i := range crowds[round] {
				t.grants(t.grant(fmt.Sprint(round, " ", i)))
			}
			return func(i int) error {
				return t.RenameGrant(t.Context(), fmt.Sprint(round, " ", i), fmt.Sprint("laptop ", round), t.start)
			}
		})
	}},
	{"DeleteExpiredKeepsLiveGrants", func(t *trial) {
		short, eternal := t.grant("short"), t.grant("eternal")
		short.Expires, eternal.Expires = t.at(time.Hour), time.Time{}
		t.grants(short, eternal)
		for _, d := range []time.Duration{0, 90 * time.Minute, 2*time.Hour - time.Millisecond} {
			n, err := t.Grants.DeleteExpired(t.Context(), t.at(d), 100)
			t.must("DeleteExpired", err)
			if n != 0 {
				t.Errorf("DeleteExpired: removed %d grants within an hour after they ended", n)
			}
		}
		if !t.held("short") {
			t.Error("DeleteExpired: another node, whose clock is less than an hour behind, has lost a live grant")
		}
		for _, limit := range []int{0, 1, 1} {
			n, err := t.Grants.DeleteExpired(t.Context(), t.at(5000*day), limit)
			t.must("DeleteExpired", err)
			if n > limit {
				t.Errorf("DeleteExpired: removed %d, want at most %d", n, limit)
			}
		}
		if !t.heldAt("eternal", t.at(5000*day)) {
			t.Error("DeleteExpired: a grant that lives until it is revoked was removed")
		}
	}},
}

var rotateRules = []rule{
	{"RotateGrantCountsAndSetsItsInstants", func(t *trial) {
		want := t.grant("a")
		t.grants(want)
		now, expires := t.at(time.Minute), t.at(30*day)
		ok, err := t.RotateGrant(t.Context(), "a", store.Rotation{From: want.Counter, Expires: expires}, now)
		t.must("RotateGrant", err)
		if !ok {
			t.Fatal("RotateGrant: false, though the counter is r.From")
		}
		want.Counter, want.Rotated, want.Used, want.Expires = want.Counter+1, now, now, expires
		got, err := t.Grant(t.Context(), "a", t.at(29*day))
		t.must("Grant", err)
		t.same("RotateGrant", got, want)
		for _, from := range []int64{want.Counter - 1, want.Counter + 1, 0, -1} {
			ok, err := t.RotateGrant(t.Context(), "a", store.Rotation{From: from, Expires: t.at(60 * day)}, now)
			t.must("RotateGrant from another counter", err)
			if ok {
				t.Errorf("RotateGrant: true for the counter %d, which is not the grant's: an old token was taken again", from)
			}
		}
		got, err = t.Grant(t.Context(), "a", t.at(29*day))
		t.must("Grant", err)
		t.same("RotateGrant", got, want)
		_, err = t.RotateGrant(t.Context(), "b", store.Rotation{Expires: expires}, now)
		t.want("RotateGrant", err, store.ErrNotFound, "there is no such grant")
	}},
	{"RotateGrantThatKeepsOnlyUses", func(t *trial) {
		want := t.grant("a")
		t.grants(want)
		for i := range 3 {
			now, expires := t.at(time.Duration(1+i)*time.Minute), t.at(time.Duration(30+i)*day)
			r := store.Rotation{From: want.Counter, Keep: true, Expires: expires}
			ok, err := t.RotateGrant(t.Context(), "a", r, now)
			t.must("RotateGrant with Keep", err)
			if !ok {
				t.Fatal("RotateGrant with Keep: false, though the counter is r.From: a use that does not rotate was refused")
			}
			want.Used, want.Expires = now, expires
			got, err := t.Grant(t.Context(), "a", t.at(29*day))
			t.must("Grant", err)
			t.same("RotateGrant with Keep", got, want)
			r.From--
			ok, err = t.RotateGrant(t.Context(), "a", r, now)
			t.must("RotateGrant with Keep from another counter", err)
			if ok {
				t.Error("RotateGrant with Keep: true for a counter that is not the grant's: an old token was taken again")
			}
		}
		_, err := t.RevokeGrants(t.Context(), store.Filter{ID: "a"}, t.start)
		t.must("RevokeGrants", err)
		_, err = t.RotateGrant(t.Context(), "a", store.Rotation{From: want.Counter, Keep: true, Expires: t.at(day)}, t.start)
		t.want("RotateGrant with Keep", err, store.ErrNotFound, "the grant was revoked")
	}},
	{"RotateGrantOnlyOneWins", func(t *trial) {
		errLost := errors.New("the counter is another")
		t.onlyOne("RotateGrant", errLost, "one refresh token has two successors", func(round int) func(int) error {
			g := t.grant(fmt.Sprint(round))
			t.grants(g)
			return func(int) error {
				ok, err := t.RotateGrant(t.Context(), g.ID, store.Rotation{From: g.Counter, Expires: t.at(day)}, t.start)
				if err == nil && !ok {
					return errLost
				}
				return err
			}
		})
		for round := range crowds {
			got, err := t.Grant(t.Context(), fmt.Sprint(round), t.start)
			t.must("Grant", err)
			if got.Counter != t.grant("").Counter+1 {
				t.Errorf("RotateGrant: the counter went from %d to %d in one rotation", t.grant("").Counter, got.Counter)
			}
		}
	}},
	{"RotateGrantNeverOutlivesARevocation", func(t *trial) {
		for round, crowd := range crowds {
			g := t.grant(fmt.Sprint(round))
			t.grants(g)
			together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.RevokeGrants(t.Context(), store.Filter{ID: g.ID}, t.start)
					return err
				}
				r := store.Rotation{From: g.Counter + int64(i), Expires: t.at(day)}
				_, err := t.RotateGrant(t.Context(), g.ID, r, t.start)
				return err
			})
			if t.held(g.ID) {
				t.Fatal("RotateGrant: a grant lives after RevokeGrants had returned: a refresh undid a revocation")
			}
		}
	}},
}
