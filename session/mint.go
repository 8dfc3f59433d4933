package session

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// The values of the acr claim.
const (
	OneFactor  = "1fa"
	TwoFactors = "2fa"
)

// grounds is what an access token is minted on.
type grounds struct {
	user         identity.User
	tenant       identity.Tenant
	application  identity.Application
	registration identity.Registration
	registered   bool

	session  string // empty: none
	at       time.Time
	lifetime time.Duration
	authTime time.Time
	by       string // authenticationType
	methods  []string
	second   bool
}

// claims is what the token will say. They are complete before anything is
// spent, so that a hook which fails costs nothing.
func (s *Sessions) claims(ctx context.Context, g grounds) (token.Claims, error) {
	c := token.Claims{
		Issuer:             g.tenant.Issuer,
		Subject:            g.user.ID,
		Audience:           g.application.ID,
		IssuedAt:           g.at,
		ExpiresAt:          g.at.Add(g.lifetime),
		ID:                 uuid.NewString(),
		AuthTime:           g.authTime,
		TenantID:           g.tenant.ID,
		SessionID:          g.session,
		AuthenticationType: g.by,
		Email:              g.user.Email,
		EmailVerified:      g.user.Verified,
		PreferredUsername:  g.user.Username,
		Methods:            g.methods,
		Context:            OneFactor,
	}
	if g.second {
		c.Context = TwoFactors
	}
	if g.registered {
		c.ApplicationID, c.Roles = g.application.ID, g.registration.Roles
	}
	if s.Claims == nil {
		return c, nil
	}
	extra, err := s.Claims(ctx, Subject{
		User: g.user.Secured(), Tenant: g.tenant, Application: g.application,
		Registered: g.registered, SessionID: g.session, Refresh: g.by == refreshed,
	})
	if err != nil {
		return token.Claims{}, fmt.Errorf("session: Config.Claims: %w", err)
	}
	c.Extra = extra
	if _, err := c.MarshalJSON(); err != nil {
		return token.Claims{}, fmt.Errorf("session: Config.Claims: %w", err)
	}
	return c, nil
}

// sign is where every access token comes from.
func (s *Sessions) sign(ctx context.Context, c token.Claims) (secret.Issued, time.Time, error) {
	signed, err := s.Issuer.Issue(ctx, c)
	if err != nil {
		return secret.Issued{}, time.Time{}, fmt.Errorf("session: sign: %w", err)
	}
	return signed.Token, signed.Claims.ExpiresAt, nil
}
