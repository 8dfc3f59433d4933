package identity

import (
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// User is the global view of one person in one tenant, with FusionAuth's field
// names. Registrations tell what they may use; Identities, by which they sign in.
//
// Its JSON form is what a response may carry: a password hash, a salt, a
// two-factor secret, a recovery code or a provider token has no JSON name at all.
// Absent values are omitted; Active, Verified and PasswordChangeRequired are
// always written.
type User struct {
	ID       string `json:"id,omitempty"`       // opaque, unique in its tenant; never reused
	TenantID string `json:"tenantId,omitempty"` // the tenant that owns the user

	Active bool    `json:"active"`          // false: locked or deactivated, and cannot sign in
	Expiry Instant `json:"expiry,omitzero"` // from then on the account cannot sign in; zero: never

	Email              string         `json:"email,omitempty"`          // the primary email identity's value
	PhoneNumber        string         `json:"phoneNumber,omitempty"`    // the primary phone identity's value, E.164
	Username           string         `json:"username,omitempty"`       // as the person chose it
	UniqueUsername     string         `json:"uniqueUsername,omitempty"` // as it is unique in the tenant, where names may repeat
	UsernameStatus     ContentStatus  `json:"usernameStatus,omitempty"`
	Identities         []UserIdentity `json:"identities,omitempty"` // all login ids; see [User.LoginIdentities]
	Verified           bool           `json:"verified"`             // the primary email was verified (deprecated on the wire; says nothing of a phone)
	VerifiedInstant    Instant        `json:"verifiedInstant,omitzero"`
	Registrations      []Registration `json:"registrations,omitempty"`
	Memberships        []Membership   `json:"memberships,omitempty"`
	TwoFactor          TwoFactor      `json:"twoFactor,omitzero"` // filled from the store's factors
	PreferredLanguages []string       `json:"preferredLanguages,omitempty"`
	Timezone           string         `json:"timezone,omitempty"` // IANA name
	BirthDate          Date           `json:"birthDate,omitzero"`
	FirstName          string         `json:"firstName,omitempty"`
	MiddleName         string         `json:"middleName,omitempty"`
	LastName           string         `json:"lastName,omitempty"`
	FullName           string         `json:"fullName,omitempty"` // stored, not computed from the parts
	ImageURL           string         `json:"imageUrl,omitempty"`
	MobilePhone        string         `json:"mobilePhone,omitempty"` // free text for contact; never a login id
	ParentEmail        string         `json:"parentEmail,omitempty"`
	Data               Object         `json:"data,omitempty"`
	CleanSpeakID       string         `json:"cleanSpeakId,omitempty"`
	ConnectorID        string         `json:"connectorId,omitempty"`
	InsertInstant      Instant        `json:"insertInstant,omitzero"`
	LastLoginInstant   Instant        `json:"lastLoginInstant,omitzero"` // the last login by any identity
	LastUpdateInstant  Instant        `json:"lastUpdateInstant,omitzero"`

	PasswordChangeRequired             bool                   `json:"passwordChangeRequired"`
	PasswordChangeReason               ChangePasswordReason   `json:"passwordChangeReason,omitempty"`
	PasswordLastUpdateInstant          Instant                `json:"passwordLastUpdateInstant,omitzero"`
	BreachedPasswordStatus             BreachedPasswordStatus `json:"breachedPasswordStatus,omitempty"`
	BreachedPasswordLastCheckedInstant Instant                `json:"breachedPasswordLastCheckedInstant,omitzero"`

	// What an administrator has done to the user; the unexpired ones that
	// prevent login are told in outcome 409. Not part of a user's JSON.
	Actions []Action `json:"-"`

	// Secrets that a caller's own table may hold. They are never encoded.
	Password         secret.Text `json:"-"` // the hash
	Salt             secret.Text `json:"-"`
	EncryptionScheme secret.Text `json:"-"`
	Factor           secret.Text `json:"-"` // the hash's work factor, in digits; nothing to do with two-factor
}

// UserIdentity is one login id of a user. Its value is unique in its tenant and type.
type UserIdentity struct {
	Type              IdentityType   `json:"type,omitempty"`
	Value             string         `json:"value,omitempty"`        // canonical: see [Identifier]
	DisplayValue      string         `json:"displayValue,omitempty"` // usernames only: as the person chose it
	Primary           bool           `json:"primary"`
	Verified          bool           `json:"verified"`                 // verification was really performed
	VerifiedInstant   Instant        `json:"verifiedInstant,omitzero"` // and when
	VerifiedReason    VerifiedReason `json:"verifiedReason,omitempty"`
	ModerationStatus  ContentStatus  `json:"moderationStatus,omitempty"` // usernames only
	InsertInstant     Instant        `json:"insertInstant,omitzero"`
	LastLoginInstant  Instant        `json:"lastLoginInstant,omitzero"` // the last login by this identity
	LastUpdateInstant Instant        `json:"lastUpdateInstant,omitzero"`
}

// Registration is a user's membership of one application.
type Registration struct {
	ID                 string        `json:"id,omitempty"`
	ApplicationID      string        `json:"applicationId,omitempty"`
	Roles              []string      `json:"roles,omitempty"` // role names, not ids
	Verified           bool          `json:"verified"`
	VerifiedInstant    Instant       `json:"verifiedInstant,omitzero"`
	Username           string        `json:"username,omitempty"` // for display; never a login id
	UsernameStatus     ContentStatus `json:"usernameStatus,omitempty"`
	PreferredLanguages []string      `json:"preferredLanguages,omitempty"` // win over the user's for this application
	Timezone           string        `json:"timezone,omitempty"`
	Data               Object        `json:"data,omitempty"`
	CleanSpeakID       string        `json:"cleanSpeakId,omitempty"`
	InsertInstant      Instant       `json:"insertInstant,omitzero"`
	LastLoginInstant   Instant       `json:"lastLoginInstant,omitzero"`
	LastUpdateInstant  Instant       `json:"lastUpdateInstant,omitzero"`

	// Secrets that a caller's own table may hold. They are never encoded.
	AuthenticationToken secret.Text            `json:"-"`
	Tokens              map[string]secret.Text `json:"-"` // identity providers' tokens
}

// Membership is a user's place in a group.
type Membership struct {
	ID            string  `json:"id,omitempty"`
	GroupID       string  `json:"groupId,omitempty"`
	UserID        string  `json:"userId,omitempty"`
	Data          Object  `json:"data,omitempty"`
	InsertInstant Instant `json:"insertInstant,omitzero"`
}

// TwoFactor is a user's second factors.
type TwoFactor struct {
	Methods       []TwoFactorMethod `json:"methods,omitempty"`
	RecoveryCodes []secret.Text     `json:"-"` // shown once, by the call that makes them
}

// IsZero says whether the user has no method, and so nothing to encode.
func (t TwoFactor) IsZero() bool { return len(t.Methods) == 0 }

// TwoFactorMethod is one way to prove a second factor.
type TwoFactorMethod struct {
	ID            string         `json:"id,omitempty"` // short, unique for its user
	Method        string         `json:"method,omitempty"`
	Name          string         `json:"name,omitempty"`
	Authenticator *Authenticator `json:"authenticator,omitempty"` // for method "authenticator"
	Email         string         `json:"email,omitempty"`         // for method "email"
	MobilePhone   string         `json:"mobilePhone,omitempty"`   // for method "sms"
	LastUsed      bool           `json:"lastUsed,omitempty"`      // on at most one method
	Secret        secret.Text    `json:"-"`
}

// The built-in values of [TwoFactorMethod.Method]. Others are carried unchanged.
const (
	MethodAuthenticator = "authenticator"
	MethodEmail         = "email"
	MethodSMS           = "sms"
)

// Authenticator is how a TOTP authenticator computes its codes (RFC 6238).
type Authenticator struct {
	Algorithm  TOTPAlgorithm `json:"algorithm,omitempty"`
	CodeLength int           `json:"codeLength,omitempty"` // digits
	TimeStep   int           `json:"timeStep,omitempty"`   // seconds
}

// Action is something an administrator did to a user, such as a suspension.
// On the wire it is a LoginPreventedResponse.
type Action struct {
	ActionID        string  `json:"actionId,omitempty"`
	ActionerUserID  string  `json:"actionerUserId,omitempty"`
	Expiry          Instant `json:"expiry,omitzero"` // zero: no end
	Name            string  `json:"name,omitempty"`
	LocalizedName   string  `json:"localizedName,omitempty"`
	Option          string  `json:"option,omitempty"`
	LocalizedOption string  `json:"localizedOption,omitempty"`
	Reason          string  `json:"reason,omitempty"`
	LocalizedReason string  `json:"localizedReason,omitempty"`
	ReasonCode      string  `json:"reasonCode,omitempty"`

	PreventLogin bool `json:"-"` // whether it blocks login while it lasts
}

// Expired says whether the account has ended: its Expiry is present and now is
// not before it.
func (u User) Expired(now time.Time) bool { return u.Expiry.Reached(now) }

// Registration is the user's registration for an application, if there is one.
// See [Application.Registration] for applications that are open to everyone.
func (u User) Registration(applicationID string) (Registration, bool) {
	for _, r := range u.Registrations {
		if r.ApplicationID == applicationID {
			return r, true
		}
	}
	return Registration{}, false
}

// Localized is the action with the plain text in place of each localized one that
// is missing.
func (a Action) Localized() Action {
	a.LocalizedName = firstOf(a.LocalizedName, a.Name)
	a.LocalizedOption = firstOf(a.LocalizedOption, a.Option)
	a.LocalizedReason = firstOf(a.LocalizedReason, a.Reason)
	return a
}

// Blocks says whether the action keeps its user from signing in at now.
func (a Action) Blocks(now time.Time) bool { return a.PreventLogin && !a.Expiry.Reached(now) }
