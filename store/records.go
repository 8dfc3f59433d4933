package store

import (
	"cmp"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// Ticket is the right to take one next step, once, before it expires.
type Ticket struct {
	ID       Hash   // of its purpose and secret
	Purpose  string // the step it is for; the core compares it
	Walk     string // one for each Start; its login can be admitted once
	Tenant   string
	User     string    // empty: a decoy, which nothing completes
	Budget   Hash      // the meter its guesses are charged to
	Expires  time.Time // dead from then on
	Attempts int       // guesses charged
	Sends    int       // messages sent
	Sent     time.Time // the last of them; zero if none
	Code     []byte    // the short code, sealed; nil if the secret is the proof; as it was given, nil or not
	Data     []byte    // the core's own
}

// Charge is one taken from the budget Key, which gives Limit in each Window. A
// Limit of zero gives nothing.
type Charge struct {
	Key    Hash
	Limit  int
	Window time.Duration
}

// Guess is how many guesses a ticket and its budget allow. A PerBudget of zero
// charges the ticket alone.
type Guess struct {
	PerTicket int
	PerBudget int
	Window    time.Duration
}

// Sending is a message about to leave for a ticket.
type Sending struct {
	Code    []byte // replaces the ticket's
	Data    []byte // replaces the ticket's
	Expires time.Time
	Every   time.Duration // the least time between two sends
	Max     int           // the most sends a ticket has
	Charge  Charge        // the destination's
}

// Exchange is what takes a spent ticket's place.
type Exchange struct {
	Next   *Ticket // nil: nothing
	Refund *Hash   // the charge of a right answer; nil: none
}

// Login is a login that was admitted.
type Login struct {
	Walk        string
	Tenant      string
	User        string
	Application string
	Identity    identity.Identifier // the login id that was used
	Implicit    bool                // this login proved Identity, which was not verified
	First       bool                // it is the first proof of its user: all that was granted before ends
	Epoch       int64               // of the user, as read when the login was decided
	At          time.Time
	IP          string
	Agent       string
	Data        []byte // the core's own
}

// Verification is an identity or a registration that was proven.
type Verification struct {
	Tenant      string
	User        string
	Identity    identity.Identifier // this, or
	Application string              // the registration for this
	Reason      identity.VerifiedReason
	At          time.Time
}

// Kind tells grants apart.
type Kind string

// The kinds of grant.
const (
	Session     Kind = "session"      // a refresh token and its descendants
	Trust       Kind = "trust"        // a device that may skip the second factor
	APIKey      Kind = "api-key"      // a long-lived key
	AccessToken Kind = "access-token" // an opaque short-lived token
)

// Grant is what its holder may use until it ends.
type Grant struct {
	ID          string
	Kind        Kind
	Tenant      string
	User        string
	Application string
	Name        string
	Sum         Hash  // of the secret; zero where Data authenticates it
	Counter     int64 // how often it was rotated
	Created     time.Time
	Rotated     time.Time // the last rotation; zero if none
	Used        time.Time
	Expires     time.Time // dead from then on; zero: until revoked
	Data        []byte    // the core's own
}

// Rotation is one use of a rotating grant.
type Rotation struct {
	From    int64     // the counter that it must have
	Keep    bool      // it is used and not rotated: Counter and Rotated stay
	Expires time.Time // from now on
}

// Filter names grants. Every field that is set must match. ID is required, or
// Tenant and User.
type Filter struct {
	ID          string
	Tenant      string
	User        string
	Application string
	Kind        Kind
	Except      string // the ID of one that stays
}

// FactorID names one factor of a user.
type FactorID struct {
	Tenant string
	User   string
	ID     string
}

// Compare orders factors by tenant, user and ID, byte for byte.
func (f FactorID) Compare(other FactorID) int {
	return cmp.Or(cmp.Compare(f.Tenant, other.Tenant), cmp.Compare(f.User, other.User), cmp.Compare(f.ID, other.ID))
}

// Factor is a second factor of a user.
type Factor struct {
	FactorID
	Kind      string // one of identity's Method constants
	To        string // where its codes go; empty for an authenticator
	Name      string
	Sealed    []byte                 // the secret, sealed
	Codes     identity.Authenticator // how an authenticator computes its codes; zero for others
	First     bool                   // begun while its user had none, without a proof: confirmed only as the first
	Created   time.Time              // pending since
	Confirmed time.Time              // zero: pending
	Used      time.Time              // zero: never
	Step      int64                  // the last TOTP step accepted
}

// Removal names the factors that go.
type Removal struct {
	FactorID      // one, or all of a user's if its ID is empty
	KeepOne  bool // not the last confirmed one
}

// Opened is all that a decision about a ticket reads.
type Opened struct {
	Ticket  Ticket
	User    identity.User
	Factors []Factor
	Trust   *Grant // nil: none, or not live
	Epoch   int64
}
