package mfa

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Purpose is what a step-up is for. What it yields is good for nothing else.
type Purpose struct {
	Action    string      // the caller's name of what is to be done
	Challenge secret.Text // the caller's own secret for it, given again when it is done; may be empty

	// Delivered has the caller told the step-up's code, which it takes to the
	// person itself: what that proves is for who takes the trust token to know,
	// who must ask for a Delivered one. It needs no second factor of the user's.
	Delivered bool
}

const mostPurpose = 4 << 10

func (p Purpose) check() error {
	if len(p.Action) > mostPurpose || len(p.Challenge.Reveal()) > mostPurpose {
		return &identity.FieldError{Field: "trustChallenge", Tag: identity.TagTooLong, Reason: "must be at most 4096 bytes"}
	}
	return nil
}

func (p Purpose) sum() []byte {
	what := "trust token"
	if p.Delivered {
		what = "trust token by a delivered code"
	}
	sum := secret.Sum(what, p.Action, p.Challenge.Reveal())
	return sum[:]
}

// StepUp is a second proof that was asked of a signed-in user.
type StepUp struct {
	ID      secret.Issued // of this step-up, for who is to complete it
	Code    secret.Issued // if the caller delivers it; a code that is sent ends it
	Methods []identity.TwoFactorMethod
	Expires time.Time
}

// StartStepUp asks a signed-in user for a second factor, before they do
// something that deserves one. ErrNotConfigured if they have none;
// ErrUnknownUser, ErrInactive; an *identity.FieldError.
func (f *Factors) StartStepUp(ctx context.Context, who Who, purpose Purpose) (StepUp, error) {
	return f.startStepUp(ctx, who, stepUpPurpose, purpose, nil)
}

func (f *Factors) startStepUp(ctx context.Context, who Who, kind string, purpose Purpose, state identity.Object) (StepUp, error) {
	if err := purpose.check(); err != nil {
		return StepUp{}, err
	}
	p, err := f.person(ctx, who)
	if err != nil {
		return StepUp{}, err
	}
	if len(p.confirmed()) == 0 && !purpose.Delivered {
		return StepUp{}, ErrNotConfigured
	}
	now := f.now()
	facts := walk.Facts{Bound: purpose.sum(), State: state}
	if purpose.Delivered {
		facts.Method = deliveredCode
	}
	t, handle, code, err := f.pinned(p, kind, facts, now.Add(p.Tenant.TwoFactorLifetime()))
	if err != nil {
		return StepUp{}, err
	}
	if err := f.c.Store.CreateTicket(ctx, t, now); err != nil {
		return StepUp{}, err
	}
	f.tell(ctx, p, Event{Type: StepUpStarted})
	s := StepUp{ID: secret.Issue(handle.Reveal()), Methods: f.usableMethods(p), Expires: t.Expires}
	if purpose.Delivered {
		s.Code = secret.Issue(code.Reveal())
	}
	return s, nil
}

// usableMethods are those that prove more than the login did, as a person may
// see them.
func (f *Factors) usableMethods(p Person) []identity.TwoFactorMethod {
	var usable []store.Factor
	for _, x := range p.confirmed() {
		if !p.carries(x) {
			usable = append(usable, x)
		}
	}
	return f.shown(usable)
}

// deliveredCode stands for a method where a ticket's code is the caller's to
// deliver. No factor has it as its id.
const deliveredCode = "delivered"

// pinned makes a ticket that pins what it is for. A step-up's has a code from
// the start, which is nobody's until it is sent or delivered.
func (f *Factors) pinned(p Person, purpose string, facts walk.Facts, expires time.Time) (store.Ticket, secret.Text, secret.Text, error) {
	facts.Application, facts.Started = p.Application.ID, identity.At(f.now())
	d := walk.Draft{Ticket: f.ticket(p, purpose, expires), Facts: facts, Handle: handles}
	if purpose != trustTokenPurpose {
		d.Code = p.Tenant.TwoFactorCodeGenerator()
	}
	return f.desk.Make(d)
}

// SendStepUp sends the code of one of the user's methods for a step-up. Errors
// are those of [Factors.SendCode].
func (f *Factors) SendStepUp(ctx context.Context, who Who, id secret.Text, methodID string) (Sent, error) {
	p, err := f.opened(ctx, who, stepUpPurpose, id, nil)
	if err != nil {
		return Sent{}, err
	}
	return f.SendCode(ctx, p, methodID)
}

// TrustToken says that a user proved a second factor a moment ago, for one
// purpose. It is taken once.
type TrustToken struct {
	Token   secret.Issued
	Expires time.Time
}

// CompleteStepUp completes a step-up with a code, and spends it. Errors: those of
// [Factors.Prove], after which it can be tried again while its guesses last;
// ErrRefused if it is unknown, expired, spent, exhausted, another user's or for
// another purpose; ErrUnknownUser, ErrInactive.
func (f *Factors) CompleteStepUp(ctx context.Context, who Who, id secret.Text, purpose Purpose, code secret.Text) (TrustToken, error) {
	p, err := f.opened(ctx, who, stepUpPurpose, id, &store.Guess{PerTicket: f.limits.GuessesPerTicket})
	if err != nil {
		return TrustToken{}, err
	}
	if !bytes.Equal(p.Ticket.Facts.Bound, purpose.sum()) {
		return TrustToken{}, ErrRefused
	}
	return f.stepUp(ctx, p, code)
}

// stepUp takes the proof that an open step-up asks for, and spends it for a trust
// token of its purpose.
func (f *Factors) stepUp(ctx context.Context, p Person, code secret.Text) (TrustToken, error) {
	proof, err := f.Prove(ctx, Challenge{Person: p}, code)
	if err != nil {
		return TrustToken{}, err
	}
	now := f.now()
	bound := walk.Facts{Bound: p.Ticket.Facts.Bound}
	t, handle, _, err := f.pinned(p, trustTokenPurpose, bound, now.Add(p.Tenant.TrustTokenLifetime()))
	if err != nil {
		return TrustToken{}, err
	}
	if err := f.c.Store.ExchangeTicket(ctx, p.Ticket.ID, store.Exchange{Next: &t, Refund: proof.Refund}, now); err != nil {
		return TrustToken{}, refusedIfGone(err)
	}
	f.tell(ctx, p, Event{Type: StepUpCompleted, Method: proof.MethodID, Kind: proof.Kind})
	return TrustToken{Token: secret.Issue(handle.Reveal()), Expires: t.Expires}, nil
}

// TakeTrustToken spends a trust token, right before what it was asked for is
// done. ErrRefused if it is unknown, expired, spent, another user's or for
// another purpose; ErrUnknownUser, ErrInactive.
func (f *Factors) TakeTrustToken(ctx context.Context, who Who, token secret.Text, purpose Purpose) error {
	p, err := f.opened(ctx, who, trustTokenPurpose, token, nil)
	if err != nil {
		return err
	}
	if !bytes.Equal(p.Ticket.Facts.Bound, purpose.sum()) {
		return ErrRefused
	}
	return refusedIfGone(f.c.Store.ExchangeTicket(ctx, p.Ticket.ID, store.Exchange{}, f.now()))
}

// opened reads a signed-in user with the live ticket of theirs that a handle
// opens.
func (f *Factors) opened(ctx context.Context, who Who, purpose string, handle secret.Text, g *store.Guess) (Person, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Person{}, err
	}
	t, err := f.open(ctx, purpose, handle, g)
	if err != nil {
		return Person{}, err
	}
	if t.Tenant != p.Tenant.ID || t.User != p.User.ID || t.Facts.Application != p.Application.ID {
		return Person{}, ErrRefused
	}
	p.Ticket = &t
	return p, nil
}

// open reads the live ticket that a handle opens. Without guesses left it is as
// good as spent: no code that is sent for it would count.
func (f *Factors) open(ctx context.Context, purpose string, handle secret.Text, g *store.Guess) (walk.Ticket, error) {
	if handle.IsZero() {
		return walk.Ticket{}, ErrRefused
	}
	o, err := f.c.Store.OpenTicket(ctx, walk.ID(purpose, handle), g, f.now())
	if err != nil {
		return walk.Ticket{}, refusedIfGone(err)
	}
	if g == nil && o.Attempts >= f.limits.GuessesPerTicket {
		return walk.Ticket{}, ErrRefused
	}
	t, err := f.desk.Read(o, purpose)
	return t, refusedIfGone(err)
}

func refusedIfGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefused
	}
	return err
}
