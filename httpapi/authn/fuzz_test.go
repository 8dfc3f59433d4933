package authn_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// ROB-01: any bytes are a clear answer, from every endpoint.
func FuzzHandler(f *testing.F) {
	for endpoint := range byte(8) {
		f.Add(endpoint, "x", "", `{"stateToken":"x","passCode":"123456","time":1800,"name":"x"}`, "", "", "")
		f.Add(endpoint, "recovery", "stateToken=x", `{"time":1e99,"name":"\u0000"}`, "Basic am9objpkb2U=", "", "")
	}
	f.Add(byte(1), "\xff", "%", "{", "Basic ?", "\xff", "gatehouse_key__")
	f.Add(byte(6), "x", "", "", "", "gatehouse_key_00000000-0000-0000-0000-000000000000_x_00000000", "")
	var once sync.Once
	var handlers []http.Handler
	var key string
	f.Fuzz(func(t *testing.T, endpoint byte, id, query, body, authorization, apiKey, accessToken string) {
		once.Do(func() { handlers, key = byEachFirstFactor(t) })
		id = url.PathEscape(id)
		line := []string{
			"POST /auth",
			"POST /auth/factor/" + id + "/verify",
			"POST /auth/factor/" + id + "/challenge",
			"GET /auth/access-token",
			"POST /auth/access-token",
			"POST /auth/api-key",
			"GET /auth/api-keys",
			"PATCH /auth/api-key/" + id,
		}[endpoint%8]
		for _, headers := range []map[string]string{
			{"Authorization": authorization, "Api-Key": apiKey, "Access-Token": accessToken},
			{"Authorization": authorization},
			{"Authorization": john[len("Authorization: "):]},
			{"Api-Key": key},
			{"Api-Key": apiKey},
			{"Access-Token": accessToken},
		} {
			for _, h := range handlers {
				wiretest.Any(t, h, line, query, body, headers)
			}
		}
	})
}

// byEachFirstFactor are handlers with and without passwords, and an API key.
func byEachFirstFactor(t *testing.T) (handlers []http.Handler, key string) {
	b := open(t)
	passwordless := b.Config
	passwordless.Password = nil
	for _, c := range []authn.Config{b.Config, passwordless} {
		h, err := authn.New(c)
		b.must(err)
		handlers = append(handlers, h)
	}
	return handlers, b.Call("POST /auth", "", john).Text("apiKey")
}

// ROB-01: requests of any bytes fail nowhere.
func FuzzRequests(f *testing.F) {
	wiretest.FuzzRequests(f, "testdata/*.txt", func(t *testing.T) (http.Handler, wiretest.Alive) {
		b := open(t, func(b *bench) { b.Tenant.MultiFactorConfiguration.SMS.Enabled = true })
		in := b.Call("POST /auth", "", john)
		id := sms(b)
		second := b.Call("POST /auth", "", john)
		return b.Handler, strings.NewReplacer(
			"$basic", john[len("Authorization: Basic "):], "$key", in.Text("apiKey"), "$access", in.Text("accessToken"),
			"$factorId", id, "$secret", second.Text("stateToken"), "$otp", b.Inbox.LastCode(logintest.Phone))
	})
}
