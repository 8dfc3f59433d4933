package mfa

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// Status is the state of an account, as its owner is told.
type Status string

// The states of an account. Only the first may manage factors.
const (
	StatusActive    Status = "ACTIVE"
	StatusLocked    Status = "LOCKED"    // or deactivated
	StatusExpired   Status = "EXPIRED"   // its time has run out
	StatusSuspended Status = "SUSPENDED" // by an administrator's action, for now
)

// Profile is a signed-in user's view of themselves. A zero time is absent, and a
// validation's is present only if its flag is set.
type Profile struct {
	Email              string // masked; empty: none on record
	EmailValidated     bool
	EmailValidatedAt   time.Time
	AuthenticatorValid bool      // an authenticator was confirmed by a code
	AuthenticatorSince time.Time // the first of them
	Phone              string    // E.164, masked: the SMS method's or, if there is none, the one on record
	PhoneValidated     bool      // by a code
	PhoneValidatedAt   time.Time
	LastLogin          time.Time // by a login, never by a refresh
	LastDevice         string    // the User-Agent of it, as the client gave it: escape it
	Status             Status
	PasswordChanged    time.Time // zero for users without a password
}

// Profile is a signed-in user's view of themselves. Also who is no longer active
// may see it: Status says so. ErrUnknownUser.
func (f *Factors) Profile(ctx context.Context, who Who) (Profile, error) {
	p, err := f.anyPerson(ctx, who)
	if err != nil {
		return Profile{}, err
	}
	now := f.now()
	logins, err := f.c.Store.Logins(ctx, p.Tenant.ID, p.User.ID, now.Add(time.Millisecond), 1)
	if err != nil {
		return Profile{}, err
	}
	out := Profile{
		Status:          status(p.User, now),
		LastLogin:       p.User.LastLoginInstant.Time(),
		PasswordChanged: p.User.PasswordLastUpdateInstant.Time(),
	}
	if len(logins) > 0 {
		out.LastLogin, out.LastDevice = logins[0].At, logins[0].Agent
	}
	out.email(p)
	out.authenticator(p)
	out.phone(p, now)
	return out, nil
}

func (o *Profile) email(p Person) {
	address := p.User.EmailAddress(p.Tenant)
	o.Email = masked(address)
	id, ok := p.User.Identity(identity.Identifier{Type: identity.Email, Value: address})
	if ok && id.Verified {
		o.EmailValidated, o.EmailValidatedAt = true, id.VerifiedInstant.Time()
	}
}

func (o *Profile) authenticator(p Person) {
	if x, ok := first(p.confirmed(), identity.MethodAuthenticator); ok {
		o.AuthenticatorValid, o.AuthenticatorSince = true, x.Confirmed
	}
}

// phone shows a number that waits to be confirmed before one that was never
// given as a second factor.
func (o *Profile) phone(p Person, now time.Time) {
	if x, ok := first(p.confirmed(), identity.MethodSMS); ok {
		o.Phone, o.PhoneValidated, o.PhoneValidatedAt = masked(x.To), true, x.Confirmed
		return
	}
	if x, ok := first(p.Factors, identity.MethodSMS); ok && waits(x, now) {
		o.Phone = masked(x.To)
		return
	}
	id, ok := p.User.Primary(identity.PhoneNumber)
	if !ok {
		return
	}
	o.Phone = masked(id.Value)
	if id.Verified {
		o.PhoneValidated, o.PhoneValidatedAt = true, id.VerifiedInstant.Time()
	}
}

func first(factors []store.Factor, kind string) (store.Factor, bool) {
	for _, x := range factors {
		if x.Kind == kind {
			return x, true
		}
	}
	return store.Factor{}, false
}

func status(u identity.User, now time.Time) Status {
	switch {
	case !u.Active:
		return StatusLocked
	case u.Expired(now):
		return StatusExpired
	case !entitled(u, now):
		return StatusSuspended
	}
	return StatusActive
}
