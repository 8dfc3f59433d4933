package authn_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// A program signs in with a name and password that the host checks.
func ExampleNew() {
	engine := memstore.New()
	tenant := identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415"}
	app := identity.Application{ID: "10000000-0000-0002-0000-000000000001", TenantID: tenant.ID, Open: true}
	john := identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: tenant.ID, Active: true,
		Email: "jared@piedpiper.com", Username: "johnny123", Verified: true,
	}
	if err := engine.Put(john); err != nil {
		panic(err)
	}
	ring, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		panic(err)
	}
	login, err := passwordless.New(passwordless.Config{
		Store: store.Of(engine), Messenger: messenger.Console(io.Discard), Applications: identity.Static(tenant, app), Keys: ring,
	})
	if err != nil {
		panic(err)
	}
	keys, err := session.NewKeys(session.KeysConfig{Store: store.Of(engine)})
	if err != nil {
		panic(err)
	}
	api, err := authn.New(authn.Config{
		Login: login, Keys: keys, TenantID: tenant.ID, ApplicationID: app.ID,
		Password: func(_ context.Context, username string, password secret.Text) (string, error) {
			if username != john.Username || !password.Equal(secret.New("correct horse")) {
				return "", authn.ErrWrongPassword
			}
			return john.ID, nil
		},
	})
	if err != nil {
		panic(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/auth", nil)
	request.SetBasicAuth("johnny123", "correct horse")
	answer := httptest.NewRecorder()
	api.ServeHTTP(answer, request)
	fmt.Println(answer.Code, answer.Body.String()[:19])
	// Output: 200 {"status":"SUCCESS"
}
