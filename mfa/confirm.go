package mfa

import (
	"cmp"
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

	// Code proves the method once more, to the login that it was confirmed in and
	// to no other, until that login's ticket ends. Outside a login there is none.
	Code secret.Issued
}

// ConfirmRequest confirms a method.
type ConfirmRequest struct {
	// MethodID is the enrolment's; or Kind names the one of that kind that waits.
	MethodID string
	Kind     string

	Code secret.Text // that was sent, or that the authenticator shows; required

	// Name, if not empty, replaces that of the enrolment.
	Name string

	// InsecureSkipProof confirms a method that was begun before another one was
	// confirmed. It is right where it is right for [EnrolRequest].
	InsecureSkipProof bool
}

// Confirm makes a method count, for a signed-in user who has it at hand. The
// code counts as used: an authenticator's is no login's any more. All trusted
// devices are forgotten, and a notice goes another way.
//
// Errors: an *identity.FieldError for the Name; ErrNotConfigured if there is no
// such method, or it has waited too long, or was begun without the proof that
// another method demands since, and is to be enrolled again; ErrAlreadyConfigured
// if it is confirmed, or another was first; ErrWrongCode; *ExhaustedError;
// ErrUnverified, ErrUnknownUser, ErrInactive.
func (f *Factors) Confirm(ctx context.Context, who Who, r ConfirmRequest) (Confirmed, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Confirmed{}, err
	}
	return f.ConfirmFor(ctx, p, r)
}

// ConfirmFor is Confirm for a person that the caller has just read. In a login
// that lacks a factor it is ErrAlreadyConfigured if there is one after all, and
// gives the Code by which the login goes on.
func (f *Factors) ConfirmFor(ctx context.Context, p Person, r ConfirmRequest) (Confirmed, error) {
	x, err := f.waiting(p, r)
	if err != nil {
		return Confirmed{}, err
	}
	if err := checkName(r.Name); err != nil {
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
	if x, err = f.amended(ctx, p, x, r); err != nil {
		return Confirmed{}, err
	}
	now, codes := f.now(), newRecoveryCodes()
	first, err := f.c.Store.ConfirmFactor(ctx, x.FactorID, step, f.hashes(p, codes), now)
	if errors.Is(err, store.ErrExists) {
		return Confirmed{}, ErrAlreadyConfigured
	}
	if err != nil {
		return Confirmed{}, wrongIfGone(err)
	}
	f.tell(ctx, p, Event{Type: MethodAdded, Method: x.ID, Kind: x.Kind})
	f.notify(ctx, p, notice{purpose: addedNotice, method: x})
	x.Confirmed, x.Used = now, now
	done := Confirmed{Method: f.shown([]store.Factor{x})[0]}
	if first {
		done.RecoveryCodes = codes
	}
	if p.inLogin() {
		done.Code = f.enrolledCode(p, x)
	}
	return done, nil
}

// amended is a method as it is to be confirmed: under its last name and, if its
// caller answers for the proof that the store would miss, beside others.
func (f *Factors) amended(ctx context.Context, p Person, x store.Factor, r ConfirmRequest) (store.Factor, error) {
	if x.First && len(p.confirmed()) > 0 {
		x.First, x.Name = false, cmp.Or(r.Name, x.Name)
		return x, f.put(ctx, x)
	}
	if r.Name == "" || r.Name == x.Name {
		return x, nil
	}
	x.Name = r.Name
	return x, wrongIfGone(f.c.Store.RenameFactor(ctx, x.FactorID, x.Name))
}

// waiting is a method that may be confirmed.
func (f *Factors) waiting(p Person, r ConfirmRequest) (store.Factor, error) {
	x, ok := p.factor(r.MethodID)
	if r.MethodID == "" {
		x, ok = p.pending(r.Kind)
	}
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
