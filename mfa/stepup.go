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
}

const mostPurpose = 4 << 10

func (p Purpose) check() error {
	if len(p.Action) > mostPurpose || len(p.Challenge.Reveal()) > mostPurpose {
		return &identity.FieldError{Field: "trustChallenge", Tag: identity.TagTooLong, Reason: "must be at most 4096 bytes"}
	}
	return nil
}

func (p Purpose) sum() []byte {
	sum := secret.Sum("trust token", p.Action, p.Challenge.Reveal())
	return sum[:]
}

// StepUp is a second proof that was asked of a signed-in user.
type StepUp struct {
	ID      secret.Issued // of this step-up, for who is to complete it
	Methods []identity.TwoFactorMethod
	Expires time.Time
}

// StartStepUp asks a signed-in user for a second factor, before they do
// something that deserves one. ErrNotConfigured if they have none;
// ErrUnknownUser, ErrInactive; an *identity.FieldError.
func (f *Factors) StartStepUp(ctx context.Context, who Who, purpose Purpose) (StepUp, error) {
	if err := purpose.check(); err != nil {
		return StepUp{}, err
	}
	p, err := f.person(ctx, who)
	if err != nil {
		return StepUp{}, err
	}
	if len(p.confirmed()) == 0 {
		return StepUp{}, ErrNotConfigured
	}
	now := f.now()
	t, handle, err := f.pinned(p, stepUpPurpose, purpose, now.Add(p.Tenant.TwoFactorLifetime()))
	if err != nil {
		return StepUp{}, err
	}
	if err := f.c.Store.CreateTicket(ctx, t, now); err != nil {
		return StepUp{}, err
	}
	f.tell(ctx, p, Event{Type: StepUpStarted})
	return StepUp{ID: secret.Issue(handle.Reveal()), Methods: f.usableMethods(p), Expires: t.Expires}, nil
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

// pinned makes a ticket that pins what it is for. A step-up's has a code from
// the start, which is nobody's until one is sent.
func (f *Factors) pinned(p Person, purpose string, what Purpose, expires time.Time) (store.Ticket, secret.Text, error) {
	d := walk.Draft{
		Ticket: f.ticket(p, purpose, expires),
		Facts:  walk.Facts{Application: p.Application.ID, Started: identity.At(f.now()), Bound: what.sum()},
		Handle: handles,
	}
	if purpose == stepUpPurpose {
		d.Code = p.Tenant.TwoFactorCodeGenerator()
	}
	t, handle, _, err := f.desk.Make(d)
	return t, handle, err
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
	proof, err := f.Prove(ctx, Challenge{Person: p}, code)
	if err != nil {
		return TrustToken{}, err
	}
	now := f.now()
	t, handle, err := f.pinned(p, trustTokenPurpose, purpose, now.Add(p.Tenant.TrustTokenLifetime()))
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
	o, err := f.c.Store.OpenTicket(ctx, walk.ID(purpose, handle), g, f.now())
	if err != nil {
		return Person{}, refusedIfGone(err)
	}
	t, err := f.desk.Read(o, purpose)
	if err != nil {
		return Person{}, refusedIfGone(err)
	}
	if handle.IsZero() || t.Tenant != p.Tenant.ID || t.User != p.User.ID || t.Facts.Application != p.Application.ID {
		return Person{}, ErrRefused
	}
	p.Ticket = &t
	return p, nil
}

func refusedIfGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefused
	}
	return err
}
