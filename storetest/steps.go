package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var stepRules = []rule{
	{"ConfirmFactorConfirmsOnce", func(t *trial) {
		_, err := t.ConfirmFactor(t.Context(), factorID("a"), 5, codes("a", 3), t.start)
		t.want("ConfirmFactor", err, store.ErrNotFound, "there is no such factor")
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		stored, err := t.ConfirmFactor(t.Context(), factorID("a"), 5, codes("a", 3), t.start)
		t.must("ConfirmFactor", err)
		if !stored || t.codesLeft(tenant, person) != 3 {
			t.Error("ConfirmFactor: the first factor of a user comes with recovery codes")
		}
		_, err = t.ConfirmFactor(t.Context(), factorID("a"), 6, codes("b", 2), t.start)
		t.want("ConfirmFactor", err, store.ErrNotFound, "the factor is not pending")
		err = t.UseFactor(t.Context(), factorID("a"), 5, t.start)
		t.want("UseFactor", err, store.ErrNotFound, "the code that confirmed the factor counts as used")
		t.must("TakeRecoveryCode", t.TakeRecoveryCode(t.Context(), tenant, person, codes("a", 1)))

		t.pend("second")
		stored, err = t.ConfirmFactor(t.Context(), factorID("second"), 5, codes("b", 2), t.start)
		t.must("ConfirmFactor", err)
		if stored || t.codesLeft(tenant, person) != 2 {
			t.Error("ConfirmFactor: a second factor replaced the recovery codes that its user holds")
		}
	}},
	{"ConfirmFactorTakesOnlyAGreaterStep", func(t *trial) {
		f := t.factor("a")
		f.Step = 7
		t.must("PutFactor", t.PutFactor(t.Context(), f))
		for _, step := range []int64{1, 6, 7} {
			_, err := t.ConfirmFactor(t.Context(), f.FactorID, step, nil, t.start)
			t.want("ConfirmFactor", err, store.ErrNotFound, "the step is not greater than the factor's last")
		}
		_, err := t.ConfirmFactor(t.Context(), f.FactorID, 8, nil, t.start)
		t.must("ConfirmFactor", err)
	}},
	{"ConfirmFactorOnlyOneWins", func(t *trial) {
		t.onlyOne("ConfirmFactor", store.ErrNotFound, "an enrolment code was used twice", func(round int) func(int) error {
			t.pend(fmt.Sprint(round))
			return func(i int) error {
				_, err := t.ConfirmFactor(t.Context(), factorID(fmt.Sprint(round)), 1, codes(fmt.Sprint(i), 2), t.start)
				return err
			}
		})
	}},
	{"ConfirmFactorStoresOneSetOfCodes", func(t *trial) {
		for round, crowd := range crowds {
			user := fmt.Sprint("user ", round)
			f := t.factor("")
			for i := range crowd {
				f.FactorID = store.FactorID{Tenant: tenant, User: user, ID: fmt.Sprint(i)}
				f.Kind, f.First = fmt.Sprint(i), false
				t.must("PutFactor", t.PutFactor(t.Context(), f))
			}
			winners := make([]bool, crowd)
			answers := together(crowd, func(i int) (err error) {
				id := store.FactorID{Tenant: tenant, User: user, ID: fmt.Sprint(i)}
				winners[i], err = t.ConfirmFactor(t.Context(), id, 1, codes(id.ID, 3), t.start)
				return err
			})
			t.successes("ConfirmFactor", answers, func(error) bool { return false })
			winner := slices.Index(winners, true)
			if winner < 0 || slices.Contains(winners[winner+1:], true) {
				t.Fatalf("ConfirmFactor: of %d factors confirmed at once not exactly 1 was the first", crowd)
			}
			for _, code := range codes(fmt.Sprint(winner), 3) {
				err := t.TakeRecoveryCode(t.Context(), tenant, user, []store.Hash{code})
				t.must("TakeRecoveryCode of the set that was said to be stored", err)
			}
			if n := t.codesLeft(tenant, user); n != 0 {
				t.Fatalf("ConfirmFactor: %d recovery codes beside the set that was said to be stored", n)
			}
		}
	}},
	{"ConfirmFactorConfirmsAFirstOneOnlyAsTheFirst", func(t *trial) {
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("b")))
		t.pend("proven")
		_, err := t.ConfirmFactor(t.Context(), factorID("b"), 1, codes("b", 3), t.start)
		t.must("ConfirmFactor of a first one", err)
		for range 2 {
			_, err = t.ConfirmFactor(t.Context(), factorID("a"), 1, codes("a", 2), t.start)
			t.want("ConfirmFactor", err, store.ErrExists, "another was first")
		}
		_, err = t.ConfirmFactor(t.Context(), factorID("proven"), 1, codes("a", 2), t.start)
		t.must("ConfirmFactor of one that was not put as first", err)
		if n := t.codesLeft(tenant, person); n != 3 {
			t.Errorf("CountRecoveryCodes: %d after other factors were confirmed, want the 3 of the first", n)
		}
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("b")))
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("proven")))
		_, err = t.ConfirmFactor(t.Context(), factorID("a"), 1, nil, t.start)
		t.must("ConfirmFactor once there is no other", err)
	}},
	{"ConfirmFactorOnlyOneIsFirst", func(t *trial) {
		for round, crowd := range crowds {
			user := fmt.Sprint("user ", round)
			id := func(i int) store.FactorID {
				return store.FactorID{Tenant: tenant, User: user, ID: fmt.Sprint(i)}
			}
			for i := range crowd {
				f := t.factor("")
				f.FactorID, f.Kind = id(i), fmt.Sprint(i)
				t.must("PutFactor", t.PutFactor(t.Context(), f))
			}
			answers := together(crowd, func(i int) error {
				stored, err := t.ConfirmFactor(t.Context(), id(i), 1, codes(fmt.Sprint(i), 3), t.start)
				if err == nil && !stored {
					return errors.New("it was confirmed, and not as the first")
				}
				return err
			})
			if n := t.successes("ConfirmFactor", answers, is(store.ErrExists)); n != 1 {
				t.Fatalf("ConfirmFactor: %d of %d factors that were put as first were confirmed, want exactly 1: one was added without the proof of another", n, crowd)
			}
			confirmed := slices.DeleteFunc(t.factors(tenant, user), func(f store.Factor) bool { return f.Confirmed.IsZero() })
			if len(confirmed) != 1 || t.codesLeft(tenant, user) != 3 {
				t.Fatalf("ConfirmFactor: %d factors are confirmed with %d recovery codes, want 1 with 3", len(confirmed), t.codesLeft(tenant, user))
			}
		}
	}},
	{"UseFactorTakesOnlyAGreaterStep", func(t *trial) {
		err := t.UseFactor(t.Context(), factorID("a"), 1, t.start)
		t.want("UseFactor", err, store.ErrNotFound, "there is no such factor")
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		for _, step := range []int64{0, 1} {
			err := t.UseFactor(t.Context(), factorID("a"), step, t.start)
			t.want("UseFactor", err, store.ErrNotFound, "the factor is pending")
		}
		_, err = t.ConfirmFactor(t.Context(), factorID("a"), 10, nil, t.start)
		t.must("ConfirmFactor", err)
		for _, c := range []struct {
			step int64
			ok   bool
		}{{10, false}, {9, false}, {1, false}, {12, true}, {12, false}, {11, false}, {0, true}, {12, false}, {13, true}, {1 << 62, true}, {1<<62 - 1, false}} {
			// The clock goes back meanwhile: steps do not.
			err := t.UseFactor(t.Context(), factorID("a"), c.step, t.at(-time.Duration(c.step)))
			if c.ok {
				t.must(fmt.Sprint("UseFactor with the step ", c.step), err)
			} else {
				t.want("UseFactor", err, store.ErrNotFound, fmt.Sprintf("the step %d is not greater than the last: a code was used twice", c.step))
			}
		}
	}},
	{"UseFactorOnlyOneWinsAStep", func(t *trial) {
		t.enrol(1, nil, "a")
		t.onlyOne("UseFactor", store.ErrNotFound, "a TOTP code was used twice", func(round int) func(int) error {
			return func(int) error { return t.UseFactor(t.Context(), factorID("a"), int64(round)+2, t.start) }
		})
	}},
	{"UseFactorStepsNeverGoBack", func(t *trial) {
		t.enrol(1, nil, "a")
		for round, crowd := range crowds {
			base := int64(1000 * (round + 1))
			answers := together(crowd, func(i int) error {
				return t.UseFactor(t.Context(), factorID("a"), base+int64(i), t.start)
			})
			t.successes("UseFactor", answers, is(store.ErrNotFound))
			if last := t.factors(tenant, person)[0].Step; last != base+int64(crowd)-1 {
				t.Fatalf("UseFactor: the last step is %d after %d to %d were used at once, want the greatest", last, base, base+int64(crowd)-1)
			}
		}
	}},
}
