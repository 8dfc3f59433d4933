package session_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// furnish is what a service has anyway: a store, keys, its applications; and,
// for the examples, a user who has just logged in.
func furnish() (*session.Sessions, store.Store, session.Tokens) {
	tenant := identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Pied Piper"}
	application := identity.Application{
		ID:                 "10000000-0000-0002-0000-000000000001",
		LoginConfiguration: identity.LoginConfiguration{GenerateRefreshTokens: true, AllowTokenRefresh: true},
	}
	user := identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: tenant.ID, Active: true, Email: "jared@piedpiper.com", Verified: true,
		Registrations: []identity.Registration{{ApplicationID: application.ID, Verified: true}},
	}
	engine := memstore.New()
	key, _ := token.GenerateKey(token.EdDSA)
	keys, _ := token.NewKeySet(key)
	issuer, _ := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com"})
	ring, _ := secret.NewKeyring(secret.GenerateKey("2026"))
	sessions, err := session.New(session.Config{
		Store: store.Of(engine), Keys: ring, Issuer: issuer, Applications: identity.Static(tenant, application),
	})
	if err != nil {
		panic(err)
	}

	// What package passwordless does at the end of a login.
	now := time.Now()
	ticket := store.Ticket{ID: secret.Sum("a login"), Tenant: tenant.ID, User: user.ID, Expires: now.Add(time.Minute)}
	if err := errors.Join(engine.Put(user), engine.CreateTicket(context.Background(), ticket, now)); err != nil {
		panic(err)
	}
	tokens, err := sessions.Admit(context.Background(), session.Admission{
		Spend: ticket.ID,
		Login: store.Login{Walk: "a login", Tenant: tenant.ID, User: user.ID, Application: application.ID, At: now},
		User:  user, Tenant: tenant, Application: application, Named: true, Methods: []string{"otp"},
	})
	if err != nil {
		panic(err)
	}
	return sessions, store.Of(engine), tokens
}

func ExampleSessions_Refresh() {
	sessions, _, login := furnish()

	next, err := sessions.Refresh(context.Background(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text})
	fmt.Println(err, next.Rotated, next.RefreshTokenID == login.RefreshTokenID)

	// The first token is spent. Whoever shows it again has a copy: the session ends.
	_, err = sessions.Refresh(context.Background(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text})
	fmt.Println(errors.Is(err, session.ErrReused))
	_, err = sessions.Refresh(context.Background(), session.RefreshRequest{RefreshToken: next.RefreshToken.Text})
	fmt.Println(errors.Is(err, session.ErrRefused))
	// Output:
	// <nil> true true
	// true
	// true
}

func ExampleSessions_Revoke() {
	sessions, _, login := furnish()
	john := session.Who{TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", UserID: "00000000-0000-0001-0000-000000000000"}

	list, err := sessions.List(context.Background(), john)
	fmt.Println(len(list), err)

	if err := sessions.Revoke(context.Background(), john, list[0].ID); err != nil {
		panic(err)
	}
	_, err = sessions.Refresh(context.Background(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text})
	fmt.Println(errors.Is(err, session.ErrRefused))
	// Output:
	// 1 <nil>
	// true
}

func ExampleKeys() {
	_, kept, _ := furnish()
	john := session.Who{TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", UserID: "00000000-0000-0001-0000-000000000000"}
	keys, err := session.NewKeys(session.KeysConfig{Store: kept, Prefix: "piper"})
	if err != nil {
		panic(err)
	}

	made, err := keys.CreateAPIKey(context.Background(), john, "deployments", []string{"deploy"})
	if err != nil {
		panic(err)
	}
	shownOnce := made.Secret.Reveal()
	fmt.Println(shownOnce[:10], made.Secret)

	key, err := keys.CheckAPIKey(context.Background(), john.TenantID, secret.New(shownOnce))
	fmt.Println(key.Name, key.Permissions, key.User.Email, err)

	if err := keys.RevokeAPIKey(context.Background(), john, made.ID); err != nil {
		panic(err)
	}
	_, err = keys.CheckAPIKey(context.Background(), john.TenantID, secret.New(shownOnce))
	fmt.Println(errors.Is(err, session.ErrRefused))
	// Output:
	// piper_key_ [redacted]
	// deployments [deploy] jared@piedpiper.com <nil>
	// true
}
