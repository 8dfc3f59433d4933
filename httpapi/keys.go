package httpapi

import (
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/token"
)

// jwks serves GET /.well-known/jwks.json, which may be cached.
func (a *API) jwks(w http.ResponseWriter, r *http.Request, _ caller) error {
	a.c.Keys.Handler(0).ServeHTTP(w, r)
	return nil
}

// publicKey serves GET /api/jwt/public-key: of a kid, or all by their kid.
func (a *API) publicKey(w http.ResponseWriter, r *http.Request, _ caller) error {
	all := map[string]string{}
	for _, k := range a.c.Keys.Keys() {
		if _, public := k.JWK(); !public {
			continue
		}
		pem, err := k.PublicPEM()
		if err != nil {
			return err
		}
		all[k.ID()] = string(pem)
	}
	kid := r.URL.Query().Get("kid")
	if kid == "" {
		return wire.Reply(w, http.StatusOK, map[string]any{"publicKeys": all})
	}
	pem, ok := all[kid]
	if !ok {
		return status(http.StatusNotFound)
	}
	return wire.Reply(w, http.StatusOK, map[string]string{"publicKey": pem})
}

// openID serves GET /.well-known/openid-configuration: as much of OpenID Connect
// Discovery 1.0, section 3, as helps a verifier of access tokens. There are no
// OpenID Connect flows.
func (a *API) openID(w http.ResponseWriter, _ *http.Request, _ caller) error {
	var algorithms []token.Algorithm
	seen := map[token.Algorithm]bool{}
	for _, k := range a.c.Keys.JWKS().Keys {
		if !seen[k.Algorithm] {
			algorithms = append(algorithms, k.Algorithm)
		}
		seen[k.Algorithm] = true
	}
	return wire.Reply(w, http.StatusOK, struct {
		Issuer        string            `json:"issuer"`
		JWKS          string            `json:"jwks_uri"`
		Algorithms    []token.Algorithm `json:"id_token_signing_alg_values_supported"`
		ResponseTypes []string          `json:"response_types_supported"`
		SubjectTypes  []string          `json:"subject_types_supported"`
	}{a.c.Issuer, strings.TrimSuffix(a.c.BaseURL, "/") + "/.well-known/jwks.json", algorithms, []string{}, []string{"public"}})
}
