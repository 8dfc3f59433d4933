package account_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// A person signs in with a password that the host checks, and sees their profile
// with the secret of an authenticator that they have just asked for.
func ExampleNew() {
	engine := memstore.New()
	tenant := identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Issuer: "piedpiper.com"}
	app := identity.Application{ID: "10000000-0000-0002-0000-000000000001", TenantID: tenant.ID, Open: true}
	john := identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: tenant.ID, Active: true,
		Email: "jared@piedpiper.com", Verified: true,
	}
	if err := engine.Put(john); err != nil {
		panic(err)
	}
	key, err := token.GenerateKey(token.ES256)
	if err != nil {
		panic(err)
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		panic(err)
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Issuer: tenant.Issuer, Keys: keys})
	if err != nil {
		panic(err)
	}
	ring, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		panic(err)
	}
	login, err := passwordless.New(passwordless.Config{
		Store: store.Of(engine), Messenger: messenger.Console(io.Discard), Issuer: issuer,
		Applications: identity.Static(tenant, app), Keys: ring,
	})
	if err != nil {
		panic(err)
	}
	verifier, err := token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: tenant.Issuer, Audiences: []string{app.ID}})
	if err != nil {
		panic(err)
	}
	api, err := account.New(account.Config{
		Login: login, Verifier: verifier, TenantID: tenant.ID, ApplicationID: app.ID,
		Password: func(_ context.Context, email string, password secret.Text) (string, error) {
			if email != john.Email || !password.Equal(secret.New("correct horse")) {
				return "", account.ErrWrongPassword
			}
			return john.ID, nil
		},
	})
	if err != nil {
		panic(err)
	}
	post := func(path, body, bearer string) string {
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+bearer)
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, request)
		return answer.Body.String()
	}
	signedIn := post("/auth/login", `{"email":"jared@piedpiper.com","password":"correct horse"}`, "")
	_, idToken, _ := strings.Cut(signedIn, `"idToken":"`)
	idToken, _, _ = strings.Cut(idToken, `"`)
	profile := post("/auth/otp/methods/totp", `{}`, idToken)
	fmt.Println(strings.Contains(profile, `"hasValidatedSecret":false`), strings.Contains(profile, `"secret":"`))
	// Output: true true
}
