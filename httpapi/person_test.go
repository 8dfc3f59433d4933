package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// A person manages their own second factors with their access token: by header, or
// by the cookie where no other site sent it.
func TestPersonManagesFactors(t *testing.T) {
	t.Parallel()
	b := open(t)
	withBoth(b)
	token := b.login().text("token")
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"header", []string{"Authorization: Bearer " + token}, 200},
		{"header, in another case", []string{"Authorization: bearer " + token}, 200},
		{"cookie", []string{"Cookie: access_token=" + token}, 200},
		{"two cookies", []string{"Cookie: access_token=" + token + "; access_token=" + token}, 401},
		{"two headers", []string{"Authorization: Bearer " + token, "Authorization: Bearer " + token}, 401},
		{"a key beats the cookie", []string{"Cookie: access_token=" + token, "Authorization: nonsense"}, 401},
		{"nothing", nil, 401},
		{"another tenant", []string{"Authorization: Bearer " + token, "X-FusionAuth-TenantId: " + otherTenant}, 401},
	} {
		if got := b.call("GET /api/two-factor/secret", "", c.headers...); got.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.StatusCode, c.want)
		}
	}
	bearer := "Authorization: Bearer " + token
	key := b.call("GET /api/two-factor/secret", "", bearer).text("secret")
	if got := b.post("/api/user/two-factor", b.enable(key), "Cookie: access_token="+token, "Sec-Fetch-Site: cross-site"); got.StatusCode != 403 {
		t.Errorf("from another site: %d, want 403", got.StatusCode)
	}
	if got := b.post(userFactor, b.enable(key), bearer); got.StatusCode != 401 {
		t.Errorf("with an id, which takes a key: %d, want 401", got.StatusCode)
	}
	first := b.post("/api/user/two-factor", b.enable(key), bearer)
	if first.StatusCode != 200 || !strings.Contains(first.body, "recoveryCodes") {
		t.Fatalf("the first method: %d %s", first.StatusCode, first.body)
	}
	b.Advance(time.Minute)
	for path, body := range map[string]string{
		"/api/user/two-factor": b.enable(key),
		"/api/two-factor/send": fmt.Sprintf(`{"method":"email","email":%q}`, secondMailbox),
	} {
		if got := b.post(path, body, bearer); got.StatusCode != 400 || !strings.Contains(got.body, "[TrustTokenRequired]") {
			t.Errorf("another method, without a proof of the first: %s: %d %s", path, got.StatusCode, got.body)
		}
	}
	id := b.methods()[0]
	someoneElse := fmt.Sprintf("DELETE /api/user/two-factor/%s?methodId=%s&code=%s", otherTenant, id, b.totp(key))
	if got := b.call(someoneElse, "", bearer); got.StatusCode != 401 {
		t.Errorf("somebody else's: %d, want 401", got.StatusCode)
	}
	own := fmt.Sprintf("DELETE /api/user/two-factor?methodId=%s&code=", id)
	if got := b.call(own+"nonsense", "", bearer); got.StatusCode != 421 {
		t.Errorf("disable with a wrong code: %d, want 421", got.StatusCode)
	}
	if got := b.call(own+b.totp(key), "", bearer); got.StatusCode != 200 || len(b.methods()) != 0 {
		t.Errorf("disable: %d, %d methods left", got.StatusCode, len(b.methods()))
	}
}

func TestPersonTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer := "Authorization: Bearer " + b.login().text("token")
	key := b.show(200, "a secret", "GET /api/two-factor/secret", "", bearer).text("secret")
	b.show(421, "a wrong code", "POST /api/user/two-factor", fmt.Sprintf(`{"method":"authenticator","secret":%q,"code":"nonsense"}`, key), bearer)
	b.show(401, "without a token", "POST /api/user/two-factor", b.enable(key))
	b.show(200, "enabled", "POST /api/user/two-factor", b.enable(key), bearer)
	b.show(400, "one more", "POST /api/user/two-factor", b.enable(key), bearer)
	b.Advance(time.Minute)
	method := "?methodId=" + b.methods()[0]
	b.show(400, "disable, without a code", "DELETE /api/user/two-factor"+method, "", bearer)
	b.show(401, "disable, without a token", "DELETE /api/user/two-factor"+method, "")
	b.show(421, "disable, with a wrong code", "DELETE /api/user/two-factor"+method+"&code=nonsense", "", bearer)
	b.show(200, "disabled", "DELETE /api/user/two-factor"+method+"&code="+b.totp(key), "", bearer)
	b.golden("person")
}

// What the tenant has end with a first method, ends.
func TestFirstFactorEndsSessions(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		b := open(t)
		b.Tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnMultiFactorEnable = ends
		b.login()
		b.enrol()
		left, err := b.Login().Sessions().List(t.Context(), whoOf())
		b.must(err)
		if (len(left) == 0) != ends {
			t.Errorf("with onMultiFactorEnable %t: %d sessions are left", ends, len(left))
		}
	}
}

// A method by message has the name that it was enabled under.
func TestNamedMethod(t *testing.T) {
	t.Parallel()
	b := open(t)
	withBoth(b)
	b.post("/api/two-factor/send", fmt.Sprintf(`{"userId":%q,"method":"email","email":%q}`, logintest.UserID, secondMailbox), withKey)
	enable := fmt.Sprintf(`{"method":"email","name":"Mail of John","code":%q}`, b.Inbox.LastCode(secondMailbox))
	if got := b.post(userFactor, enable, withKey); got.StatusCode != 200 {
		t.Fatalf("enable: %d %s", got.StatusCode, got.body)
	}
	factors, err := b.Backend.Store.ListFactors(t.Context(), logintest.TenantID, logintest.UserID)
	b.must(err)
	if len(factors) != 1 || factors[0].Name != "Mail of John" {
		t.Errorf("%d methods, the first named %q", len(factors), factors[0].Name)
	}
}
