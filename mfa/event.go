package mfa

import (
	"context"
	"time"
)

// EventType names what happened. Those that begin with "user." are FusionAuth's.
type EventType string

// What happens to second factors.
const (
	MethodAdded           EventType = "user.two-factor.method.add"
	MethodRemoved         EventType = "user.two-factor.method.remove"
	MethodRenamed         EventType = "two-factor.method.rename"
	EnrolmentStarted      EventType = "two-factor.enrol"
	CodeSent              EventType = "two-factor.send"
	Proven                EventType = "two-factor.proven"
	ProofFailed           EventType = "two-factor.failed"
	GuessesExhausted      EventType = "two-factor.guesses-exhausted"
	RecoveryCodeUsed      EventType = "two-factor.recovery-code.use"
	RecoveryCodesReplaced EventType = "two-factor.recovery-code.replace"
	ResealFailed          EventType = "two-factor.reseal-failed" // see Err; the older key is needed still
	NoticeFailed          EventType = "two-factor.notice-failed" // see Err; what it was about stands
	DeviceTrusted         EventType = "two-factor.trust"
	TrustRevoked          EventType = "two-factor.trust.revoke"
	StepUpStarted         EventType = "two-factor.step-up.start"
	StepUpCompleted       EventType = "two-factor.step-up.complete"
)

// Event is something that happened, for audit, metrics and alarms. It carries
// ids, and no secret, address or number.
type Event struct {
	Type        EventType
	At          time.Time
	Tenant      string
	Application string
	User        string
	Walk        string // of the login it was in; empty outside one
	Method      string // the id of the method it was about; empty: none or all
	Kind        string // of that method
	Err         error  // what broke, if something did
}

// tell hands an event to the caller's hook. What the hook does, panic included,
// undoes nothing.
func (f *Factors) tell(ctx context.Context, p Person, e Event) {
	if f.c.Events == nil {
		return
	}
	defer func() { _ = recover() }()
	e.At, e.Tenant, e.Application, e.User = f.now(), p.Tenant.ID, p.Application.ID, p.User.ID
	if p.Ticket != nil {
		e.Walk = p.Ticket.Walk
	}
	f.c.Events(ctx, e)
}
