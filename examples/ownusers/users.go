package main

import (
	"context"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// Users is the store.Users of a service that has a table of its own.
type Users struct {
	Tenant   string // the only one
	Accounts *Accounts
}

// FindUser implements [store.Users]. The table knows people by e-mail address.
func (u Users) FindUser(_ context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	for _, id := range ids {
		if id.Type != identity.Email || tenant != u.Tenant {
			continue
		}
		if a, ok := u.Accounts.ByEmail(id.Value); ok {
			return u.user(a), nil
		}
	}
	return identity.User{}, store.ErrNotFound
}

// User implements [store.Users].
func (u Users) User(_ context.Context, tenant, id string) (identity.User, error) {
	if a, ok := u.Accounts.ByID(u.key(tenant, id)); ok {
		return u.user(a), nil
	}
	return identity.User{}, store.ErrNotFound
}

// RecordLogin implements [store.Users].
func (u Users) RecordLogin(_ context.Context, l store.Login) error {
	u.Accounts.Update(u.key(l.Tenant, l.User), func(a *Account) {
		if l.At.After(a.LastLogin) {
			a.LastLogin = l.At
		}
		if l.Implicit && l.Identity == email(*a) {
			confirm(a, l.At)
		}
	})
	return nil
}

// Verify implements [store.Users].
func (u Users) Verify(_ context.Context, v store.Verification) error {
	found := false
	u.Accounts.Update(u.key(v.Tenant, v.User), func(a *Account) {
		if found = v.Application == "" && v.Identity == email(*a); found {
			confirm(a, v.At)
		}
	})
	if !found {
		return store.ErrNotFound
	}
	return nil
}

// user is what an account means to Gatehouse.
func (u Users) user(a Account) identity.User {
	return identity.User{
		ID: strconv.FormatInt(a.ID, 10), TenantID: u.Tenant, Active: !a.Blocked,
		Email: a.Email, FullName: a.Name,
		Verified: !a.Confirmed.IsZero(), VerifiedInstant: identity.At(a.Confirmed),
		LastLoginInstant: identity.At(a.LastLogin),
	}
}

// key is the row of a user id, or 0, which no row has. An id that is written in
// another way than ours, such as "+1", is none.
func (u Users) key(tenant, id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || tenant != u.Tenant || strconv.FormatInt(n, 10) != id {
		return 0
	}
	return n
}

func email(a Account) identity.Identifier {
	return identity.Identifier{Type: identity.Email, Value: a.Email}
}

// confirm notes the first confirmation, which stays.
func confirm(a *Account, at time.Time) {
	if a.Confirmed.IsZero() {
		a.Confirmed = at
	}
}
