package mfa

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// List is a signed-in user's confirmed methods, without secrets; destinations
// are masked unless the configuration shows them. ErrUnknownUser, ErrInactive.
func (f *Factors) List(ctx context.Context, who Who) ([]identity.TwoFactorMethod, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return nil, err
	}
	return f.shown(p.Factors), nil
}

// Waiting is a signed-in user's methods that wait to be confirmed, as List has
// those that are. ErrUnknownUser, ErrInactive.
func (f *Factors) Waiting(ctx context.Context, who Who) ([]identity.TwoFactorMethod, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return nil, err
	}
	now := f.now()
	var waiting []store.Factor
	for _, x := range p.Factors {
		if waits(x, now) {
			x.Confirmed = now // to be shown
			waiting = append(waiting, x)
		}
	}
	return f.shown(waiting), nil
}

// shown are confirmed factors as a person may see them.
func (f *Factors) shown(factors []store.Factor) []identity.TwoFactorMethod {
	methods := store.Methods(factors)
	if f.c.ShowDestinations {
		return methods
	}
	for i := range methods {
		methods[i].Email = masked(methods[i].Email)
		methods[i].MobilePhone = masked(methods[i].MobilePhone)
	}
	return methods
}

// masked leaves an address that is not there absent.
func masked(address string) string {
	if address == "" {
		return ""
	}
	return identity.Mask(address)
}

// Rename names a signed-in user's method; an empty name clears it. An
// *identity.FieldError for a name that is too long; ErrNotConfigured;
// ErrUnknownUser, ErrInactive.
func (f *Factors) Rename(ctx context.Context, who Who, methodID, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	p, err := f.person(ctx, who)
	if err != nil {
		return err
	}
	x, ok := p.factor(methodID)
	if !ok {
		return ErrNotConfigured
	}
	if err := f.c.Store.RenameFactor(ctx, x.FactorID, name); errors.Is(err, store.ErrNotFound) {
		return ErrNotConfigured
	} else if err != nil {
		return err
	}
	f.tell(ctx, p, Event{Type: MethodRenamed, Method: x.ID, Kind: x.Kind})
	return nil
}

// SendCodeFor sends a signed-in user the code that proves one of their methods,
// for [Factors.Enrol], [Factors.Remove] and [Factors.RegenerateRecoveryCodes].
// Errors are those of [Factors.SendCode].
func (f *Factors) SendCodeFor(ctx context.Context, who Who, methodID string) (Sent, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Sent{}, err
	}
	x, err := p.usable(methodID)
	switch {
	case err != nil:
		return Sent{}, err
	case x.Kind == identity.MethodAuthenticator:
		return Sent{}, ErrNotAllowed
	}
	return f.send(ctx, p, x, provePurpose)
}

// RemoveRequest removes a method.
type RemoveRequest struct {
	MethodID string // required, but with a recovery code

	// Code proves a factor; ProofID is as MethodID in [Challenge]. A recovery
	// code removes all methods, and with them the other recovery codes.
	Code    secret.Text
	ProofID string

	// AllowNone removes the last method though policy demands one. It is for an
	// administrator's tool: the next login then demands a new one.
	AllowNone bool
}

// Remove removes a signed-in user's method, with a proof. With the last one the
// recovery codes go too. All trusted devices are forgotten, and a notice goes
// another way. One that waits to be confirmed is not removed: it ends by itself,
// or is replaced, and a confirmation under way could make it count in between.
//
// Errors: ErrNotConfigured, ErrNotConfirmed and ErrLastRequired, with nothing
// charged; those of [Factors.Prove]; ErrUnknownUser, ErrInactive. Of calls at one
// time that would together leave none where policy demands one, one is
// ErrLastRequired, after its code was used.
func (f *Factors) Remove(ctx context.Context, who Who, r RemoveRequest) error {
	p, err := f.person(ctx, who)
	if err != nil {
		return err
	}
	x, ok := p.factor(r.MethodID)
	_, all := parseRecoveryCode(r.Code)
	all = all && len(p.confirmed()) > 0
	switch {
	case !ok && !all:
		return ErrNotConfigured
	case !all && x.Confirmed.IsZero():
		return ErrNotConfirmed
	case !r.AllowNone && required(p) && (all || len(p.confirmed()) == 1):
		return ErrLastRequired
	}
	proof, err := f.Prove(ctx, Challenge{Person: p, MethodID: r.ProofID}, r.Code)
	if err != nil {
		return err
	}
	if proof.Recovery {
		x = store.Factor{FactorID: p.id("")}
	}
	return f.remove(ctx, p, x, !r.AllowNone && required(p))
}

// required says whether policy demands a second factor of a person.
func required(p Person) bool {
	return identity.MultiFactorPolicy(p.Tenant, p.Application) == identity.MultiFactorRequired
}

// Reset removes all methods and recovery codes of a user without a proof: for an
// administrator who has made sure, some other way, who asks. Nobody else may
// reach it. It works for a user who is locked, too. ErrUnknownUser.
func (f *Factors) Reset(ctx context.Context, who Who) error {
	p, err := f.anyPerson(ctx, who)
	if err != nil {
		return err
	}
	return f.remove(ctx, p, store.Factor{FactorID: p.id("")}, false)
}

// remove removes one method or, without an id, all; with keepOne not the last.
func (f *Factors) remove(ctx context.Context, p Person, x store.Factor, keepOne bool) error {
	if err := f.dropTrust(ctx, p); err != nil {
		return err
	}
	err := f.c.Store.RemoveFactors(ctx, store.Removal{FactorID: x.FactorID, KeepOne: keepOne})
	if errors.Is(err, store.ErrLast) {
		return ErrLastRequired
	}
	if err != nil {
		return err
	}
	f.tell(ctx, p, Event{Type: MethodRemoved, Method: x.ID, Kind: x.Kind})
	f.notify(ctx, p, notice{purpose: removedNotice, method: x})
	return nil
}

// RegenerateRequest asks for new recovery codes.
type RegenerateRequest struct {
	// Code proves a factor; MethodID is as in [Challenge].
	Code     secret.Text
	MethodID string

	// InsecureSkipProof asks for no proof. It is right where it is right for
	// [EnrolRequest].
	InsecureSkipProof bool
}

// RegenerateRecoveryCodes gives a signed-in user ten recovery codes in place of
// all others, shown once. Of calls at one time one set stays, whole. All trusted
// devices are forgotten, and a notice goes out.
//
// Errors: ErrNotConfigured if the user has no method; those of [Factors.Prove];
// ErrUnknownUser, ErrInactive.
func (f *Factors) RegenerateRecoveryCodes(ctx context.Context, who Who, r RegenerateRequest) ([]secret.Issued, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return nil, err
	}
	if len(p.confirmed()) == 0 {
		return nil, ErrNotConfigured
	}
	if !r.InsecureSkipProof {
		if _, err := f.Prove(ctx, Challenge{Person: p, MethodID: r.MethodID}, r.Code); err != nil {
			return nil, err
		}
	}
	if err := f.dropTrust(ctx, p); err != nil {
		return nil, err
	}
	codes := newRecoveryCodes()
	err = f.c.Store.ReplaceRecoveryCodes(ctx, p.Tenant.ID, p.User.ID, f.hashes(p, codes))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNotConfigured
	}
	if err != nil {
		return nil, err
	}
	f.tell(ctx, p, Event{Type: RecoveryCodesReplaced})
	f.notify(ctx, p, notice{purpose: recoveryReplacedNotice})
	return codes, nil
}

// CountRecoveryCodes says how many recovery codes a signed-in user has left.
// ErrUnknownUser, ErrInactive.
func (f *Factors) CountRecoveryCodes(ctx context.Context, who Who) (int, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return 0, err
	}
	return f.c.Store.CountRecoveryCodes(ctx, p.Tenant.ID, p.User.ID)
}
