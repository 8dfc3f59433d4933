package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// Change is something that happened to a user, which may end what they hold.
type Change string

// The changes, and what of the tenant's RefreshTokenRevocationPolicy says
// whether they end anything.
const (
	Locked           Change = "locked"             // OnLoginPrevented: everything ends
	PasswordReplaced Change = "password replaced"  // OnPasswordChanged: the sessions end
	FirstFactor      Change = "first factor added" // OnMultiFactorEnable: the sessions end
	Deleted          Change = "deleted"            // always: everything ends
)

// After ends what a change to a user ends under the tenant's policy. Call it
// after the change is stored: what is decided later then reads it. An unknown
// change ends everything.
func (s *Sessions) After(ctx context.Context, c Change, t identity.Tenant, userID string) error {
	policy := t.JWTConfiguration.RefreshTokenRevocationPolicy
	who := Who{TenantID: t.ID, UserID: userID}
	switch c {
	case Locked:
		if !policy.OnLoginPrevented.Or(true) {
			return nil
		}
	case PasswordReplaced:
		if !policy.OnPasswordChanged.Or(true) {
			return nil
		}
		return s.RevokeAllBut(ctx, who, "")
	case FirstFactor:
		if !policy.OnMultiFactorEnable {
			return nil
		}
		return s.RevokeAllBut(ctx, who, "")
	}
	return s.RevokeAll(ctx, who)
}

// RevokeAll ends everything that a user was granted: sessions, trusted devices,
// API keys, access tokens; and logins, refreshes and keys that were decided
// before it and are on their way.
func (s *Sessions) RevokeAll(ctx context.Context, w Who) error {
	return s.revoke(ctx, store.Filter{Tenant: w.TenantID, User: w.UserID}, "")
}

// RevokeAllBut ends the sessions of a user, but the one with that id: "sign out
// everywhere else". An empty id spares none. Keys and trusted devices stay, and
// a login that is on its way arrives.
func (s *Sessions) RevokeAllBut(ctx context.Context, w Who, id string) error {
	return s.revoke(ctx, store.Filter{Tenant: w.TenantID, User: w.UserID, Kind: store.Session, Except: id}, "")
}

// RevokeApplication ends the sessions of a user with one application. To end
// those of all users with it, deactivate it: every refresh reads it again.
func (s *Sessions) RevokeApplication(ctx context.Context, w Who, applicationID string) error {
	if applicationID == "" {
		return errors.New("session: revoke: no application")
	}
	return s.revoke(ctx, store.Filter{Tenant: w.TenantID, User: w.UserID, Kind: store.Session, Application: applicationID}, applicationID)
}

// Revoke ends one session by its id, which is the refreshTokenId. ErrNotFound if
// w has no such session; with an empty UserID it may be anyone's of the tenant.
func (s *Sessions) Revoke(ctx context.Context, w Who, id string) error {
	g, err := s.session(ctx, w, id, s.now())
	if err != nil {
		return err
	}
	return s.end(ctx, g, s.now())
}

// RevokeToken ends the session of a refresh token, used or not: signing out.
// One that is no live session's is fine, as its holder is signed out already.
func (s *Sessions) RevokeToken(ctx context.Context, refreshToken secret.Text) error {
	now := s.now()
	t, ok := parse(refreshToken)
	if !ok {
		return nil
	}
	g, err := s.Store.Grant(ctx, t.id, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case g.ID != t.id || g.Kind != store.Session:
		return nil
	}
	r, err := recordOf(g)
	if err != nil || !s.authentic(t, r) {
		return err
	}
	return s.end(ctx, g, now)
}

// end ends one session.
func (s *Sessions) end(ctx context.Context, g store.Grant, now time.Time) error {
	f := store.Filter{ID: g.ID, Tenant: g.Tenant, User: g.User, Kind: store.Session}
	if _, err := s.Store.RevokeGrants(ctx, f, now); err != nil {
		return fmt.Errorf("session: revoke: %w", err)
	}
	if err := s.deny(ctx, token.Denial{TenantID: g.Tenant, SessionID: g.ID}, now); err != nil {
		return err
	}
	s.tell(ctx, Event{Type: Revoked, At: now, Tenant: g.Tenant, Application: g.Application, User: g.User, Session: g.ID})
	return nil
}

// revoke ends what a filter of one user's grants names, and their access tokens.
func (s *Sessions) revoke(ctx context.Context, f store.Filter, audience string) error {
	if f.Tenant == "" || f.User == "" {
		return errors.New("session: revoke: no tenant or no user")
	}
	now := s.now()
	if _, err := s.Store.RevokeGrants(ctx, f, now); err != nil {
		return fmt.Errorf("session: revoke: %w", err)
	}
	// Read anew: a refresh that came in between signed as of before that.
	d := token.Denial{TenantID: f.Tenant, Subject: f.User, Audience: audience, Except: f.Except, IssuedUntil: s.now()}
	if err := s.deny(ctx, d, d.IssuedUntil); err != nil {
		return err
	}
	s.tell(ctx, Event{Type: Revoked, At: now, Tenant: f.Tenant, Application: audience, User: f.User})
	return nil
}

// longestToken is how long an access token can live at most, and a verifier's
// clock be behind.
const longestToken = 24*time.Hour + time.Minute

// deny tells the Denylist, if there is one.
func (s *Sessions) deny(ctx context.Context, d token.Denial, now time.Time) error {
	if s.Denylist == nil {
		return nil
	}
	d.Until = now.Add(longestToken)
	if err := s.Denylist.Deny(ctx, d); err != nil {
		return fmt.Errorf("session: denylist: %w", err)
	}
	return nil
}
