// Ownusers signs in somebody from a users table that was there before: see
// accounts.go for the table and users.go for all that it takes.
//
//	go run ./examples/ownusers
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const (
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	applicationID = "10000000-0000-0002-0000-000000000001"
	address       = "jared@piedpiper.com"
)

func main() {
	if err := run(context.Background(), os.Stdout, time.Now); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, now func() time.Time) error {
	accounts := &Accounts{}
	a, err := accounts.Add(Account{Email: address, Name: "John Doe"})
	if err != nil {
		return err
	}
	var inbox messenger.Inbox
	login, err := newLogin(accounts, &inbox, now)
	if err != nil {
		return err
	}

	show(out, "before", a)
	begun, err := login.Begin(ctx, passwordless.StartRequest{ApplicationID: applicationID, LoginID: address})
	if err != nil {
		return err
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{
		Code:        begun.Code.Text,
		OneTimeCode: secret.New(inbox.LastCode(address)),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "login:   %d %s, user %s\n", result.Status(), result.Outcome, result.Response.User.ID)
	a, _ = accounts.ByID(a.ID)
	show(out, "after", a)
	return nil
}

// newLogin takes users from accounts and keeps all else in memory. It makes no
// tokens: the service has sessions of its own.
func newLogin(accounts *Accounts, m messenger.Messenger, now func() time.Time) (*passwordless.Login, error) {
	s := store.Of(memstore.New())
	s.Users = Users{Tenant: tenantID, Accounts: accounts}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		return nil, err
	}
	application := identity.Application{
		ID: applicationID, Name: "Pied Piper",
		Open: true, // the table knows no registrations: everybody in it may sign in
		PasswordlessConfiguration: identity.PasswordlessConfiguration{
			Enabled:            true,
			EmailLoginStrategy: identity.FormField,
		},
	}
	return passwordless.New(passwordless.Config{
		Store:        s,
		Messenger:    m,
		Applications: identity.Static(identity.Tenant{ID: tenantID}, application),
		Keys:         keys,
		Now:          now,
	})
}

func show(out io.Writer, when string, a Account) {
	fmt.Fprintf(out, "%-8s account %d, confirmed: %v, has signed in: %v\n", when+":", a.ID, !a.Confirmed.IsZero(), !a.LastLogin.IsZero())
}
