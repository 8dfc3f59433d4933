package passwordless_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// LIM-01 LIM-03
func TestFiveGuessesATicket(t *testing.T) { inEveryShape(t, logintest.GuessesPerTicket) }

// LIM-02 LIM-06 LIM-09 SEC-13
func TestTwentyGuessesADay(t *testing.T) { inEveryShape(t, logintest.GuessesPerDay) }

// LIM-02 LIM-03
func TestTwentyGuessesADayInParallel(t *testing.T) { inEveryShape(t, logintest.GuessesInParallel) }

// LIM-05
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

// LIM-10: a guess at each of many login ids, of somebody and of nobody, is told
// so that an alarm can count them by tenant and application.
func TestGuessesAcrossPeopleAreTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Neighbours()
	all := []string{logintest.Email, logintest.NeighbourEmail, logintest.Username, "nobody@piedpiper.com"}
	for _, loginID := range all {
		r := logintest.Request(identity.FormField)
		r.LoginID = loginID
		begun, err := h.Login().Begin(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		h.Refused(passwordless.LoginRequest{Code: begun.Code.Text, OneTimeCode: secret.New("none")})
	}
	told := 0
	for _, e := range h.Events() {
		if e.Type == passwordless.LoginFailed && e.Reason == passwordless.WrongCode &&
			e.Tenant == logintest.TenantID && e.Application == logintest.ApplicationID {
			told++
		}
	}
	if told != len(all) {
		t.Errorf("%d guesses were told, want %d", told, len(all))
	}
}
