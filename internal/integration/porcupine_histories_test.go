package integration

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// Whatever clients saw of an engine at once could have happened one call after
// the other.
//
// SEC-01 SEC-02 LIM-01 MFA-05 REF-01 REF-05 FLT-04
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	for engine, open := range engines {
		for name, w := range workloads {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				e := open(t)
				for seed := range uint64(20) {
					history := w.record(t, e, seed)
					if result := w.check(history); result != porcupine.Ok {
						t.Fatalf("the history of seed %d is %s", seed, result)
					}
				}
			})
		}
	}
}

// A checker that accepts everything proves nothing: a store that reads and
// then writes is refused within 20 histories, 38,400 calls.
func TestRacyHistoriesAreRefused(t *testing.T) {
	t.Parallel()
	for name, w := range workloads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := racy{memstore.New()}
			for seed := range uint64(20) {
				if w.check(w.record(t, e, seed)) == porcupine.Illegal {
					return
				}
			}
			t.Error("a store that reads and then writes passed for one that is atomic")
		})
	}
}

// The model is the plain rule: what it must not accept, written by hand.
func TestTicketModelRefuses(t *testing.T) {
	t.Parallel()
	guess := func(n int64) output { return output{answer: ok, n: n} }
	spent, no := output{answer: ok}, output{answer: notFound}
	for name, c := range map[string]struct {
		verbs   []string
		outputs []output
		want    porcupine.CheckResult
	}{
		"five guesses, then spent": {[]string{"guess", "guess", "exchange", "guess"}, []output{guess(1), guess(2), spent, no}, porcupine.Ok},
		"double spend":             {[]string{"exchange", "exchange"}, []output{spent, spent}, porcupine.Illegal},
		"nobody wins":              {[]string{"exchange", "exchange"}, []output{no, no}, porcupine.Illegal},
		"a guess after the end":    {[]string{"exchange", "guess"}, []output{spent, guess(1)}, porcupine.Illegal},
		"a guess for nothing":      {[]string{"guess", "guess"}, []output{guess(1), guess(1)}, porcupine.Illegal},
		"a guess refused too soon": {[]string{"guess", "guess"}, []output{guess(1), no}, porcupine.Illegal},
		"a sixth guess": {
			[]string{"guess", "guess", "guess", "guess", "guess", "guess"},
			[]output{guess(1), guess(2), guess(3), guess(4), guess(5), guess(6)}, porcupine.Illegal,
		},
		"an unknown spend":           {[]string{"exchange", "exchange"}, []output{{answer: unknown}, no}, porcupine.Ok},
		"an unknown spend, and two":  {[]string{"exchange", "exchange", "exchange"}, []output{{answer: unknown}, spent, spent}, porcupine.Illegal},
		"an unknown guess may count": {[]string{"guess", "guess"}, []output{{answer: unknown}, guess(2)}, porcupine.Ok},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var history []porcupine.Operation
			for i, verb := range c.verbs {
				at := int64(10 * i)
				op := porcupine.Operation{ClientId: i, Input: input{verb: verb}, Call: at, Output: c.outputs[i], Return: at + 5}
				if c.outputs[i].answer == unknown {
					op.Return = math.MaxInt64
				}
				history = append(history, op)
			}
			if got := ticketWorkload.check(history); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// racy does in two steps what the contract has in one.
type racy struct{ store.Engine }

func pause() {
	for range 20 {
		runtime.Gosched()
	}
}

func (s racy) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	pause()
	_ = s.Engine.ExchangeTicket(ctx, id, x, now)
	return nil
}

func (s racy) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	if err := s.Engine.Charge(ctx, c, now); err != nil {
		return err
	}
	_ = s.Refund(ctx, c.Key, now) // it only looked
	pause()
	c.Limit = 1 << 30
	return s.Engine.Charge(ctx, c, now)
}

func (s racy) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	epoch, err := s.Epoch(ctx, l.Tenant, l.User)
	if err != nil {
		return err
	}
	if epoch != l.Epoch {
		return store.ErrNotFound
	}
	pause()
	if l.Epoch, err = s.Epoch(ctx, l.Tenant, l.User); err != nil {
		return err
	}
	return s.Engine.Admit(ctx, l, session)
}

func (s racy) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	all, err := s.ListFactors(ctx, f.Tenant, f.User)
	if err != nil {
		return err
	}
	if all[0].Step >= step {
		return store.ErrNotFound
	}
	pause()
	_ = s.Engine.UseFactor(ctx, f, step, now)
	return nil
}

func (s racy) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	g, err := s.Grant(ctx, id, now)
	if err != nil || g.Counter != r.From {
		return false, err
	}
	pause()
	_, err = s.Engine.RotateGrant(ctx, id, r, now)
	return err == nil, err
}
