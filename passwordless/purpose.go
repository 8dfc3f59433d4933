package passwordless

import (
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
)

// longest is how long a login's code lives at most, however often it is sent.
const longest = 10 * time.Minute

// lifetime is how long a ticket for a purpose lives.
func lifetime(t identity.Tenant, purpose string, it identity.IdentityType) time.Duration {
	switch purpose {
	case walk.Login:
		return t.PasswordlessLifetime()
	case walk.TwoFactor:
		return t.TwoFactorLifetime()
	case walk.ChangePassword:
		return t.ChangePasswordLifetime()
	case walk.VerifyRegistration:
		return t.RegistrationVerificationLifetime()
	}
	return t.VerificationLifetime(it)
}

// renewed is when a ticket ends that is sent at now: a login lives on from
// there, and none ends earlier for being sent.
func renewed(t walk.Ticket, tenant identity.Tenant, now time.Time) time.Time {
	if t.Purpose != walk.Login {
		return t.Expires
	}
	lives := tenant.PasswordlessLifetime()
	until := now.Add(lives)
	if last := t.Facts.Started.Time().Add(max(longest, lives)); until.After(last) {
		until = last
	}
	if until.Before(t.Expires) {
		return t.Expires
	}
	return until
}

// handles makes the handle of a ticket for a purpose.
func handles(t identity.Tenant, purpose string, it identity.IdentityType) secret.Generator {
	switch purpose {
	case walk.ChangePassword:
		return t.ChangePasswordGenerator()
	case walk.VerifyIdentity:
		return t.VerificationGenerator(it)
	case walk.VerifyRegistration:
		return t.RegistrationVerificationGenerator()
	}
	return t.PasswordlessGenerator()
}

// codes makes the short code of a ticket for a purpose.
func codes(t identity.Tenant, purpose string, it identity.IdentityType) secret.Generator {
	switch purpose {
	case walk.VerifyIdentity:
		return t.VerificationCodeGenerator(it)
	case walk.VerifyRegistration:
		return t.RegistrationVerificationCodeGenerator()
	case walk.TwoFactor:
		return t.TwoFactorCodeGenerator()
	}
	return t.PasswordlessCodeGenerator()
}
