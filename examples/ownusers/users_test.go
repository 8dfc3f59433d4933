package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/storetest"
)

func clock() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func TestUsers(t *testing.T) {
	storetest.RunUsers(t, func(*testing.T) storetest.Subject {
		users := Users{Tenant: tenantID, Accounts: &Accounts{}}
		return storetest.Subject{Store: store.Store{Users: users}, AddUser: users.add}
	})
}

// add adds an account for a user, if the table can have one.
func (u Users) add(user identity.User) (identity.User, error) {
	id, ok := user.Primary(identity.Email)
	if !ok || user.TenantID != u.Tenant {
		return identity.User{}, errors.ErrUnsupported
	}
	a, err := u.Accounts.Add(Account{
		Email:     id.Value,
		Name:      user.FullName,
		LastLogin: user.LastLoginInstant.Time(),
		Blocked:   !user.Active,
	})
	return u.user(a), err
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out, clock); err != nil {
		t.Fatal(err)
	}
	want := "before:  account 1, confirmed: false, has signed in: false\n" +
		"login:   200 Success, user 1\n" +
		"after:   account 1, confirmed: true, has signed in: true\n"
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out.String(), want)
	}
}

// The row is read again when the login completes.
func TestABlockedAccountIsLocked(t *testing.T) {
	t.Parallel()
	accounts, inbox := &Accounts{}, &messenger.Inbox{}
	a, err := accounts.Add(Account{Email: address})
	if err != nil {
		t.Fatal(err)
	}
	login, err := newLogin(accounts, inbox, clock)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := login.Begin(t.Context(), passwordless.StartRequest{ApplicationID: applicationID, LoginID: address})
	if err != nil {
		t.Fatal(err)
	}
	accounts.Update(a.ID, func(a *Account) { a.Blocked = true })
	r := passwordless.LoginRequest{Code: begun.Code.Text, OneTimeCode: secret.New(inbox.LastCode(address))}
	result, err := login.Complete(t.Context(), r)
	if err != nil || result.Outcome != outcome.UserLocked {
		t.Fatalf("%+v, %v, want UserLocked", result, err)
	}
	if _, err := login.Complete(t.Context(), r); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("the code was taken twice: %v", err)
	}
}
