package httpapi_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// A service that holds the API key starts a login for somebody, and has the API
// send its message.
func ExampleNew() {
	inbox := &messenger.Inbox{}
	keys, err := httpapi.StaticKeys(httpapi.APIKey{
		Key:       secret.New("6L2ZJwYb8nqkRcTg0pVxS4uAeHfDmN1i"),
		Endpoints: map[string][]string{"/api/passwordless/start": {"POST"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Login: exampleLogin(inbox), APIKeys: keys})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", api))

	call := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/auth"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "6L2ZJwYb8nqkRcTg0pVxS4uAeHfDmN1i")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	started := call("/api/passwordless/start", `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"jared@piedpiper.com"}`)
	sent := call("/api/passwordless/send", started.Body.String())
	fmt.Println(started.Code, sent.Code, len(inbox.Messages()), "message")
	fmt.Println(call("/api/passwordless/login", started.Body.String()).Code)
	fmt.Println(call("/api/passwordless/login", started.Body.String()).Code)
	// Output:
	// 200 200 1 message
	// 200
	// 404
}

// Endpoints can be served one by one, where a service wants only some.
func ExampleAPI_Routes() {
	api, err := httpapi.New(httpapi.Config{Login: exampleLogin(&messenger.Inbox{}), Public: true})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, r := range api.Routes() {
		if r.Access == httpapi.PublicPage {
			mux.Handle(r.Method+" "+r.Path, r.Handler)
			fmt.Println(r.Method, r.Path)
		}
	}
	// Output:
	// POST /public/jwt/refresh
	// POST /public/passwordless/login
	// POST /public/passwordless/peek
	// POST /public/passwordless/send
	// POST /public/passwordless/start
	// POST /public/two-factor/login
	// POST /public/two-factor/send/{twoFactorId}
}

// exampleLogin is a login of the sample user, without tokens.
func exampleLogin(m messenger.Messenger) *passwordless.Login {
	users := memstore.New()
	err := users.Put(identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		Active: true, Email: "jared@piedpiper.com",
		Registrations: []identity.Registration{{ApplicationID: "10000000-0000-0002-0000-000000000001"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026-11"))
	if err != nil {
		log.Fatal(err)
	}
	page, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://www.piedpiper.com/login"})
	if err != nil {
		log.Fatal(err)
	}
	login, err := passwordless.New(passwordless.Config{
		Store: store.Of(users), Messenger: m, Keys: keys, Links: passwordless.Links{Login: page},
		Applications: identity.Static(
			identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415"},
			identity.Application{
				ID:                        "10000000-0000-0002-0000-000000000001",
				PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
			}),
	})
	if err != nil {
		log.Fatal(err)
	}
	return login
}
