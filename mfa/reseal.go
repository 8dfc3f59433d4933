package mfa

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-go/gatehouse/store"
)

// resealPage is how many secrets Reseal reads at a time.
const resealPage = 500

// Reseal seals all authenticators' secrets that an older key sealed with the
// current one, and says how many; those that are used in between are sealed by
// that. Once it has returned without an error on a keyring whose current key all
// processes have as theirs, the older keys seal no secret any more: see
// [secret.Keyring] for how to rotate. It may run on any machine, beside logins
// and beside itself, and again after it broke off.
//
// An error is the store's, or says how many secrets cannot be opened, after all
// others were sealed.
//
// [secret.Keyring]: https://pkg.go.dev/github.com/gatehouse-go/gatehouse/secret#Keyring
func (f *Factors) Reseal(ctx context.Context) (sealed int, err error) {
	var after store.FactorID
	var unusable error // the first
	n := 0
	for {
		page, err := f.c.Store.SealedFactors(ctx, after, resealPage)
		if err != nil {
			return sealed, err
		}
		for _, x := range page {
			switch done, err := f.reseal(ctx, x); {
			case errors.Is(err, errSecret):
				n, unusable = n+1, cmp.Or(unusable, err)
			case err != nil:
				return sealed, err
			case done:
				sealed++
			}
		}
		if len(page) < resealPage {
			break
		}
		after = page[len(page)-1].FactorID
	}
	if unusable != nil {
		return sealed, fmt.Errorf("%d secrets: %w", n, unusable)
	}
	return sealed, nil
}

// reseal seals a secret with the current key, if another one sealed it and
// nothing changed it meanwhile.
func (f *Factors) reseal(ctx context.Context, x store.Factor) (bool, error) {
	if !f.c.Keys.Stale(x.Sealed) {
		return false, nil
	}
	key, err := f.unseal(x)
	if err != nil {
		return false, err
	}
	err = f.c.Store.ResealFactor(ctx, x.FactorID, x.Sealed, f.seal(key, x.FactorID))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// resealUsed is reseal for an authenticator whose code was right. That stands,
// whatever becomes of its secret.
func (f *Factors) resealUsed(ctx context.Context, p Person, x store.Factor) {
	if _, err := f.reseal(ctx, x); err != nil {
		f.tell(ctx, p, Event{Type: ResealFailed, Method: x.ID, Kind: x.Kind, Err: err})
	}
}
