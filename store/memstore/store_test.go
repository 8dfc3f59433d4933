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

// ROB-02
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, open)
}
