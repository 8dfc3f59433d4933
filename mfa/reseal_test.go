package mfa_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// A new key seals from then on and the old one still opens; without the old one
// nothing that it made proves anything, or goes for having no factor.
//
// MFA-08
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	h := open(t)
	old, young := secret.GenerateKey("old"), secret.GenerateKey("new")
	ring := func(current secret.Key, older ...secret.Key) *secret.Keyring {
		r, err := secret.NewKeyring(current, older...)
		h.must(err)
		return r
	}
	h.config.Keys = ring(old)
	a, codes := h.authenticator(who)
	h.config.Keys = ring(young)
	without := h.another()
	_, err := h.complete(without, h.challenge(who, byEmail), a.wait())
	if !errors.Is(err, secret.ErrUnknownKey) || errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("without its key: %v", err)
	}
	if _, err := h.complete(without, h.challenge(who, byEmail), codes[1].Text); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a recovery code without its key: %v", err)
	}
	h.config.Keys = ring(young, old)
	both := h.another()
	if _, err := h.complete(both, h.challenge(who, byEmail), a.wait()); err != nil {
		t.Errorf("an authenticator of the old key: %v", err)
	}
	if _, err := h.complete(both, h.challenge(who, byEmail), codes[0].Text); err != nil {
		t.Errorf("a recovery code of the old key: %v", err)
	}
}

// An authenticator that is used after a rotation, and all others by Reseal, need
// the old key no more; what neither reached needs it still. The last step that
// counted stays.
//
// MFA-08
func TestSecretsAreSealedAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	old, young := secret.GenerateKey("old"), secret.GenerateKey("new")
	rings := map[string]*secret.Keyring{}
	for name, keys := range map[string][]secret.Key{"old": {old}, "both": {young, old}, "new": {young}} {
		r, err := secret.NewKeyring(keys[0], keys[1:]...)
		h.must(err)
		rings[name] = r
	}
	on := func(name string) *mfa.Factors {
		h.config.Keys = rings[name]
		return h.another()
	}
	logsIn := func(f *mfa.Factors, w mfa.Who, code secret.Text) error {
		_, err := h.complete(f, h.challenge(w, byEmail), code)
		return err
	}
	h.config.Keys = rings["old"]
	other := h.other()
	used, _ := h.authenticator(who)
	unused, _ := h.authenticator(other)
	pending, _ := h.enrol(who, mfa.EnrolRequest{InsecureSkipProof: true})

	code := used.wait()
	h.must(logsIn(on("both"), who, code))
	if err := logsIn(on("new"), who, code); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a code that was used before its secret was sealed again: %v", err)
	}
	h.must(logsIn(on("new"), who, used.wait()))
	if err := logsIn(on("new"), other, unused.shows()); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("without the old key, and not sealed again: %v", err)
	}
	if n, err := on("new").Reseal(t.Context()); n != 0 || !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("Reseal without the old key: %d, %v", n, err)
	}
	for _, want := range []int{2, 0} { // the other's, and the one that waits
		if n, err := on("both").Reseal(t.Context()); n != want || err != nil {
			t.Errorf("Reseal: %d, %v, want %d", n, err, want)
		}
	}
	h.must(logsIn(on("new"), other, unused.wait()))
	_, err := on("new").Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: pending.id, Code: pending.shows(), InsecureSkipProof: true})
	h.must(err)
}

// More secrets than are read at a time are sealed again; and a login does not hang
// on it.
func TestSealingAgainInPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	old, young := secret.GenerateKey("old"), secret.GenerateKey("new")
	before, err := secret.NewKeyring(old)
	h.must(err)
	h.config.Keys = before
	a, _ := h.authenticator(who)
	mine, err := h.config.Store.ListFactors(t.Context(), tenantID, userID)
	h.must(err)
	const people = 1234
	for i := range people {
		x := mine[0]
		x.User = fmt.Sprint("user ", i)
		x.Sealed = before.Seal("totp secret", []byte("12345678901234567890"), x.Tenant, x.User, x.ID)
		h.must(h.config.Store.PutFactor(t.Context(), x))
	}
	if h.config.Keys, err = secret.NewKeyring(young, old); err != nil {
		t.Fatal(err)
	}
	broken := true
	whole := h.config.Store
	h.config.Store.Factors = failing{whole.Factors, &broken}
	f := h.another()
	if _, err := h.complete(f, h.challenge(who, byEmail), a.wait()); err != nil || h.happened(mfa.ResealFailed) != 1 {
		t.Errorf("a login whose secret cannot be sealed again: %v, told %d times", err, h.happened(mfa.ResealFailed))
	}
	if n, err := f.Reseal(t.Context()); n != 0 || !errors.Is(err, errFault) {
		t.Errorf("Reseal on a store that fails: %d, %v", n, err)
	}
	broken = false
	if n, err := f.Reseal(t.Context()); n != people+1 || err != nil {
		t.Errorf("Reseal: %d, %v, want %d", n, err, people+1)
	}
}

// failing seals nothing again while it is broken.
type failing struct {
	store.Factors
	broken *bool
}

func (s failing) ResealFactor(ctx context.Context, f store.FactorID, old, sealed []byte) error {
	if *s.broken {
		return errFault
	}
	return s.Factors.ResealFactor(ctx, f, old, sealed)
}
