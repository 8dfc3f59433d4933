package mfa

import (
	"context"
	"errors"
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Challenge is a proof that is asked for.
type Challenge struct {
	Person

	// MethodID is the one method whose code will do. Empty: the code alone says
	// whose it is. Without a Ticket a code by message needs it. A recovery code
	// is no method's, and does whatever it is.
	MethodID string
}

// Proof is a second factor that was proven, and claimed: the code counts no more.
type Proof struct {
	MethodID string // empty: a recovery code, or one that the caller delivered
	Kind     string // one of identity's Method constants; empty: as above
	Methods  []string
	Recovery bool

	// Refund is the charge of the right answer, which the exchange of the
	// Challenge's Ticket gives back. Nil: there was no ticket, and it is given
	// back already.
	Refund *store.Hash
}

// Prove checks a code against the second factors of a person, whichever kind it
// is: a recovery code by its form, and that of a [Confirmed] by its; else the code
// that was sent for the ticket, or for MethodID; else what any authenticator
// shows. The guess is charged to its user and kind before it is compared, and what
// is right is claimed. Nobody guesses a [Confirmed]'s, which is not charged.
//
// A ticket's own guesses are the caller's to charge, when it opens the ticket
// with [store.Guess] for what is [Guessable], and the ticket is the caller's to spend: until then a
// message code, or a [Confirmed]'s, proves again, where an authenticator's or
// recovery code does not.
//
// Errors: ErrWrongCode; an *ExhaustedError if a kind that the code could have
// been is closed for now, and no other knew it; ErrNotConfigured, ErrNotConfirmed
// and ErrNotAllowed for the MethodID, with nothing charged. Any other is a
// failure, also of a secret that cannot be opened, and the caller refuses.
//
// It decides nothing: who must prove a factor is the outcome package's to say.
func (f *Factors) Prove(ctx context.Context, c Challenge, code secret.Text) (Proof, error) {
	proof, err := f.prove(ctx, c, code)
	f.tellProof(ctx, c.Person, proof, err)
	return proof, err
}

// tellProof tells of a code that was right, wrong, or could not be checked.
func (f *Factors) tellProof(ctx context.Context, p Person, proof Proof, err error) {
	e := Event{Type: Proven, Method: proof.MethodID, Kind: proof.Kind}
	var exhausted *ExhaustedError
	switch {
	case errors.As(err, &exhausted):
		e.Type = GuessesExhausted
	case errors.Is(err, ErrWrongCode):
		e.Type = ProofFailed
	case err != nil:
		e.Type, e.Err = ProofFailed, err
	}
	f.tell(ctx, p, e)
}

func (f *Factors) prove(ctx context.Context, c Challenge, code secret.Text) (Proof, error) {
	if recovery, ok := parseRecoveryCode(code); ok {
		return f.proveRecovery(ctx, c.Person, recovery)
	}
	if id, mac, ok := splitEnrolled(code); ok && c.inLogin() {
		return f.proveEnrolled(ctx, c, id, mac)
	}
	if c.MethodID != "" {
		if _, err := c.usable(c.MethodID); err != nil {
			return Proof{}, err
		}
	}
	proof, byMessage := f.proveMessage(ctx, c, code)
	if !didNotPass(byMessage) {
		return proof, byMessage
	}
	proof, err := f.proveAuthenticator(ctx, c, code)
	if errors.Is(err, ErrWrongCode) {
		err = byMessage
	}
	return proof, err
}

// didNotPass says whether a code is wrong for a kind, or the kind is closed for now.
func didNotPass(err error) bool {
	var exhausted *ExhaustedError
	return errors.Is(err, ErrWrongCode) || errors.As(err, &exhausted)
}

// proveAuthenticator compares a code with what all authenticators show, or one.
func (f *Factors) proveAuthenticator(ctx context.Context, c Challenge, code secret.Text) (Proof, error) {
	authenticators := c.authenticators()
	if len(authenticators) == 0 || !digits(code.Reveal()) {
		return Proof{}, ErrWrongCode
	}
	guess, err := f.charge(ctx, c.Person, budget(c.Person, authenticatorGuesses), f.limits.AuthenticatorGuessesPerDay)
	if err != nil {
		return Proof{}, err
	}
	x, step, err := f.matched(authenticators, code.Reveal(), f.now())
	if err != nil {
		return Proof{}, err
	}
	if step == 0 {
		return Proof{}, ErrWrongCode
	}
	if err := f.c.Store.UseFactor(ctx, x.FactorID, step, f.now()); err != nil {
		return Proof{}, wrongIfGone(err)
	}
	f.resealUsed(ctx, c.Person, x)
	return f.settle(ctx, guess, Proof{MethodID: x.ID, Kind: x.Kind, Methods: References(x.Kind)})
}

func (c Challenge) authenticators() []store.Factor {
	return slices.DeleteFunc(c.confirmed(), func(x store.Factor) bool {
		return x.Kind != identity.MethodAuthenticator || c.MethodID != "" && c.MethodID != x.ID
	})
}

// proveRecovery takes a recovery code. Who needed one may have lost a device, so
// no device is trusted any more.
func (f *Factors) proveRecovery(ctx context.Context, p Person, canonical string) (Proof, error) {
	if len(p.confirmed()) == 0 {
		return Proof{}, ErrWrongCode
	}
	guess, err := f.charge(ctx, p, budget(p, recoveryGuesses), f.limits.RecoveryGuessesPerDay)
	if err != nil {
		return Proof{}, err
	}
	if err := f.c.Store.TakeRecoveryCode(ctx, p.Tenant.ID, p.User.ID, f.anyHash(p, canonical)); err != nil {
		return Proof{}, wrongIfGone(err)
	}
	f.tell(ctx, p, Event{Type: RecoveryCodeUsed})
	f.notify(ctx, p, notice{purpose: recoveryUsedNotice})
	if err := f.dropTrust(ctx, p); err != nil {
		return Proof{}, err
	}
	return f.settle(ctx, guess, Proof{Methods: References(""), Recovery: true})
}

// References are how a kind of proof, one of the method constants of package
// identity, is called in a token (RFC 8176, section 2).
func References(kind string) []string {
	if kind == identity.MethodSMS {
		return []string{"otp", "sms", "mfa"}
	}
	return []string{"otp", "mfa"}
}

// The kinds of guesses that have a budget of their own.
const (
	authenticatorGuesses = "authenticator"
	recoveryGuesses      = "recovery code"
	enrolmentGuesses     = "enrolment"
	messageGuesses       = walk.TwoFactor // as the tickets of logins are charged
)

func budget(p Person, kind string) store.Hash {
	return walk.Budget(kind, p.Tenant.ID, p.User.ID, identity.Identifier{})
}

// guess is one that has been charged.
type guess struct {
	key     store.Hash
	attempt *store.Hash // the ticket whose exchange gives it back; nil: the caller's
}

// charge takes a guess from a budget. Outside a login a ticket is made of it,
// because what is given back only when a ticket is spent is given back once.
func (f *Factors) charge(ctx context.Context, p Person, key store.Hash, limit int) (guess, error) {
	now := f.now()
	c := store.Charge{Key: key, Limit: limit, Window: day}
	if p.Ticket != nil {
		return guess{key: key}, exhausted(f.c.Store.Charge(ctx, c, now))
	}
	t, _, _, err := f.desk.Make(walk.Draft{
		Ticket: f.ticket(p, attemptPurpose, now.Add(attemptLifetime)),
		Handle: handles,
	})
	if err != nil {
		return guess{}, err
	}
	return guess{key: key, attempt: &t.ID}, exhausted(f.c.Store.CreateTicket(ctx, t, now, c))
}

// settle gives a right guess back, or leaves that to who spends the ticket.
func (f *Factors) settle(ctx context.Context, g guess, proof Proof) (Proof, error) {
	if g.attempt == nil {
		proof.Refund = &g.key
		return proof, nil
	}
	if err := f.c.Store.ExchangeTicket(ctx, *g.attempt, store.Exchange{Refund: &g.key}, f.now()); err != nil {
		return Proof{}, wrongIfGone(err)
	}
	return proof, nil
}

// exhausted is a budget's refusal as callers hear of it.
func exhausted(err error) error {
	var spent *store.LimitError
	if errors.As(err, &spent) {
		return &ExhaustedError{RetryAfter: spent.RetryAfter}
	}
	return err
}

// wrongIfGone is what somebody hears whose code another attempt has used.
func wrongIfGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrWrongCode
	}
	return err
}
