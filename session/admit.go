package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// Admission is a login that has been decided, and the ticket that pays for it.
type Admission struct {
	Spend    store.Hash     // the ticket
	Exchange store.Exchange // what takes its place
	Login    store.Login

	User        identity.User
	Tenant      identity.Tenant
	Application identity.Application

	// Named says that the client named the application: its claims, and a
	// refresh token where it allows them, follow if the user is registered.
	Named bool

	// NoJWT leaves tokens out.
	NoJWT bool

	Methods      []string // what was proven, as RFC 8176 names it
	SecondFactor bool     // proven in this login
	MetaData     MetaData

	// Trust is the id of the trusted device's grant that stood in for the second
	// factor. The session can be refreshed for as long as that grant lives, or
	// nothing asks for a second factor. Empty: none did.
	Trust string
}

// Tokens is what the person leaves with. All is zero where no token is due.
type Tokens struct {
	Token          secret.Issued
	Expires        time.Time
	RefreshToken   secret.Issued
	RefreshTokenID string

	// Told is what Users and the Denylist answered to hearing of the login. It
	// undoes nothing.
	Told error
}

// Admit spends the ticket, stores the login and its session, and only then
// signs. Errors: store.ErrNotFound if the ticket is gone or everything of the
// user was revoked meanwhile; store.ErrExists if the walk has logged in before;
// any other is a failure, after which the ticket counts as spent. It does not
// decide anything: who may be admitted is the outcome package's to say.
func (s *Sessions) Admit(ctx context.Context, a Admission) (Tokens, error) {
	grant, refresh, err := s.grant(a)
	if err != nil {
		return Tokens{}, err
	}
	var claims token.Claims
	if s.mints(a) {
		if claims, err = s.claims(ctx, a.grounds(grant)); err != nil {
			return Tokens{}, err
		}
	}
	told, err := s.Store.Finish(ctx, a.Spend, a.Exchange, a.Login, grant, a.Login.At)
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{Told: errors.Join(told, s.denyEarlier(ctx, a.Login, claims))}
	if !s.mints(a) {
		return t, nil
	}
	if t.Token, t.Expires, err = s.sign(ctx, claims); err != nil {
		return Tokens{}, err
	}
	if grant != nil {
		t.RefreshToken, t.RefreshTokenID = refresh, grant.ID
	}
	return t, nil
}

// mints says whether a login carries tokens.
func (s *Sessions) mints(a Admission) bool { return !a.NoJWT && s.Issuer != nil }

// grant is the session's record and its refresh token; nil if none is due.
func (s *Sessions) grant(a Admission) (*store.Grant, secret.Issued, error) {
	_, registered := a.registration()
	if !s.mints(a) || !registered || !a.Application.LoginConfiguration.GenerateRefreshTokens {
		return nil, secret.Issued{}, nil
	}
	r := record{
		Salt:     make([]byte, 16),
		AuthTime: identity.At(a.Login.At),
		Identity: a.Login.Identity,
		Methods:  a.Methods,
		Second:   a.SecondFactor,
		Trust:    a.Trust,
		MetaData: a.MetaData,
	}
	rand.Read(r.Salt)
	data, err := json.Marshal(r)
	if err != nil {
		return nil, secret.Issued{}, fmt.Errorf("session: record: %w", err)
	}
	g := &store.Grant{
		ID:          uuid.NewString(),
		Kind:        store.Session,
		Tenant:      a.Login.Tenant,
		User:        a.Login.User,
		Application: a.Application.ID,
		Created:     a.Login.At,
		Used:        a.Login.At,
		Expires:     a.Login.At.Add(identity.RefreshTokenLifetime(a.Tenant, a.Application)),
		Data:        data,
	}
	return g, s.refreshToken(g.ID, g.Counter, r.Salt), nil
}

// registration is whose claims and refresh token are due, if they are.
func (a Admission) registration() (identity.Registration, bool) {
	r, ok := a.Application.Registration(a.User)
	return r, ok && a.Named
}

func (a Admission) grounds(grant *store.Grant) grounds {
	g := grounds{
		user: a.User, tenant: a.Tenant, application: a.Application,
		at: a.Login.At, authTime: a.Login.At, lifetime: identity.AccessTokenLifetime(a.Tenant, a.Application),
		by: "PASSWORDLESS", methods: a.Methods, second: a.SecondFactor,
	}
	g.registration, g.registered = a.registration()
	if grant != nil {
		g.session = grant.ID
	}
	return g
}

// denyEarlier ends the access tokens from before the first proof of a user, as
// Admit ends the grants.
func (s *Sessions) denyEarlier(ctx context.Context, l store.Login, c token.Claims) error {
	if !l.First {
		return nil
	}
	except := c.SessionID
	if except == "" {
		except = c.ID
	}
	return s.deny(ctx, token.Denial{TenantID: l.Tenant, Subject: l.User, Except: except, IssuedUntil: l.At}, l.At)
}
