package main

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// core has people log in by calls of the library in this process.
func core(ctx context.Context, o options) (figures, error) {
	h, err := open(ctx, o.store, o.dsn, o.clients)
	if err != nil {
		return figures{}, err
	}
	defer h.close()
	box := newMailbox()
	login, err := furnish(h, box)
	if err != nil {
		return figures{}, err
	}
	defer login.Close(ctx)
	list := people(o)
	for _, u := range list {
		if err := h.put(ctx, u); err != nil {
			return figures{}, err
		}
	}
	return measure(ctx, o, list, processors{"here": cpuOfSelf, "in the database": h.cpu}, func(ctx context.Context, address string) error {
		return cycle(ctx, login, box.of(address), address)
	})
}

// furnish makes a login whose messages leave by SMTP.
func furnish(h *house, box *mailbox) (*passwordless.Login, error) {
	port, err := box.serve()
	if err != nil {
		return nil, err
	}
	mail, err := smtpmessenger.New(smtpmessenger.Config{
		Host: "127.0.0.1", Port: port, From: "login@piedpiper.com", InsecurePlaintext: true,
	})
	if err != nil {
		return nil, err
	}
	ring, err := secret.NewKeyring(secret.GenerateKey("cycles"))
	if err != nil {
		return nil, err
	}
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return nil, err
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return nil, err
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com"})
	if err != nil {
		return nil, err
	}
	return passwordless.New(passwordless.Config{
		Store: h.store, Messenger: mail, Keys: ring, Issuer: issuer,
		Applications: identity.Static(tenant, application),
	})
}

// cycle is one login.
func cycle(ctx context.Context, login *passwordless.Login, codes <-chan string, address string) error {
	begun, err := login.Begin(ctx, passwordless.StartRequest{
		ApplicationID: application.ID, LoginID: address, LoginStrategy: identity.FormField,
	})
	if err != nil {
		return err
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{
		ApplicationID: application.ID, Code: begun.Code.Text, OneTimeCode: secret.New(<-codes),
	})
	if err != nil {
		return err
	}
	if result.Response.Token.IsZero() || result.Response.RefreshToken.IsZero() {
		return errors.New("a login left no tokens")
	}
	return nil
}
