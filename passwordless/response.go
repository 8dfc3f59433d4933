package passwordless

import (
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Result is how a login ended, or where it goes on.
type Result struct {
	Outcome  outcome.Outcome
	Response LoginResponse

	// Admitted says that the person is signed in: tokens are due, also where none
	// is made. With 212 and 213 it depends on the configuration.
	Admitted bool

	// Epoch is the user's, under which they were admitted. What the caller grants
	// on the strength of this login names it, as session.Keys.Login does, and is
	// refused once everything was revoked.
	Epoch int64

	// Expires is the first instant at which the id in Response that leads on, such
	// as the twoFactorId, is refused. Zero: there is none.
	Expires time.Time
}

// Status is the HTTP status that the result is answered with.
func (r *Result) Status() int { return r.Outcome.Status() }

// LoginResponse is the answer to every step of a login, in FusionAuth's shape.
// What an outcome does not carry is absent from its JSON.
type LoginResponse struct {
	// Token is the access token, a signed JWT. TokenExpirationInstant is when
	// it expires. Both are absent with noJWT, and wherever no token is due.
	Token                  secret.Issued    `json:"token,omitzero"`
	TokenExpirationInstant identity.Instant `json:"tokenExpirationInstant,omitzero"`

	// RefreshToken gets new access tokens. RefreshTokenID names it over all
	// rotations, and is what to revoke. They need an application that was
	// named, allows them, and has the user registered.
	RefreshToken   secret.Issued `json:"refreshToken,omitzero"`
	RefreshTokenID string        `json:"refreshTokenId,omitempty"`

	// State is what the caller gave to Start, as it was given.
	State identity.Object `json:"state,omitempty"`

	// User is the person, without secrets. Present with 200, 202, 212 and 213.
	User *identity.User `json:"user,omitempty"`

	// Actions is what keeps the person out. Present with 409.
	Actions []identity.Action `json:"actions,omitempty"`

	// ChangePasswordID is the right to set a password, once; ChangePasswordReason
	// says why it must be set. Present with 203.
	ChangePasswordID     secret.Issued                 `json:"changePasswordId,omitzero"`
	ChangePasswordReason identity.ChangePasswordReason `json:"changePasswordReason,omitempty"`

	// EmailVerificationID and IdentityVerificationID are the same right to
	// verify the identity that was used, once; the first is present for e-mail
	// only. With 212, where verification is by FormField.
	EmailVerificationID    secret.Issued `json:"emailVerificationId,omitzero"`
	IdentityVerificationID secret.Issued `json:"identityVerificationId,omitzero"`

	// RegistrationVerificationID is the right to verify the registration, once.
	// With 213, where verification is by FormField.
	RegistrationVerificationID secret.Issued `json:"registrationVerificationId,omitzero"`

	// TwoFactorID is the right to prove a second factor, once. Methods are those
	// the person has; ConfigurableMethods, the kinds they may enrol when one is
	// required and they have none. Present with 242.
	TwoFactorID         secret.Issued              `json:"twoFactorId,omitzero"`
	Methods             []identity.TwoFactorMethod `json:"methods,omitempty"`
	ConfigurableMethods []string                   `json:"configurableMethods,omitempty"`

	// TwoFactorTrustID lets this device skip the second factor for a while.
	// TrustToken shows a recent second factor to a call that asks for one.
	TwoFactorTrustID secret.Issued `json:"twoFactorTrustId,omitzero"`
	TrustToken       secret.Issued `json:"trustToken,omitzero"`

	// PendingIDPLinkID names an external identity waiting to be linked. It is
	// carried for callers that link identities; nothing here sets it.
	PendingIDPLinkID string `json:"pendingIdPLinkId,omitempty"`

	// ThreatsDetected are the risks that the caller's hook saw in this login.
	ThreatsDetected []identity.AuthenticationThreat `json:"threatsDetected,omitempty"`
}
