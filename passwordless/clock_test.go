package passwordless_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// SEC-07
func TestLifetimesEndOnTime(t *testing.T) { inEveryShape(t, logintest.Lifetimes) }

// TIM-01
func TestClockJumps(t *testing.T) { inEveryShape(t, logintest.ClockJumps) }

// TIM-02
func TestMachinesWithDifferentClocks(t *testing.T) { raced(t, logintest.SkewedMachines) }
