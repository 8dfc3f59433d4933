package token

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// defaultJWKSMaxAge is how long verifiers may keep the published keys.
const defaultJWKSMaxAge = 5 * time.Minute

// JWKS is a JWK Set of public keys (RFC 7517 section 5).
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWKS returns the public parts of the keys of the set. HMAC keys have none and
// are left out.
func (s *KeySet) JWKS() JWKS {
	set := JWKS{Keys: []JWK{}}
	for _, k := range s.Keys() {
		if j, ok := k.JWK(); ok {
			set.Keys = append(set.Keys, j)
		}
	}
	return set
}

// Handler publishes the public keys of the set, usually at
// /.well-known/jwks.json. It answers GET and HEAD, says for how long verifiers
// may keep the answer, and answers 304 while what they kept still holds.
//
// A new key must wait for maxAge, in whole seconds, between Add and SignWith.
// Zero or less means 5 minutes.
func (s *KeySet) Handler(maxAge time.Duration) http.Handler {
	if maxAge <= 0 {
		maxAge = defaultJWKSMaxAge
	}
	cacheControl := "public, max-age=" + strconv.Itoa(int(maxAge.Seconds()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, err := json.Marshal(s.JWKS())
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		sum := sha256.Sum256(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", cacheControl)
		w.Header().Set("ETag", `"`+encodeBase64(sum[:])+`"`)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}
