package main

import (
	"context"
	"io"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// house is a login and what it stands on. Change the tenant, the application or
// the user before it is opened.
type house struct {
	tenant      identity.Tenant
	application identity.Application
	user        identity.User
	factor      *store.Factor // the user's second factor; nil: none
	now         func() time.Time

	users *memstore.Store
	inbox *messenger.Inbox
	login *passwordless.Login
}

// sample has one user, who signs in by a short code to one application.
func sample(now func() time.Time) *house {
	const (
		tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
		applicationID = "10000000-0000-0002-0000-000000000001"
	)
	return &house{
		tenant: identity.Tenant{ID: tenantID, Issuer: "https://www.piedpiper.com"},
		application: identity.Application{
			ID: applicationID, Name: "Pied Piper",
			PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true, EmailLoginStrategy: identity.FormField},
			LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true},
		},
		user: identity.User{
			ID: "00000000-0000-0001-0000-000000000000", TenantID: tenantID, Active: true,
			Email: "jared@piedpiper.com", Verified: true, FullName: "John Doe",
			Registrations: []identity.Registration{{ApplicationID: applicationID, Roles: []string{"user"}, Verified: true}},
		},
		now:   now,
		users: memstore.New(),
		inbox: &messenger.Inbox{},
	}
}

// open puts the user into the store and makes the login. Messages appear on screen.
func (h *house) open(ctx context.Context, screen io.Writer) error {
	if err := h.users.Put(h.user); err != nil {
		return err
	}
	if err := h.putFactor(ctx); err != nil {
		return err
	}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		return err
	}
	issuer, err := newIssuer(h.tenant.Issuer, h.now)
	if err != nil {
		return err
	}
	h.login, err = passwordless.New(passwordless.Config{
		Store:        store.Of(h.users),
		Messenger:    mailbox{h.inbox, messenger.Console(screen)},
		Applications: identity.Static(h.tenant, h.application),
		Keys:         keys,
		Issuer:       issuer,
		SetPassword:  h.setPassword,
		Now:          h.now,
	})
	return err
}

// putFactor has the user enrol and confirm the second factor.
func (h *house) putFactor(ctx context.Context) error {
	if h.factor == nil {
		return nil
	}
	f := *h.factor
	f.FactorID, f.Created = store.FactorID{Tenant: h.tenant.ID, User: h.user.ID, ID: "35VW"}, h.now()
	if err := h.users.PutFactor(ctx, f); err != nil {
		return err
	}
	_, err := h.users.ConfirmFactor(ctx, f.FactorID, 1, nil, h.now())
	return err
}

func newIssuer(name string, now func() time.Time) (*token.Issuer, error) {
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return nil, err
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return nil, err
	}
	return token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: name, Now: now})
}

// setPassword is where a service that has passwords would store this one.
func (h *house) setPassword(ctx context.Context, p passwordless.PasswordChange) error {
	u, err := h.users.User(ctx, p.TenantID, p.UserID)
	if err != nil {
		return err
	}
	u.PasswordChangeRequired = false
	return h.users.Put(u)
}

// begin starts a login and returns what completes it: the handle that a browser
// would keep, and the code from the message.
func (h *house) begin(ctx context.Context) (passwordless.LoginRequest, error) {
	begun, err := h.login.Begin(ctx, passwordless.StartRequest{ApplicationID: h.application.ID, LoginID: h.user.Email})
	return passwordless.LoginRequest{
		ApplicationID: h.application.ID,
		Code:          begun.Code.Text,
		OneTimeCode:   h.lastCode(),
	}, err
}

// signIn is a login from its beginning to its end.
func (h *house) signIn(ctx context.Context) (*passwordless.Result, error) {
	r, err := h.begin(ctx)
	if err != nil {
		return nil, err
	}
	return h.login.Complete(ctx, r)
}

// lastCode is the last code that the user was sent.
func (h *house) lastCode() secret.Text { return secret.New(h.inbox.LastCode(h.user.Email)) }

// mailbox shows each message, and keeps it for the program to read.
type mailbox struct {
	*messenger.Inbox
	screen messenger.Messenger
}

func (m mailbox) Send(ctx context.Context, message messenger.Message) error {
	if err := m.screen.Send(ctx, message); err != nil {
		return err
	}
	return m.Inbox.Send(ctx, message)
}
