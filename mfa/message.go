package mfa

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// The tickets of this package, beside those of logins.
const (
	confirmPurpose    = "confirm-method"
	provePurpose      = "prove-method"
	attemptPurpose    = "second-factor-attempt"
	stepUpPurpose     = "step-up"
	bearerPurpose     = "bearer-step-up"
	trustTokenPurpose = "trust-token"
)

// attemptLifetime is more than one call takes.
const attemptLifetime = time.Minute

// ticket is the outline of a ticket of a person's.
func (f *Factors) ticket(p Person, purpose string, expires time.Time) store.Ticket {
	return store.Ticket{
		Purpose: purpose,
		Walk:    walk.NewWalk(),
		Tenant:  p.Tenant.ID,
		User:    p.User.ID,
		Budget:  budget(p, messageGuesses),
		Expires: expires,
	}
}

// Sent is a message that is on its way.
type Sent struct {
	MethodID string
	Kind     string    // one of identity's Method constants
	Expires  time.Time // the code is accepted until then
}

// SendCode sends the code of one of the person's methods for the Ticket, and
// voids the one sent for it before, to whichever method; guesses are not given
// back. The ticket lives no longer for it.
//
// Errors: ErrNotConfigured, ErrNotConfirmed; ErrNotAllowed for an authenticator,
// which has nothing to send, and for a method that goes where the login's code
// went; an *ExhaustedError if it is too soon, or there have been too many; then
// nothing is sent. ErrRefused if the ticket is gone, or there is none. Any other means that the
// store or the messenger failed.
func (f *Factors) SendCode(ctx context.Context, p Person, methodID string) (Sent, error) {
	if p.Ticket == nil {
		return Sent{}, ErrRefused
	}
	x, err := p.usable(methodID)
	if err != nil {
		return Sent{}, err
	}
	if x.Kind == identity.MethodAuthenticator {
		return Sent{}, ErrNotAllowed
	}
	t := *p.Ticket
	t.Facts.Method = x.ID
	return f.resend(ctx, p, x, t, t.Expires)
}

// resend gives a live ticket another code and sends that.
func (f *Factors) resend(ctx context.Context, p Person, x store.Factor, t walk.Ticket, expires time.Time) (Sent, error) {
	now := f.now()
	data, err := t.Facts.Encode()
	if err != nil {
		return Sent{}, err
	}
	sealed, code := f.desk.Recode(t, p.Tenant.TwoFactorCodeGenerator())
	err = f.c.Store.SendTicket(ctx, t.ID, store.Sending{
		Code: sealed, Data: data, Expires: expires,
		Every: f.limits.SendEvery, Max: f.limits.SendsPerTicket,
		Charge: f.sends(p, x),
	}, now)
	if errors.Is(err, store.ErrNotFound) {
		return Sent{}, ErrRefused
	}
	if err != nil {
		return Sent{}, exhausted(err)
	}
	return f.deliver(ctx, p, x, code, expires)
}

// send sends the code of a method for a signed-in user. Its ticket is computed
// from the user, what the code is for, and the method with its address, so that
// a code counts for nothing else.
func (f *Factors) send(ctx context.Context, p Person, x store.Factor, purpose string) (Sent, error) {
	now := f.now()
	expires := now.Add(p.Tenant.TwoFactorCodeLifetime())
	t := walk.Ticket{Ticket: f.ticket(p, purpose, expires)}
	t.ID = codeTicket(p, x, purpose)
	t.Budget = codeBudget(p, purpose)
	t.Sends, t.Sent = 1, now
	t.Facts = walk.Facts{Application: p.Application.ID, Method: x.ID, Started: identity.At(now)}
	var err error
	if t.Data, err = t.Facts.Encode(); err != nil {
		return Sent{}, err
	}
	var code secret.Text
	t.Code, code = f.desk.Recode(t, p.Tenant.TwoFactorCodeGenerator())
	err = f.c.Store.CreateTicket(ctx, t.Ticket, now, f.sends(p, x), f.pause(p, x), f.sendsOf(p))
	if errors.Is(err, store.ErrExists) {
		return f.resend(ctx, p, x, t, expires)
	}
	if err != nil {
		return Sent{}, exhausted(err)
	}
	return f.deliver(ctx, p, x, code, expires)
}

// codeTicket is what the ticket of a signed-in user's code is kept under. The
// address is part of it: what was sent elsewhere confirms nothing here. The id
// of a method that waits is not: of two enrolments at once one is left, and the
// code that was sent confirms it, whichever sent it.
func codeTicket(p Person, x store.Factor, purpose string) store.Hash {
	id := x.ID
	if purpose == confirmPurpose {
		id = ""
	}
	return secret.Sum("code ticket", p.Tenant.ID, p.User.ID, purpose, id, x.Kind, x.To)
}

func codeBudget(p Person, purpose string) store.Hash {
	if purpose == confirmPurpose {
		return budget(p, enrolmentGuesses)
	}
	return budget(p, messageGuesses)
}

// sends is the budget of messages to a method's address, which those of logins
// are charged to as well.
func (f *Factors) sends(p Person, x store.Factor) store.Charge {
	return store.Charge{Key: walk.Destination(p.Tenant.ID, destination(x)), Limit: f.limits.SendsPerDay, Window: day}
}

// sendsOf is the budget of messages that one user can have sent: to ever other
// numbers, too.
func (f *Factors) sendsOf(p Person) store.Charge {
	return store.Charge{
		Key:   secret.Sum("second factor sends", p.Tenant.ID, p.User.ID),
		Limit: f.limits.SendsPerDay, Window: day,
	}
}

// pause spaces messages to one address, whichever ticket they are for.
func (f *Factors) pause(p Person, x store.Factor) store.Charge {
	to := destination(x)
	return store.Charge{
		Key:   secret.Sum("second factor pause", p.Tenant.ID, string(to.Type), to.Value),
		Limit: 1, Window: f.limits.SendEvery,
	}
}

func destination(x store.Factor) identity.Identifier {
	if x.Kind == identity.MethodSMS {
		return identity.Identifier{Type: identity.PhoneNumber, Value: x.To}
	}
	return identity.Identifier{Type: identity.Email, Value: x.To}
}

func (f *Factors) deliver(ctx context.Context, p Person, x store.Factor, code secret.Text, expires time.Time) (Sent, error) {
	m := f.message(p, destination(x), messenger.TwoFactorCode)
	m.Code, m.Expires = code, expires
	m.Lifetime = expires.Sub(f.now()).Round(time.Second)
	if err := f.c.Messenger.Send(ctx, m); err != nil {
		return Sent{}, fmt.Errorf("mfa: send: %w", err)
	}
	f.tell(ctx, p, Event{Type: CodeSent, Method: x.ID, Kind: x.Kind})
	return Sent{MethodID: x.ID, Kind: x.Kind, Expires: expires}, nil
}

// message is one to a person, without what it is about.
func (f *Factors) message(p Person, to identity.Identifier, purpose messenger.Purpose) messenger.Message {
	u := p.User.Secured()
	m := messenger.Message{
		ID:          uuid.NewString(),
		Purpose:     purpose,
		Channel:     messenger.Email,
		To:          secret.New(to.Value),
		Tenant:      messenger.Ref{ID: p.Tenant.ID, Name: p.Tenant.Name},
		Application: messenger.Ref{ID: p.Application.ID, Name: p.Application.Name},
		User:        &u,
		Locales:     p.User.PreferredLanguages,
	}
	if r, ok := p.User.Registration(p.Application.ID); ok && len(r.PreferredLanguages) > 0 {
		m.Locales = r.PreferredLanguages
	}
	if to.Type == identity.PhoneNumber {
		m.Channel = messenger.SMS
	}
	return m
}

// proveMessage compares a code with the one that was sent: for the ticket, or
// for the method of a signed-in user.
func (f *Factors) proveMessage(ctx context.Context, c Challenge, code secret.Text) (Proof, error) {
	if c.Ticket != nil {
		return f.proveTicket(ctx, c, code)
	}
	x, ok := c.factor(c.MethodID)
	if !ok || x.Kind == identity.MethodAuthenticator {
		return Proof{}, ErrWrongCode
	}
	if err := f.takeCode(ctx, c.Person, x, provePurpose, code); err != nil {
		return Proof{}, err
	}
	return f.used(ctx, x, nil)
}

// proveTicket compares a code with the one that was last sent for the ticket.
func (f *Factors) proveTicket(ctx context.Context, c Challenge, code secret.Text) (Proof, error) {
	sentTo := c.Ticket.Facts.Method
	delivered := sentTo == deliveredCode
	x, err := c.usable(sentTo)
	if err != nil && !delivered || c.MethodID != "" && c.MethodID != sentTo {
		return Proof{}, ErrWrongCode
	}
	guess, err := f.charge(ctx, c.Person, budget(c.Person, messageGuesses), f.limits.MessageGuessesPerDay)
	if err != nil {
		return Proof{}, err
	}
	typed := secret.New(c.Tenant.TwoFactorCodeGenerator().Canonical(code.Reveal()))
	right, err := f.desk.Matches(*c.Ticket, typed)
	if err != nil {
		return Proof{}, err
	}
	switch {
	case !right:
		return Proof{}, ErrWrongCode
	case delivered:
		return Proof{Refund: &guess.key}, nil
	}
	return f.used(ctx, x, &guess.key)
}

// used notes that a method was. One that was removed meanwhile proves nothing.
func (f *Factors) used(ctx context.Context, x store.Factor, refund *store.Hash) (Proof, error) {
	if err := f.c.Store.UseFactor(ctx, x.FactorID, 0, f.now()); err != nil {
		return Proof{}, wrongIfGone(err)
	}
	return Proof{MethodID: x.ID, Kind: x.Kind, Methods: References(x.Kind), Refund: refund}, nil
}

// takeCode spends the code that was sent to a signed-in user's method.
func (f *Factors) takeCode(ctx context.Context, p Person, x store.Factor, purpose string, code secret.Text) error {
	now := f.now()
	limit := f.limits.MessageGuessesPerDay
	if purpose == confirmPurpose {
		limit = f.limits.EnrolmentGuessesPerDay
	}
	opened, err := f.c.Store.OpenTicket(ctx, codeTicket(p, x, purpose), &store.Guess{
		PerTicket: f.limits.GuessesPerTicket, PerBudget: limit, Window: day,
	}, now)
	if err != nil {
		return wrongIfGone(exhausted(err))
	}
	t, err := f.desk.Read(opened, purpose)
	if err != nil {
		return wrongIfGone(err)
	}
	right, err := f.desk.Matches(t, secret.New(p.Tenant.TwoFactorCodeGenerator().Canonical(code.Reveal())))
	if err != nil {
		return err
	}
	if !right || t.Tenant != p.Tenant.ID || t.User != p.User.ID {
		return ErrWrongCode
	}
	return wrongIfGone(f.c.Store.ExchangeTicket(ctx, t.ID, store.Exchange{Refund: &t.Budget}, now))
}
