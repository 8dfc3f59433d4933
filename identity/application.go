package identity

import "fmt"

// Application is what people sign in to. It is configuration, with FusionAuth's
// names; members that it has there and not here are ignored. A zero field is the
// default that its comment, or the method that reads it, names.
type Application struct {
	ID       string      `json:"id,omitempty"`       // required
	TenantID string      `json:"tenantId,omitempty"` // empty: the tenant it is configured with
	Name     string      `json:"name,omitempty"`     // as messages call it
	State    ObjectState `json:"state,omitempty"`    // empty: Active
	Roles    []Role      `json:"roles,omitempty"`

	PasswordlessConfiguration       PasswordlessConfiguration                  `json:"passwordlessConfiguration,omitzero"`
	LoginConfiguration              LoginConfiguration                         `json:"loginConfiguration,omitzero"`
	JWTConfiguration                JWTConfiguration                           `json:"jwtConfiguration,omitzero"` // applies if its Enabled is set
	MultiFactorConfiguration        ApplicationMultiFactorConfiguration        `json:"multiFactorConfiguration,omitzero"`
	ExternalIdentifierConfiguration ApplicationExternalIdentifierConfiguration `json:"externalIdentifierConfiguration,omitzero"`

	VerifyRegistration   bool          `json:"verifyRegistration,omitempty"`   // false: no registration needs verification
	VerificationStrategy LoginStrategy `json:"verificationStrategy,omitempty"` // of registrations; empty: ClickableLink
	Unverified           Unverified    `json:"unverified,omitzero"`            // of registrations

	// Open makes everyone in the tenant count as registered, with the roles that
	// are default. False: only who has a registration is. It is right for a
	// service whose users table knows no applications.
	Open bool `json:"open,omitempty"`
}

// Role is what a registration may hold, by name.
type Role struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	IsDefault bool   `json:"isDefault,omitempty"` // held by whoever an open application counts as registered
}

// PasswordlessConfiguration is whether and how people sign in by message.
type PasswordlessConfiguration struct {
	Enabled            bool          `json:"enabled,omitempty"`            // false: they do not
	EmailLoginStrategy LoginStrategy `json:"emailLoginStrategy,omitempty"` // of e-mail addresses and usernames; empty: ClickableLink
	PhoneLoginStrategy LoginStrategy `json:"phoneLoginStrategy,omitempty"` // empty: FormField
}

// LoginConfiguration is what a login yields beside an access token.
type LoginConfiguration struct {
	AllowTokenRefresh     bool `json:"allowTokenRefresh,omitempty"`     // false: refresh tokens are not accepted
	GenerateRefreshTokens bool `json:"generateRefreshTokens,omitempty"` // false: none is made
}

// ApplicationExternalIdentifierConfiguration is what an application wants otherwise.
type ApplicationExternalIdentifierConfiguration struct {
	TwoFactorTrustIDTimeToLiveInSeconds int `json:"twoFactorTrustIdTimeToLiveInSeconds,omitempty"` // zero: the tenant's; see [TrustLifetime]
}

// Active says whether anyone can sign in to the application.
func (a Application) Active() bool { return a.State == "" || a.State == StateActive }

// LoginStrategy is how a login by an identity of a type is completed.
func (a Application) LoginStrategy(it IdentityType) LoginStrategy {
	if it == PhoneNumber {
		return a.PhoneLoginStrategy()
	}
	return a.EmailLoginStrategy()
}

// EmailLoginStrategy is how a login by e-mail address or username is completed.
// The default is ClickableLink.
func (a Application) EmailLoginStrategy() LoginStrategy {
	return strategy(a.PasswordlessConfiguration.EmailLoginStrategy, ClickableLink)
}

// PhoneLoginStrategy is how a login by phone number is completed. The default is
// FormField.
func (a Application) PhoneLoginStrategy() LoginStrategy {
	return strategy(a.PasswordlessConfiguration.PhoneLoginStrategy, FormField)
}

// RegistrationStrategy is how registrations are verified. The default is
// ClickableLink.
func (a Application) RegistrationStrategy() LoginStrategy {
	return strategy(a.VerificationStrategy, ClickableLink)
}

// UnverifiedBehavior is what becomes of a login while the registration is still
// to be verified. The default is Allow.
func (a Application) UnverifiedBehavior() UnverifiedBehavior { return a.Unverified.behavior() }

// Registration is u's registration for the application, if it has one. In an
// open application everyone has: who is not registered has one that is verified
// and holds the default roles.
func (a Application) Registration(u User) (Registration, bool) {
	r, ok := u.Registration(a.ID)
	if ok || !a.Open {
		return r, ok
	}
	r = Registration{ApplicationID: a.ID, Verified: true}
	for _, role := range a.Roles {
		if role.IsDefault {
			r.Roles = append(r.Roles, role.Name)
		}
	}
	return r, true
}

// Check says what is wrong with the configuration, as [Tenant.Check] does.
func (a Application) Check() error {
	var f faults
	f.blank("id", a.ID)
	known(&f, "state", a.State, StateActive, StateInactive, StatePendingDelete)
	known(&f, "verificationStrategy", a.VerificationStrategy, ClickableLink, FormField)
	f.below("unverified", a.Unverified.check)
	f.below("passwordlessConfiguration", func(f *faults) {
		known(f, "emailLoginStrategy", a.PasswordlessConfiguration.EmailLoginStrategy, ClickableLink, FormField)
		known(f, "phoneLoginStrategy", a.PasswordlessConfiguration.PhoneLoginStrategy, ClickableLink, FormField)
	})
	f.below("jwtConfiguration", a.JWTConfiguration.check)
	f.below("multiFactorConfiguration", a.MultiFactorConfiguration.check)
	f.below("externalIdentifierConfiguration", func(f *faults) {
		f.lifetime("twoFactorTrustIdTimeToLiveInSeconds", a.ExternalIdentifierConfiguration.TwoFactorTrustIDTimeToLiveInSeconds, decade)
	})
	for i, r := range a.Roles {
		f.blank(fmt.Sprintf("roles[%d].name", i), r.Name)
	}
	return f.err()
}
