// Package bearer lets requests with a valid access token through to an
// [http.Handler], and answers the others as RFC 6750 and RFC 9470 have it.
//
// A [Guard] reads the token; [Guard.Require] wraps a handler with what its
// requests need beyond a valid token; [ClaimsOf] is who asks, in the handler.
package bearer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

// Config is how tokens come in.
type Config struct {
	// Verifier says which tokens to believe, and for which audiences. Required.
	Verifier *token.Verifier

	// Cookie is the name of a cookie that may carry the token where there is no
	// Authorization header. Empty means that no cookie does. A request by cookie
	// that is not GET, HEAD or OPTIONS and comes from another site is refused,
	// as [http.CrossOriginProtection] has it.
	Cookie string

	// Realm is told in refusals; empty: none. Printable ASCII without quote or backslash.
	Realm string

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Guard lets requests through. It may be used concurrently.
type Guard struct {
	config Config
	origin *http.CrossOriginProtection
}

// New checks c once. An error names the field.
func New(c Config) (*Guard, error) {
	switch {
	case c.Verifier == nil:
		return nil, errors.New("bearer: Config.Verifier: missing")
	case !quotable(c.Realm):
		return nil, errors.New("bearer: Config.Realm: must be printable ASCII without quote or backslash")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Guard{config: c, origin: http.NewCrossOriginProtection()}, nil
}

// Require returns next behind the guard: it is called with the claims of a valid
// token that meets r, for [ClaimsOf]. It panics if r.Context cannot be in a
// header or r.Within is negative: mistakes of the program.
//
// Others are answered with an empty body: 401 without a token or with one that
// is invalid; 403 for a tenant, audience or role that is missing; 401 with
// insufficient_user_authentication where signing in again, or with a second
// factor, would help; 400 for more than one Authorization header; 503 if the
// keys or the denylist cannot be read.
func (g *Guard) Require(r Requirement, next http.Handler) http.Handler {
	switch {
	case !quotable(r.Context):
		panic("bearer: Requirement.Context: must be printable ASCII without quote or backslash")
	case r.Within < 0:
		panic("bearer: Requirement.Within: negative")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		claims, no := g.admit(request, r)
		if no != nil {
			g.refuse(w, *no)
			return
		}
		next.ServeHTTP(w, request.WithContext(context.WithValue(request.Context(), claimsKey{}, claims)))
	})
}

// claimsKey is what claims are kept in a context under.
type claimsKey struct{}

// ClaimsOf is the claims of the token that let a request through a [Guard].
// False means that none did: refuse.
func ClaimsOf(ctx context.Context) (token.Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(token.Claims)
	return c, ok
}

// admit reads and checks a request's token.
func (g *Guard) admit(request *http.Request, r Requirement) (token.Claims, *refusal) {
	text, no := g.tokenOf(request)
	if no != nil {
		return token.Claims{}, no
	}
	claims, err := g.config.Verifier.Verify(request.Context(), text)
	switch {
	case errors.Is(err, token.ErrInvalid):
		return token.Claims{}, &refusal{status: http.StatusUnauthorized, code: "invalid_token"}
	case err != nil:
		return token.Claims{}, &refusal{status: http.StatusServiceUnavailable}
	}
	if no := r.check(claims, g.config.Now()); no != nil {
		return token.Claims{}, no
	}
	return claims, nil
}

// tokenOf finds the token (RFC 6750 section 2.1, or the cookie). It is never
// read from the query or the body, which end up in logs.
func (g *Guard) tokenOf(request *http.Request) (string, *refusal) {
	if headers := request.Header["Authorization"]; len(headers) > 0 {
		if len(headers) > 1 {
			return "", &refusal{status: http.StatusBadRequest, code: "invalid_request"}
		}
		scheme, text, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", &refusal{status: http.StatusUnauthorized}
		}
		return strings.TrimLeft(text, " "), nil
	}
	if g.config.Cookie == "" {
		return "", &refusal{status: http.StatusUnauthorized}
	}
	cookies := request.CookiesNamed(g.config.Cookie)
	switch {
	case len(cookies) == 0 || cookies[0].Value == "":
		return "", &refusal{status: http.StatusUnauthorized}
	case len(cookies) > 1: // a neighbour on a parent domain may have set one
		return "", &refusal{status: http.StatusBadRequest, code: "invalid_request"}
	case g.origin.Check(request) != nil:
		return "", &refusal{status: http.StatusForbidden}
	}
	return cookies[0].Value, nil
}

// refusal is an answer.
type refusal struct {
	status int
	code   string // RFC 6750 section 3.1, RFC 9470 section 3; empty: the request showed no token
	acr    string
	maxAge string
}

func (g *Guard) refuse(w http.ResponseWriter, no refusal) {
	w.Header().Set("Cache-Control", "no-store")
	if no.status != http.StatusServiceUnavailable {
		w.Header().Set("WWW-Authenticate", no.challenge(g.config.Realm))
	}
	w.WriteHeader(no.status)
}

func (no refusal) challenge(realm string) string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"realm", realm}, {"error", no.code}, {"acr_values", no.acr}, {"max_age", no.maxAge},
	} {
		if p.value != "" {
			parts = append(parts, p.name+`="`+p.value+`"`)
		}
	}
	return strings.TrimSpace("Bearer " + strings.Join(parts, ", "))
}

// quotable says whether text can stand between quotes in a header as it is.
func quotable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
