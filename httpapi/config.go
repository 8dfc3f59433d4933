package httpapi

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/token"
)

// Config is what an API is made of.
type Config struct {
	// Login signs people in. Its sessions and second factors are the API's too.
	// Required.
	Login *passwordless.Login

	// APIKeys finds the keys that callers show. Nil means that there are none,
	// and that every call which needs one is answered with 401.
	APIKeys APIKeys

	// Verifier says which access tokens to believe, for the endpoints that a
	// person may call themselves. Nil means none, and that /api/jwt/validate is
	// not served.
	Verifier *token.Verifier

	// Keys are published for verifiers. Nil means that they are not.
	Keys *token.KeySet

	// Issuer and BaseURL are told by /.well-known/openid-configuration: the iss
	// of access tokens, and the https URL that the API is mounted at. It is
	// served if both are set, and Keys.
	Issuer  string
	BaseURL string

	// DefaultApplicationID is the application whose tenant and messages hold where
	// a call about a person names none, as FusionAuth's clients may. Empty means
	// that it must be named.
	DefaultApplicationID string

	// TrustedProxies are whose X-Forwarded-For is believed. Empty means nobody's:
	// the client is whoever connects. An address from there is recorded, and
	// limits starts by clients; it moves no limit for a person.
	TrustedProxies []netip.Prefix

	// Public serves the endpoints for browsers without an API key, under /public.
	Public bool

	// SameBrowserOnly has a login under /public complete only in the browser that
	// asked for it. Else it completes in another one too, once the person has
	// seen where it was asked for and accepts that.
	SameBrowserOnly bool

	// CrossOrigin refuses what browsers send from other origins. Nil means all of
	// it; give one with trusted origins to let those through.
	CrossOrigin *http.CrossOriginProtection

	// InsecureCookies leaves out the Secure attribute of cookies and the prefix
	// __Host- of the public one. It is right for tests on http://localhost.
	InsecureCookies bool

	// Errors hears of what is answered with 500, 503 or 504: the error, or a
	// *PanicError. It is called in the request. Nil hears nothing.
	Errors func(r *http.Request, err error)
}

// API is FusionAuth's API over a login. It may be used concurrently.
type API struct {
	c        Config
	login    *passwordless.Login
	sessions *session.Sessions
	factors  *mfa.Factors
	handler  http.Handler
	routes   []Route
}

// New checks c once. An error names the field.
func New(c Config) (*API, error) {
	if c.Login == nil {
		return nil, errors.New("httpapi: Config.Login: missing")
	}
	for _, p := range c.TrustedProxies {
		if !p.IsValid() {
			return nil, errors.New("httpapi: Config.TrustedProxies: not a prefix")
		}
	}
	if err := checkBase(c.BaseURL); err != nil {
		return nil, err
	}
	a := &API{c: c, login: c.Login, sessions: c.Login.Sessions(), factors: c.Login.Factors()}
	a.mount()
	return a, nil
}

func checkBase(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("httpapi: Config.BaseURL: not an https URL without a query")
	}
	return nil
}
