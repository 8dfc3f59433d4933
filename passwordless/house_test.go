package passwordless_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// open furnishes a login over a fresh memory store.
func open(t *testing.T) *logintest.House {
	t.Helper()
	m := memstore.New()
	return logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})
}
