package integration_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// sqlRounds is how often each crowd races for a ticket.
const sqlRounds = 1

// sqlBackend is a store for a login.
func sqlBackend(s *sqlstore.Store) logintest.Backend {
	return logintest.Backend{
		Store: store.Of(s),
		Put:   func(u identity.User) error { return s.PutUser(context.Background(), u) },
	}
}

// What a login promises about state, on each engine.
//
// SEC-01 SEC-02 SEC-13 SEC-14 LIM-01 LIM-02 LIM-03 LIM-06 LIM-08 LIM-09 LIM-11 LIM-12 LIM-13
// IDN-06 IDN-08 IDN-09 FLT-02 ROB-02
func TestSQLLogins(t *testing.T) {
	type open = func(*testing.T) logintest.Backend
	raced := func(body func(*testing.T, open, int)) func(*testing.T, open) {
		return func(t *testing.T, b open) { body(t, b, sqlRounds) }
	}
	stories := map[string]func(*testing.T, open){
		"OneLogin":          raced(logintest.OneLogin),
		"OnePassword":       raced(logintest.OnePassword),
		"OneVerification":   raced(logintest.OneVerification),
		"RevokedMeanwhile":  raced(logintest.RevokedMeanwhile),
		"Forgotten":         raced(logintest.Forgotten),
		"FirstProof":        raced(logintest.FirstProof),
		"OneAddressEach":    raced(logintest.OneAddressEach),
		"RevokedInBetween":  logintest.RevokedInBetween,
		"ReadAgain":         logintest.ReadAgain,
		"Lifetimes":         logintest.Lifetimes,
		"ClockJumps":        logintest.ClockJumps,
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
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		l := e.lender(t)
		for name, story := range stories {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(t, func(t *testing.T) logintest.Backend { return sqlBackend(l.lend(t).Store) })
			})
		}
	})
}

// SEC-01
// Two machines share a database: of everybody who tries one link on either, one
// gets in.
func TestTwoLoginsOverOneSQLDatabase(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		dsn := e.dsn(t)
		here := e.migrated(t, e.pool(t, dsn), "")
		there := e.migrated(t, e.pool(t, dsn), "")
		h := logintest.Open(t, sqlBackend(here))
		h.Config.Limits = logintest.Unlimited()
		a := h.Login()
		h.Config.Store = store.Of(there)
		b := h.Another()
		for range 5 {
			h.Advance(1e9)
			r := h.Link()
			errs := make([]error, 32)
			var done sync.WaitGroup
			for i := range errs {
				done.Go(func() {
					_, errs[i] = []*passwordless.Login{a, b}[i%2].Complete(t.Context(), r)
				})
			}
			done.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, passwordless.ErrRefused) {
					t.Fatal(err)
				}
			}
			if won != 1 {
				t.Fatalf("%d of %d callers on two machines completed one login, want exactly 1", won, len(errs))
			}
		}
	})
}
