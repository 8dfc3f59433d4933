package passwordless

import (
	"context"
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
)

// AttestRequest names a login id that the caller has verified itself.
type AttestRequest struct {
	ApplicationID string                // required; whose tenant the login id is of
	LoginID       string                // required
	LoginIDType   identity.IdentityType // email or phoneNumber; required
	TenantID      string                // empty: the application's
}

// AttestIdentity marks a login id verified on the caller's word, as an
// administrator's who has seen the proof elsewhere. It mints nothing, and marks
// nothing of somebody who is verified already.
//
// It believes its caller: from then on who reads the mailbox, or has the phone,
// signs in as the user. As with [Login.VerifyIdentity], a first proof ends all that was
// granted before it. Errors: a *ValidationError; ErrUnknownUser if nobody has
// the login id; any other means that the store failed.
func (l *Login) AttestIdentity(ctx context.Context, r AttestRequest) error {
	s, err := l.attested(ctx, r)
	if err != nil {
		return err
	}
	held, _ := s.user.Identity(s.Facts.Identity)
	if held.Verified {
		return nil
	}
	if err := l.mark(ctx, s, identity.ReasonAdministrative); err != nil {
		return fmt.Errorf("passwordless: attest: %w", err)
	}
	l.tell(ctx, s.event(IdentityVerified, LoginRequest{}))
	return nil
}

// attested finds whose login id it is.
func (l *Login) attested(ctx context.Context, r AttestRequest) (step, error) {
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return step{}, err
	}
	ids, err := l.verifiable(r.LoginID, r.LoginIDType)
	if err != nil {
		return step{}, err
	}
	u, id, err := l.find(ctx, opening{place: p, purpose: walk.VerifyIdentity, ids: ids})
	if err == nil && u.ID == "" {
		err = ErrUnknownUser
	}
	if err != nil {
		return step{}, err
	}
	s := step{place: p, user: u, now: l.now()}
	s.Tenant, s.Facts.Application, s.Facts.Identity = p.tenant.ID, p.application.ID, id
	return s, nil
}

// verifiable is what a login id of a type that can be verified stands for.
func (l *Login) verifiable(loginID string, t identity.IdentityType) ([]identity.Identifier, error) {
	if t != identity.Email && t != identity.PhoneNumber {
		return nil, field("invalid", "loginIdType", "It must be email or phoneNumber.")
	}
	return l.identifiers(loginID, []identity.IdentityType{t})
}
