package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// Access is who may call an endpoint.
type Access string

// Who may call an endpoint.
const (
	Anybody     Access = "anybody"
	Key         Access = "key"           // a service with an API key
	KeyOrPerson Access = "key or person" // or a person with their access token
	PublicPage  Access = "public page"   // a browser, where [Config.Public] is set
)

// caller is who makes a call.
type caller struct {
	tenantID string       // the only tenant that the call is about; empty: any
	keyed    bool         // it showed an API key
	person   token.Claims // of its access token; zero: it showed none
}

// admit says who calls, or refuses.
func (a *API) admit(r *http.Request, endpoint string, need Access) (caller, error) {
	tenantID, err := tenantOf(r)
	if err != nil {
		return caller{}, err
	}
	c := caller{tenantID: tenantID}
	shown := r.Header.Values("Authorization")
	switch {
	case need == Anybody, need == PublicPage:
		return c, nil
	case need == KeyOrPerson && (len(shown) == 0 || isBearer(shown[0])):
		return a.admitPerson(r, c)
	case len(shown) != 1 || shown[0] == "" || a.c.APIKeys == nil:
		return caller{}, status(http.StatusUnauthorized)
	}
	return a.admitKey(r, endpoint, c, secret.New(shown[0]))
}

func (a *API) admitKey(r *http.Request, endpoint string, c caller, shown secret.Text) (caller, error) {
	key, err := a.c.APIKeys.APIKey(r.Context(), shown)
	switch {
	case errors.Is(err, ErrUnknownAPIKey):
		return caller{}, status(http.StatusUnauthorized)
	case err != nil:
		return caller{}, fmt.Errorf("httpapi: API keys: %w", err)
	case !key.allows(r.Method, endpoint):
		return caller{}, status(http.StatusUnauthorized)
	case key.TenantID != "" && c.tenantID != "" && c.tenantID != key.TenantID:
		return caller{}, general("TenantIdMismatch", "The API key is for another tenant.")
	case key.TenantID != "":
		c.tenantID = key.TenantID
	}
	c.keyed = true
	return c, nil
}

func (a *API) admitPerson(r *http.Request, c caller) (caller, error) {
	claims, err := a.claims(r)
	if err != nil {
		return caller{}, err
	}
	if c.tenantID != "" && c.tenantID != claims.TenantID {
		return caller{}, status(http.StatusUnauthorized)
	}
	c.tenantID, c.person = claims.TenantID, claims
	return c, nil
}

// claims are those of the access token that a request carries: in Authorization
// or, if there is none, in the cookie.
func (a *API) claims(r *http.Request) (token.Claims, error) {
	shown := cookieOf(r, accessCookie).Reveal()
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		if len(headers) > 1 || !isBearer(headers[0]) {
			return token.Claims{}, status(http.StatusUnauthorized)
		}
		shown = headers[0][len(bearer):]
	}
	if shown == "" || a.c.Verifier == nil {
		return token.Claims{}, status(http.StatusUnauthorized)
	}
	claims, err := a.c.Verifier.Verify(r.Context(), shown)
	if errors.Is(err, token.ErrInvalid) {
		return token.Claims{}, status(http.StatusUnauthorized)
	}
	return claims, err
}

const bearer = "Bearer "

func isBearer(authorization string) bool {
	return len(authorization) >= len(bearer) && strings.EqualFold(authorization[:len(bearer)], bearer)
}
