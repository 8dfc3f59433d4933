package session

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/outcome"
)

// EventType names what happened. Those that begin with "jwt." are FusionAuth's.
type EventType string

// What happens to sessions.
const (
	TokenRefreshed EventType = "jwt.refresh"
	RefreshRefused EventType = "session.refresh.refused"
	RefreshReused  EventType = "session.refresh.reused" // somebody has another's refresh token
	Revoked        EventType = "jwt.refresh-token.revoke"
)

// Event is something that happened, for audit, metrics and alarms. It carries
// ids, and no secret.
type Event struct {
	Type        EventType
	At          time.Time
	Tenant      string
	Application string // empty: any
	User        string
	Session     string // empty: all that Tenant, User and Application name

	Reason  Reason          // why a refresh was refused
	Outcome outcome.Outcome // and, if that is Denied, by which outcome
	Err     error           // what broke, if something did
}

// Reason says why a refresh was refused. Its caller is never told.
type Reason string

// Why a refresh is refused.
const (
	Malformed    Reason = "malformed"    //
	Unknown      Reason = "unknown"      // expired or revoked, too
	Forged       Reason = "forged"       // no key of ours made it
	Elsewhere    Reason = "elsewhere"    // another tenant or application than the session's
	NotAllowed   Reason = "not allowed"  // the application does not accept refresh tokens, or is no more
	Reused       Reason = "reused"       // see ErrReused
	Ahead        Reason = "ahead"        // of the session: the store has lost a rotation
	Outlived     Reason = "outlived"     // the lifetime as it is configured now
	NoUser       Reason = "no user"      // deleted since
	Denied       Reason = "denied"       // the decision says so: see Outcome
	Unregistered Reason = "unregistered" // no longer registered for the application
	Broken       Reason = "broken"       // see Err
)

// tell hands an event to the caller's hook. What the hook does, panic included,
// undoes nothing.
func (s *Sessions) tell(ctx context.Context, e Event) {
	if s.Events == nil {
		return
	}
	defer func() { _ = recover() }()
	if e.At.IsZero() {
		e.At = s.now()
	}
	s.Events(ctx, e)
}
