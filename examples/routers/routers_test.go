package routers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/examples/routers"
	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const (
	apiKey        = "this-is-an-api-key-of-forty-characters-!"
	applicationID = "10000000-0000-0002-0000-000000000001"
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	email         = "jared@piedpiper.com"
)

// newAPI is an API over a login with one user, who is asked for a second factor
// that they have yet to enrol.
func newAPI(t *testing.T) http.Handler {
	t.Helper()
	users := memstore.New()
	err := users.Put(identity.User{ID: "00000000-0000-0001-0000-000000000000", TenantID: tenantID, Active: true, Email: email})
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		t.Fatal(err)
	}
	login, err := passwordless.New(passwordless.Config{
		Store:     store.Of(users),
		Messenger: &messenger.Inbox{},
		Applications: identity.Static(identity.Tenant{ID: tenantID}, identity.Application{
			ID: applicationID, Open: true,
			PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true, EmailLoginStrategy: identity.FormField},
			MultiFactorConfiguration:  identity.ApplicationMultiFactorConfiguration{LoginPolicy: identity.MultiFactorRequired},
		}),
		Keys: sealing,
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := httpapi.StaticKeys(httpapi.APIKey{Key: secret.New(apiKey)})
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Login: login, APIKeys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func call(t *testing.T, h http.Handler, method, path, body string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", apiKey)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var members map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &members); err != nil {
			t.Errorf("%s %s: %d, not JSON: %s", method, path, w.Code, w.Body)
		}
	}
	return w, members
}

// Each router passes on the statuses that few others use, and adds nothing to
// answers that are empty.
func TestRouters(t *testing.T) {
	t.Parallel()
	for name, mount := range map[string]func(http.Handler) http.Handler{
		"net/http": routers.NetHTTP, "chi": routers.Chi, "gin": routers.Gin, "echo": routers.Echo,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := mount(newAPI(t))
			start := fmt.Sprintf(`{"applicationId":%q,"loginId":%q}`, applicationID, email)
			w, started := call(t, h, "POST", "/auth/api/passwordless/start", start)
			if w.Code != http.StatusOK {
				t.Fatalf("start: %d %s", w.Code, w.Body)
			}
			login := fmt.Sprintf(`{"applicationId":%q,"code":%q,"oneTimeCode":%q}`, applicationID, started["code"], started["oneTimeCode"])
			if w, answer := call(t, h, "POST", "/auth/api/passwordless/login", login); w.Code != 242 || answer["twoFactorId"] == nil {
				t.Errorf("login: %d %s, want 242", w.Code, w.Body)
			}
			for _, empty := range []struct {
				status             int
				method, path, body string
			}{
				{404, "POST", "/auth/api/passwordless/login", login},
				{405, "PUT", "/auth/api/passwordless/login", login},
				{404, "GET", "/auth/api/nothing", ""},
				{404, "POST", "/auth/api/two-factor/send/unknown", `{"methodId":"35VW"}`},
			} {
				w, _ := call(t, h, empty.method, empty.path, empty.body)
				if w.Code != empty.status || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "" {
					t.Errorf("%s %s: %d %q %q, want %d and nothing more", empty.method, empty.path, w.Code, w.Header().Get("Content-Type"), w.Body, empty.status)
				}
			}
		})
	}
}
