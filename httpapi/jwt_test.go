package httpapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// login signs the sample user in over the wire.
func (b *bench) login() answer {
	b.T.Helper()
	a := b.post("/api/passwordless/login", b.form(""))
	if a.StatusCode != 200 {
		b.T.Fatalf("login: %d: %s", a.StatusCode, a.body)
	}
	b.Advance(time.Minute)
	return a
}

func refreshBody(token string) string { return fmt.Sprintf(`{"refreshToken":%q}`, token) }

func TestRefreshTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const refresh = "POST /api/jwt/refresh"
	first := b.login().text("refreshToken")
	second := b.show(200, "by the body", refresh, refreshBody(first)).text("refreshToken")
	third := b.show(200, "the cookie beats the body", refresh, refreshBody("nonsense"), "Cookie: refresh_token="+second).text("refreshToken")
	b.show(400, "the cookie beats the body, bad or good", refresh, refreshBody(third), "Cookie: refresh_token=nonsense")
	b.show(400, "a lifetime that is too long", refresh, fmt.Sprintf(`{"refreshToken":%q,"timeToLiveInSeconds":9223372036854775807}`, third))
	b.show(400, "a lifetime that is none", refresh, fmt.Sprintf(`{"refreshToken":%q,"timeToLiveInSeconds":-9223372036854775808}`, third))
	b.show(400, "a lifetime of another type", refresh, fmt.Sprintf(`{"refreshToken":%q,"timeToLiveInSeconds":"60"}`, third))
	b.show(400, "another tenant", refresh, refreshBody(third), "X-FusionAuth-TenantId: "+otherTenant)
	b.show(200, "for a minute", refresh, fmt.Sprintf(`{"refreshToken":%q,"timeToLiveInSeconds":60,"token":"relayed"}`, third))
	b.show(400, "used before", refresh, refreshBody(first))
	b.show(400, "nothing in it", refresh, `{}`)
	b.golden("jwt-refresh")
}

func TestSessionsTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	one := b.login()
	two := b.login()
	id := one.text("refreshTokenId")
	bearer := "Authorization: Bearer " + two.text("token")
	b.show(200, "all of a user", "GET /api/jwt/refresh?userId="+logintest.UserID, "", withKey)
	b.show(200, "one", "GET /api/jwt/refresh/"+id, "", withKey)
	b.show(401, "one, without a key", "GET /api/jwt/refresh/"+id, "")
	b.show(401, "all, as the person", "GET /api/jwt/refresh?userId="+logintest.UserID, "", bearer)
	b.show(404, "one that is none", "GET /api/jwt/refresh/none", "", withKey)
	b.show(404, "one of another tenant", "GET /api/jwt/refresh/"+id, "", withKey, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "all of nobody", "GET /api/jwt/refresh", "", withKey)
	b.show(401, "revoke, without a key", "DELETE /api/jwt/refresh/"+id, "")
	b.show(200, "revoke one's own", "DELETE /api/jwt/refresh/"+id, "", bearer)
	b.show(404, "which is gone", "GET /api/jwt/refresh/"+id, "", withKey)
	b.show(200, "revoke it again", "DELETE /api/jwt/refresh/"+id, "", bearer)
	b.show(200, "revoke by the token", "DELETE /api/jwt/refresh?token="+two.text("refreshToken"), "", bearer)
	b.show(401, "revoke all, as the person", "DELETE /api/jwt/refresh?userId="+logintest.UserID, "", bearer)
	b.show(400, "revoke nothing", "DELETE /api/jwt/refresh", "", withKey)
	three := b.login().text("refreshTokenId")
	b.show(200, "revoke all of a user in another application", "DELETE /api/jwt/refresh?applicationId=none&userId="+logintest.UserID, "", withKey)
	b.show(200, "which it was not", "GET /api/jwt/refresh/"+three, "", withKey)
	b.show(200, "revoke all of a user in the application", "DELETE /api/jwt/refresh",
		fmt.Sprintf(`{"applicationId":%q,"userId":%q}`, logintest.ApplicationID, logintest.UserID), withKey)
	b.show(200, "none is left", "GET /api/jwt/refresh?userId="+logintest.UserID, "", withKey)
	b.login()
	b.show(200, "revoke all of a user", "DELETE /api/jwt/refresh?userId="+logintest.UserID, "", withKey)
	b.show(200, "none is left again", "GET /api/jwt/refresh?userId="+logintest.UserID, "", withKey)
	b.golden("jwt-sessions")
}

func TestValidateTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const validate = "GET /api/jwt/validate"
	token := b.login().text("token")
	b.show(200, "by header", validate, "", "Authorization: Bearer "+token)
	b.show(200, "by cookie", validate, "", "Cookie: access_token="+token)
	b.show(401, "the header beats the cookie", validate, "", "Cookie: access_token="+token, "Authorization: Bearer nonsense")
	b.show(401, "without a token", validate, "")
	b.show(401, "in another tenant", validate, "", "Authorization: Bearer "+token, "X-FusionAuth-TenantId: "+otherTenant)
	b.Advance(2 * time.Hour)
	b.show(401, "too late", validate, "", "Authorization: Bearer "+token)
	b.golden("jwt-validate")
}

func TestLogoutTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const logout = "POST /api/logout"
	left := func() int {
		all, err := b.Login().Sessions().List(t.Context(), whoOf())
		b.must(err)
		return len(all)
	}
	one, two := b.login().text("refreshToken"), b.login().text("refreshToken")
	b.show(200, "the body beats the cookie", logout, refreshBody(one), "Cookie: refresh_token="+two)
	if n := left(); n != 1 {
		t.Fatalf("%d sessions are left, want 1", n)
	}
	b.show(400, "of which the first is over", "POST /api/jwt/refresh", refreshBody(one))
	b.show(200, "by the cookie", logout, "", "Cookie: refresh_token="+two)
	b.show(200, "by nothing", logout, "")
	b.show(200, "by a token that is none", logout+"?refreshToken=nonsense&global=true", "")
	b.show(400, "what is not to be read", logout, `{"global":"yes"}`)
	b.login()
	b.show(200, "everywhere, by the refresh token", logout, fmt.Sprintf(`{"global":true,"refreshToken":%q}`, b.login().text("refreshToken")))
	if n := left(); n != 0 {
		t.Errorf("%d sessions are left, want none", n)
	}
	b.login()
	b.show(200, "everywhere, by the access token", logout+"?global=true", "", "Authorization: Bearer "+b.login().text("token"))
	if n := left(); n != 0 {
		t.Errorf("%d sessions are left, want none", n)
	}
	b.golden("logout")
}

func TestKeysTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.show(200, "as a set", "GET /.well-known/jwks.json", "")
	b.show(200, "as PEM", "GET /api/jwt/public-key", "")
	kid := b.Keys.Keys()[0].ID()
	b.show(200, "one as PEM", "GET /api/jwt/public-key?kid="+kid, "")
	b.show(404, "one that is none", "GET /api/jwt/public-key?kid=none", "")
	b.show(200, "where to find them", "GET /.well-known/openid-configuration", "")
	b.golden("keys")
}
