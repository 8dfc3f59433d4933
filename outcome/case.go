package outcome

import (
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// Case is somebody who has just proven something, and all that is known of them.
type Case struct {
	User        identity.User
	Tenant      identity.Tenant
	Application identity.Application

	// Identity is the login id that was used. Verified says that this very
	// login verifies it.
	Identity identity.Identifier
	Verified bool

	// Carrier is the address that the proof of this login went to. A second
	// factor through the same address is no second factor.
	Carrier identity.Identifier

	// Methods are the user's confirmed second factors. SecondFactor says that
	// one was proven in this login; Trusted, that the device may skip it;
	// Demanded, that the caller asks for one whatever the policy, Disabled excepted.
	Methods      []identity.TwoFactorMethod
	SecondFactor bool
	Trusted      bool
	Demanded     bool

	Now time.Time
}

// Of reads the conditions of a case.
func Of(c Case) Conditions {
	registration, registered := c.Application.Registration(c.User)
	return Conditions{
		Locked:         !c.User.Active,
		Expired:        c.User.Expired(c.Now),
		Prevented:      slices.ContainsFunc(c.User.Actions, func(a identity.Action) bool { return a.Blocks(c.Now) }),
		SecondFactor:   c.secondFactor(),
		ChangePassword: c.User.PasswordChangeRequired,
		Identity:       c.identity(),
		Registration:   c.registration(registration, registered),
		Registered:     registered,
	}
}

func (c Case) secondFactor() SecondFactor {
	policy := identity.MultiFactorPolicy(c.Tenant, c.Application)
	required := policy != identity.MultiFactorEnabled || c.Demanded
	switch {
	case policy == identity.MultiFactorDisabled, c.SecondFactor:
		return Settled
	case len(c.Methods) == 0 && required:
		return Enrol
	case len(c.Methods) == 0, c.Trusted && !c.Demanded:
		return Settled
	case len(Usable(c.Methods, c.Carrier)) == 0:
		return RecoveryOnly
	}
	return Challenge
}

func (c Case) identity() Verification {
	subject := Subject(c.User, c.Identity)
	held, ok := c.User.Identity(subject)
	if !ok || !c.Tenant.VerificationRequired(subject.Type) || !held.NeedsVerification() || c.Verified && subject == c.Identity {
		return Verified
	}
	return behavior(c.Tenant.UnverifiedBehavior(subject.Type))
}

func (c Case) registration(r identity.Registration, ok bool) Verification {
	if !ok || r.Verified || !c.Application.VerifyRegistration {
		return Verified
	}
	return behavior(c.Application.UnverifiedBehavior())
}

// behavior reads what is configured. What is unknown withholds the token.
func behavior(b identity.UnverifiedBehavior) Verification {
	if b == identity.Allow {
		return Allowed
	}
	return Gated
}

// Subject is the identity whose verification counts when id is used: id itself
// or, for a user name, the primary e-mail address behind it, if there is one.
func Subject(u identity.User, id identity.Identifier) identity.Identifier {
	if id.Type != identity.Username {
		return id
	}
	if email, ok := u.Primary(identity.Email); ok {
		return email.Identifier()
	}
	return id
}

// Usable are the methods that prove more than a login which went to carrier.
func Usable(methods []identity.TwoFactorMethod, carrier identity.Identifier) []identity.TwoFactorMethod {
	return slices.DeleteFunc(slices.Clone(methods), func(m identity.TwoFactorMethod) bool {
		return reaches(m, carrier)
	})
}

// reaches says whether a method's codes go where carrier does.
func reaches(m identity.TwoFactorMethod, carrier identity.Identifier) bool {
	if carrier.Type == identity.PhoneNumber {
		return m.MobilePhone == carrier.Value
	}
	return m.Email != "" && mailbox(m.Email) == mailbox(carrier.Value)
}

// mailbox is an address in its one spelling, if it has one.
func mailbox(address string) string {
	if email, err := identity.ParseEmail(address); err == nil {
		return email
	}
	return address
}
