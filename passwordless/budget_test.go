package passwordless_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// LIM-01 LIM-03
func TestFiveGuessesATicket(t *testing.T) { inEveryShape(t, logintest.GuessesPerTicket) }

// LIM-02 LIM-06 LIM-09 SEC-13
func TestTwentyGuessesADay(t *testing.T) { inEveryShape(t, logintest.GuessesPerDay) }

// LIM-02 LIM-03
func TestTwentyGuessesADayInParallel(t *testing.T) { inEveryShape(t, logintest.GuessesInParallel) }

func TestRightAnswersGiveBackTheirOwnCharge(t *testing.T) {
	inEveryShape(t, logintest.RightAnswers)
}

// LIM-02
func TestNobodysGuessesAreCounted(t *testing.T) { inEveryShape(t, logintest.NobodysGuesses) }

// LIM-11 LIM-12 SEC-13
func TestSendLimits(t *testing.T) { inEveryShape(t, logintest.SendLimits) }

// LIM-08 LIM-09 LIM-12
func TestStartLimits(t *testing.T) { inEveryShape(t, logintest.StartLimits) }

// SEC-14
func TestStartsDoNotEndAnothersTicket(t *testing.T) { inEveryShape(t, logintest.StartedByOthers) }

// LIM-12: what is nobody's runs out as what is somebody's does.
func TestLimitsTellNothing(t *testing.T) { inEveryShape(t, logintest.LimitsTellNothing) }

// LIM-01 LIM-02 LIM-11 LIM-13 SEC-02 SEC-07 SEC-13
func TestNoCapIsExceededByAnyWalk(t *testing.T) { inEveryShape(t, logintest.Wander) }
