// Package storetest proves a store: every rule in the comments of package
// [store] has a case here, named like the rule, and each failure is a sentence
// about the contract.
//
// Whoever keeps all parts in one engine writes this and nothing else:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Subject {
//			s := memstore.New()
//			return storetest.Subject{
//				Store:   store.Of(s),
//				AddUser: func(u identity.User) (identity.User, error) { return u, s.Put(u) },
//			}
//		})
//	}
//
// Whoever has only a users table of their own runs [RunUsers] against it.
// Nothing can be switched off within a part: a store that fails a case lets
// somebody in twice, or guess for longer, or find another tenant's people.
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// Subject is a store under test.
type Subject struct {
	// Store is empty and serves one case. Parts that are not to be proved may be nil.
	Store store.Store

	// AddUser adds a user and returns it as the engine keeps it: with an id of
	// the engine's own if it does not take given ones, and without what its
	// table has no column for. It wraps errors.ErrUnsupported if the engine can
	// have no such user, as with one of a second tenant; the case then makes
	// sure that nobody is found. Needed by Run and RunUsers.
	AddUser func(identity.User) (identity.User, error)
}

// Open returns a fresh Subject. It may use t.Cleanup, and is called from
// several tests at once.
type Open func(t *testing.T) Subject

// Run proves a whole store: each part, and the logins that go through all four,
// also where another engine keeps the tickets or the users.
func Run(t *testing.T, open Open) {
	RunUsers(t, open)
	RunTickets(t, open)
	RunGrants(t, open)
	RunFactors(t, open)
	run(t, "Login", open, loginRules)
	run(t, "LoginWithTicketsElsewhere", apart(open, func(s *store.Store) { s.Tickets = struct{ store.Tickets }{s.Tickets} }), loginRules)
	run(t, "LoginWithUsersElsewhere", apart(open, func(s *store.Store) { s.Users = struct{ store.Users }{s.Users} }), loginRules)
}

// apart is a subject of which one part seems to be another engine's, so that it
// is not joined to the rest.
func apart(open Open, part func(*store.Store)) Open {
	return func(t *testing.T) Subject {
		s := open(t)
		part(&s.Store)
		return s
	}
}

// RunUsers proves Store.Users.
func RunUsers(t *testing.T, open Open) { run(t, "Users", open, userRules) }

// RunTickets proves Store.Tickets.
func RunTickets(t *testing.T, open Open) {
	run(t, "Tickets", open, slices.Concat(ticketRules, guessRules, sendRules, exchangeRules, budgetRules, sweepRules))
}

// RunGrants proves Store.Grants.
func RunGrants(t *testing.T, open Open) {
	run(t, "Grants", open, slices.Concat(grantRules, rotateRules, revokeRules, admitRules))
}

// RunFactors proves Store.Factors.
func RunFactors(t *testing.T, open Open) {
	run(t, "Factors", open, slices.Concat(factorRules, stepRules, recoveryRules))
}

// rule is one promise of the contract.
type rule struct {
	name  string
	check func(t *trial)
}

// trial is one rule on trial, with a fresh store.
type trial struct {
	*testing.T
	store.Store
	addUser func(identity.User) (identity.User, error)
	start   time.Time
}

func run(t *testing.T, part string, open Open, rules []rule) {
	t.Run(part, func(t *testing.T) {
		for _, r := range rules {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				// The real time, since an engine may drop what has ended by a
				// clock of its own, if it does so an hour late.
				start := time.UnixMilli(time.Now().UnixMilli()).UTC()
				r.check(&trial{T: t, Store: s.Store, addUser: s.AddUser, start: start})
			})
		}
	})
}

// at is a moment after the trial began, or before.
func (t *trial) at(d time.Duration) time.Time { return t.start.Add(d) }

// add is addUser for a user that the engine can have; nil says that it cannot.
func (t *trial) add(u identity.User) *identity.User {
	t.Helper()
	if t.addUser == nil {
		t.Fatal("Subject.AddUser is nil, and users cannot be proved without any")
	}
	kept, err := t.addUser(u)
	if unsupported(err) {
		return nil
	}
	t.must("AddUser", err)
	return &kept
}
