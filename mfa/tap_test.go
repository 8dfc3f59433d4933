package mfa_test

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// A hook stands between the factors and their store. What it returns is the
// answer, if it is an error; not calling do is failing before it was done.
type hook func(do func() error) error

// tap is s with a hook before every call that second factors make.
func tap(s store.Store, h hook) store.Store {
	return store.Store{
		Users:   tappedUsers{s.Users, h},
		Tickets: tappedTickets{s.Tickets, h},
		Grants:  tappedGrants{s.Grants, h},
		Factors: tappedFactors{s.Factors, h},
	}
}

type (
	tappedUsers struct {
		store.Users
		hook
	}
	tappedTickets struct {
		store.Tickets
		hook
	}
	tappedGrants struct {
		store.Grants
		hook
	}
	tappedFactors struct {
		store.Factors
		hook
	}
)

// through takes a call that gives a value through a hook.
func through[T any](h hook, call func() (T, error)) (v T, err error) {
	err = h(func() (err error) {
		v, err = call()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}

func (s tappedUsers) User(ctx context.Context, tenant, id string) (identity.User, error) {
	return through(s.hook, func() (identity.User, error) { return s.Users.User(ctx, tenant, id) })
}

func (s tappedTickets) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	return s.hook(func() error { return s.Tickets.CreateTicket(ctx, t, now, charges...) })
}

func (s tappedTickets) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	return through(s.hook, func() (store.Ticket, error) { return s.Tickets.OpenTicket(ctx, id, g, now) })
}

func (s tappedTickets) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	return s.hook(func() error { return s.Tickets.SendTicket(ctx, id, m, now) })
}

func (s tappedTickets) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	return s.hook(func() error { return s.Tickets.ExchangeTicket(ctx, id, x, now) })
}

func (s tappedTickets) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	return s.hook(func() error { return s.Tickets.Charge(ctx, c, now) })
}

func (s tappedGrants) Grant(ctx context.Context, id string, now time.Time) (store.Grant, error) {
	return through(s.hook, func() (store.Grant, error) { return s.Grants.Grant(ctx, id, now) })
}

func (s tappedGrants) CreateGrant(ctx context.Context, g store.Grant, epoch int64, now time.Time) error {
	return s.hook(func() error { return s.Grants.CreateGrant(ctx, g, epoch, now) })
}

func (s tappedGrants) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	return through(s.hook, func() (int, error) { return s.Grants.RevokeGrants(ctx, f, now) })
}

func (s tappedFactors) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	return through(s.hook, func() ([]store.Factor, error) { return s.Factors.ListFactors(ctx, tenant, user) })
}

func (s tappedFactors) PutFactor(ctx context.Context, f store.Factor) error {
	return s.hook(func() error { return s.Factors.PutFactor(ctx, f) })
}

func (s tappedFactors) ConfirmFactor(ctx context.Context, f store.FactorID, step int64, codes []store.Hash, now time.Time) (bool, error) {
	return through(s.hook, func() (bool, error) { return s.Factors.ConfirmFactor(ctx, f, step, codes, now) })
}

func (s tappedFactors) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	return s.hook(func() error { return s.Factors.UseFactor(ctx, f, step, now) })
}

func (s tappedFactors) RenameFactor(ctx context.Context, f store.FactorID, name string) error {
	return s.hook(func() error { return s.Factors.RenameFactor(ctx, f, name) })
}

func (s tappedFactors) RemoveFactors(ctx context.Context, r store.Removal) error {
	return s.hook(func() error { return s.Factors.RemoveFactors(ctx, r) })
}

func (s tappedFactors) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	return s.hook(func() error { return s.Factors.TakeRecoveryCode(ctx, tenant, user, oneOf) })
}

func (s tappedFactors) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	return s.hook(func() error { return s.Factors.ReplaceRecoveryCodes(ctx, tenant, user, codes) })
}
