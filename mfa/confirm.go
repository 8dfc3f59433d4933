package mfa

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Confirmed is a method that counts from now on.
type Confirmed struct {
	Method identity.TwoFactorMethod // masked, unless the configuration shows destinations

	// RecoveryCodes are ten, for the first method that a user has. They are shown
	// once; later ones come from [Factors.RegenerateRecoveryCodes].
	RecoveryCodes []secret.Issued
}

// ConfirmRequest confirms a method.
type ConfirmRequest struct {
	MethodID string      // required
	Code     secret.Text // that was sent, or that the authenticator shows

	// InsecureSkipProof confirms a method that was begun before another one was
	// confirmed. It is right where it is right for [EnrolRequest].
	InsecureSkipProof bool
}

// Confirm makes a method count, for a signed-in user who has it at hand. The
// code counts as used: an authenticator's is no login's any more. All trusted
// devices are forgotten, and a notice goes another way.
//
// Errors: ErrNotConfigured if there is no such method, it has waited too long,
// or was begun without the proof that another method demands since; then it is
// enrolled again. ErrAlreadyConfigured if it is confirmed, or another was first; ErrWrongCode;
// *ExhaustedError; ErrUnverified, ErrUnknownUser, ErrInactive.
func (f *Factors) Confirm(ctx context.Context, who Who, r ConfirmRequest) (Confirmed, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Confirmed{}, err
	}
	return f.ConfirmFor(ctx, p, r)
}

// ConfirmFor is Confirm for a person that the caller has just read. In a login
// that lacks a factor it is ErrAlreadyConfigured if there is one after all.
func (f *Factors) ConfirmFor(ctx context.Context, p Person, r ConfirmRequest) (Confirmed, error) {
	x, err := f.waiting(p, r)
	if err != nil {
		return Confirmed{}, err
	}
	step, err := f.proveNew(ctx, p, x, r.Code)
	if err != nil {
		f.tellProof(ctx, p, Proof{MethodID: x.ID, Kind: x.Kind}, err)
		return Confirmed{}, err
	}
	if err := f.dropTrust(ctx, p); err != nil {
		return Confirmed{}, err
	}
	if x.First && len(p.confirmed()) > 0 {
		// Its caller answers for the proof, which the store would miss.
		x.First = false
		if err := f.put(ctx, x); err != nil {
			return Confirmed{}, err
		}
	}
	codes := newRecoveryCodes()
	first, err := f.c.Store.ConfirmFactor(ctx, x.FactorID, step, f.hashes(p, codes), f.now())
	if errors.Is(err, store.ErrExists) {
		return Confirmed{}, ErrAlreadyConfigured
	}
	if err != nil {
		return Confirmed{}, wrongIfGone(err)
	}
	f.tell(ctx, p, Event{Type: MethodAdded, Method: x.ID, Kind: x.Kind})
	f.notify(ctx, p, notice{purpose: addedNotice, method: x})
	x.Confirmed, x.Used = f.now(), f.now()
	done := Confirmed{Method: f.shown([]store.Factor{x})[0]}
	if first {
		done.RecoveryCodes = codes
	}
	return done, nil
}

// waiting is a method that may be confirmed.
func (f *Factors) waiting(p Person, r ConfirmRequest) (store.Factor, error) {
	x, ok := p.factor(r.MethodID)
	switch {
	case !ok:
		return x, ErrNotConfigured
	case !x.Confirmed.IsZero():
		return x, ErrAlreadyConfigured
	case !p.verified():
		return x, ErrUnverified
	case p.inLogin() && len(p.confirmed()) > 0:
		return x, ErrAlreadyConfigured
	case p.inLogin() && p.sameChannel(x.Kind):
		return x, ErrNotAllowed
	case !waits(x, f.now()):
		return x, ErrNotConfigured
	}
	if !r.InsecureSkipProof && x.First && len(p.confirmed()) > 0 {
		return x, ErrNotConfigured
	}
	return x, nil
}

// waits says whether a method can yet be confirmed.
func waits(x store.Factor, now time.Time) bool {
	return x.Confirmed.IsZero() && now.Before(x.Created.Add(pendingLifetime))
}

// proveNew checks the code of a method that is to be confirmed, and is an
// authenticator's step.
func (f *Factors) proveNew(ctx context.Context, p Person, x store.Factor, code secret.Text) (int64, error) {
	if x.Kind != identity.MethodAuthenticator {
		return 0, f.takeCode(ctx, p, x, confirmPurpose, code)
	}
	if !digits(code.Reveal()) {
		return 0, ErrWrongCode
	}
	p.Ticket = nil // its guesses are for a proof, not for enrolment
	guess, err := f.charge(ctx, p, budget(p, enrolmentGuesses), f.limits.EnrolmentGuessesPerDay)
	if err != nil {
		return 0, err
	}
	_, step, err := f.matched([]store.Factor{x}, code.Reveal(), f.now())
	if err != nil {
		return 0, err
	}
	if step == 0 {
		return 0, ErrWrongCode
	}
	_, err = f.settle(ctx, guess, Proof{})
	return step, err
}

// SendEnrolmentCode sends the code of a method that waits to be confirmed once
// more, and voids the one before. Errors are those of [Factors.SendCode], and
// ErrAlreadyConfigured.
func (f *Factors) SendEnrolmentCode(ctx context.Context, who Who, methodID string) (Sent, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Sent{}, err
	}
	x, err := f.waiting(p, ConfirmRequest{MethodID: methodID, InsecureSkipProof: true})
	switch {
	case err != nil:
		return Sent{}, err
	case x.Kind == identity.MethodAuthenticator:
		return Sent{}, ErrNotAllowed
	}
	return f.send(ctx, p, x, confirmPurpose)
}
