package passwordless_test

import (
	"context"
	"fmt"
	"log"
	"strconv"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// account is a row of a users table that knows nothing of this library.
type account struct {
	Number   int
	Mail     string // in lower case
	Verified bool
}

// accounts is that table. For the login it is a store.Users.
type accounts map[int]*account

func (t accounts) user(a *account) identity.User {
	return identity.User{ID: strconv.Itoa(a.Number), TenantID: tenantID, Active: true, Email: a.Mail, Verified: a.Verified}
}

// FindUser implements store.Users.
func (t accounts) FindUser(_ context.Context, _ string, ids []identity.Identifier) (identity.User, error) {
	for _, id := range ids {
		for _, a := range t {
			if id.Type == identity.Email && id.Value == a.Mail {
				return t.user(a), nil
			}
		}
	}
	return identity.User{}, store.ErrNotFound
}

// User implements store.Users.
func (t accounts) User(_ context.Context, _, id string) (identity.User, error) {
	number, err := strconv.Atoi(id)
	if a, ok := t[number]; ok && err == nil {
		return t.user(a), nil
	}
	return identity.User{}, store.ErrNotFound
}

// RecordLogin implements store.Users.
func (t accounts) RecordLogin(ctx context.Context, l store.Login) error {
	if !l.Implicit {
		return nil
	}
	return t.Verify(ctx, store.Verification{Tenant: l.Tenant, User: l.User})
}

// Verify implements store.Users.
func (t accounts) Verify(_ context.Context, v store.Verification) error {
	number, _ := strconv.Atoi(v.User)
	a, ok := t[number]
	if !ok {
		return store.ErrNotFound
	}
	a.Verified = true
	return nil
}

// A service with a users table of its own brings it: everything else of the
// store stays as it is. An application that is open has everybody registered.
func ExampleNew_ownUsers() {
	table := accounts{42: {Number: 42, Mail: "jared@piedpiper.com"}}
	login, inbox := setUp(sampleUser(), func(c *passwordless.Config) {
		c.Store.Users = table
		c.Applications = identity.Static(identity.Tenant{ID: tenantID}, identity.Application{
			ID: applicationID, Open: true,
			PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true, EmailLoginStrategy: identity.FormField},
		})
	})
	ctx := context.Background()
	begun, err := login.Begin(ctx, passwordless.StartRequest{ApplicationID: applicationID, LoginID: "Jared@PiedPiper.com"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{
		Code:        secret.New(begun.Code.Reveal()),
		OneTimeCode: secret.New(inbox.LastCode("jared@piedpiper.com")),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome, "of account", result.Response.User.ID, "verified:", table[42].Verified)
	// Output: Success of account 42 verified: true
}
