package token

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Claims is what a token says. The names on the wire are those of RFC 7519, RFC
// 9068 and FusionAuth; a zero field is left out, unless it says otherwise.
// Instants are cut to the second and in UTC.
type Claims struct {
	// Issuer is iss. Empty means the issuer's own.
	Issuer string
	// Subject is sub: the user's id. Required.
	Subject string
	// Audience is aud: the id of the application that the token is for.
	// Required. It is one string on the wire; a list of one is read as well.
	Audience string
	// ExpiresAt is exp: the first instant at which the token is refused. Zero
	// means the issuer's Lifetime after IssuedAt.
	ExpiresAt time.Time
	// IssuedAt is iat. Zero means now.
	IssuedAt time.Time
	// NotBefore is nbf.
	NotBefore time.Time
	// ID is jti, for lists of revoked tokens. Empty means a random UUID.
	ID string

	// TenantID is tid. Required.
	TenantID string
	// SessionID is sid: the id of the session, which a refresh does not change.
	SessionID string
	// AuthTime is auth_time: when the person signed in; a refresh keeps it.
	AuthTime time.Time
	// ApplicationID is applicationId: set if the user is registered for the
	// application that the token is for.
	ApplicationID string
	// Roles is roles, by name. Nil is left out, an empty list is [].
	Roles []string
	// AuthenticationType is authenticationType, such as PASSWORDLESS.
	AuthenticationType string
	// Methods is amr (RFC 8176): how the person proved who they are, such as
	// otp and mfa.
	Methods []string
	// Context is acr: the level of assurance, in the issuer's words.
	Context string

	// Email is email.
	Email string
	// EmailVerified is email_verified. Left out without an Email.
	EmailVerified bool
	// PreferredUsername is preferred_username.
	PreferredUsername string
	// Scope is scope: names with a space between each two.
	Scope string

	// Extra is claims of the caller's own. A name that the fields above stand
	// for, in any letter case, is a [ClaimError]: readers that ignore case would
	// take it for the claim. As read by a Verifier, numbers are json.Number.
	Extra map[string]any
}

// reservedClaims is every name that a field of Claims stands for.
var reservedClaims = [...]string{
	"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "tid", "sid", "auth_time",
	"applicationId", "roles", "authenticationType", "amr", "acr",
	"email", "email_verified", "preferred_username", "scope",
}

func isReserved(name string) bool {
	return slices.ContainsFunc(reservedClaims[:], func(reserved string) bool {
		return strings.EqualFold(reserved, name)
	})
}

// maxInstant is 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
// Within it no arithmetic on seconds, milliseconds or leeway overflows.
const maxInstant = 253402300799

func isInstant(t time.Time) bool { return t.Unix() >= 0 && t.Unix() <= maxInstant }

// String names whom the claims are about by id. They hold an address too, which
// is not printed.
func (c Claims) String() string { return "claims of " + c.Subject + " for " + c.Audience }

// Format implements [fmt.Formatter]: every verb prints [Claims.String].
func (c Claims) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue is [Claims.String].
func (c Claims) LogValue() slog.Value { return slog.StringValue(c.String()) }
