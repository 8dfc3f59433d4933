package main

import (
	"context"
	"io"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
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
	hasApp      bool // the user has an authenticator app
	now         func() time.Time

	later time.Duration // what has passed in the story and not on the clock
	users *memstore.Store
	inbox *messenger.Inbox
	keys  *token.KeySet
	login *passwordless.Login
	app   authenticator
}

// sample has one user, who signs in by a short code to one application.
func sample(now func() time.Time) *house {
	const (
		tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
		applicationID = "10000000-0000-0002-0000-000000000001"
	)
	return &house{
		tenant: identity.Tenant{ID: tenantID, Name: "Pied Piper", Issuer: "https://www.piedpiper.com"},
		application: identity.Application{
			ID: applicationID, Name: "Pied Piper",
			PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true, EmailLoginStrategy: identity.FormField},
			LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true, AllowTokenRefresh: true},
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
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		return err
	}
	issuer, err := h.issuer()
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
		Now:          h.clock,
	})
	if err != nil || !h.hasApp {
		return err
	}
	_, _, err = h.addApp(ctx)
	return err
}

// clock is what time it is in the story.
func (h *house) clock() time.Time { return h.now().Add(h.later) }

// issuer makes a key that signs access tokens.
func (h *house) issuer() (*token.Issuer, error) {
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return nil, err
	}
	if h.keys, err = token.NewKeySet(key); err != nil {
		return nil, err
	}
	return token.NewIssuer(token.IssuerConfig{Keys: h.keys, Issuer: h.tenant.Issuer, Now: h.clock})
}

// addApp has the user, who is signed in, enrol an authenticator app and confirm it.
func (h *house) addApp(ctx context.Context) (mfa.Enrolment, mfa.Confirmed, error) {
	who := mfa.Who{UserID: h.user.ID, ApplicationID: h.application.ID}
	enrolled, err := h.login.Factors().Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	if err != nil {
		return enrolled, mfa.Confirmed{}, err
	}
	if h.app, err = scan(enrolled.URI.Reveal()); err != nil {
		return enrolled, mfa.Confirmed{}, err
	}
	confirmed, err := h.login.Factors().Confirm(ctx, who, mfa.ConfirmRequest{
		MethodID: enrolled.MethodID,
		Code:     h.app.shows(h.clock()),
	})
	h.later += period // a code counts once: the next login takes the next one
	return enrolled, confirmed, err
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
