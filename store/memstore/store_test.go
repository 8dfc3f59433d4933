package memstore_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

func open(*testing.T) storetest.Subject {
	s := memstore.New()
	return storetest.Subject{
		Store:   store.Of(s),
		AddUser: func(u identity.User) (identity.User, error) { return u, s.Put(u) },
	}
}

// What each case of the kit proves is in its name; each of these ids has several.
//
// SEC-01 SEC-02 SEC-03 SEC-04 SEC-10 LIM-01 LIM-02 LIM-03 LIM-13
// MFA-05 MFA-10 MFA-11 IDN-09 IDN-12 REF-01 REF-05 FLT-04 TIM-01 TIM-02 ROB-02
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, open)
}

// parted hides that memstore is joined, so that a login goes part by part.
type parted struct{ store.Engine }

func TestStoreInParts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		s := memstore.New()
		return storetest.Subject{
			Store:   store.Of(parted{s}),
			AddUser: func(u identity.User) (identity.User, error) { return u, s.Put(u) },
		}
	})
}

// Each part may be kept by another engine.
func TestStoreOfFourEngines(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		users := memstore.New()
		return storetest.Subject{
			Store:   store.Store{Users: users, Tickets: memstore.New(), Grants: memstore.New(), Factors: memstore.New()},
			AddUser: func(u identity.User) (identity.User, error) { return u, users.Put(u) },
		}
	})
}
