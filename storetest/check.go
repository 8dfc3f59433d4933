package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// crowds is how many callers meet at once.
var crowds = []int{2, 16, 64, 256}

func unsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }

// limited is the wait of a *store.LimitError.
func limited(err error) (wait time.Duration, ok bool) {
	var limit *store.LimitError
	if !errors.As(err, &limit) {
		return 0, false
	}
	return limit.RetryAfter, true
}

// must ends the case: what follows would prove nothing.
func (t *trial) must(verb string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s failed where the contract has it succeed: %v", verb, err)
	}
}

// want says that a verb has to answer with one of the errors of the contract.
func (t *trial) want(verb string, err, want error, rule string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v: %s", verb, err, want, rule)
	}
}

// wantLimit is want for a *store.LimitError that lasts for wait.
func (t *trial) wantLimit(verb string, err error, wait time.Duration, rule string) {
	t.Helper()
	got, ok := limited(err)
	switch {
	case !ok:
		t.Errorf("%s: %v, want a *LimitError: %s", verb, err, rule)
	case got != wait:
		t.Errorf("%s: a *LimitError with RetryAfter %v, want %v: %s", verb, got, wait, rule)
	}
}

// same says that a record has to come back as it was stored.
func (t *trial) same(verb string, got, want any) {
	t.Helper()
	if field := difference(reflect.ValueOf(got), reflect.ValueOf(want)); field != "" {
		t.Errorf("%s: %T%s is not as it was stored", verb, want, field)
	}
}

// difference names the first field in which two records differ, or is empty.
// Times have to be UTC; nil and empty slices are alike.
func difference(got, want reflect.Value) string {
	if at, ok := want.Interface().(time.Time); ok {
		if g := got.Interface().(time.Time); !g.Equal(at) || g.Location() != time.UTC {
			return fmt.Sprintf(" (%v for %v)", g, at)
		}
		return ""
	}
	switch want.Kind() {
	case reflect.Struct:
		return structDifference(got, want)
	case reflect.Slice:
		if got.Len() != want.Len() {
			return fmt.Sprintf(" (%d elements for %d)", got.Len(), want.Len())
		}
		for i := range want.Len() {
			if d := difference(got.Index(i), want.Index(i)); d != "" {
				return fmt.Sprintf("[%d]%s", i, d)
			}
		}
		return ""
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		return " "
	}
	return ""
}

func structDifference(got, want reflect.Value) string {
	for i := range want.NumField() {
		f := want.Type().Field(i)
		if !f.IsExported() {
			if !reflect.DeepEqual(got.Interface(), want.Interface()) {
				return " "
			}
			return ""
		}
		if d := difference(got.Field(i), want.Field(i)); d != "" {
			return "." + f.Name + d
		}
	}
	return ""
}

// together calls do n times at once, and returns what each answered.
func together(n int, do func(i int) error) []error {
	answers := make([]error, n)
	gate := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-gate
			answers[i] = do(i)
		})
	}
	close(gate)
	done.Wait()
	return answers
}

// successes counts the answers that are nil, and objects to those that are
// neither nil nor allowed.
func (t *trial) successes(verb string, answers []error, allowed func(error) bool) (n int) {
	t.Helper()
	for _, err := range answers {
		switch {
		case err == nil:
			n++
		case !allowed(err):
			t.Fatalf("%s: a concurrent call answered %v, which is not an answer of the contract to it", verb, err)
		}
	}
	return n
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func isLimit(err error) bool { _, ok := limited(err); return ok }

// isRefusal is either answer to a guess that is not let through.
func isRefusal(err error) bool { return isLimit(err) || errors.Is(err, store.ErrNotFound) }

// onlyOne has crowds of callers attempt what one of them may do. prepare is
// called for each crowd and returns what caller i does.
func (t *trial) onlyOne(verb string, loser error, harm string, prepare func(round int) func(i int) error) {
	t.Helper()
	for round, crowd := range crowds {
		answers := together(crowd, prepare(round))
		if n := t.successes(verb, answers, is(loser)); n != 1 {
			t.Fatalf("%s: %d of %d concurrent calls succeeded, want exactly 1: %s", verb, n, crowd, harm)
		}
	}
}

// left counts what a budget still gives at a moment, and takes it.
func (t *trial) left(c store.Charge, now time.Time) (n int) {
	t.Helper()
	for n <= c.Limit {
		err := t.Charge(t.Context(), c, now)
		if isLimit(err) {
			return n
		}
		t.must("Charge", err)
		n++
	}
	t.Fatalf("Charge: a budget of %d gave %d: more was taken in a window than it has", c.Limit, n)
	return n
}

// wantLeft says what a budget has to give still.
func (t *trial) wantLeft(c store.Charge, now time.Time, want int, rule string) {
	t.Helper()
	if got := t.left(c, now); got != want {
		t.Errorf("Charge: the budget had %d left, want %d: %s", got, want, rule)
	}
}
