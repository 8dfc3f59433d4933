package logintest

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// Call is a call of a store on its way.
type Call struct {
	Method string
	Args   []any        // without the context
	Do     func() error // does what was called; not calling it is failing before
}

// Hook stands between a login and its store. What it returns is the answer: an
// error in place of what Do gave, or the error that Do gave.
type Hook func(Call) error

// Tap is s with hook before every call. What is joined in s stays so, and what
// another engine keeps is another's still.
func Tap(s store.Store, hook Hook) store.Store {
	e := &tapped{parts: s, hook: hook}
	j, ok := s.Tickets.(store.Joined)
	if !ok || any(s.Tickets) != any(s.Grants) || any(s.Tickets) != any(s.Factors) {
		return Split(store.Of(e))
	}
	t := &tappedJoined{tapped: e, joined: j}
	out := store.Of(t)
	if any(s.Users) != any(s.Tickets) {
		out.Users = struct{ store.Users }{t}
	}
	return out
}

// Split is s with its parts kept by four engines, as far as anybody can tell.
func Split(s store.Store) store.Store {
	return store.Store{
		Users:   struct{ store.Users }{s.Users},
		Tickets: struct{ store.Tickets }{s.Tickets},
		Grants:  struct{ store.Grants }{s.Grants},
		Factors: struct{ store.Factors }{s.Factors},
	}
}

// OwnUsers is s with users that another engine keeps.
func OwnUsers(s store.Store) store.Store {
	s.Users = struct{ store.Users }{s.Users}
	return s
}

type tapped struct {
	parts store.Store
	hook  Hook
}

type tappedJoined struct {
	*tapped
	joined store.Joined
}

// through takes one call through the hook.
func through[T any](t *tapped, method string, do func() (T, error), args ...any) (T, error) {
	var v T
	err := t.hook(Call{Method: method, Args: args, Do: func() (err error) {
		v, err = do()
		return err
	}})
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// past is through for calls that give nothing but an error.
func past(t *tapped, method string, do func() error, args ...any) error {
	return t.hook(Call{Method: method, Args: args, Do: do})
}

func (t *tapped) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	return through(t, "FindUser", func() (identity.User, error) { return t.parts.FindUser(ctx, tenant, ids) }, tenant, ids)
}

func (t *tapped) User(ctx context.Context, tenant, id string) (identity.User, error) {
	return through(t, "User", func() (identity.User, error) { return t.parts.User(ctx, tenant, id) }, tenant, id)
}

func (t *tapped) RecordLogin(ctx context.Context, l store.Login) error {
	return past(t, "RecordLogin", func() error { return t.parts.RecordLogin(ctx, l) }, l)
}

func (t *tapped) Verify(ctx context.Context, v store.Verification) error {
	return past(t, "Verify", func() error { return t.parts.Verify(ctx, v) }, v)
}

func (t *tapped) CreateTicket(ctx context.Context, ticket store.Ticket, now time.Time, charges ...store.Charge) error {
	return past(t, "CreateTicket", func() error { return t.parts.CreateTicket(ctx, ticket, now, charges...) }, ticket, now, charges)
}

func (t *tapped) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	return through(t, "OpenTicket", func() (store.Ticket, error) { return t.parts.OpenTicket(ctx, id, g, now) }, id, g, now)
}

func (t *tapped) SendTicket(ctx context.Context, id store.Hash, s store.Sending, now time.Time) error {
	return past(t, "SendTicket", func() error { return t.parts.SendTicket(ctx, id, s, now) }, id, s, now)
}

func (t *tapped) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	return past(t, "ExchangeTicket", func() error { return t.parts.ExchangeTicket(ctx, id, x, now) }, id, x, now)
}

func (t *tapped) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	return past(t, "Charge", func() error { return t.parts.Charge(ctx, c, now) }, c, now)
}

func (t *tapped) Refund(ctx context.Context, key store.Hash, now time.Time) error {
	return past(t, "Refund", func() error { return t.parts.Refund(ctx, key, now) }, key, now)
}

func (t *tapped) DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error) {
	return through(t, "DeleteExpired", func() (int, error) { return t.parts.DeleteExpired(ctx, now, limit) }, now, limit)
}

func (t *tapped) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	return past(t, "Admit", func() error { return t.parts.Admit(ctx, l, session) }, l, session)
}

func (t *tapped) Epoch(ctx context.Context, tenant, user string) (int64, error) {
	return through(t, "Epoch", func() (int64, error) { return t.parts.Epoch(ctx, tenant, user) }, tenant, user)
}

func (t *tapped) Logins(ctx context.Context, tenant, user string, before time.Time, limit int) ([]store.Login, error) {
	return through(t, "Logins", func() ([]store.Login, error) {
		return t.parts.Logins(ctx, tenant, user, before, limit)
	}, tenant, user, before, limit)
}

func (t *tapped) CreateGrant(ctx context.Context, g store.Grant, epoch int64, now time.Time) error {
	return past(t, "CreateGrant", func() error { return t.parts.CreateGrant(ctx, g, epoch, now) }, g, epoch, now)
}

func (t *tapped) Grant(ctx context.Context, id string, now time.Time) (store.Grant, error) {
	return through(t, "Grant", func() (store.Grant, error) { return t.parts.Grant(ctx, id, now) }, id, now)
}

func (t *tapped) ListGrants(ctx context.Context, tenant, user string, k store.Kind, now time.Time) ([]store.Grant, error) {
	return through(t, "ListGrants", func() ([]store.Grant, error) {
		return t.parts.ListGrants(ctx, tenant, user, k, now)
	}, tenant, user, k, now)
}

func (t *tapped) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	return through(t, "RotateGrant", func() (bool, error) { return t.parts.RotateGrant(ctx, id, r, now) }, id, r, now)
}

func (t *tapped) RenameGrant(ctx context.Context, id, name string, now time.Time) error {
	return past(t, "RenameGrant", func() error { return t.parts.RenameGrant(ctx, id, name, now) }, id, name, now)
}

func (t *tapped) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	return through(t, "RevokeGrants", func() (int, error) { return t.parts.RevokeGrants(ctx, f, now) }, f, now)
}

func (t *tapped) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	return through(t, "ListFactors", func() ([]store.Factor, error) { return t.parts.ListFactors(ctx, tenant, user) }, tenant, user)
}

func (t *tapped) PutFactor(ctx context.Context, f store.Factor) error {
	return past(t, "PutFactor", func() error { return t.parts.PutFactor(ctx, f) }, f)
}

func (t *tapped) ConfirmFactor(ctx context.Context, f store.FactorID, step int64, codes []store.Hash, now time.Time) (bool, error) {
	return through(t, "ConfirmFactor", func() (bool, error) {
		return t.parts.ConfirmFactor(ctx, f, step, codes, now)
	}, f, step, codes, now)
}

func (t *tapped) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	return past(t, "UseFactor", func() error { return t.parts.UseFactor(ctx, f, step, now) }, f, step, now)
}

func (t *tapped) ResealFactor(ctx context.Context, f store.FactorID, old, sealed []byte) error {
	return past(t, "ResealFactor", func() error { return t.parts.ResealFactor(ctx, f, old, sealed) }, f, old, sealed)
}

func (t *tapped) SealedFactors(ctx context.Context, after store.FactorID, limit int) ([]store.Factor, error) {
	return through(t, "SealedFactors", func() ([]store.Factor, error) { return t.parts.SealedFactors(ctx, after, limit) }, after, limit)
}

func (t *tapped) RenameFactor(ctx context.Context, f store.FactorID, name string) error {
	return past(t, "RenameFactor", func() error { return t.parts.RenameFactor(ctx, f, name) }, f, name)
}

func (t *tapped) RemoveFactors(ctx context.Context, r store.Removal) error {
	return past(t, "RemoveFactors", func() error { return t.parts.RemoveFactors(ctx, r) }, r)
}

func (t *tapped) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	return past(t, "TakeRecoveryCode", func() error { return t.parts.TakeRecoveryCode(ctx, tenant, user, oneOf) }, tenant, user, oneOf)
}

func (t *tapped) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	return past(t, "ReplaceRecoveryCodes", func() error {
		return t.parts.ReplaceRecoveryCodes(ctx, tenant, user, codes)
	}, tenant, user, codes)
}

func (t *tapped) CountRecoveryCodes(ctx context.Context, tenant, user string) (int, error) {
	return through(t, "CountRecoveryCodes", func() (int, error) { return t.parts.CountRecoveryCodes(ctx, tenant, user) }, tenant, user)
}

func (t *tappedJoined) OpenLogin(ctx context.Context, id store.Hash, g *store.Guess, trust string, now time.Time) (store.Opened, error) {
	return through(t.tapped, "OpenLogin", func() (store.Opened, error) {
		return t.joined.OpenLogin(ctx, id, g, trust, now)
	}, id, g, trust, now)
}

func (t *tappedJoined) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	return past(t.tapped, "FinishLogin", func() error {
		return t.joined.FinishLogin(ctx, id, x, l, session, now)
	}, id, x, l, session, now)
}
