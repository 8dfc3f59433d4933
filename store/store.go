// Package store is what Gatehouse remembers: four parts, each of which any
// engine may keep.
//
// Records arrive ready: secrets hashed or sealed, times in UTC cut to the
// millisecond, limits, windows and now as parameters. A store has no clock, no
// key and no policy. Data and Code are the core's own and opaque.
//
// Each method is one atomic transition. Methods may be called concurrently and
// from several processes, and every one is safe to run twice, since drivers
// re-send what they got no answer to. Errors other than those named mean that
// the engine failed: the caller then refuses, whatever the engine may have done.
// Engines may wrap the named errors; compare with errors.Is and errors.As.
//
// Identifiers, ids and names are compared byte for byte. An engine whose text
// columns fold case or accents must keep them in binary ones.
//
// Run [storetest.Run] against an implementation.
//
// [storetest.Run]: https://pkg.go.dev/github.com/gatehouse-go/gatehouse/storetest#Run
package store

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

var (
	// ErrNotFound: the record is absent, expired, spent or revoked.
	ErrNotFound = errors.New("store: not found")
	// ErrExists: the key, name or walk is taken.
	ErrExists = errors.New("store: exists")
	// ErrLast: it is the last confirmed factor, which is to stay.
	ErrLast = errors.New("store: last factor")
)

// LimitError says that a budget is spent.
type LimitError struct {
	// RetryAfter is how long until the budget opens again; zero if it does not.
	RetryAfter time.Duration
}

func (e *LimitError) Error() string { return "store: limit reached" }

// Hash is a SHA-256 over a purpose and a secret, or over what a meter counts.
type Hash [32]byte

// Users is who. It is what a service with its own users table writes.
//
// An id that cannot be one of the engine's own, whatever its form, is
// [ErrNotFound], not a failure.
type Users interface {
	// FindUser returns the holder of the first of ids that is held, in the
	// order given. ErrNotFound.
	FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error)

	// User returns a user by id. ErrNotFound.
	User(ctx context.Context, tenant, id string) (identity.User, error)

	// RecordLogin notes a login that has been admitted: the last-login instants
	// of the user, the identity and the registration, which never go back; and,
	// if l.Implicit, that the identity is verified for that reason. A table that
	// cannot keep the latter must say that its users are verified: else each
	// login is a first proof, which ends the sessions before it. Unknown users
	// and identities are fine. An error does not undo the login.
	RecordLogin(ctx context.Context, l Login) error

	// Verify marks an identity or a registration verified. Marking one that is
	// verified changes nothing: the first instant and reason stay. ErrNotFound.
	Verify(ctx context.Context, v Verification) error
}

// Tickets is what is used once, and what is counted. Short-lived.
type Tickets interface {
	// CreateTicket adds t, after taking one from each of charges. If any of
	// them is spent it is a *LimitError with the longest wait, and neither t
	// nor a charge is kept. ErrExists if t.ID is a live ticket's, which stays as
	// it is; one that ended makes room.
	CreateTicket(ctx context.Context, t Ticket, now time.Time, charges ...Charge) error

	// OpenTicket returns a live ticket, as it is after the call. With g the
	// guess is charged first, durably: to the ticket, then to its Budget. A
	// ticket that has had its g.PerTicket guesses is ErrNotFound; a spent
	// budget is a *LimitError, and the ticket stays charged. Charging never
	// makes a ticket or a budget live longer.
	OpenTicket(ctx context.Context, id Hash, g *Guess, now time.Time) (Ticket, error)

	// SendTicket counts a send of a live ticket and replaces its Code, Data and
	// Expires; its attempts stay. *LimitError if it was sent within s.Every,
	// has had its s.Max sends, or the destination's charge is spent; then
	// nothing changes. ErrNotFound.
	SendTicket(ctx context.Context, id Hash, s Sending, now time.Time) error

	// ExchangeTicket spends a live ticket, stores x.Next and refunds x.Refund.
	// Of any number of calls for one id at most one returns nil; the rest,
	// ErrNotFound. An engine that fails in between has spent the ticket and
	// lost the next one, never the other way about. ErrExists if x.Next.ID is a
	// live ticket's, which stays as it is; the ticket may then be spent.
	ExchangeTicket(ctx context.Context, id Hash, x Exchange, now time.Time) error

	// Charge takes one from a budget, or *LimitError. A window runs from the
	// first charge in it and is not made longer by those that follow.
	Charge(ctx context.Context, c Charge, now time.Time) error

	// Refund gives one back, and never more than was taken. A budget that is
	// absent or untouched is fine. Run twice it gives two back: what must be
	// given back once, ExchangeTicket refunds.
	Refund(ctx context.Context, key Hash, now time.Time) error

	// DeleteExpired removes at most limit records that can no longer matter,
	// an hour after they ended, and says how many. Nothing else removes what
	// still counts.
	DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error)
}

// Grants is what is used until it ends: sessions, trusted devices, API keys,
// access tokens; and the logins they came from.
type Grants interface {
	// Admit stores a login and, if not nil, its session. ErrExists if the walk
	// has logged in before: the durable guard under a ticket engine that
	// forgets. ErrNotFound if the user's epoch is not l.Epoch: everything was
	// revoked in between. Where both hold, either. With l.First the user's other
	// grants are revoked and the epoch raised in the same transaction. ErrExists
	// also if the session's ID is taken. A refused login leaves nothing.
	Admit(ctx context.Context, l Login, session *Grant) error

	// Epoch counts how often everything of a user was revoked. It starts at zero.
	Epoch(ctx context.Context, tenant, user string) (int64, error)

	// Logins lists a user's logins, latest first, that happened before before.
	Logins(ctx context.Context, tenant, user string, before time.Time, limit int) ([]Login, error)

	// CreateGrant adds g. ErrExists if its ID is taken, or if a live grant of
	// its tenant, user and kind has its name; empty names and those of sessions
	// never collide. ErrNotFound if the user's epoch is not epoch.
	CreateGrant(ctx context.Context, g Grant, epoch int64, now time.Time) error

	// Grant returns a live grant. ErrNotFound.
	Grant(ctx context.Context, id string, now time.Time) (Grant, error)

	// ListGrants lists a user's live grants of kind k, oldest first.
	ListGrants(ctx context.Context, tenant, user string, k Kind, now time.Time) ([]Grant, error)

	// RotateGrant adds one to the Counter of a live grant if it is r.From,
	// and sets Rotated, Used and Expires; it says whether it did. With r.Keep
	// Counter and Rotated stay as they are. On false nothing has changed, and
	// the caller reads again. ErrNotFound.
	RotateGrant(ctx context.Context, id string, r Rotation, now time.Time) (bool, error)

	// RenameGrant names a live grant. ErrNotFound; ErrExists as for CreateGrant.
	RenameGrant(ctx context.Context, id, name string, now time.Time) error

	// RevokeGrants ends what f names, expired or not, and says how many. If f has
	// nothing but Tenant and User it also raises the user's epoch, in the same
	// transaction, be there grants or not. A filter without an ID, or a Tenant
	// and a User, is an error and ends nothing.
	RevokeGrants(ctx context.Context, f Filter, now time.Time) (int, error)

	// DeleteExpired is as for Tickets; logins and epochs stay.
	DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error)
}

// Factors is the second proof.
type Factors interface {
	// ListFactors lists a user's factors, pending ones too, oldest first.
	ListFactors(ctx context.Context, tenant, user string) ([]Factor, error)

	// PutFactor adds f as pending, whatever its Confirmed and Used, in place of
	// those of its ID and of its Kind that are; ErrExists if it is confirmed.
	PutFactor(ctx context.Context, f Factor) error

	// ConfirmFactor confirms a pending factor, uses it with step, and stores codes
	// in place of any others if the user has no other confirmed factor; it says
	// whether it stored them. ErrNotFound if it is absent or not pending, or if
	// step is above zero and not greater than its last. ErrExists if it was put as
	// First, and the user has another confirmed factor: it stays pending, and of
	// any number of first ones that are confirmed at once one is.
	ConfirmFactor(ctx context.Context, f FactorID, step int64, codes []Hash, now time.Time) (bool, error)

	// UseFactor marks a confirmed factor used. A step above zero must be
	// greater than the factor's last and becomes it: of any number of calls for
	// one step at most one returns nil. ErrNotFound.
	UseFactor(ctx context.Context, f FactorID, step int64, now time.Time) error

	// ResealFactor replaces the Sealed of a factor if it is old; it is fine if it is
	// sealed already. Of any number of calls for one old at most one replaces it;
	// the rest, ErrNotFound.
	ResealFactor(ctx context.Context, f FactorID, old, sealed []byte) error

	// SealedFactors lists at most limit factors that have a Sealed, of all users:
	// those after a factor, in the order of tenant, user and ID, byte for byte. The
	// zero FactorID is before all.
	SealedFactors(ctx context.Context, after FactorID, limit int) ([]Factor, error)

	// RenameFactor names a factor. ErrNotFound.
	RenameFactor(ctx context.Context, f FactorID, name string) error

	// RemoveFactors removes one, or all and the recovery codes if r.ID is
	// empty. With the last confirmed factor the recovery codes go too.
	// Removing what is absent is fine. With r.KeepOne it is ErrLast, and removes
	// nothing, if the last confirmed factor would go: of any number of calls that
	// would together leave none, one loses.
	RemoveFactors(ctx context.Context, r Removal) error

	// TakeRecoveryCode takes one of oneOf, which has one hash for each live
	// key. Of any number of calls for one code at most one returns nil; the
	// rest, ErrNotFound.
	TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []Hash) error

	// ReplaceRecoveryCodes stores codes in place of any others, if the user has
	// a confirmed factor; else ErrNotFound. Of parallel calls one whole set stays.
	ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []Hash) error

	// CountRecoveryCodes says how many are left.
	CountRecoveryCodes(ctx context.Context, tenant, user string) (int, error)
}

// Joined is optional speed for an engine that keeps every part, or every part
// but Users: what a login needs in one trip, and what it leaves in one
// transaction. All it does is defined by the methods it stands for.
type Joined interface {
	// OpenLogin is OpenTicket; then, for the ticket's user, Epoch, User,
	// ListFactors and, if trust is not empty, Grant. The epoch is read no later
	// than the others: a login decided on what was read before everything was
	// revoked must not pass for one decided after. A user or grant that is not
	// found is left empty: the caller asks Users itself.
	OpenLogin(ctx context.Context, id Hash, g *Guess, trust string, now time.Time) (Opened, error)

	// FinishLogin is ExchangeTicket, Admit and RecordLogin in one transaction.
	// If Admit refuses, the ticket is spent all the same and nothing else is kept.
	FinishLogin(ctx context.Context, id Hash, x Exchange, l Login, session *Grant, now time.Time) error
}

// JoinedUsers is optional speed for an engine that keeps every part but Tickets
// and, perhaps, Users: what a login needs of a user in one trip, and what it
// leaves in one transaction. All it does is defined by the methods it stands for.
type JoinedUsers interface {
	// OpenUser is Epoch, User, ListFactors and, if trust is not empty, Grant. The
	// epoch is read no later than the others, and what is not found is left
	// empty, as by Joined's OpenLogin.
	OpenUser(ctx context.Context, tenant, user, trust string, now time.Time) (Opened, error)

	// AdmitLogin is Admit and RecordLogin in one transaction.
	AdmitLogin(ctx context.Context, l Login, session *Grant) error
}
