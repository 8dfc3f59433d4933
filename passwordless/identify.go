package passwordless

import (
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/mfa"
)

// IdentifyRequest names somebody as they would at a login.
type IdentifyRequest struct {
	ApplicationID string                  // required
	LoginID       string                  // required
	LoginIDTypes  []identity.IdentityType // as in StartRequest
	TenantID      string                  // empty: the application's
}

// Identify says whose login id it is, to a caller that may know who exists. It
// proves nothing of whoever gave it. Errors: a *ValidationError; ErrUnknownUser;
// any other means that the store failed.
func (l *Login) Identify(ctx context.Context, r IdentifyRequest) (mfa.Who, error) {
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return mfa.Who{}, err
	}
	ids, err := l.identifiers(r.LoginID, r.LoginIDTypes)
	if err != nil {
		return mfa.Who{}, err
	}
	u, _, err := l.find(ctx, opening{place: p, purpose: walk.Login, ids: ids})
	switch {
	case err != nil:
		return mfa.Who{}, err
	case u.ID == "":
		return mfa.Who{}, ErrUnknownUser
	}
	return mfa.Who{TenantID: p.tenant.ID, UserID: u.ID, ApplicationID: p.application.ID}, nil
}
