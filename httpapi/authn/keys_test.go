package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

var owner = session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}

// Which credential opens which endpoint.
//
// S1-14, S1-22, S1-23, S1-37, S1-38: Basic alone for the two steps; an access
// token as an API key on every other endpoint, once it may make keys, which by
// default it may not.
func TestRoutesByCredential(t *testing.T) {
	t.Parallel()
	const key, access, both = "api-key", "access-token", "api-key and access-token"
	for _, asDocumented := range []bool{false, true} {
		b := open(t, func(b *bench) { b.Config.InsecureAccessTokensMakeKeys = asDocumented })
		first := b.Call("POST /auth", "", john)
		shown := map[string][]string{
			"nothing": nil,
			"Basic":   {john},
			key:       {"api-key: " + first.Text("apiKey")},
			access:    {"access-token: " + first.Text("accessToken")},
			both:      {"api-key: " + first.Text("apiKey"), "access-token: " + first.Text("accessToken")},
			"swapped": {"api-key: " + first.Text("accessToken")},
			"twice":   {"api-key: " + first.Text("apiKey"), "api-key: " + first.Text("apiKey")},
			"and Bearer": {"Authorization: Bearer " + first.Text("apiKey"),
				"api-key: " + first.Text("apiKey")},
		}
		makes := []string{"Basic", key}
		if asDocumented {
			makes = append(makes, access)
		}
		for line, opens := range map[string][]string{
			"POST /auth":                   {"Basic"},
			"POST /auth/factor/x/verify":   {"Basic"},
			"GET /auth/access-token":       {access},
			"POST /auth/access-token":      makes,
			"POST /auth/api-key":           makes,
			"GET /auth/api-keys":           {"Basic", key, access},
			"PATCH /auth/api-key/not-mine": {"Basic", key, access},
		} {
			for name, headers := range shown {
				a := b.Call(line, "", headers...)
				want := 401
				switch {
				case len(headers) > 1:
					want = 400
				case slices.Contains(opens, name):
					want = 0
				}
				if want == 0 && a.Status == 401 || want != 0 && a.Status != want {
					t.Errorf("%s with %s: %d %s", line, name, a.Status, a.Body)
				}
			}
		}
	}
}

// S1-24, S1-26, S1-38: an access token holds until the second that was told, and
// no longer for being used.
func TestAccessTokenExpires(t *testing.T) {
	t.Parallel()
	b := open(t)
	first := b.Call("POST /auth", "", john)
	shown := "access-token: " + first.Text("accessToken")
	b.Advance(30*time.Minute - time.Second)
	a := b.Call("GET /auth/access-token", "", shown)
	if a.Status != 200 || a.Member("valid") != true || a.Text("accessTokenExpiresAt") != first.Text("accessTokenExpiresAt") {
		t.Errorf("at 29:59: %d %s", a.Status, a.Body)
	}
	b.Advance(time.Second)
	if a := b.Call("GET /auth/access-token", "", shown); a.Status != 200 || a.Body != "{\"valid\":false}\n" {
		t.Errorf("at 30:00: %d %s", a.Status, a.Body)
	}
	if a := b.Call("GET /auth/api-keys", "", shown); a.Status != 401 {
		t.Errorf("at 30:00, the keys: %d", a.Status)
	}
}

// S1-39: seconds, from 1800 to 21600.
func TestCreateAccessToken(t *testing.T) {
	t.Parallel()
	b := open(t)
	shown := "api-key: " + b.Call("POST /auth", "", john).Text("apiKey")
	for body, lives := range map[string]time.Duration{
		"":                                30 * time.Minute,
		`{}`:                              30 * time.Minute,
		`{"time":1800}`:                   30 * time.Minute,
		`{"time":21600,"unknown":[]}`:     6 * time.Hour,
		`{"time":1799}`:                   0,
		`{"time":21601}`:                  0,
		`{"time":0}`:                      0,
		`{"time":-1800}`:                  0,
		`{"time":9223372036854775807}`:    0,
		`{"time":9223372036854775808}`:    0,
		`{"time":1800.5}`:                 0,
		`{"time":"1800"}`:                 0,
		`{"time":1800,"time":21600}`:      0,
		`{"time":1800}{}`:                 0,
		`[]`:                              0,
		strings.Repeat(`{"a":`, 40) + "1": 0,
	} {
		a := b.Call("POST /auth/access-token", body, shown)
		if lives == 0 {
			if a.Status != 400 {
				t.Errorf("%s: %d %s", body, a.Status, a.Body)
			}
			continue
		}
		if want := b.Now().Add(lives).Format(time.RFC3339); a.Status != 200 || a.Text("accessTokenExpiresAt") != want || a.Text("accessToken") == "" {
			t.Errorf("%s: %d %s, want until %s", body, a.Status, a.Body, want)
		}
	}
}

// S1-15, S1-17, S1-40, S1-41, S1-42, S1-44: a key is named and told once, is
// listed without its secret, keeps it under another name, and lasts.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	b := open(t)
	first := b.Call("POST /auth", "", john)
	shown := "api-key: " + first.Text("apiKey")
	made := b.Call("POST /auth/api-key", `{"name":"reports"}`, shown)
	if got := made.Members(); made.Status != 200 || !slices.Equal(got, []string{"apiKey", "createdAt", "id", "message", "name"}) {
		t.Fatalf("%d %s", made.Status, made.Body)
	}
	rename := "PATCH /auth/api-key/" + made.Text("id")
	for name, c := range map[string]struct {
		line, body string
		status     int
	}{
		"no name":           {"POST /auth/api-key", `{}`, 400},
		"too long":          {"POST /auth/api-key", fmt.Sprintf(`{"name":%q}`, strings.Repeat("x", 101)), 400},
		"taken":             {"POST /auth/api-key", `{"name":"reports"}`, 409},
		"renamed to none":   {rename, `{}`, 400},
		"renamed to taken":  {rename, `{"name":"loginKey"}`, 409},
		"renamed, not mine": {"PATCH /auth/api-key/00000000-0000-0000-0000-00000000000a", `{"name":"x"}`, 404},
	} {
		if a := b.Call(c.line, c.body, shown); a.Status != c.status || strings.Contains(a.Body, "gatehouse_key") {
			t.Errorf("%s: %d %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	renamed := b.Call(rename, `{"name":"monthly reports"}`, shown)
	if renamed.Status != 200 || renamed.Text("id") != made.Text("id") || !slices.Equal(renamed.Members(), []string{"createdAt", "id", "name"}) {
		t.Errorf("renamed: %d %s", renamed.Status, renamed.Body)
	}
	b.Advance(10 * 365 * 24 * time.Hour)
	list := b.Call("GET /auth/api-keys", "", "api-key: "+made.Text("apiKey"))
	if list.Status != 200 || strings.Contains(list.Body, "gatehouse_key") || !strings.Contains(list.Body, `"name":"monthly reports"`) {
		t.Errorf("ten years on: %d %s", list.Status, list.Body)
	}
}

// S1-19, S1-43: a host's own page revokes all access tokens at once, and API keys
// stay.
func TestRevokeAccessTokens(t *testing.T) {
	t.Parallel()
	b := open(t)
	first := b.Call("POST /auth", "", john)
	second := b.Call("POST /auth", "", john)
	b.must(b.Keys.RevokeAccessTokens(t.Context(), owner))
	for _, a := range []string{first.Text("accessToken"), second.Text("accessToken")} {
		if a := b.Call("GET /auth/access-token", "", "access-token: "+a); a.Member("valid") != false {
			t.Errorf("%s", a.Body)
		}
	}
	if a := b.Call("GET /auth/api-keys", "", "api-key: "+first.Text("apiKey")); a.Status != 200 {
		t.Errorf("the API key: %d", a.Status)
	}
}

// A key that was made for something makes none that is for more.
func TestPermissionsAreHandedOn(t *testing.T) {
	t.Parallel()
	b := open(t)
	narrow, err := b.Keys.CreateAPIKey(t.Context(), owner, "narrow", []string{"read"})
	b.must(err)
	shown := "api-key: " + narrow.Secret.Reveal()
	if a := b.Call("POST /auth/api-key", `{"name":"wider"}`, shown); !strings.Contains(a.Body, `"permissions":["read"]`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	made := b.Call("POST /auth/access-token", "", shown)
	if a := b.Call("GET /auth/access-token", "", "access-token: "+made.Text("accessToken")); a.Member("valid") != true {
		t.Errorf("%s", a.Body)
	}
}

// What is missing is named.
func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	b := open(t)
	for field, change := range map[string]func(*authn.Config){
		"Login":         func(c *authn.Config) { c.Login = nil },
		"Keys":          func(c *authn.Config) { c.Keys = nil },
		"TenantID":      func(c *authn.Config) { c.TenantID = "" },
		"ApplicationID": func(c *authn.Config) { c.ApplicationID = "" },
	} {
		c := b.Config
		change(&c)
		if h, err := authn.New(c); h != nil || err == nil || !strings.Contains(err.Error(), "Config."+field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

var errBroken = errors.New("the directory is down")

// What fails is a 500 that tells no more than an id, which the host is told with
// what failed.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func() (string, error){
		"fails":  func() (string, error) { return "", errBroken },
		"panics": func() (string, error) { panic("secret") },
	} {
		var ids []string
		b := open(t, func(b *bench) {
			b.Config.Password = func(_ context.Context, _ string, _ secret.Text) (string, error) { return hook() }
			b.Config.Errors = func(_ *http.Request, id string, _ error) { ids = append(ids, id) }
		})
		a := b.Call("POST /auth", "", john)
		if a.Status != 500 || strings.Contains(a.Body, "directory") || strings.Contains(a.Body, "secret") || len(ids) != 1 || a.Text("errorId") != ids[0] {
			t.Errorf("a hook that %s: %d %s, told %v", name, a.Status, a.Body, ids)
		}
	}
}

// A host's veto is told as one, and to the host.
func TestVeto(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) {
		b.House.Config.Veto = func(context.Context, passwordless.Attempt) error { return errBroken }
	})
	a := b.Call("POST /auth", "", john)
	if a.Status != 403 || a.Text("errorCode") != "E0000006" || a.Text("errorId") == "" || len(b.failed) != 1 {
		t.Errorf("%d %s, told %v", a.Status, a.Body, b.failed)
	}
}
