package identity

// The enumerations below are open: a value that is not among the constants is
// carried unchanged, since a newer peer may know more of them.

// IdentityType is a kind of login id.
type IdentityType string

// The kinds of login id.
const (
	Email       IdentityType = "email"
	PhoneNumber IdentityType = "phoneNumber"
	Username    IdentityType = "username"
)

// VerifiedReason is why an identity is, is not or need not be verified. See
// [UserIdentity.NeedsVerification].
type VerifiedReason string

// The reasons. With the first six an identity may still need verification.
const (
	ReasonPending        VerifiedReason = "Pending"        // policy demands it, and it was not done
	ReasonCompleted      VerifiedReason = "Completed"      // a verification message was answered
	ReasonImplicit       VerifiedReason = "Implicit"       // proven by a login or password message
	ReasonAdministrative VerifiedReason = "Administrative" // an administrator said so
	ReasonDisabled       VerifiedReason = "Disabled"       // policy did not demand it
	ReasonImport         VerifiedReason = "Import"         // the user was imported
	ReasonSkipped        VerifiedReason = "Skipped"        // the creator of the user asked to skip it
	ReasonTrusted        VerifiedReason = "Trusted"        // an identity provider or connector vouched
	ReasonUnverifiable   VerifiedReason = "Unverifiable"   // the kind cannot be verified, as usernames
)

// ContentStatus is the state of a moderated username.
type ContentStatus string

// The states of a moderated username. None of them prevents a login.
const (
	ContentActive   ContentStatus = "ACTIVE"
	ContentPending  ContentStatus = "PENDING"
	ContentRejected ContentStatus = "REJECTED"
)

// ChangePasswordReason is why a password must change.
type ChangePasswordReason string

// The reasons for a change of password.
const (
	ChangeAdministrative ChangePasswordReason = "Administrative" // an administrator demands it
	ChangeBreached       ChangePasswordReason = "Breached"       // it was found in a breach
	ChangeExpired        ChangePasswordReason = "Expired"        // it is older than policy allows
	ChangeValidation     ChangePasswordReason = "Validation"     // it breaks rules made since
)

// BreachedPasswordStatus is what the last breach check found. None is a value;
// the empty status means that nothing was checked.
type BreachedPasswordStatus string

// The findings of a breach check.
const (
	BreachNone           BreachedPasswordStatus = "None"
	BreachExactMatch     BreachedPasswordStatus = "ExactMatch"
	BreachSubAddress     BreachedPasswordStatus = "SubAddressMatch"
	BreachPasswordOnly   BreachedPasswordStatus = "PasswordOnly"
	BreachCommonPassword BreachedPasswordStatus = "CommonPassword"
)

// TOTPAlgorithm is the hash of a TOTP authenticator.
type TOTPAlgorithm string

// The hashes that RFC 6238 names.
const (
	HmacSHA1   TOTPAlgorithm = "HmacSHA1" // the one that authenticator apps agree on
	HmacSHA256 TOTPAlgorithm = "HmacSHA256"
	HmacSHA512 TOTPAlgorithm = "HmacSHA512"
)

// LoginStrategy is how a code reaches completion, for logins and verifications
// alike.
type LoginStrategy string

// The strategies.
const (
	ClickableLink LoginStrategy = "ClickableLink" // a link in the message carries the secret
	FormField     LoginStrategy = "FormField"     // the person types a short code from the message
)

// UnverifiedBehavior is what a login yields while its identity or registration
// still needs verification.
type UnverifiedBehavior string

// The behaviours.
const (
	Allow UnverifiedBehavior = "Allow" // a token, and word that verification is due
	Gated UnverifiedBehavior = "Gated" // no token before verification
)

// MultiFactorLoginPolicy is when a login asks for a second factor.
type MultiFactorLoginPolicy string

// The policies. FusionAuth's two by risk (ChallengeOnHighRisk,
// ChallengeOnMediumRisk) are refused by Check: nothing here measures risk.
const (
	MultiFactorDisabled MultiFactorLoginPolicy = "Disabled" // never, even of users who have one
	MultiFactorEnabled  MultiFactorLoginPolicy = "Enabled"  // of users who have one
	MultiFactorRequired MultiFactorLoginPolicy = "Required" // of everyone; who has none enrols one first
)

// ApplicationMultiFactorTrustPolicy is which trusted devices may skip the second
// factor of an application.
type ApplicationMultiFactorTrustPolicy string

// The trust policies.
const (
	TrustAny  ApplicationMultiFactorTrustPolicy = "Any"  // trust given by any application of the tenant
	TrustThis ApplicationMultiFactorTrustPolicy = "This" // trust given by this application
	TrustNone ApplicationMultiFactorTrustPolicy = "None" // every login is challenged
)

// RefreshTokenUsagePolicy is whether a refresh token changes with each use.
type RefreshTokenUsagePolicy string

// The usage policies.
const (
	OneTimeUse RefreshTokenUsagePolicy = "OneTimeUse" // each use yields a new one and ends the old
	Reusable   RefreshTokenUsagePolicy = "Reusable"   // it stays the same
)

// RefreshTokenExpirationPolicy is from when the lifetime of a refresh token counts.
type RefreshTokenExpirationPolicy string

// The expiration policies.
const (
	Fixed                RefreshTokenExpirationPolicy = "Fixed"                            // from the login
	Sliding              RefreshTokenExpirationPolicy = "SlidingWindow"                    // from the last use
	SlidingWithinMaximum RefreshTokenExpirationPolicy = "SlidingWindowWithMaximumLifetime" // from the last use, to a maximum from the login
)

// AuthenticationThreat is a risk that was seen in a login.
type AuthenticationThreat string

// The threats that FusionAuth names.
const (
	ThreatBlocklistedIP        AuthenticationThreat = "BlocklistedIp"
	ThreatBotDetected          AuthenticationThreat = "BotDetected"
	ThreatDormantAccount       AuthenticationThreat = "DormantAccount"
	ThreatDormantPassword      AuthenticationThreat = "DormantPassword"
	ThreatImpossibleTravel     AuthenticationThreat = "ImpossibleTravel"
	ThreatRecentIdentityChange AuthenticationThreat = "RecentIdentityChange"
	ThreatRecentPasswordChange AuthenticationThreat = "RecentPasswordChange"
	ThreatSuspiciousUserAgent  AuthenticationThreat = "SuspiciousUserAgent"
	ThreatUnrecognizedDevice   AuthenticationThreat = "UnrecognizedDevice"
	ThreatUntrustedDevice      AuthenticationThreat = "UntrustedDevice"
)

// ObjectState is the state of a tenant or an application.
type ObjectState string

// The states. Only an active tenant or application signs anyone in.
const (
	StateActive        ObjectState = "Active"
	StateInactive      ObjectState = "Inactive"
	StatePendingDelete ObjectState = "PendingDelete"
)

// The device types of FusionAuth before 1.46. Any other string is as good.
const (
	DeviceBrowser = "BROWSER"
	DeviceDesktop = "DESKTOP"
	DeviceLaptop  = "LAPTOP"
	DeviceMobile  = "MOBILE"
	DeviceOther   = "OTHER"
	DeviceServer  = "SERVER"
	DeviceTablet  = "TABLET"
	DeviceTV      = "TV"
	DeviceUnknown = "UNKNOWN"
)
