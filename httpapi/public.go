package httpapi

import (
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// handleLifetime is as long as a login can be sent anew.
const handleLifetime = 10 * time.Minute

// handleCookie is the name of the cookie that keeps the handle of a login that a
// browser began, where no script reads it.
func (a *API) handleCookie() string {
	if a.c.InsecureCookies {
		return "gatehouse.login"
	}
	return "__Host-gatehouse.login"
}

// browserLifetime is longer than a login takes, with all its steps.
const browserLifetime = time.Hour

// browserCookie is the name of the cookie by which a login belongs to a browser.
func (a *API) browserCookie() string {
	if a.c.InsecureCookies {
		return "gatehouse.browser"
	}
	return "__Host-gatehouse.browser"
}

// browser is the secret that the calling browser keeps, or a new one.
func (a *API) browser(r *http.Request) secret.Text {
	return passwordless.BrowserSecret(cookieOf(r, a.browserCookie()))
}

// keepBrowser has the browser of a login that goes on keep its secret. One that
// accepted another's login gets it only now.
func (a *API) keepBrowser(w http.ResponseWriter, browser secret.Text, result *passwordless.Result) {
	if !browser.IsZero() && !result.Expires.IsZero() {
		a.setCookie(w, a.browserCookie(), browser.Reveal(), browserLifetime)
	}
}

// publicStart serves POST /public/passwordless/start: it begins a login, sends its
// message, and answers alike for whoever it is about.
func (a *API) publicStart(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.StartRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	q.TenantID, q.IPAddress = c.tenantID, a.client(r)
	q.Browser, q.EventInfo.UserAgent = a.browser(r), wire.Agent(r)
	begun, err := a.login.Begin(r.Context(), q)
	if err != nil {
		return err
	}
	a.setCookie(w, a.browserCookie(), q.Browser.Reveal(), browserLifetime)
	if begun.Code.IsZero() {
		a.dropCookie(w, a.handleCookie())
	} else {
		a.setCookie(w, a.handleCookie(), begun.Code.Reveal(), handleLifetime)
	}
	return wire.Reply(w, http.StatusOK, struct {
		Strategy identity.LoginStrategy `json:"loginStrategy"`
	}{begun.Strategy})
}

// publicSend serves POST /public/passwordless/send: the message once more.
func (a *API) publicSend(w http.ResponseWriter, r *http.Request, c caller) error {
	if err := wire.Object(w, r, &struct{}{}); err != nil {
		return err
	}
	handle := cookieOf(r, a.handleCookie())
	if handle.IsZero() {
		return status(http.StatusNotFound)
	}
	return a.login.Send(r.Context(), passwordless.SendRequest{Code: handle, TenantID: c.tenantID})
}

// publicPeek serves POST /public/passwordless/peek: what a page may show that a
// link has led to, before the person acts. It changes nothing.
func (a *API) publicPeek(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		Code secret.Text `json:"code"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.Code.IsZero() {
		q.Code = cookieOf(r, a.handleCookie())
	}
	peeked, err := a.login.Peek(r.Context(), passwordless.PeekRequest{Code: q.Code, Browser: a.browser(r), TenantID: c.tenantID})
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, peeked)
}

// publicLogin serves POST /public/passwordless/login. The handle is the cookie's,
// unless the body has the code from a link. A login that was not asked for in
// this browser goes on only if the person accepted that.
func (a *API) publicLogin(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		passwordless.LoginRequest
		OtherBrowser bool `json:"otherBrowser"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.Code.IsZero() {
		q.Code = cookieOf(r, a.handleCookie())
	}
	// Without a code there is no login that this browser began.
	if q.Code.IsZero() {
		return status(http.StatusNotFound)
	}
	q.Browser, q.LoginRequest.OtherBrowser = a.browser(r), q.OtherBrowser && !a.c.SameBrowserOnly
	return a.complete(w, r, c, q.LoginRequest, scriptless)
}

// publicTwoFactor serves POST /public/two-factor/login.
func (a *API) publicTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := a.decodeTwoFactor(w, r, c)
	if err != nil {
		return err
	}
	q.Browser = a.browser(r)
	return a.finishTwoFactor(w, r, q, scriptless)
}

// publicSendTwoFactor serves POST /public/two-factor/send/{twoFactorId}.
func (a *API) publicSendTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	return a.sendTwoFactor(w, r, c, a.browser(r))
}

// scriptless leaves to a page's scripts no token that a cookie carries.
func scriptless(l passwordless.LoginResponse) passwordless.LoginResponse {
	l.Token, l.RefreshToken, l.TwoFactorTrustID = secret.Issued{}, secret.Issued{}, secret.Issued{}
	return l
}

// whole leaves a response as it is.
func whole(l passwordless.LoginResponse) passwordless.LoginResponse { return l }
