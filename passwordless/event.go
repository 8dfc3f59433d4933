package passwordless

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/session"
)

// EventType names what happened. Those that begin with "user." are FusionAuth's.
type EventType string

// What happens in a login.
const (
	LoginSucceeded       EventType = "user.login.success"
	LoginFailed          EventType = "user.login.failed"
	LoginOnNewDevice     EventType = "user.login.new-device"
	TwoFactorChallenged  EventType = "user.two-factor.challenge"
	IdentityVerified     EventType = "user.identity.verified"
	RegistrationVerified EventType = "user.registration.verified"
	PasswordChanged      EventType = "user.password.update"
	EarlierGrantsRevoked EventType = "user.grants.revoke" // a first proof ended what was granted before it
	LoginStarted         EventType = "passwordless.start"
	MessageSent          EventType = "passwordless.send"
	MessageUndeliverable EventType = "passwordless.undeliverable" // there is no address on record
	MessageUndelivered   EventType = "passwordless.undelivered"   // the outbox gave it up
	GuessesExhausted     EventType = "passwordless.guesses-exhausted"
	RecordingFailed      EventType = "passwordless.recording-failed" // Users did not take a login that stands
	VerificationStarted  EventType = "verification.start"
	VerificationFailed   EventType = "verification.failed"
	ChangePasswordFailed EventType = "change-password.failed"
)

// Event is something that happened, for audit, metrics and alarms. It carries
// ids, and no secret, address or number.
type Event struct {
	Type        EventType
	At          time.Time
	Tenant      string
	Application string
	User        string // empty if nobody is known by what was given
	Walk        string // what belongs to one Start has one

	Method  string          // the second factor that it was about
	Session string          // the session that it was about
	Outcome outcome.Outcome // of a login that was decided; else zero
	Reason  Reason          // of a failure
	Err     error           // what broke, if something did

	NewDevice    bool
	OtherBrowser bool      // the person accepted it in another browser than it was asked for in
	IPAddress    string    // as the caller gave it: not trusted, and free text
	Info         EventInfo // likewise
}

// Reason says why something failed. The caller of a login is never told.
type Reason string

// Why a login, verification or change of password fails.
const (
	NoTicket   Reason = "no ticket"  // unknown, expired, spent, or its guesses are
	WrongCode  Reason = "wrong code" //
	NoCode     Reason = "no code"    // a FormField ticket without its short code
	NeverSent  Reason = "never sent" // the code went to nobody
	NoUser     Reason = "no user"    // a decoy, or somebody deleted since
	Moved      Reason = "moved"      // what the ticket pins no longer holds
	Elsewhere  Reason = "elsewhere"  // another tenant or application than the ticket's
	Exhausted  Reason = "exhausted"  // the day's guesses
	Raced      Reason = "raced"      // another attempt won, or everything was revoked meanwhile
	Vetoed     Reason = "vetoed"     //
	Broken     Reason = "broken"     // see Err
	Unentitled Reason = "unentitled" // locked, expired or prevented since

	OtherBrowser Reason = "other browser" // not the one that it was asked for in, and nobody accepted it
)

// tellFactor tells what happened to a second factor, which is told in the
// event types of package mfa.
func (l *Login) tellFactor(ctx context.Context, e mfa.Event) {
	l.tell(ctx, Event{
		Type: EventType(e.Type), At: e.At, Tenant: e.Tenant, Application: e.Application, User: e.User,
		Walk: e.Walk, Method: e.Method, Err: e.Err,
	})
}

// tellSession tells what happened to a session, which is told in the event types
// of package session.
func (l *Login) tellSession(ctx context.Context, e session.Event) {
	l.tell(ctx, Event{
		Type: EventType(e.Type), At: e.At, Tenant: e.Tenant, Application: e.Application, User: e.User,
		Session: e.Session, Outcome: e.Outcome, Reason: Reason(e.Reason), Err: e.Err,
	})
}

// tell hands an event to the caller's hook. What the hook does, panic included,
// undoes nothing.
func (l *Login) tell(ctx context.Context, e Event) {
	if l.c.Events == nil {
		return
	}
	defer func() { _ = recover() }()
	if e.At.IsZero() {
		e.At = l.now()
	}
	l.c.Events(ctx, e)
}
