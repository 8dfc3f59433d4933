package integration

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// engines are the engines whose histories are checked.
var engines = map[string]func(t *testing.T) store.Engine{
	"memstore": func(*testing.T) store.Engine { return memstore.New() },
}

// input is one call: a verb on a key, with a number.
type input struct {
	key, verb string
	n         int64
}

// output is its answer: one of the contract's, and a number where it has one.
type output struct {
	answer string
	n      int64
}

// The answers. Of a call that was interrupted nobody knows whether it was applied.
const (
	ok       = "ok"
	notFound = "not found"
	exists   = "exists"
	limit    = "limit"
	lost     = "lost" // a compare-and-swap that found another value
	unknown  = "unknown"
)

// answer tells an error by its kind; one that is not of the contract leaves
// open what the engine did.
func answer(err error) output {
	var limited *store.LimitError
	switch {
	case err == nil:
		return output{answer: ok}
	case errors.Is(err, store.ErrNotFound):
		return output{answer: notFound}
	case errors.Is(err, store.ErrExists):
		return output{answer: exists}
	case errors.As(err, &limited):
		return output{answer: limit}
	}
	return output{answer: unknown}
}

// workload is what clients do to an engine, and the model of what they may see.
type workload struct {
	model   porcupine.NondeterministicModel
	prepare func(ctx context.Context, e store.Engine, key string) error
	draw    func(random *rand.Rand) input // without its key
	call    func(ctx context.Context, e store.Engine, in input) output
}

const (
	clients = 8
	keys    = 40
	calls   = 6 // of each client, on each key
)

// record has clients meet at one key after the other, and writes down what each
// called and saw, and when. One call in ten is interrupted.
func (w workload) record(t *testing.T, e store.Engine, seed uint64) (history []porcupine.Operation) {
	t.Helper()
	began := time.Now()
	for k := range keys {
		key := fmt.Sprint(seed, " ", k)
		if err := w.prepare(t.Context(), e, key); err != nil {
			t.Fatal(err)
		}
		seen := make([][]porcupine.Operation, clients)
		gate := make(chan struct{})
		var done sync.WaitGroup
		for c := range clients {
			random := rand.New(rand.NewPCG(seed, uint64(k*clients+c)))
			done.Go(func() {
				<-gate
				for range calls {
					in := w.draw(random)
					in.key = key
					seen[c] = append(seen[c], w.observe(t.Context(), e, in, random, began, c))
				}
			})
		}
		close(gate)
		done.Wait()
		history = slices.Concat(append(seen, history)...)
	}
	return history
}

func (w workload) observe(ctx context.Context, e store.Engine, in input, random *rand.Rand, began time.Time, client int) porcupine.Operation {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	switch random.IntN(20) {
	case 0:
		cancel()
	case 1:
		go cancel()
	}
	op := porcupine.Operation{ClientId: client, Input: in, Call: time.Since(began).Nanoseconds()}
	out := w.call(ctx, e, in)
	op.Output, op.Return = out, time.Since(began).Nanoseconds()
	if out.answer == unknown {
		op.Return = math.MaxInt64 // it may yet be applied
	}
	return op
}

// check says whether a history could have happened one call after the other.
func (w workload) check(history []porcupine.Operation) porcupine.CheckResult {
	model := w.model
	model.Partition = byKey
	model.DescribeOperation = func(in, out any) string { return fmt.Sprintf("%v: %v", in, out) }
	m := model.ToModel()
	return porcupine.CheckOperationsTimeout(m, history, time.Minute)
}

func byKey(history []porcupine.Operation) [][]porcupine.Operation {
	parts := map[string][]porcupine.Operation{}
	for _, op := range history {
		key := op.Input.(input).key
		parts[key] = append(parts[key], op)
	}
	var all [][]porcupine.Operation
	for _, p := range parts {
		all = append(all, p)
	}
	return all
}

// stepping makes a model of what one call may do. next returns the state after
// a call that is answered so, and whether it may be. After an unknown answer
// either nothing has happened or whatever any answer stands for.
func stepping[S any](first S, answers []output, next func(s S, in input, out output) (S, bool)) porcupine.NondeterministicModel {
	return porcupine.NondeterministicModel{
		Init: func() []any { return []any{first} },
		Step: func(state, in, out any) []any {
			s, i, o := state.(S), in.(input), out.(output)
			if o.answer != unknown {
				if after, legal := next(s, i, o); legal {
					return []any{after}
				}
				return nil
			}
			states := []any{s}
			for _, a := range answers {
				if after, legal := next(s, i, a); legal {
					states = append(states, after)
				}
			}
			return states
		},
	}
}
