package passwordless_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
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

// besieging is for long runs by hand.
var besieging = flag.Int("besieging", 10_000, "logins that are begun to guess at their second factor")

// LIM-01 LIM-02 LIM-03 LIM-05 LIM-06 LIM-09 LIM-13 SEC-13
func TestGuessesAtSecondFactors(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"one engine": *besieging, "four engines": *besieging / 10, "own users": *besieging / 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := shapes[name](t)
			if err := logintest.SecondFactorGuesses(t, func() logintest.Backend { return b }, n); err != nil {
				t.Error(err)
			}
		})
	}
}

// LIM-02 LIM-03
func TestGuessesAtSecondFactorsAtOnce(t *testing.T) {
	inEveryShape(t, logintest.SecondFactorGuessesAtOnce)
}

// A store that forgets with a restart, or with a send, what was guessed is found
// out by the same guesses; one that forgets nothing is not.
func TestGuessesThatAreForgotten(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"nothing", "a restart", "a send"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := joined(t)
			f := &forgetful{Tickets: b.Store.Tickets, bySend: what == "a send"}
			b.Store.Tickets = f
			err := logintest.SecondFactorGuesses(t, func() logintest.Backend {
				if what == "a restart" {
					f.lives++
				}
				return b
			}, 500)
			found := err != nil && strings.Contains(err.Error(), `answered "accepted", want "exhausted"`)
			if forgets := what != "nothing"; found != forgets || !forgets && err != nil {
				t.Errorf("what was found is %v", err)
			}
		})
	}
}

// forgetful has other meters in each of its lives.
type forgetful struct {
	store.Tickets
	bySend bool
	lives  byte
}

func (f *forgetful) meter(key store.Hash) store.Hash {
	key[0] += f.lives
	return key
}

func (f *forgetful) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	c.Key = f.meter(c.Key)
	return f.Tickets.Charge(ctx, c, now)
}

func (f *forgetful) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if x.Refund != nil {
		key := f.meter(*x.Refund)
		x.Refund = &key
	}
	return f.Tickets.ExchangeTicket(ctx, id, x, now)
}

func (f *forgetful) SendTicket(ctx context.Context, id store.Hash, s store.Sending, now time.Time) error {
	if f.bySend {
		f.lives++
	}
	return f.Tickets.SendTicket(ctx, id, s, now)
}
