package mfa

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/store"
)

// Who is a signed-in user, as the caller's own handler knows them: from a
// verified token or session, never from what the request says.
type Who struct {
	TenantID      string // empty: the application's
	UserID        string // required
	ApplicationID string // required; its tenant's configuration holds, and messages name it

	// Carrier is the address that the code of this session's login went to, if
	// the caller knows it: a code sent there again proves nothing more, and is
	// refused. Zero: not known.
	Carrier identity.Identifier
}

// Person is somebody whose second factor is at hand, all of it as just read
// from the store. For a signed-in user the calls that take a [Who] make it; in
// a login, package passwordless does, who then answers for it.
type Person struct {
	Tenant      identity.Tenant
	Application identity.Application
	User        identity.User
	Factors     []store.Factor

	// Ticket is the live ticket of the login or step-up that asks for the proof,
	// whose guess is charged already. Nil: there is none.
	Ticket *walk.Ticket

	// Carrier is the address that the code of the login went to.
	Carrier identity.Identifier
}

// person reads a signed-in user, and refuses one who may no longer be.
func (f *Factors) person(ctx context.Context, who Who) (Person, error) {
	p, err := f.anyPerson(ctx, who)
	if err == nil && !entitled(p.User, f.now()) {
		return Person{}, ErrInactive
	}
	return p, err
}

// anyPerson reads a user, whatever their state.
func (f *Factors) anyPerson(ctx context.Context, who Who) (Person, error) {
	t, a, err := f.c.Applications.Application(ctx, who.ApplicationID)
	switch {
	case errors.Is(err, identity.ErrUnknownApplication):
		return Person{}, unknownApplication()
	case err != nil:
		return Person{}, fmt.Errorf("mfa: application: %w", err)
	case a.ID != who.ApplicationID, who.TenantID != "" && who.TenantID != t.ID:
		return Person{}, unknownApplication()
	}
	u, err := f.c.Store.User(ctx, t.ID, who.UserID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Person{}, ErrUnknownUser
	case err != nil:
		return Person{}, err
	case who.UserID == "", u.ID != who.UserID, u.TenantID != t.ID:
		return Person{}, ErrUnknownUser
	}
	factors, err := f.c.Store.ListFactors(ctx, t.ID, u.ID)
	if err != nil {
		return Person{}, err
	}
	return Person{Tenant: t, Application: a, User: u, Factors: factors, Carrier: who.Carrier}, nil
}

func unknownApplication() error {
	return &identity.FieldError{Field: "applicationId", Tag: identity.TagInvalid, Reason: "is no application of the user's tenant"}
}

// entitled says whether a user may act at now. Who may not sign in may not.
func entitled(u identity.User, now time.Time) bool {
	blocked := slices.ContainsFunc(u.Actions, func(a identity.Action) bool { return a.Blocks(now) })
	return u.Active && !u.Expired(now) && !blocked
}

// verified says whether a person has proven something that they sign in by: in
// the past, or on this very walk.
func (p Person) verified() bool {
	if p.inLogin() && p.Ticket.Facts.Proven {
		return true
	}
	return slices.ContainsFunc(p.User.LoginIdentities(), func(i identity.UserIdentity) bool {
		return i.Type != identity.Username && !i.NeedsVerification()
	})
}

// inLogin says whether a person has yet to finish a login.
func (p Person) inLogin() bool { return p.Ticket != nil && p.Ticket.Purpose == walk.TwoFactor }

// confirmed are the factors that count.
func (p Person) confirmed() []store.Factor {
	return slices.DeleteFunc(slices.Clone(p.Factors), func(x store.Factor) bool { return x.Confirmed.IsZero() })
}

// factor is one of a person's, confirmed or not.
func (p Person) factor(id string) (store.Factor, bool) {
	i := slices.IndexFunc(p.Factors, func(x store.Factor) bool { return x.ID == id })
	if id == "" || i < 0 {
		return store.Factor{}, false
	}
	return p.Factors[i], true
}

// pending is the person's method of a kind that has not been confirmed, be it in
// time or not.
func (p Person) pending(kind string) (store.Factor, bool) {
	i := slices.IndexFunc(p.Factors, func(x store.Factor) bool { return x.Kind == kind && x.Confirmed.IsZero() })
	if i < 0 {
		return store.Factor{}, false
	}
	return p.Factors[i], true
}

// usable is a person's confirmed factor, if it proves more than the login did.
func (p Person) usable(id string) (store.Factor, error) {
	x, ok := p.factor(id)
	switch {
	case !ok:
		return x, ErrNotConfigured
	case x.Confirmed.IsZero():
		return x, ErrNotConfirmed
	case p.carries(x):
		return x, ErrNotAllowed
	}
	return x, nil
}

// carries says whether a factor's codes go where the login's code went.
func (p Person) carries(x store.Factor) bool {
	methods := store.Methods([]store.Factor{x})
	return len(methods) > 0 && len(outcome.Usable(methods, p.Carrier)) == 0
}

// sameChannel says whether codes for a kind of method take the channel that the
// login's code took.
func (p Person) sameChannel(kind string) bool {
	switch kind {
	case identity.MethodEmail:
		return p.Carrier.Type == identity.Email
	case identity.MethodSMS:
		return p.Carrier.Type == identity.PhoneNumber
	}
	return false
}

// id names one of a person's factors in the store.
func (p Person) id(method string) store.FactorID {
	return store.FactorID{Tenant: p.Tenant.ID, User: p.User.ID, ID: method}
}
