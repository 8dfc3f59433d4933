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
		storetest.Run(t, func(c *testing.T) storetest.Subject {
			s, _, _ := e.lend(c, t)
			return storetest.Subject{
				Store:   store.Of(s),
				AddUser: func(u identity.User) (identity.User, error) { return put(s, u) },
			}
		})
	})
}
