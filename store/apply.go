package store

import "github.com/gatehouse-go/gatehouse/identity"

// Apply is what RecordLogin does to a user that an engine keeps whole. A user
// without Identities gets what their other fields stand for: else nothing could
// hold what is noted.
func (l Login) Apply(u *identity.User) {
	u.Identities = u.LoginIdentities()
	at := identity.At(l.At)
	later(&u.LastLoginInstant, at)
	for i := range u.Identities {
		if id := &u.Identities[i]; id.Type == l.Identity.Type && id.Value == l.Identity.Value {
			later(&id.LastLoginInstant, at)
		}
	}
	for i := range u.Registrations {
		if r := &u.Registrations[i]; r.ApplicationID == l.Application {
			later(&r.LastLoginInstant, at)
		}
	}
	if l.Implicit {
		Verification{Identity: l.Identity, Reason: identity.ReasonImplicit, At: l.At}.Apply(u)
	}
}

// Apply is what Verify does to a user that an engine keeps whole, who gets
// Identities as by [Login.Apply]. It says whether the user has what v names.
func (v Verification) Apply(u *identity.User) bool {
	if v.Application != "" {
		return v.registration(u)
	}
	u.Identities = u.LoginIdentities()
	for i := range u.Identities {
		id := &u.Identities[i]
		if id.Type != v.Identity.Type || id.Value != v.Identity.Value {
			continue
		}
		if !id.Verified {
			id.Verified, id.VerifiedInstant, id.VerifiedReason = true, identity.At(v.At), v.Reason
			v.primary(u, *id)
		}
		return true
	}
	return false
}

func (v Verification) primary(u *identity.User, id identity.UserIdentity) {
	if !id.Primary || id.Type == identity.Username {
		return
	}
	u.Verified = u.Verified || id.Type == identity.Email
	if u.VerifiedInstant.IsZero() {
		u.VerifiedInstant = id.VerifiedInstant
	}
}

func (v Verification) registration(u *identity.User) bool {
	for i := range u.Registrations {
		r := &u.Registrations[i]
		if r.ApplicationID != v.Application {
			continue
		}
		if !r.Verified {
			r.Verified, r.VerifiedInstant = true, identity.At(v.At)
		}
		return true
	}
	return false
}

// later moves an instant forward, never back.
func later(i *identity.Instant, at identity.Instant) {
	if at > *i {
		*i = at
	}
}
