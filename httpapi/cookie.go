package httpapi

import (
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// The cookies, as FusionAuth names them.
const (
	accessCookie  = "access_token"
	refreshCookie = "refresh_token"
	trustCookie   = "fusionauth.trust"
)

// setCookie sets a cookie that scripts do not see and other sites do not send.
// A lifetime of zero ends it with the browser.
func (a *API) setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/",
		MaxAge: int(lifetime.Seconds()), Secure: !a.c.InsecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (a *API) dropCookie(w http.ResponseWriter, name string) { a.setCookie(w, name, "", -time.Second) }

// cookieOf is the value of a cookie, if the request has exactly one of the name:
// of two, a neighbouring domain may have set either.
func cookieOf(r *http.Request, name string) secret.Text {
	if named := r.CookiesNamed(name); len(named) == 1 {
		return secret.New(named[0].Value)
	}
	return secret.Text{}
}

// keepLogin sets the cookies of what a login left.
func (a *API) keepLogin(w http.ResponseWriter, r *http.Request, applicationID string, l passwordless.LoginResponse) {
	if !l.Token.IsZero() {
		a.setCookie(w, accessCookie, l.Token.Reveal(), 0)
	}
	t, app := a.configured(r, applicationID)
	if !l.RefreshToken.IsZero() {
		a.setCookie(w, refreshCookie, l.RefreshToken.Reveal(), identity.RefreshTokenLifetime(t, app))
	}
	if !l.TwoFactorTrustID.IsZero() {
		a.setCookie(w, trustCookie, l.TwoFactorTrustID.Reveal(), identity.TrustLifetime(t, app))
	}
}

// configured is an application and its tenant, or the defaults: it says how long
// a cookie is kept, and nothing that a login hangs on.
func (a *API) configured(r *http.Request, applicationID string) (identity.Tenant, identity.Application) {
	if a.sessions.Applications == nil || applicationID == "" {
		return identity.Tenant{}, identity.Application{}
	}
	t, app, err := a.sessions.Applications.Application(r.Context(), applicationID)
	if err != nil {
		return identity.Tenant{}, identity.Application{}
	}
	return t, app
}
