package integration_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// SEC-01 SEC-02 SEC-03 LIM-01 LIM-02 LIM-03 IDN-09 ROB-02
func TestSQLStore(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		l := e.lender(t)
		storetest.Run(t, func(t *testing.T) storetest.Subject {
			s := l.lend(t)
			return storetest.Subject{
				Store:   store.Of(s.Store),
				AddUser: func(u identity.User) (identity.User, error) { return put(s.Store, u) },
			}
		})
	})
}
