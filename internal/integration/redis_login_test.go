package integration_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// redisRounds is how often each crowd races for a ticket.
const redisRounds = 2

// What a login promises about state, with its tickets on Redis.
//
// SEC-01 SEC-02 SEC-13 SEC-14 LIM-01 LIM-02 LIM-03 LIM-06 LIM-08 LIM-09 LIM-11 LIM-12 LIM-13
// IDN-06 IDN-08 IDN-09 FLT-02
func TestRedisLogins(t *testing.T) {
	type open = func(*testing.T) logintest.Backend
	raced := func(body func(*testing.T, open, int)) func(*testing.T, open) {
		return func(t *testing.T, b open) { body(t, b, redisRounds) }
	}
	stories := map[string]func(*testing.T, open){
		"OneLogin":          raced(logintest.OneLogin),
		"OnePassword":       raced(logintest.OnePassword),
		"OneVerification":   raced(logintest.OneVerification),
		"RevokedMeanwhile":  raced(logintest.RevokedMeanwhile),
		"Forgotten":         raced(logintest.Forgotten),
		"FirstProof":        raced(logintest.FirstProof),
		"ReadAgain":         logintest.ReadAgain,
		"GuessesPerTicket":  logintest.GuessesPerTicket,
		"GuessesPerDay":     logintest.GuessesPerDay,
		"GuessesInCrowds":   logintest.GuessesInParallel,
		"RightAnswers":      logintest.RightAnswers,
		"NobodysGuesses":    logintest.NobodysGuesses,
		"SendLimits":        logintest.SendLimits,
		"StartLimits":       logintest.StartLimits,
		"StartedByOthers":   logintest.StartedByOthers,
		"LimitsTellNothing": logintest.LimitsTellNothing,
		"Wander":            logintest.Wander,
		"Faults":            logintest.Faults,
	}
	redisClients(t, func(t *testing.T, eval redisEval) {
		space := openRedisSpace(t, eval)
		for name, story := range stories {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(t, space.backend)
			})
		}
	})
}
