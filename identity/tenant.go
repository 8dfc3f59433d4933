package identity

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/secret"
)

// Tenant is one body of users, whose login ids are unique in it, and what holds
// for all of its applications. It is configuration, with FusionAuth's names;
// members that it has there and not here are ignored. A zero field is the
// default that its comment, or the method that reads it, names.
type Tenant struct {
	ID     string      `json:"id,omitempty"` // required
	Name   string      `json:"name,omitempty"`
	Issuer string      `json:"issuer,omitempty"` // of its tokens; empty: the token issuer's own
	State  ObjectState `json:"state,omitempty"`  // empty: Active

	ExternalIdentifierConfiguration ExternalIdentifierConfiguration `json:"externalIdentifierConfiguration,omitzero"`
	EmailConfiguration              EmailConfiguration              `json:"emailConfiguration,omitzero"`
	PhoneConfiguration              PhoneConfiguration              `json:"phoneConfiguration,omitzero"`
	JWTConfiguration                JWTConfiguration                `json:"jwtConfiguration,omitzero"` // its Enabled is ignored
	MultiFactorConfiguration        TenantMultiFactorConfiguration  `json:"multiFactorConfiguration,omitzero"`
	RateLimitConfiguration          RateLimitConfiguration          `json:"rateLimitConfiguration,omitzero"`
	PasswordValidationRules         PasswordValidationRules         `json:"passwordValidationRules,omitzero"`

	// IgnoreDataEmail keeps messages from going to the address in a user's data.
	// Set it where people can write that data themselves. FusionAuth from 1.26.0
	// to 1.27.1 ignored it; before and since, as here by default, it is used.
	IgnoreDataEmail bool `json:"ignoreDataEmail,omitempty"`
}

// EmailConfiguration is how e-mail addresses are verified.
type EmailConfiguration struct {
	VerifyEmail                      bool          `json:"verifyEmail,omitempty"`                     // false: no address needs verification
	VerificationStrategy             LoginStrategy `json:"verificationStrategy,omitempty"`            // empty: ClickableLink
	ImplicitEmailVerificationAllowed Toggle        `json:"implicitEmailVerificationAllowed,omitzero"` // zero: on; a login by message verifies
	Unverified                       Unverified    `json:"unverified,omitzero"`
}

// PhoneConfiguration is how phone numbers are verified.
type PhoneConfiguration struct {
	VerifyPhoneNumber                bool          `json:"verifyPhoneNumber,omitempty"`               // false: no number needs verification
	VerificationStrategy             LoginStrategy `json:"verificationStrategy,omitempty"`            // empty: ClickableLink
	ImplicitPhoneVerificationAllowed Toggle        `json:"implicitPhoneVerificationAllowed,omitzero"` // zero: on; a login by message verifies
	Unverified                       Unverified    `json:"unverified,omitzero"`
}

// Unverified is what becomes of a login whose identity or registration is to be
// verified and is not.
type Unverified struct {
	Behavior UnverifiedBehavior `json:"behavior,omitempty"` // empty: Allow
}

// behavior withholds the token for what it does not know, which Check refuses.
func (u Unverified) behavior() UnverifiedBehavior {
	if u.Behavior == "" || u.Behavior == Allow {
		return Allow
	}
	return Gated
}

// PasswordValidationRules bound a new password, in characters.
type PasswordValidationRules struct {
	MinLength int `json:"minLength,omitempty"` // zero: 8
	MaxLength int `json:"maxLength,omitempty"` // zero: 256
}

// RateLimitConfiguration is FusionAuth's limits by person and purpose, to which
// the limits of the login itself are added. All are off by default.
type RateLimitConfiguration struct {
	SendPasswordless             RateLimit `json:"sendPasswordless,omitzero"`
	SendPasswordlessPhone        RateLimit `json:"sendPasswordlessPhone,omitzero"`
	SendTwoFactor                RateLimit `json:"sendTwoFactor,omitzero"`
	SendEmailVerification        RateLimit `json:"sendEmailVerification,omitzero"`
	SendPhoneVerification        RateLimit `json:"sendPhoneVerification,omitzero"`
	SendRegistrationVerification RateLimit `json:"sendRegistrationVerification,omitzero"`
}

// RateLimit is a number of times in a period.
type RateLimit struct {
	Enabled             bool `json:"enabled"`
	Limit               int  `json:"limit,omitempty"`               // zero: 5
	TimePeriodInSeconds int  `json:"timePeriodInSeconds,omitempty"` // zero: 60
}

// Budget is the limit and its window, or false if it is off.
func (r RateLimit) Budget() (limit int, window time.Duration, on bool) {
	if !r.Enabled {
		return 0, 0, false
	}
	limit = r.Limit
	if limit <= 0 {
		limit = 5
	}
	return limit, seconds(r.TimePeriodInSeconds, 60), true
}

// Active says whether the tenant signs anyone in.
func (t Tenant) Active() bool { return t.State == "" || t.State == StateActive }

// VerificationRequired says whether identities of a type are to be verified. A
// username cannot be: a login by one asks for [Email] instead.
func (t Tenant) VerificationRequired(it IdentityType) bool {
	switch it {
	case Email:
		return t.EmailConfiguration.VerifyEmail
	case PhoneNumber:
		return t.PhoneConfiguration.VerifyPhoneNumber
	}
	return false
}

// ImplicitVerification says whether a login by a message to an identity of this
// type verifies the identity. The default is yes, for all but usernames.
func (t Tenant) ImplicitVerification(it IdentityType) bool {
	switch it {
	case Email:
		return t.EmailConfiguration.ImplicitEmailVerificationAllowed.Or(true)
	case PhoneNumber:
		return t.PhoneConfiguration.ImplicitPhoneVerificationAllowed.Or(true)
	}
	return false
}

// VerificationStrategy is how identities of a type are verified. The default is
// ClickableLink.
func (t Tenant) VerificationStrategy(it IdentityType) LoginStrategy {
	if it == PhoneNumber {
		return strategy(t.PhoneConfiguration.VerificationStrategy, ClickableLink)
	}
	return strategy(t.EmailConfiguration.VerificationStrategy, ClickableLink)
}

// UnverifiedBehavior is what becomes of a login by an identity of a type that is
// still to be verified. The default is Allow.
func (t Tenant) UnverifiedBehavior(it IdentityType) UnverifiedBehavior {
	if it == PhoneNumber {
		return t.PhoneConfiguration.Unverified.behavior()
	}
	return t.EmailConfiguration.Unverified.behavior()
}

// CheckPassword returns a *[FieldError] on password if a new one is too short or
// too long. It knows no other rule, and no list of breached passwords.
func (t Tenant) CheckPassword(password secret.Text) error {
	length := utf8.RuneCountInString(password.Reveal())
	least, most := t.PasswordValidationRules.bounds()
	switch {
	case length < least:
		return &FieldError{Field: "password", Tag: TagTooShort, Reason: fmt.Sprintf("must have at least %d characters", least)}
	case length > most:
		return &FieldError{Field: "password", Tag: TagTooLong, Reason: fmt.Sprintf("must have at most %d characters", most)}
	}
	return nil
}

func (r PasswordValidationRules) bounds() (least, most int) {
	least, most = 8, 256
	if r.MinLength > 0 {
		least = r.MinLength
	}
	if r.MaxLength > 0 {
		most = r.MaxLength
	}
	return least, most
}

func strategy(s, otherwise LoginStrategy) LoginStrategy {
	if s == "" {
		return otherwise
	}
	return s
}

// Check says what is wrong with the configuration: an id that is blank, a
// lifetime that is negative or too long, a generator whose secrets could be
// guessed, a value that is not among those documented. The error wraps a
// *[FieldError] for each. Of the issuer it checks nothing.
func (t Tenant) Check() error {
	var f faults
	f.blank("id", t.ID)
	known(&f, "state", t.State, StateActive, StateInactive, StatePendingDelete)
	f.below("externalIdentifierConfiguration", t.ExternalIdentifierConfiguration.check)
	f.below("emailConfiguration", func(f *faults) {
		known(f, "verificationStrategy", t.EmailConfiguration.VerificationStrategy, ClickableLink, FormField)
		f.below("unverified", t.EmailConfiguration.Unverified.check)
	})
	f.below("phoneConfiguration", func(f *faults) {
		known(f, "verificationStrategy", t.PhoneConfiguration.VerificationStrategy, ClickableLink, FormField)
		f.below("unverified", t.PhoneConfiguration.Unverified.check)
	})
	f.below("jwtConfiguration", t.JWTConfiguration.check)
	f.below("multiFactorConfiguration", t.MultiFactorConfiguration.check)
	f.below("rateLimitConfiguration", t.RateLimitConfiguration.check)
	f.below("passwordValidationRules", t.PasswordValidationRules.check)
	return f.err()
}

func (u Unverified) check(f *faults) { known(f, "behavior", u.Behavior, Allow, Gated) }

func (r PasswordValidationRules) check(f *faults) {
	f.within("minLength", r.MinLength, 1, 256)
	f.within("maxLength", r.MaxLength, 1, 4096)
	if least, most := r.bounds(); least > most {
		f.add("maxLength", TagInvalid, "must not be less than minLength")
	}
}

func (c RateLimitConfiguration) check(f *faults) {
	f.below("sendPasswordless", c.SendPasswordless.check)
	f.below("sendPasswordlessPhone", c.SendPasswordlessPhone.check)
	f.below("sendTwoFactor", c.SendTwoFactor.check)
	f.below("sendEmailVerification", c.SendEmailVerification.check)
	f.below("sendPhoneVerification", c.SendPhoneVerification.check)
	f.below("sendRegistrationVerification", c.SendRegistrationVerification.check)
}

func (r RateLimit) check(f *faults) {
	f.within("limit", r.Limit, 1, 1_000_000)
	f.lifetime("timePeriodInSeconds", r.TimePeriodInSeconds, month)
}
