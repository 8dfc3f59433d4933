package storetest

import (
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// john adds a user with all three kinds of identity that its engine may keep.
func (t *trial) john() identity.User {
	t.Helper()
	u := t.add(user(tenant, person, email, phone, username))
	if u == nil || len(u.LoginIdentities()) == 0 {
		t.Fatal("AddUser: the engine keeps no user that could sign in")
	}
	return *u
}

func (t *trial) find(tenant string, ids ...identity.Identifier) (identity.User, error) {
	t.Helper()
	u, err := t.FindUser(t.Context(), tenant, ids)
	if err != nil {
		t.want("FindUser", err, store.ErrNotFound, "a user is there or is not found")
	}
	return u, err
}

func (t *trial) reread(u identity.User) identity.User {
	t.Helper()
	got, err := t.User(t.Context(), u.TenantID, u.ID)
	t.must("User", err)
	return got
}

var userRules = []rule{
	{"UserIsAsItWasAdded", func(t *trial) {
		u := t.john()
		for range 2 {
			got := t.reread(u)
			t.same("User", got, u)
			spoil(got)
		}
		for _, i := range u.LoginIdentities() {
			got, err := t.find(tenant, i.Identifier())
			t.must("FindUser", err)
			t.same("FindUser", got, u)
			spoil(got)
		}
	}},
	{"UserKeepsEveryFieldThatItsEngineHas", func(t *trial) {
		u := t.add(wholeUser())
		if u == nil {
			t.Fatal("AddUser: the engine keeps no user with an e-mail address")
		}
		t.same("User", t.reread(*u), *u)
		got, err := t.find(tenant, email)
		t.must("FindUser", err)
		t.same("FindUser", got, *u)
	}},
	{"FindUserTakesTheFirstThatIsHeld", func(t *trial) {
		john := t.john()
		mine := john.LoginIdentities()[0].Identifier()
		theirs := identity.Identifier{Type: mine.Type, Value: map[identity.IdentityType]string{
			identity.Email: "example@fusionauth.io", identity.PhoneNumber: "+13035551213", identity.Username: "richard",
		}[mine.Type]}
		jared := t.add(user(tenant, otherPerson, theirs))
		if jared == nil {
			t.Fatal("AddUser: the engine keeps no second user")
		}
		absent := identity.Identifier{Type: mine.Type, Value: "absent" + mine.Value}
		for _, c := range []struct {
			ids  []identity.Identifier
			want string
		}{
			{[]identity.Identifier{mine}, john.ID}, {[]identity.Identifier{theirs}, jared.ID},
			{[]identity.Identifier{mine, theirs}, john.ID}, {[]identity.Identifier{theirs, mine}, jared.ID},
			{[]identity.Identifier{absent, theirs, mine}, jared.ID}, {[]identity.Identifier{absent, absent, mine}, john.ID},
		} {
			got, err := t.find(tenant, c.ids...)
			t.must("FindUser", err)
			if got.ID != c.want {
				t.Errorf("FindUser: the holder of another than the first identifier that is held, of %d", len(c.ids))
			}
		}
		for _, ids := range [][]identity.Identifier{nil, {absent}, {{}}} {
			if _, err := t.find(tenant, ids...); err == nil {
				t.Error("FindUser: found a user who holds none of the identifiers")
			}
		}
	}},
	{"UsersAreTheirTenantsOwn", func(t *trial) {
		john := t.john()
		if _, err := t.User(t.Context(), otherTenant, john.ID); err == nil {
			t.Error("User: found a user of another tenant")
		} else {
			t.want("User", err, store.ErrNotFound, "the user is of another tenant")
		}
		for _, i := range john.LoginIdentities() {
			if _, err := t.find(otherTenant, i.Identifier()); err == nil {
				t.Errorf("FindUser: found a user of another tenant by %s", i.Type)
			}
			v := store.Verification{Tenant: otherTenant, User: john.ID, Identity: i.Identifier(), Reason: identity.ReasonCompleted, At: t.start}
			t.want("Verify", t.Verify(t.Context(), v), store.ErrNotFound, "the user is of another tenant")
			l := t.login("walk")
			l.Tenant, l.User, l.Identity = otherTenant, john.ID, i.Identifier()
			t.must("RecordLogin of an unknown user", t.RecordLogin(t.Context(), l))
		}
		t.same("User", t.reread(john), john)

		twin := user(otherTenant, person, email, phone, username)
		twin.FirstName = "Jared"
		if kept := t.add(twin); kept != nil {
			for _, i := range kept.LoginIdentities() {
				got, err := t.find(otherTenant, i.Identifier())
				t.must("FindUser", err)
				t.same("FindUser", got, *kept)
			}
			t.same("User", t.reread(john), john)
		}
	}},
	{"IdentifiersAreComparedByteForByte", func(t *trial) {
		john := t.john()
		for _, i := range john.LoginIdentities() {
			for _, value := range append(lookalikes(i.Value)[1:], "", i.Value[1:], i.Value[:len(i.Value)-1]) {
				if value == i.Value {
					continue
				}
				// An identifier that the engine cannot even be asked for finds nobody either.
				if _, err := t.FindUser(t.Context(), tenant, []identity.Identifier{{Type: i.Type, Value: value}}); err == nil {
					t.Errorf("FindUser: %q found the holder of %q: a collation folds two people into one", value, i.Value)
				}
			}
			for _, kind := range []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username, "", "EMAIL"} {
				if _, err := t.find(tenant, identity.Identifier{Type: kind, Value: i.Value}); kind != i.Type && err == nil {
					t.Errorf("FindUser: the %s of a user found them as %q", i.Type, kind)
				}
			}
		}
	}},
	{"LookalikesAreDifferentPeople", func(t *trial) {
		held := map[string]identity.User{}
		for i, value := range lookalikes("johnnyask") {
			u := user(tenant, fmt.Sprintf("00000000-0000-0001-0000-%012d", i), identity.Identifier{Type: identity.Username, Value: value})
			if kept := t.add(u); kept != nil && len(kept.LoginIdentities()) > 0 {
				held[value] = *kept
			}
		}
		for value, u := range held {
			got, err := t.find(tenant, identity.Identifier{Type: identity.Username, Value: value})
			t.must("FindUser", err)
			if got.ID != u.ID {
				t.Errorf("FindUser: the username %q found the holder of one that looks like it", value)
			}
		}
	}},
	{"UnlikelyIDsAreErrNotFound", func(t *trial) {
		john := t.john()
		for _, id := range unlikely() {
			if id == john.ID {
				continue
			}
			_, err := t.User(t.Context(), tenant, id)
			t.want("User", err, store.ErrNotFound, "an id that cannot be one of the engine's own is not a failure")
			v := store.Verification{Tenant: tenant, User: id, Identity: email, Reason: identity.ReasonCompleted, At: t.start}
			t.want("Verify", t.Verify(t.Context(), v), store.ErrNotFound, "an id that cannot be one of the engine's own is not a failure")
			l := t.login("walk")
			l.User = id
			t.must("RecordLogin of an unknown user", t.RecordLogin(t.Context(), l))
			if _, err := t.find(id, john.LoginIdentities()[0].Identifier()); err == nil {
				t.Error("FindUser: found a user of another tenant")
			}
		}
	}},
	{"RecordLoginNotesInstantsThatNeverGoBack", func(t *trial) {
		john := t.john()
		used := john.LoginIdentities()[0].Identifier()
		l := t.login("walk")
		l.User, l.Identity, l.Implicit, l.At = john.ID, used, false, t.at(time.Hour)
		wanted := noted(john, l)
		for _, at := range []time.Duration{time.Hour, time.Hour, 30 * time.Minute, -3650 * day} {
			l.At = t.at(at)
			t.must("RecordLogin", t.RecordLogin(t.Context(), l))
			t.same("RecordLogin", t.reread(john), wanted)
		}
		l.At, l.Application, l.Identity = t.at(2*time.Hour), "unknown", identity.Identifier{Type: "unknown", Value: "unknown"}
		t.must("RecordLogin by an unknown identity", t.RecordLogin(t.Context(), l))
		t.same("RecordLogin", t.reread(john), noted(wanted, l))
	}},
	{"RecordLoginKeepsTheLatestInACrowd", func(t *trial) {
		john := t.john()
		for round := range 4 {
			together(64, func(i int) error {
				l := t.login("walk")
				l.User, l.Identity, l.Implicit = john.ID, john.LoginIdentities()[0].Identifier(), false
				l.At = t.at(time.Duration(100*round+i*7%64) * time.Second)
				return t.RecordLogin(t.Context(), l)
			})
			latest := t.at(time.Duration(100*round+63) * time.Second)
			if got := t.reread(john).LastLoginInstant; got != identity.At(latest) {
				t.Fatalf("RecordLogin: the last login of 64 at once is noted %v too early", latest.Sub(got.Time()))
			}
		}
	}},
	{"RecordLoginVerifiesWhatItProved", func(t *trial) {
		john := t.john()
		used := verifiable(john)
		l := t.login("walk")
		l.User, l.Identity = john.ID, used
		wanted := noted(john, l)
		for range 2 {
			t.must("RecordLogin", t.RecordLogin(t.Context(), l))
			got := t.reread(john)
			if i, _ := got.Identity(used); !i.Verified {
				t.Errorf("RecordLogin: l.Implicit left the %s unverified", used.Type)
			}
			if len(john.Identities) > 0 {
				t.same("RecordLogin", got, wanted)
			}
			l.At = t.at(-time.Hour)
		}
	}},
	{"VerifyMarksOnceAndForGood", func(t *trial) {
		john := t.john()
		v := store.Verification{Tenant: tenant, User: john.ID, Identity: verifiable(john), Reason: identity.ReasonCompleted, At: t.start}
		wanted := john.Clone()
		v.Apply(&wanted)
		for range 2 {
			t.must("Verify", t.Verify(t.Context(), v))
			got := t.reread(john)
			if i, _ := got.Identity(v.Identity); !i.Verified {
				t.Fatalf("Verify: the %s is unverified still", v.Identity.Type)
			}
			if len(john.Identities) > 0 {
				t.same("Verify", got, wanted) // the first instant and reason stay
			}
			v.Reason, v.At = identity.ReasonAdministrative, t.at(time.Hour)
		}
	}},
	{"VerifyMarksARegistration", func(t *trial) {
		john := t.john()
		for _, r := range john.Registrations {
			v := store.Verification{Tenant: tenant, User: john.ID, Application: r.ApplicationID, At: t.start}
			wanted := john.Clone()
			v.Apply(&wanted)
			for range 2 {
				t.must("Verify", t.Verify(t.Context(), v))
				t.same("Verify", t.reread(john), wanted)
				v.At = t.at(time.Hour)
			}
		}
		v := store.Verification{Tenant: tenant, User: john.ID, Application: "unknown", At: t.start}
		t.want("Verify", t.Verify(t.Context(), v), store.ErrNotFound, "the user is not registered there")
		v = store.Verification{Tenant: tenant, User: john.ID, Identity: identity.Identifier{Type: identity.Email, Value: "example@fusionauth.io"}, At: t.start}
		t.want("Verify", t.Verify(t.Context(), v), store.ErrNotFound, "the user has no such identity")
	}},
	{"UsersChangeWhollyOrNotWhenCancelled", func(t *trial) {
		john := t.john()
		answers := t.interrupted(16, func(ctx cancelled, i int) error {
			l := t.login("walk")
			l.User, l.Identity, l.At = john.ID, verifiable(john), t.at(time.Duration(i)*time.Second)
			return t.RecordLogin(ctx, l)
		})
		var latest time.Time
		for i, err := range answers {
			if err == nil {
				latest = t.at(time.Duration(i) * time.Second)
			}
		}
		if got := t.reread(john).LastLoginInstant.Time(); got.Before(latest) {
			t.Error("RecordLogin: succeeded for a caller who had gone, and noted nothing")
		}
	}},
}
