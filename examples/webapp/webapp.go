// Package webapp is a sign-in that people see: plain pages, rendered on the
// server, that call the login directly. Copy it and change the words and the
// looks. It works without scripts, and a little better with them.
//
//	go run ./examples/server    # and open http://127.0.0.1:9011/login
//
// Every POST ends in a redirect, so that reloading a page repeats nothing. What
// a browser has to remember between two pages is in sealed cookies: [jar]. A GET
// changes nothing that a login depends on.
package webapp

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/token"
)

// Config is what the pages stand on.
type Config struct {
	// Login signs people in. It needs Links to /login, /verify-identity and
	// /verify-registration of these pages, and applications whose refresh tokens
	// have a grace: see New. Required.
	Login *passwordless.Login

	// Verifier believes the access tokens that Login issues for ApplicationID.
	// Required.
	Verifier *token.Verifier

	// ApplicationID is the application that people sign in to. Required.
	ApplicationID string

	// After is the path that people come to once they are signed in. Empty means
	// /me, the page of their account.
	After string

	// SameBrowserOnly has a link sign in only in the browser that asked for it.
	// Else it signs in elsewhere, too, once the person has seen where it was asked
	// for and says that it was them: people do open their mail on another device.
	SameBrowserOnly bool

	// ClientAddress is the address of the client, for limits and for people to
	// recognise their sessions by. Nil means that of the connection, which behind
	// a proxy is the proxy's: take it from the header that yours writes.
	ClientAddress func(r *http.Request) string

	// Errors hears of what failed. Nil: nobody does.
	Errors func(r *http.Request, err error)

	// InsecureCookies leaves Secure and the __Host- prefix off, for plain http. It
	// is right on a loopback address and nowhere else.
	InsecureCookies bool
}

// ErrSessions means that the application does not make the refresh tokens that
// these pages keep people signed in by.
var ErrSessions = errors.New("webapp: Config.ApplicationID: its loginConfiguration must set generateRefreshTokens and allowTokenRefresh, " +
	"and its refresh tokens, if they are for one use, need a gracePeriodInSeconds: two tabs refresh at once")

// App is the pages.
type App struct {
	c       Config
	cookies jar
	pages   map[string]*template.Template
}

// New checks c once. The application must make refresh tokens, and give back the
// same successor for some seconds: [ErrSessions].
func New(c Config) (*App, error) {
	switch {
	case c.Login == nil:
		return nil, errors.New("webapp: Config.Login: is required")
	case c.Verifier == nil:
		return nil, errors.New("webapp: Config.Verifier: is required")
	case c.ApplicationID == "":
		return nil, errors.New("webapp: Config.ApplicationID: is required")
	}
	if c.ClientAddress == nil {
		c.ClientAddress = connection
	}
	if c.Errors == nil {
		c.Errors = func(*http.Request, error) {}
	}
	c.After = cmp.Or(c.After, "/me")
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	a := &App{c: c, pages: pages}
	a.cookies = jar{keys: a.sessions().Keys, insecure: c.InsecureCookies, now: a.now}
	return a, a.checkSessions()
}

// Paths are where a mux mounts the Handler.
func Paths() []string {
	return []string{"/{$}", "/login", "/login/", "/verify-identity", "/verify-registration", "/me", "/me/", "/assets/"}
}

// Handler serves all pages.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /{$}":                      a.home,
		"GET /login":                    a.showLogin,
		"POST /login":                   a.begin,
		"GET /login/code":               a.showCode,
		"POST /login/code":              a.completeCode,
		"POST /login/resend":            a.resend,
		"GET /login/link":               a.showLink,
		"POST /login/link":              a.completeLink,
		"GET /login/factor":             a.showFactor,
		"POST /login/factor":            a.completeFactor,
		"POST /login/factor/choose":     a.chooseFactor,
		"GET /login/enrol":              a.showEnrol,
		"POST /login/enrol":             a.enrol,
		"GET /login/enrol/confirm":      a.showConfirm,
		"POST /login/enrol/confirm":     a.confirm,
		"GET /login/qr.png":             a.qr,
		"GET /login/recovery-codes":     a.showRecovery,
		"GET /login/recovery-codes.txt": a.downloadRecovery,
		"POST /login/recovery-codes":    a.savedRecovery,
		"GET /login/password":           a.showPassword,
		"POST /login/password":          a.changePassword,
		"GET /login/verify":             a.showVerify,
		"POST /login/verify":            a.completeVerify,
		"POST /login/verify/send":       a.sendVerify,
		"GET /login/over":               a.showOver,
		"GET /verify-identity":          a.landVerify(identityLink),
		"POST /verify-identity":         a.completeVerifyLink(identityLink),
		"GET /verify-registration":      a.landVerify(registrationLink),
		"POST /verify-registration":     a.completeVerifyLink(registrationLink),
		"GET /me":                       a.signedIn(a.showAccount),
		"POST /me/sign-out":             a.signOut,
		"POST /me/sign-out-everywhere":  a.signedIn(a.signOutEverywhere),
		"POST /me/sessions/{id}/end":    a.signedIn(a.endSession),
		"POST /me/browsers/forget":      a.signedIn(a.forgetBrowsers),
		"POST /me/browsers/{id}/forget": a.signedIn(a.forgetBrowsers),
		"GET /me/factors/new/{kind}":    a.signedIn(a.showNewFactor),
		"POST /me/factors/new/{kind}":   a.signedIn(a.newFactor),
		"GET /me/factors/confirm":       a.signedIn(a.showConfirmNew),
		"POST /me/factors/confirm":      a.signedIn(a.confirmNew),
		"POST /me/factors/send":         a.signedIn(a.sendProof),
		"GET /me/factor/{id}":           a.signedIn(a.showEditFactor),
		"POST /me/factor/{id}/name":     a.signedIn(a.renameFactor),
		"POST /me/factor/{id}/remove":   a.signedIn(a.removeFactor),
		"GET /me/factors/lost":          a.signedIn(a.showLostFactors),
		"POST /me/factors/lost":         a.signedIn(a.removeAllFactors),
		"GET /me/recovery-codes":        a.signedIn(a.showNewRecovery),
		"POST /me/recovery-codes":       a.signedIn(a.newRecovery),
	} {
		mux.Handle(pattern, a.serve(h))
	}
	mux.Handle("GET /assets/", assets())
	return guarded(mux)
}

// handler answers a request; serve makes a page of its error.
type handler func(w http.ResponseWriter, r *http.Request) error

func (a *App) now() time.Time { return a.sessions().Now() }
