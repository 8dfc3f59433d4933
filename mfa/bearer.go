package mfa

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// A bearer step-up is one that a service starts for somebody else to complete:
// whoever holds its id, without a session to say who they are. It is never a
// login, and a step-up of the other kind is never one of these.

// BearerStepUp asks for a step-up that whoever holds its id completes.
type BearerStepUp struct {
	Purpose Purpose

	// State comes back when it completes. At most 8 KiB.
	State identity.Object
}

// BearerProof completes a bearer step-up.
type BearerProof struct {
	ID   secret.Text // required
	Code secret.Text // required

	// The tenant, application and user that it must be of. Empty: any.
	TenantID      string
	ApplicationID string
	UserID        string
}

// SteppedUp is a bearer step-up that has completed.
type SteppedUp struct {
	TrustToken
	State identity.Object
}

const mostState = 8 << 10

// StartBearerStepUp is [Factors.StartStepUp] for a service, which hands the id to
// who is to complete it.
func (f *Factors) StartBearerStepUp(ctx context.Context, who Who, r BearerStepUp) (StepUp, error) {
	if len(r.State) > mostState || r.State.Check(mostState) != nil {
		return StepUp{}, &identity.FieldError{Field: "state", Tag: identity.TagInvalid, Reason: "must be a JSON object of at most 8 KiB"}
	}
	return f.startStepUp(ctx, who, bearerPurpose, r.Purpose, r.State)
}

// SendBearerStepUp sends the code of one of the user's methods. tenantID, if not
// empty, must be the step-up's. Errors are those of [Factors.SendCode].
func (f *Factors) SendBearerStepUp(ctx context.Context, tenantID string, id secret.Text, methodID string) (Sent, error) {
	p, err := f.bearer(ctx, BearerProof{ID: id, TenantID: tenantID}, nil)
	if err != nil {
		return Sent{}, err
	}
	return f.SendCode(ctx, p, methodID)
}

// CompleteBearerStepUp completes a bearer step-up with a code, and spends it. The
// trust token is for the purpose and user that it was started for, whom
// [Factors.TakeTrustToken] names.
//
// Errors: those of [Factors.Prove], after which it can be tried again while its
// guesses last; ErrRefused if it is unknown, expired, spent, exhausted or not
// what it must be, and for a user who is gone, locked, expired or prevented.
func (f *Factors) CompleteBearerStepUp(ctx context.Context, r BearerProof) (SteppedUp, error) {
	p, err := f.bearer(ctx, r, &store.Guess{PerTicket: f.limits.GuessesPerTicket})
	if err != nil {
		return SteppedUp{}, err
	}
	token, err := f.stepUp(ctx, p, r.Code)
	if err != nil {
		return SteppedUp{}, err
	}
	return SteppedUp{TrustToken: token, State: p.Ticket.Facts.State}, nil
}

// bearer reads the live step-up that an id opens, and whose it is.
func (f *Factors) bearer(ctx context.Context, r BearerProof, g *store.Guess) (Person, error) {
	t, err := f.open(ctx, bearerPurpose, r.ID, g)
	if err != nil {
		return Person{}, err
	}
	for _, x := range []struct{ must, is string }{
		{r.TenantID, t.Tenant}, {r.ApplicationID, t.Facts.Application}, {r.UserID, t.User},
	} {
		if x.must != "" && x.must != x.is {
			return Person{}, ErrRefused
		}
	}
	p, err := f.person(ctx, Who{TenantID: t.Tenant, UserID: t.User, ApplicationID: t.Facts.Application})
	var moved *identity.FieldError
	if errors.Is(err, ErrUnknownUser) || errors.Is(err, ErrInactive) || errors.As(err, &moved) {
		return Person{}, ErrRefused
	}
	p.Ticket = &t
	return p, err
}
