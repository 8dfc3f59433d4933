// Handlers is a login behind two handlers of a service's own, with what each
// error means to a browser.
//
//	go run ./examples/handlers
//	curl -d email=jared@piedpiper.com localhost:8080/login/begin
//	curl -d code=… -d oneTimeCode=… localhost:8080/login/complete
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const applicationID = "10000000-0000-0002-0000-000000000001"

func main() {
	login, err := newLogin(messenger.Console(os.Stdout))
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{
		Addr:              "localhost:8080",
		Handler:           routes(login),
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}

// newLogin has one user, who signs in by a short code. It makes no tokens: the
// service has sessions of its own.
func newLogin(m messenger.Messenger) (*passwordless.Login, error) {
	const tenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	users := memstore.New()
	err := users.Put(identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: tenantID, Active: true,
		Email: "jared@piedpiper.com", FullName: "John Doe",
	})
	if err != nil {
		return nil, err
	}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		return nil, err
	}
	application := identity.Application{
		ID: applicationID, Name: "Pied Piper",
		Open: true,
		PasswordlessConfiguration: identity.PasswordlessConfiguration{
			Enabled:            true,
			EmailLoginStrategy: identity.FormField,
		},
	}
	return passwordless.New(passwordless.Config{
		Store:        store.Of(users),
		Messenger:    m,
		Applications: identity.Static(identity.Tenant{ID: tenantID}, application),
		Keys:         keys,
	})
}
