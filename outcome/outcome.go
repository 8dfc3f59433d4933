// Package outcome is the decision: how a login ends, once the person has proven
// what they set out to prove.
//
// It is pure. [Of] reads what holds of a person, and [Conditions.Decide] goes
// down the table of gates; the first that holds decides. The order follows one
// rule: what the person cannot cure comes before what they can, and what
// withholds a token before what carries one.
package outcome

import "strconv"

// Outcome is one way a login can end. Its value is the HTTP status that
// FusionAuth's API answers with.
type Outcome int

const (
	// Success: the person is who they say, and registered.
	Success Outcome = 200
	// NotRegistered: as Success, but they have no registration for the application.
	NotRegistered Outcome = 202
	// ChangePasswordRequired: they must set a password first.
	ChangePasswordRequired Outcome = 203
	// IdentityUnverified: the login id they used has yet to be verified.
	IdentityUnverified Outcome = 212
	// RegistrationUnverified: their registration has yet to be verified.
	RegistrationUnverified Outcome = 213
	// TwoFactorRequired: they must prove, or first enrol, a second factor.
	TwoFactorRequired Outcome = 242
	// LoginPrevented: something an administrator did keeps them out.
	LoginPrevented Outcome = 409
	// UserExpired: the account has run out.
	UserExpired Outcome = 410
	// UserLocked: the account is locked or deactivated.
	UserLocked Outcome = 423
)

// Status is the HTTP status of the outcome.
func (o Outcome) Status() int { return int(o) }

// String is the outcome's name, such as "TwoFactorRequired".
func (o Outcome) String() string {
	switch o {
	case Success:
		return "Success"
	case NotRegistered:
		return "NotRegistered"
	case ChangePasswordRequired:
		return "ChangePasswordRequired"
	case IdentityUnverified:
		return "IdentityUnverified"
	case RegistrationUnverified:
		return "RegistrationUnverified"
	case TwoFactorRequired:
		return "TwoFactorRequired"
	case LoginPrevented:
		return "LoginPrevented"
	case UserExpired:
		return "UserExpired"
	case UserLocked:
		return "UserLocked"
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}
