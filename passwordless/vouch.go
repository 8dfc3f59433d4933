package passwordless

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// VouchRequest is a login whose first factor the caller has checked.
type VouchRequest struct {
	// UserID is who it was. Required.
	UserID string

	// LoginID is what they signed in by, as it was typed; LoginIDTypes is as in
	// StartRequest. It must be the user's. Required.
	LoginID      string
	LoginIDTypes []identity.IdentityType

	// Methods is what was proven, as RFC 8176 names it: pwd, of a password. It
	// becomes the amr claim. Required.
	Methods []string

	// ApplicationID is the application to log in to. Required.
	ApplicationID string

	// The rest is as in LoginRequest.
	TwoFactorTrustID secret.Text
	NoJWT            bool
	NewDevice        bool
	IPAddress        string
	MetaData         session.MetaData
	EventInfo        EventInfo
	TenantID         string

	// Browser binds what is left of the login to the browser it is in, as in
	// StartRequest.
	Browser secret.Text
}

// base is what a request has in common with the first step's.
func (r VouchRequest) base() LoginRequest {
	return LoginRequest{
		TwoFactorTrustID: r.TwoFactorTrustID,
		ApplicationID:    r.ApplicationID,
		NoJWT:            r.NoJWT,
		NewDevice:        r.NewDevice,
		IPAddress:        r.IPAddress,
		MetaData:         r.MetaData,
		EventInfo:        r.EventInfo,
		TenantID:         r.TenantID,
	}
}

// Vouch completes a login whose first factor the caller has checked itself, such
// as a password. It is a walk like every other: a ticket is made and spent, and
// the same decision made. So it ends in outcome 242 where a second factor is
// asked for, whatever Methods says.
//
// It believes its caller, who answers for the guesses at what was checked; it
// counts none, and sends nothing. The application need not have passwordless
// login enabled. It proves no address: an identity that is yet to be verified
// stays so.
//
// ErrRefused if there is no such user or the login id is not theirs. Other errors
// are as for [Login.Complete].
func (l *Login) Vouch(ctx context.Context, r VouchRequest) (*Result, error) {
	switch {
	case r.UserID == "":
		return nil, field("blank", "userId", "It is required.")
	case len(r.Methods) == 0:
		return nil, field("blank", "methods", "It is required.")
	}
	base := r.base()
	if err := checkBrowser(r.Browser); err != nil {
		return nil, err
	}
	if err := base.check(); err != nil {
		return nil, err
	}
	base = base.merged()
	handle, err := l.vouched(ctx, r)
	if err != nil {
		return nil, refused(err)
	}
	s, err := l.take(ctx, shown{
		purpose:       walk.Login,
		handle:        handle,
		trust:         r.TwoFactorTrustID,
		tenantID:      r.TenantID,
		applicationID: r.ApplicationID,
	})
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, base))
		return nil, refused(err)
	}
	s.Facts.Methods, s.Facts.Browser = slices.Clone(r.Methods), walk.Browser(s.Walk, r.Browser)
	return l.conclude(ctx, s, base)
}

// vouched makes the ticket of a login that was vouched for. Its handle leaves
// this package never.
func (l *Login) vouched(ctx context.Context, r VouchRequest) (secret.Text, error) {
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return secret.Text{}, err
	}
	ids, err := l.identifiers(r.LoginID, r.LoginIDTypes)
	if err != nil {
		return secret.Text{}, err
	}
	u, err := l.c.Store.User(ctx, p.tenant.ID, r.UserID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return secret.Text{}, because(NoUser)
	case err != nil:
		return secret.Text{}, fmt.Errorf("passwordless: vouch: %w", err)
	}
	id, ok := heldOf(u, ids)
	if !ok {
		return secret.Text{}, because(Moved)
	}
	s := step{place: p, user: u, now: l.now()}
	s.Tenant, s.Walk = p.tenant.ID, walk.NewWalk()
	t, handle, _, err := l.draft(s, walk.Login, walk.Facts{
		Application: p.application.ID,
		Identity:    id,
		Disclosed:   true,
		Started:     identity.At(s.now),
	})
	if err != nil {
		return secret.Text{}, err
	}
	return handle, l.c.Store.CreateTicket(ctx, t, s.now)
}

// heldOf is the first identifier that a user has.
func heldOf(u identity.User, ids []identity.Identifier) (identity.Identifier, bool) {
	for _, id := range ids {
		if _, held := u.Identity(id); held {
			return id, true
		}
	}
	return identity.Identifier{}, false
}

// byMessage says whether a walk goes by a message, and so depends on where it
// went. One that a caller vouched for went nowhere.
func byMessage(f walk.Facts) bool { return f.To != identity.Identifier{} }
