// Package session is what people leave a login with: the access token, the
// refresh token and the record behind it; and the keys they make for programs.
//
// [Sessions.Admit] and [Sessions.Refresh] are the two places where an access
// token is minted, by one function. Admit spends the ticket that gives the right
// to it first; Refresh rotates the session first, after the user, the
// application and the decision have been gone through again. So nothing is
// minted twice, and whatever was revoked mints nothing more.
//
// [Keys] makes API keys and opaque access tokens, and checks them.
package session

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// Config is what sessions are made with.
type Config struct {
	// Store keeps logins and sessions. Required.
	Store store.Store

	// Keys authenticate refresh tokens. Required.
	Keys *secret.Keyring

	// Issuer signs access tokens. Nil means that logins carry no tokens at all:
	// for a service that keeps sessions of its own.
	Issuer *token.Issuer

	// Applications are read again at every refresh. Nil means that nothing can be
	// refreshed: Refresh is then an error.
	Applications identity.Applications

	// Claims adds claims of the caller's own to an access token, before anything
	// is spent. It cannot overwrite those that [token.Claims] has fields for, nor
	// spell them otherwise: that is an error, as is one that it returns, and
	// nothing is minted then. Nil adds none.
	Claims func(ctx context.Context, s Subject) (map[string]any, error)

	// Denylist hears of what is revoked, so that verifiers who ask it refuse the
	// access tokens too. Nil means that those live on until they expire.
	Denylist token.Denylist

	// Events hears of every refresh and revocation, after it. It is called in the
	// request: hand slow work to another goroutine.
	Events func(ctx context.Context, e Event)

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Subject is whom an access token is about, as Config.Claims sees them.
type Subject struct {
	User        identity.User // without secrets
	Tenant      identity.Tenant
	Application identity.Application
	Registered  bool   // for Application, and it was named
	SessionID   string // empty: there is no refresh token
	Refresh     bool   // it is not a login
}

// Sessions admits logins, refreshes what they left and takes it away. Its
// methods may be called concurrently.
type Sessions struct{ Config }

// New checks c once. An error names the field.
func New(c Config) (*Sessions, error) {
	if err := c.Store.Check(); err != nil {
		return nil, fmt.Errorf("session: Config.Store: %w", err)
	}
	if err := c.Keys.Check(); err != nil {
		return nil, fmt.Errorf("session: Config.Keys: %w", err)
	}
	if a, ok := c.Applications.(interface{ Check() error }); ok {
		if err := a.Check(); err != nil {
			return nil, fmt.Errorf("session: Config.Applications: %w", err)
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sessions{c}, nil
}

// now is the time as stores keep it.
func (s *Sessions) now() time.Time { return walk.Cut(s.Now()) }

// Who is a user, as the caller's own handler knows them: from a verified token
// or session, never from what the request says.
type Who struct {
	TenantID string
	UserID   string
}
