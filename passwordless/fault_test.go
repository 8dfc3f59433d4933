package passwordless_test

import (
	"testing"
	"testing/synctest"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// SEC-04 FLT-02 FLT-04 LIM-04: the bubble fails if a goroutine stays behind.
func TestStoreFaults(t *testing.T) {
	t.Parallel()
	for name, open := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { logintest.Faults(t, open) })
		})
	}
}
