// Package session is what people leave a login with: the access token, the
// refresh token and the record behind it.
//
// [Sessions.Admit] is the one place where a token is minted. It spends the
// ticket that gives the right to it first, so that nothing is minted twice and
// a failure in between loses a login.
package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
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
}

// Sessions admits logins.
type Sessions struct{ Config }

// New checks c.
func New(c Config) (*Sessions, error) {
	switch {
	case c.Store.Grants == nil || c.Store.Tickets == nil || c.Store.Users == nil:
		return nil, errors.New("session: Config.Store: missing")
	case c.Keys == nil:
		return nil, errors.New("session: Config.Keys: missing")
	}
	return &Sessions{c}, nil
}

// MetaData is what a client says of itself. It labels the refresh token and is
// never trusted.
type MetaData struct {
	Data   identity.Object `json:"data,omitempty"`
	Device Device          `json:"device,omitzero"`
	Scopes []string        `json:"scopes,omitempty"`
}

// Device is the device that a refresh token lives on. Any Type is accepted; the
// identity package names the usual ones.
type Device struct {
	Description         string           `json:"description,omitempty"`
	LastAccessedAddress string           `json:"lastAccessedAddress,omitempty"`
	LastAccessedInstant identity.Instant `json:"lastAccessedInstant,omitzero"`
	Name                string           `json:"name,omitempty"`
	Type                string           `json:"type,omitempty"`
}

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
}

// Tokens is what the person leaves with. All is zero where no token is due.
type Tokens struct {
	Token          secret.Issued
	Expires        time.Time
	RefreshToken   secret.Issued
	RefreshTokenID string

	// Told is what Users answered to hearing of the login. It undoes nothing.
	Told error
}

// The values of the acr claim.
const (
	OneFactor  = "1fa"
	TwoFactors = "2fa"
)

// Admit spends the ticket, stores the login and its session, and only then
// signs. Errors: store.ErrNotFound if the ticket is gone or everything of the
// user was revoked meanwhile; store.ErrExists if the walk has logged in before;
// any other is a failure, after which the ticket counts as spent. It does not
// decide anything: who may be admitted is the outcome package's to say.
func (s *Sessions) Admit(ctx context.Context, a Admission) (Tokens, error) {
	now := a.Login.At
	grant, refresh, err := s.grant(a)
	if err != nil {
		return Tokens{}, err
	}
	told, err := s.Store.Finish(ctx, a.Spend, a.Exchange, a.Login, grant, now)
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{Told: told}
	if a.NoJWT || s.Issuer == nil {
		return t, nil
	}
	signed, err := s.Issuer.Issue(ctx, claims(a, grant))
	if err != nil {
		return Tokens{}, fmt.Errorf("session: sign: %w", err)
	}
	t.Token, t.Expires = signed.Token, signed.Claims.ExpiresAt
	if grant != nil {
		t.RefreshToken, t.RefreshTokenID = refresh, grant.ID
	}
	return t, nil
}

// grant is the session's record and its refresh token; nil if none is due.
func (s *Sessions) grant(a Admission) (*store.Grant, secret.Issued, error) {
	_, registered := a.registration()
	if a.NoJWT || s.Issuer == nil || !registered || !a.Application.LoginConfiguration.GenerateRefreshTokens {
		return nil, secret.Issued{}, nil
	}
	r := record{
		Salt:     make([]byte, 16),
		AuthTime: identity.At(a.Login.At),
		Methods:  a.Methods,
		Second:   a.SecondFactor,
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

// record is a session's Data.
type record struct {
	Salt     []byte           `json:"salt"`
	AuthTime identity.Instant `json:"auth_time"`
	Methods  []string         `json:"amr,omitempty"`
	Second   bool             `json:"second,omitempty"`
	MetaData MetaData         `json:"metaData,omitzero"`
}

// refreshTokens is what the key of refresh tokens is for.
const refreshTokens secret.Use = "refresh token"

// refreshToken is id.counter.MAC, so that an ancestor is recognised without
// keeping a row for each.
func (s *Sessions) refreshToken(id string, counter int64, salt []byte) secret.Issued {
	n := strconv.FormatInt(counter, 10)
	mac := s.Keys.MAC(refreshTokens, id, n, string(salt))
	return secret.Issue(id + "." + n + "." + base64.RawURLEncoding.EncodeToString(mac[:]))
}

func claims(a Admission, grant *store.Grant) token.Claims {
	c := token.Claims{
		Issuer:             a.Tenant.Issuer,
		Subject:            a.User.ID,
		Audience:           a.Application.ID,
		IssuedAt:           a.Login.At,
		ExpiresAt:          a.Login.At.Add(identity.AccessTokenLifetime(a.Tenant, a.Application)),
		AuthTime:           a.Login.At,
		TenantID:           a.Login.Tenant,
		AuthenticationType: "PASSWORDLESS",
		Email:              a.User.Email,
		EmailVerified:      a.User.Verified,
		PreferredUsername:  a.User.Username,
		Methods:            a.Methods,
		Context:            OneFactor,
	}
	if a.SecondFactor {
		c.Context = TwoFactors
	}
	if r, ok := a.registration(); ok {
		c.ApplicationID, c.Roles = a.Application.ID, r.Roles
	}
	if grant != nil {
		c.SessionID = grant.ID
	}
	return c
}
