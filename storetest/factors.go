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
	{"PutFactorLeavesOnePendingOfAKind", func(t *trial) {
		t.enrol(0, nil, "confirmed")
		elsewhere := t.factor("elsewhere")
		t.must("PutFactor", t.PutFactor(t.Context(), elsewhere))
		before := t.factors(tenant, person)
		for round, crowd := range crowds {
			answers := together(crowd, func(i int) error {
				f := t.factor(fmt.Sprint(round, " ", i))
				f.Kind, f.Created = t.factor("confirmed").Kind, t.at(time.Minute)
				return t.PutFactor(t.Context(), f)
			})
			t.successes("PutFactor", answers, func(error) bool { return false })
			all := t.factors(tenant, person)
			if len(all) != len(before)+1 {
				t.Fatalf("PutFactor: %d factors of a kind are pending after %d were put at once, want 1", len(all)-len(before), crowd)
			}
			t.same("PutFactor beside others", all[:len(before)], before)
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
			t.pend(id)
			answers := together(crowd, func(i int) error {
				if i == crowd/2 {
					_, err := t.ConfirmFactor(t.Context(), factorID(id), 1, nil, t.start)
					return err
				}
				f := t.factor(id)
				f.Name, f.First = fmt.Sprint(i), false
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
			err := t.ResealFactor(t.Context(), id, octets(), []byte("new"))
			t.want("ResealFactor", err, store.ErrNotFound, "the factor is another's")
			_, err = t.ConfirmFactor(t.Context(), id, 2, nil, t.start)
			t.want("ConfirmFactor", err, store.ErrNotFound, "the factor is another's")
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), store.Removal{FactorID: id}))
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), store.Removal{FactorID: store.FactorID{Tenant: id.Tenant, User: id.User}}))
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
	{"ResealFactorReplacesTheSecretThatIsThere", func(t *trial) {
		t.enrol(5, nil, "a")
		t.pend("pending")
		for _, id := range []string{"a", "pending"} {
			i := slices.IndexFunc(t.factors(tenant, person), func(f store.Factor) bool { return f.ID == id })
			want := t.factors(tenant, person)[i]
			given := []byte("sealed again " + id)
			want.Sealed = slices.Clone(given)
			err := t.ResealFactor(t.Context(), factorID(id), []byte("another"), given)
			t.want("ResealFactor", err, store.ErrNotFound, "the secret is not the one that was there")
			for range 2 {
				t.must("ResealFactor", t.ResealFactor(t.Context(), factorID(id), octets(), given))
			}
			clear(given)
			t.same("ResealFactor", t.factors(tenant, person)[i], want)
			err = t.ResealFactor(t.Context(), factorID(id), octets(), []byte("late"))
			t.want("ResealFactor", err, store.ErrNotFound, "the secret was replaced")
		}
		err := t.ResealFactor(t.Context(), factorID("b"), octets(), []byte("new"))
		t.want("ResealFactor", err, store.ErrNotFound, "there is no such factor")
		err = t.ResealFactor(t.Context(), factorID("b"), nil, []byte("new"))
		t.want("ResealFactor", err, store.ErrNotFound, "there is no such factor")
	}},
	{"ResealFactorOnlyOneWins", func(t *trial) {
		t.enrol(5, nil, "a")
		sealed := octets()
		t.onlyOne("ResealFactor", store.ErrNotFound, "a secret that was replaced came back", func(round int) func(int) error {
			old := sealed
			sealed = nil
			return func(i int) error {
				next := fmt.Appendf(nil, "round %d caller %d", round, i)
				err := t.ResealFactor(t.Context(), factorID("a"), old, next)
				if err == nil {
					sealed = next // by the one that won
				}
				return err
			}
		})
		if got := t.factors(tenant, person)[0].Sealed; !slices.Equal(got, sealed) {
			t.Errorf("ResealFactor: the secret is %q, want that of the last call that succeeded", got)
		}
	}},
	{"SealedFactorsListsThoseOfAllUsersInOrder", func(t *trial) {
		var want []store.Factor
		for _, id := range []store.FactorID{
			{Tenant: tenant, User: person, ID: "b"}, {Tenant: tenant, User: person, ID: "a"}, {Tenant: tenant, User: person, ID: "A"},
			{Tenant: otherTenant, User: person, ID: "c"}, {Tenant: tenant, User: otherPerson, ID: "a"}, {Tenant: tenant, User: person + " ", ID: "0"},
		} {
			f := t.factor(id.ID)
			f.FactorID = id
			t.must("PutFactor", t.PutFactor(t.Context(), f))
			want = append(want, f)
		}
		open := t.factor("open")
		open.Sealed = nil
		t.must("PutFactor", t.PutFactor(t.Context(), open))
		slices.SortFunc(want, func(a, b store.Factor) int { return a.Compare(b.FactorID) })
		for _, limit := range []int{1, 2, 4, 6, 100} {
			var got []store.Factor
			var after store.FactorID
			for range len(want) + 1 {
				page, err := t.SealedFactors(t.Context(), after, limit)
				t.must("SealedFactors", err)
				if len(page) > limit {
					t.Fatalf("SealedFactors: %d factors for a limit of %d", len(page), limit)
				}
				got = append(got, page...)
				if len(page) < limit {
					break
				}
				after = page[len(page)-1].FactorID
			}
			t.same(fmt.Sprintf("SealedFactors, %d at a time,", limit), got, want)
		}
	}},
	{"RemoveFactorsRemovesOneOrAll", func(t *trial) {
		t.enrol(1, codes("a", 3), "a", "b", "c")
		t.pend("pending")
		t.must("RemoveFactors of what is absent", t.RemoveFactors(t.Context(), removal("d")))
		for range 2 {
			t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("a")))
		}
		if n := len(t.factors(tenant, person)); n != 3 {
			t.Errorf("RemoveFactors: %d factors left, want 3: it removes the one that is named", n)
		}
		for range 2 {
			t.must("RemoveFactors of all", t.RemoveFactors(t.Context(), removal("")))
		}
		if n, left := len(t.factors(tenant, person)), t.codesLeft(tenant, person); n != 0 || left != 0 {
			t.Errorf("RemoveFactors: %d factors and %d recovery codes left of all", n, left)
		}
	}},
	{"RemoveFactorsKeepsTheLastConfirmedOne", func(t *trial) {
		t.enrol(1, codes("a", 3), "a", "b")
		t.pend("pending")
		keep := func(id string) error {
			r := removal(id)
			r.KeepOne = true
			return t.RemoveFactors(t.Context(), r)
		}
		t.want("RemoveFactors of all", keep(""), store.ErrLast, "the last confirmed factor would go")
		t.must("RemoveFactors of one of two", keep("a"))
		before := t.factors(tenant, person)
		for _, id := range []string{"b", ""} {
			t.want("RemoveFactors", keep(id), store.ErrLast, "the last confirmed factor would go")
		}
		t.same("RemoveFactors that is refused", t.factors(tenant, person), before)
		if n := t.codesLeft(tenant, person); n != 3 {
			t.Errorf("CountRecoveryCodes: %d after the last factor was kept, want 3", n)
		}
		t.must("RemoveFactors of what is absent", keep("a"))
		t.must("RemoveFactors of a pending one", keep("pending"))
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("b")))
		t.pend("pending")
		for _, id := range []string{"pending", ""} {
			t.must("RemoveFactors of a user without a confirmed one", keep(id))
		}
	}},
	{"RemoveFactorsKeepsOneInACrowd", func(t *trial) {
		for round, crowd := range crowds[:3] {
			user := fmt.Sprint("user ", round)
			id := func(i int) store.FactorID {
				return store.FactorID{Tenant: tenant, User: user, ID: fmt.Sprint(i)}
			}
			for i := range crowd {
				f := t.factor("")
				f.FactorID, f.Kind, f.First = id(i), fmt.Sprint(i), false
				t.must("PutFactor", t.PutFactor(t.Context(), f))
				_, err := t.ConfirmFactor(t.Context(), f.FactorID, 1, codes(user, 3), t.start)
				t.must("ConfirmFactor", err)
			}
			answers := together(crowd, func(i int) error {
				return t.RemoveFactors(t.Context(), store.Removal{FactorID: id(i), KeepOne: true})
			})
			n := t.successes("RemoveFactors", answers, is(store.ErrLast))
			if left := len(t.factors(tenant, user)); n != crowd-1 || left != 1 || t.codesLeft(tenant, user) != 3 {
				t.Fatalf("RemoveFactors: %d of %d that were to keep one removed theirs, and %d factors are left, want all but 1", n, crowd, left)
			}
		}
	}},
	{"RecoveryCodesGoWithTheLastConfirmedFactor", func(t *trial) {
		t.enrol(1, codes("a", 3), "a", "b")
		t.pend("pending")
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("a")))
		if n := t.codesLeft(tenant, person); n != 3 {
			t.Errorf("CountRecoveryCodes: %d after one of two confirmed factors was removed, want 3", n)
		}
		t.must("RemoveFactors", t.RemoveFactors(t.Context(), removal("b")))
		if n := t.codesLeft(tenant, person); n != 0 {
			t.Errorf("CountRecoveryCodes: %d after the last confirmed factor was removed, want 0", n)
		}
		err := t.TakeRecoveryCode(t.Context(), tenant, person, codes("a", 3))
		t.want("TakeRecoveryCode", err, store.ErrNotFound, "the codes are gone")
	}},
}
