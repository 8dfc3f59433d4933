package passwordless_test

import (
	"flag"
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// rounds is for long runs by hand.
var rounds = flag.Int("rounds", 10, "how often each crowd races for a ticket")

func joined(*testing.T) logintest.Backend {
	m := memstore.New()
	return logintest.Backend{Store: store.Of(m), Put: m.Put}
}

func split(t *testing.T) logintest.Backend {
	b := joined(t)
	b.Store = logintest.Split(b.Store)
	return b
}

func ownUsers(t *testing.T) logintest.Backend {
	b := joined(t)
	b.Store = logintest.OwnUsers(b.Store)
	return b
}

// shapes are the ways a store can be put together.
var shapes = map[string]func(*testing.T) logintest.Backend{
	"one engine": joined, "four engines": split, "own users": ownUsers,
}

// inEveryShape runs a body of tests over each of them.
func inEveryShape(t *testing.T, body func(*testing.T, func(*testing.T) logintest.Backend)) {
	t.Parallel()
	for name, open := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body(t, open)
		})
	}
}

// raced runs a body for a number of rounds.
func raced(t *testing.T, body func(*testing.T, func(*testing.T) logintest.Backend, int)) {
	inEveryShape(t, func(t *testing.T, open func(*testing.T) logintest.Backend) { body(t, open, *rounds) })
}

// SEC-01 SEC-02 ROB-02
func TestOneTicketOneLogin(t *testing.T) { raced(t, logintest.OneLogin) }

// SEC-01 SEC-02
func TestOneTicketOnePassword(t *testing.T) { raced(t, logintest.OnePassword) }

// SEC-01 SEC-02
func TestOneTicketOneVerification(t *testing.T) { raced(t, logintest.OneVerification) }

// IDN-06
func TestRevokeAllBeatsLoginsUnderWay(t *testing.T) { raced(t, logintest.RevokedMeanwhile) }

// IDN-06 IDN-09
func TestRevokedBetweenDecisionAndAdmission(t *testing.T) {
	inEveryShape(t, logintest.RevokedInBetween)
}

// SEC-01: a ticket engine may forget, as after a failover.
func TestForgottenTicketsGiveOneLogin(t *testing.T) {
	t.Parallel()
	logintest.Forgotten(t, joined, *rounds)
}

// IDN-06 IDN-08: what holds is read again at every step.
func TestStateIsReadAgain(t *testing.T) { inEveryShape(t, logintest.ReadAgain) }

// IDN-09
func TestFirstProofEndsEarlierGrants(t *testing.T) { raced(t, logintest.FirstProof) }

// IDN-10
func TestVerificationsDoNotMix(t *testing.T) { raced(t, logintest.OneAddressEach) }
