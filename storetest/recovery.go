package storetest

import (
	"fmt"

	"github.com/gatehouse-go/gatehouse/store"
)

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
