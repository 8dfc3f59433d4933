package identity

import (
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// ExternalIdentifierConfiguration is the shape and lifetime of what a login
// hands out along its way. An id is a handle of which nothing can be guessed; a
// one-time code is short enough to be typed. A zero field is the default that
// the method of [Tenant] which reads it names.
type ExternalIdentifierConfiguration struct {
	PasswordlessLoginGenerator            secret.Generator `json:"passwordlessLoginGenerator,omitzero"`
	PasswordlessLoginOneTimeCodeGenerator secret.Generator `json:"passwordlessLoginOneTimeCodeGenerator,omitzero"`
	PasswordlessLoginTimeToLiveInSeconds  int              `json:"passwordlessLoginTimeToLiveInSeconds,omitempty"`

	TwoFactorIDTimeToLiveInSeconds            int              `json:"twoFactorIdTimeToLiveInSeconds,omitempty"`
	TwoFactorOneTimeCodeIDGenerator           secret.Generator `json:"twoFactorOneTimeCodeIdGenerator,omitzero"`
	TwoFactorOneTimeCodeIDTimeToLiveInSeconds int              `json:"twoFactorOneTimeCodeIdTimeToLiveInSeconds,omitempty"`
	TwoFactorTrustIDTimeToLiveInSeconds       int              `json:"twoFactorTrustIdTimeToLiveInSeconds,omitempty"`
	TrustTokenTimeToLiveInSeconds             int              `json:"trustTokenTimeToLiveInSeconds,omitempty"`

	ChangePasswordIDGenerator           secret.Generator `json:"changePasswordIdGenerator,omitzero"`
	ChangePasswordIDTimeToLiveInSeconds int              `json:"changePasswordIdTimeToLiveInSeconds,omitempty"`
	OneTimePasswordTimeToLiveInSeconds  int              `json:"oneTimePasswordTimeToLiveInSeconds,omitempty"`

	EmailVerificationIDGenerator           secret.Generator `json:"emailVerificationIdGenerator,omitzero"`
	EmailVerificationOneTimeCodeGenerator  secret.Generator `json:"emailVerificationOneTimeCodeGenerator,omitzero"`
	EmailVerificationIDTimeToLiveInSeconds int              `json:"emailVerificationIdTimeToLiveInSeconds,omitempty"`

	PhoneVerificationIDGenerator           secret.Generator `json:"phoneVerificationIdGenerator,omitzero"`
	PhoneVerificationOneTimeCodeGenerator  secret.Generator `json:"phoneVerificationOneTimeCodeGenerator,omitzero"`
	PhoneVerificationIDTimeToLiveInSeconds int              `json:"phoneVerificationIdTimeToLiveInSeconds,omitempty"`

	RegistrationVerificationIDGenerator           secret.Generator `json:"registrationVerificationIdGenerator,omitzero"`
	RegistrationVerificationOneTimeCodeGenerator  secret.Generator `json:"registrationVerificationOneTimeCodeGenerator,omitzero"`
	RegistrationVerificationIDTimeToLiveInSeconds int              `json:"registrationVerificationIdTimeToLiveInSeconds,omitempty"`

	// InsecureLongLivedCodes lets codes that sign in live longer than the 600 s
	// which NIST SP 800-63B-4, 3.1.3.2, allows, up to a day. It is right for
	// links that are carried by paper or by people, and nowhere else.
	InsecureLongLivedCodes bool `json:"insecureLongLivedCodes,omitempty"`

	// InsecureShortCodes lets a code be easier to guess than six digits, down to
	// the four that FusionAuth allows. It is right while old clients have room
	// for no more.
	InsecureShortCodes bool `json:"insecureShortCodes,omitempty"`
}

// PasswordlessGenerator makes the code of a login. The default is 32 random bytes.
func (t Tenant) PasswordlessGenerator() secret.Generator {
	return handle(t.ExternalIdentifierConfiguration.PasswordlessLoginGenerator)
}

// PasswordlessCodeGenerator makes the one-time code of a login. The default is
// six digits.
func (t Tenant) PasswordlessCodeGenerator() secret.Generator {
	return sixOf(secret.RandomDigits, t.ExternalIdentifierConfiguration.PasswordlessLoginOneTimeCodeGenerator)
}

// PasswordlessLifetime is how long both of them live. The default is 180 s.
func (t Tenant) PasswordlessLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.PasswordlessLoginTimeToLiveInSeconds, 180)
}

// TwoFactorLifetime is how long a login waits for its second factor. The default
// is 300 s.
func (t Tenant) TwoFactorLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.TwoFactorIDTimeToLiveInSeconds, 300)
}

// TwoFactorCodeGenerator makes the code that is sent as a second factor. The
// default is six digits.
func (t Tenant) TwoFactorCodeGenerator() secret.Generator {
	return sixOf(secret.RandomDigits, t.ExternalIdentifierConfiguration.TwoFactorOneTimeCodeIDGenerator)
}

// TwoFactorCodeLifetime is how long the code lives that is sent to enable or
// disable a method; in a login it lives as long as the login. The default is 60 s.
func (t Tenant) TwoFactorCodeLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.TwoFactorOneTimeCodeIDTimeToLiveInSeconds, 60)
}

// TrustTokenLifetime is how long a trust token lives. The default is 180 s.
func (t Tenant) TrustTokenLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.TrustTokenTimeToLiveInSeconds, 180)
}

// ChangePasswordGenerator makes change password ids. The default is 32 random bytes.
func (t Tenant) ChangePasswordGenerator() secret.Generator {
	return handle(t.ExternalIdentifierConfiguration.ChangePasswordIDGenerator)
}

// ChangePasswordLifetime is how long a change password id lives. The default is 600 s.
func (t Tenant) ChangePasswordLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.ChangePasswordIDTimeToLiveInSeconds, 600)
}

// OneTimePasswordLifetime is how long the login lives that follows a change of
// password. The default is 60 s.
func (t Tenant) OneTimePasswordLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.OneTimePasswordTimeToLiveInSeconds, 60)
}

// VerificationGenerator makes the id that verifies an identity of type it. The
// default is 32 random bytes.
func (t Tenant) VerificationGenerator(it IdentityType) secret.Generator {
	if it == PhoneNumber {
		return handle(t.ExternalIdentifierConfiguration.PhoneVerificationIDGenerator)
	}
	return handle(t.ExternalIdentifierConfiguration.EmailVerificationIDGenerator)
}

// VerificationCodeGenerator makes the one-time code that goes with it. The
// default is six letters and digits.
func (t Tenant) VerificationCodeGenerator(it IdentityType) secret.Generator {
	if it == PhoneNumber {
		return sixOf(secret.RandomAlphaNumeric, t.ExternalIdentifierConfiguration.PhoneVerificationOneTimeCodeGenerator)
	}
	return sixOf(secret.RandomAlphaNumeric, t.ExternalIdentifierConfiguration.EmailVerificationOneTimeCodeGenerator)
}

// VerificationLifetime is how long both of them live. The default is 86,400 s.
func (t Tenant) VerificationLifetime(it IdentityType) time.Duration {
	if it == PhoneNumber {
		return seconds(t.ExternalIdentifierConfiguration.PhoneVerificationIDTimeToLiveInSeconds, day)
	}
	return seconds(t.ExternalIdentifierConfiguration.EmailVerificationIDTimeToLiveInSeconds, day)
}

// RegistrationVerificationGenerator makes the id that verifies a registration.
// The default is 32 random bytes.
func (t Tenant) RegistrationVerificationGenerator() secret.Generator {
	return handle(t.ExternalIdentifierConfiguration.RegistrationVerificationIDGenerator)
}

// RegistrationVerificationCodeGenerator makes the one-time code that goes with
// it. The default is six letters and digits.
func (t Tenant) RegistrationVerificationCodeGenerator() secret.Generator {
	return sixOf(secret.RandomAlphaNumeric, t.ExternalIdentifierConfiguration.RegistrationVerificationOneTimeCodeGenerator)
}

// RegistrationVerificationLifetime is how long both of them live. The default is
// 86,400 s.
func (t Tenant) RegistrationVerificationLifetime() time.Duration {
	return seconds(t.ExternalIdentifierConfiguration.RegistrationVerificationIDTimeToLiveInSeconds, day)
}

func handle(g secret.Generator) secret.Generator {
	if g.IsZero() {
		return secret.Generator{Kind: secret.RandomBytes, Length: 32}
	}
	return g
}

func sixOf(kind secret.Kind, g secret.Generator) secret.Generator {
	if g.IsZero() {
		return secret.Generator{Kind: kind, Length: 6}
	}
	return g
}

func (c ExternalIdentifierConfiguration) check(f *faults) {
	signIn := 600
	if c.InsecureLongLivedCodes {
		signIn = day
	}
	f.lifetime("passwordlessLoginTimeToLiveInSeconds", c.PasswordlessLoginTimeToLiveInSeconds, signIn)
	f.lifetime("twoFactorIdTimeToLiveInSeconds", c.TwoFactorIDTimeToLiveInSeconds, signIn)
	f.lifetime("twoFactorOneTimeCodeIdTimeToLiveInSeconds", c.TwoFactorOneTimeCodeIDTimeToLiveInSeconds, signIn)
	f.lifetime("twoFactorTrustIdTimeToLiveInSeconds", c.TwoFactorTrustIDTimeToLiveInSeconds, decade)
	f.lifetime("trustTokenTimeToLiveInSeconds", c.TrustTokenTimeToLiveInSeconds, day)
	f.lifetime("changePasswordIdTimeToLiveInSeconds", c.ChangePasswordIDTimeToLiveInSeconds, day)
	f.lifetime("oneTimePasswordTimeToLiveInSeconds", c.OneTimePasswordTimeToLiveInSeconds, signIn)
	f.lifetime("emailVerificationIdTimeToLiveInSeconds", c.EmailVerificationIDTimeToLiveInSeconds, month)
	f.lifetime("phoneVerificationIdTimeToLiveInSeconds", c.PhoneVerificationIDTimeToLiveInSeconds, month)
	f.lifetime("registrationVerificationIdTimeToLiveInSeconds", c.RegistrationVerificationIDTimeToLiveInSeconds, month)

	f.handle("passwordlessLoginGenerator", c.PasswordlessLoginGenerator)
	f.handle("changePasswordIdGenerator", c.ChangePasswordIDGenerator)
	f.handle("emailVerificationIdGenerator", c.EmailVerificationIDGenerator)
	f.handle("phoneVerificationIdGenerator", c.PhoneVerificationIDGenerator)
	f.handle("registrationVerificationIdGenerator", c.RegistrationVerificationIDGenerator)

	f.code("passwordlessLoginOneTimeCodeGenerator", c.PasswordlessLoginOneTimeCodeGenerator, c.InsecureShortCodes)
	f.code("twoFactorOneTimeCodeIdGenerator", c.TwoFactorOneTimeCodeIDGenerator, c.InsecureShortCodes)
	f.code("emailVerificationOneTimeCodeGenerator", c.EmailVerificationOneTimeCodeGenerator, c.InsecureShortCodes)
	f.code("phoneVerificationOneTimeCodeGenerator", c.PhoneVerificationOneTimeCodeGenerator, c.InsecureShortCodes)
	f.code("registrationVerificationOneTimeCodeGenerator", c.RegistrationVerificationOneTimeCodeGenerator, c.InsecureShortCodes)
}
