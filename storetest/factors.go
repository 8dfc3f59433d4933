package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var factorRules = []rule{
	{"PutFactorKeepsEveryField", func(t *trial) {
		want, given := t.factor("a"), t.factor("a")
		t.must("PutFactor", t.PutFactor(t.Context(), given))
		clear(given.Sealed)
		for range 2 {
			got := t.factors(tenant, person)
			t.same("PutFactor", got, []store.Factor{want})
			clear(got[0].Sealed)
		}
		step, now := int64(59), t.at(time.Minute)
		_, err := t.ConfirmFactor(t.Context(), want.FactorID, step, nil, now)
		t.must("ConfirmFactor", err)
		want.Confirmed, want.Used, want.Step = now, now, step
		t.same("ConfirmFactor", t.factors(tenant, person), []store.Factor{want})
		t.must("UseFactor", t.UseFactor(t.Context(), want.FactorID, 60, t.at(time.Hour)))
		want.Used, want.Step = t.at(time.Hour), 60
		t.same("UseFactor", t.factors(tenant, person), []store.Factor{want})
	}},
	{"PutFactorNeverConfirms", func(t *trial) {
		f := t.factor("a")
		f.Confirmed, f.Used = t.start, t.start
		t.must("PutFactor", t.PutFactor(t.Context(), f))
		t.same("PutFactor", t.factors(tenant, person), []store.Factor{t.factor("a")})
		t.want("UseFactor", t.UseFactor(t.Context(), f.FactorID, 1, t.start), store.ErrNotFound, "the factor is pending")
	}},
	{"PutFactorReplacesAPendingOne", func(t *trial) {
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		f := t.factor("a")
		f.Sealed, f.To, f.Created = []byte("another"), "", t.at(time.Minute)
		for range 2 {
			t.must("PutFactor", t.PutFactor(t.Context(), f))
			t.same("PutFactor", t.factors(tenant, person), []store.Factor{f})
		}
	}},
	{"PutFactorIsErrExistsForAConfirmedOne", func(t *trial) {
		t.enrol(0, nil, "a")
		before := t.factors(tenant, person)
		f := t.factor("a")
		f.Sealed = []byte("an attacker's")
		t.want("PutFactor", t.PutFactor(t.Context(), f), store.ErrExists, "the factor is confirmed")
		t.same("PutFactor", t.factors(tenant, person), before)
	}},
	{"ConfirmFactorBesidePutFactorConfirmsWhatWasThere", func(t *trial) {
		// Either the factor was replaced first, or it was confirmed first and stays.
		for round, crowd := range crowds {
			id := fmt.Sprint(round)
			t.must("PutFactor", t.PutFactor(t.Context(), t.factor(id)))
			answers := together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.ConfirmFactor(t.Context(), factorID(id), 1, nil, t.start)
					return err
				}
				f := t.factor(id)
				f.Name = fmt.Sprint(i)
				return t.PutFactor(t.Context(), f)
			})
			t.successes("PutFactor beside ConfirmFactor", answers, is(store.ErrExists))
			i := slices.IndexFunc(t.factors(tenant, person), func(f store.Factor) bool { return f.ID == id })
			if t.factors(tenant, person)[i].Confirmed.IsZero() {
				t.Fatal("PutFactor: a confirmed factor became pending again")
			}
		}
	}},
	{"ListFactorsListsOnesOwnOldestFirst", func(t *trial) {
		var want []store.Factor
		for i, id := range []string{"d", "b", "c", "a"} {
			f := t.factor(id)
			f.Created = t.at(time.Duration(i) * time.Minute)
			want = append(want, f)
		}
		for _, i := range []int{2, 0, 3, 1} {
			t.must("PutFactor", t.PutFactor(t.Context(), want[i]))
		}
		theirs, elsewhere := t.factor("e"), t.factor("f")
		theirs.User, elsewhere.Tenant = otherPerson, otherTenant
		t.must("PutFactor", t.PutFactor(t.Context(), theirs))
		t.must("PutFactor", t.PutFactor(t.Context(), elsewhere))
		t.same("ListFactors", t.factors(tenant, person), want)
	}},
	{"FactorsAreTheirUsersOwn", func(t *trial) {
		t.enrol(1, codes("mine", 3), "a")
		mine := t.factors(tenant, person)
		for _, id := range []store.FactorID{
			{Tenant: tenant, User: otherPerson, ID: "a"}, {Tenant: otherTenant, User: person, ID: "a"},
		} {
			t.want("UseFactor", t.UseFactor(t.Context(), id, 2, t.start), store.ErrNotFound, "the factor is another's")
			t.want("RenameFactor", t.RenameFactor(t.Context(), id, "new"), store.ErrNotFound, "the factor is another's")
			_, err := t.ConfirmFactor(t.Context(), id, 2, nil, t.start)
			t.want("ConfirmFactor", err, store.ErrNotFound, "the factor is another's")
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), id))
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), store.FactorID{Tenant: id.Tenant, User: id.User}))
			err = t.TakeRecoveryCode(t.Context(), id.Tenant, id.User, codes("mine", 3))
			t.want("TakeRecoveryCode", err, store.ErrNotFound, "the code is another's")
			err = t.ReplaceRecoveryCodes(t.Context(), id.Tenant, id.User, codes("theirs", 2))
			t.want("ReplaceRecoveryCodes", err, store.ErrNotFound, "the user has no confirmed factor")
			f := t.factor("a")
			f.FactorID, f.Name = id, "theirs"
			t.must("PutFactor", t.PutFactor(t.Context(), f))
		}
		t.same("ListFactors", t.factors(tenant, person), mine)
		if n := t.codesLeft(tenant, person); n != 3 {
			t.Errorf("CountRecoveryCodes: %d, want 3: what others do changes nothing of a user's", n)
		}
	}},
	{"FactorsAreComparedByteForByte", func(t *trial) {
		for i, id := range lookalikes("task") {
			f := t.factor(id)
			f.User, f.Name, f.Created = id, id, t.at(time.Duration(i))
			t.must("PutFactor beside lookalikes", t.PutFactor(t.Context(), f))
		}
		for _, id := range lookalikes("task") {
			if got := t.factors(tenant, id); len(got) != 1 || got[0].ID != id || got[0].Name != id {
				t.Errorf("ListFactors: %d factors for the user %q: users that look alike are taken for one another", len(got), id)
			}
		}
	}},
	{"RenameFactorNames", func(t *trial) {
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		for range 2 {
			t.must("RenameFactor", t.RenameFactor(t.Context(), factorID("a"), "Größe 世界"))
		}
		want := t.factor("a")
		want.Name = "Größe 世界"
		t.same("RenameFactor", t.factors(tenant, person), []store.Factor{want})
		t.want("RenameFactor", t.RenameFactor(t.Context(), factorID("b"), "new"), store.ErrNotFound, "there is no such factor")
	}},
	{"RemoveFactorsRemovesOneOrAll", func(t *trial) {
		t.enrol(1, codes("a", 3), "a", "b", "c")
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("pending")))
		t.must("RemoveFactors of what is absent", t.RemoveFactors(t.Context(), factorID("d")))
		for range 2 {
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), factorID("a")))
		}
		if n := len(t.factors(tenant, person)); n != 3 {
			t.Errorf("RemoveFactors: %d factors left, want 3: it removes the one that is named", n)
		}
		for range 2 {
			t.must("RemoveFactors of all", t.RemoveFactors(t.Context(), factorID("")))
		}
		if n, left := len(t.factors(tenant, person)), t.codesLeft(tenant, person); n != 0 || left != 0 {
			t.Errorf("RemoveFactors: %d factors and %d recovery codes left of all", n, left)
		}
	}},
	{"RecoveryCodesGoWithTheLastConfirmedFactor", func(t *trial) {
		t.enrol(1, codes("a", 3), "a", "b")
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("pending")))
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), factorID("a")))
		if n := t.codesLeft(tenant, person); n != 3 {
			t.Errorf("CountRecoveryCodes: %d after one of two confirmed factors was removed, want 3", n)
		}
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), factorID("b")))
		if n := t.codesLeft(tenant, person); n != 0 {
			t.Errorf("CountRecoveryCodes: %d after the last confirmed factor was removed, want 0", n)
		}
		err := t.TakeRecoveryCode(t.Context(), tenant, person, codes("a", 3))
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "the codes are gone")
	}},
}

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

		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("second")))
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
			t.must("PutFactor", t.PutFactor(t.Context(), t.factor(fmt.Sprint(round))))
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

var recoveryRules = []rule{
	{"TakeRecoveryCodeTakesOne", func(t *trial) {
		t.enrol(1, codes("a", 3), "a")
		three := codes("a", 3)
		err := t.TakeRecoveryCode(t.Context(), tenant, person, codes("b", 2))
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "none of them is a code of the user")
		err = t.TakeRecoveryCode(t.Context(), tenant, person, nil)
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "no hash is no code")
		t.must("TakeRecoveryCode", t.TakeRecoveryCode(t.Context(), tenant, person, []store.Hash{hash("another key"), three[0]}))
		err = t.TakeRecoveryCode(t.Context(), tenant, person, three[:1])
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "the code was taken")
		t.must("TakeRecoveryCode", t.TakeRecoveryCode(t.Context(), tenant, person, three[1:]))
		if n := t.codesLeft(tenant, person); n != 1 {
			t.Errorf("CountRecoveryCodes: %d after two of three were taken, want 1: one call takes one code", n)
		}
	}},
	{"TakeRecoveryCodeOnlyOneWins", func(t *trial) {
		t.enrol(1, codes("a", len(crowds)), "a")
		t.onlyOne("TakeRecoveryCode", store.ErrNotFound, "a recovery code was used twice", func(round int) func(int) error {
			code := codes("a", len(crowds))[round : round+1]
			return func(int) error { return t.TakeRecoveryCode(t.Context(), tenant, person, code) }
		})
		if n := t.codesLeft(tenant, person); n != 0 {
			t.Errorf("CountRecoveryCodes: %d after all were taken", n)
		}
	}},
	{"ReplaceRecoveryCodesReplacesAll", func(t *trial) {
		t.must("PutFactor", t.PutFactor(t.Context(), t.factor("a")))
		err := t.ReplaceRecoveryCodes(t.Context(), tenant, person, codes("a", 3))
		t.want("ReplaceRecoveryCodes", err, store.ErrNotFound, "the user has no confirmed factor")
		if n := t.codesLeft(tenant, person); n != 0 {
			t.Errorf("CountRecoveryCodes: %d for a user without a confirmed factor", n)
		}
		t.enrol(1, codes("a", 3), "a")
		for range 2 {
			t.must("ReplaceRecoveryCodes", t.ReplaceRecoveryCodes(t.Context(), tenant, person, codes("b", 5)))
			if n := t.codesLeft(tenant, person); n != 5 {
				t.Errorf("CountRecoveryCodes: %d after 3 codes were replaced by 5", n)
			}
		}
		err = t.TakeRecoveryCode(t.Context(), tenant, person, codes("a", 3))
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "the code was replaced")
	}},
	{"ReplaceRecoveryCodesLeavesOneWholeSet", func(t *trial) {
		t.enrol(1, nil, "a")
		for _, crowd := range crowds[:3] {
			answers := together(crowd, func(i int) error {
				return t.ReplaceRecoveryCodes(t.Context(), tenant, person, codes(fmt.Sprint(i), 10))
			})
			t.successes("ReplaceRecoveryCodes", answers, func(error) bool { return false })
			if n := t.codesLeft(tenant, person); n != 10 {
				t.Fatalf("ReplaceRecoveryCodes: %d codes left of %d sets of 10 replaced at once, want 10", n, crowd)
			}
			sets := 0
			for i := range crowd {
				if t.TakeRecoveryCode(t.Context(), tenant, person, codes(fmt.Sprint(i), 10)) == nil {
					sets++
				}
			}
			if sets != 1 {
				t.Fatalf("ReplaceRecoveryCodes: codes of %d sets are left, want those of one", sets)
			}
		}
	}},
	{"RecoveryCodesChangeWhollyOrNotWhenCancelled", func(t *trial) {
		t.enrol(1, codes("before", 10), "a")
		t.interrupted(64, func(ctx cancelled, i int) error {
			return t.ReplaceRecoveryCodes(ctx, tenant, person, codes(fmt.Sprint(i), 10))
		})
		if n := t.codesLeft(tenant, person); n != 10 {
			t.Errorf("ReplaceRecoveryCodes: %d codes left by callers who had gone, want one whole set of 10", n)
		}
	}},
}
