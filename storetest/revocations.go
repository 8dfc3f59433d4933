package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// everything names all that a user was granted.
var everything = store.Filter{Tenant: tenant, User: person}

var revokeRules = []rule{
	{"RevokeGrantsEndsWhatTheFilterNames", func(t *trial) {
		kind, app, theirs, elsewhere := t.grant("kind"), t.grant("app"), t.grant("theirs"), t.grant("elsewhere")
		kind.Kind, app.Application, theirs.User, elsewhere.Tenant = store.Trust, "another", otherPerson, otherTenant
		all := []store.Grant{t.grant("a"), t.grant("b"), kind, app, theirs, elsewhere}
		t.grants(all...)
		for _, c := range []struct {
			filter store.Filter
			ended  []string
		}{
			{store.Filter{ID: "never made"}, nil},
			{store.Filter{ID: "a", Tenant: otherTenant}, nil},
			{store.Filter{ID: "a", Tenant: tenant, User: otherPerson}, nil},
			{store.Filter{ID: "a", Kind: store.Trust}, nil},
			{store.Filter{ID: "a", Application: "another"}, nil},
			{store.Filter{ID: "a", Except: "a"}, nil},
			{store.Filter{Tenant: tenant, User: "nobody"}, nil},
			{store.Filter{ID: "a"}, []string{"a"}},
			{store.Filter{ID: "a", Tenant: tenant, User: person, Kind: store.APIKey, Application: application}, []string{"a"}},
			{store.Filter{Tenant: tenant, User: person, Kind: store.APIKey}, []string{"a", "b", "app"}},
			{store.Filter{Tenant: tenant, User: person, Application: application}, []string{"a", "b", "kind"}},
			{store.Filter{Tenant: tenant, User: person, Except: "b"}, []string{"a", "kind", "app"}},
			{store.Filter{Tenant: tenant, User: person, Kind: store.APIKey, Except: "a"}, []string{"b", "app"}},
			{store.Filter{Tenant: otherTenant, User: person}, []string{"elsewhere"}},
			{everything, []string{"a", "b", "kind", "app"}},
		} {
			n, err := t.RevokeGrants(t.Context(), c.filter, t.start)
			t.must("RevokeGrants", err)
			if n != len(c.ended) {
				t.Errorf("RevokeGrants: %+v ended %d grants, want %d", c.filter, n, len(c.ended))
			}
			for _, g := range all {
				if ended := !t.held(g.ID); ended != slices.Contains(c.ended, g.ID) {
					t.Errorf("RevokeGrants: %+v left the grant %q ended: %v", c.filter, g.ID, ended)
				} else if ended {
					t.must("CreateGrant", t.CreateGrant(t.Context(), g, t.epoch(g.Tenant, g.User), t.start))
				}
			}
		}
	}},
	{"RevokeGrantsNeedsToKnowWhose", func(t *trial) {
		t.grants(t.grant("a"))
		for _, f := range []store.Filter{
			{}, {Tenant: tenant}, {User: person}, {Kind: store.APIKey}, {Application: application}, {Except: "b"},
			{Tenant: tenant, Kind: store.APIKey}, {User: person, Kind: store.APIKey},
		} {
			if _, err := t.RevokeGrants(t.Context(), f, t.start); err == nil {
				t.Errorf("RevokeGrants: %+v is taken for a filter, and names nobody: want an error", f)
			}
			if !t.held("a") {
				t.Fatalf("RevokeGrants: %+v ended a grant: a forgotten field must not end what is another's", f)
			}
		}
	}},
	{"RevokeGrantsOfEverythingRaisesTheEpoch", func(t *trial) {
		if e := t.epoch(tenant, person); e != 0 {
			t.Errorf("Epoch: starts at %d, want 0", e)
		}
		for _, f := range []store.Filter{
			{ID: "a"}, {Tenant: tenant, User: person, Kind: store.Session}, {Tenant: tenant, User: person, Application: application},
			{Tenant: tenant, User: person, Except: "a"}, {Tenant: tenant, User: person, ID: "a"},
			{Tenant: otherTenant, User: person}, {Tenant: tenant, User: otherPerson},
		} {
			_, err := t.RevokeGrants(t.Context(), f, t.start)
			t.must("RevokeGrants", err)
			if e := t.epoch(tenant, person); e != 0 {
				t.Fatalf("Epoch: %+v raised it to %d, and does not name everything of the user", f, e)
			}
		}
		for want := int64(1); want <= 3; want++ {
			_, err := t.RevokeGrants(t.Context(), everything, t.start)
			t.must("RevokeGrants", err)
			if e := t.epoch(tenant, person); e != want {
				t.Errorf("Epoch: %d after everything was revoked %d times", e, want)
			}
		}
	}},
	{"RevokeGrantsRaisesTheEpochForEachCaller", func(t *trial) {
		answers := together(64, func(int) error {
			_, err := t.RevokeGrants(t.Context(), everything, t.start)
			return err
		})
		t.successes("RevokeGrants", answers, func(error) bool { return false })
		if e := t.epoch(tenant, person); e != 64 {
			t.Errorf("Epoch: %d after 64 concurrent callers revoked everything", e)
		}
	}},
	{"RevokedStaysRevokedWhenTheClockIsSetBack", func(t *trial) {
		g := t.grant("a")
		t.grants(g)
		_, err := t.RevokeGrants(t.Context(), everything, g.Expires.Add(time.Hour))
		t.must("RevokeGrants", err)
		if t.held("a") {
			t.Error("RevokeGrants: spared a grant that had expired, and a clock set back brought it to life")
		}
	}},
	{"RevokeGrantsBeatsAGrantOnItsWay", func(t *trial) {
		for round, crowd := range crowds {
			epoch := t.epoch(tenant, person)
			answers := together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.RevokeGrants(t.Context(), everything, t.start)
					return err
				}
				g := t.grant(fmt.Sprint(round, " ", i))
				return t.CreateGrant(t.Context(), g, epoch, t.start)
			})
			t.successes("CreateGrant beside RevokeGrants", answers, is(store.ErrNotFound))
			left, err := t.ListGrants(t.Context(), tenant, person, store.APIKey, t.start)
			t.must("ListGrants", err)
			if len(left) != 0 {
				t.Fatalf("CreateGrant: %d grants decided before RevokeGrants live after it had returned", len(left))
			}
		}
	}},
}
