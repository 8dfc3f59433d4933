package bearer_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
	"github.com/gatehouse-go/gatehouse/token/bearer"
)

// A handler behind a guard: who asks is in the context, and deleting takes two
// factors in the last ten minutes.
func Example() {
	key, _ := token.GenerateKey(token.EdDSA)
	keys, _ := token.NewKeySet(key)
	issuer, _ := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com"})
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keys:      keys, // in another service: token.NewPublishedKeys
		Issuer:    "https://www.piedpiper.com",
		Audiences: []string{applicationID},
	})
	if err != nil {
		panic(err)
	}
	guard, err := bearer.New(bearer.Config{Verifier: verifier, Realm: "Pied Piper"})
	if err != nil {
		panic(err)
	}

	profile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := bearer.ClaimsOf(r.Context())
		fmt.Fprint(w, "user ", claims.Subject)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require(bearer.Requirement{}, profile))
	mux.Handle("DELETE /profile", guard.Require(bearer.Requirement{Context: "2fa", Within: 10 * time.Minute}, profile))

	signed, _ := issuer.Issue(context.Background(), token.Claims{
		Subject: userID, Audience: applicationID, TenantID: tenantID, Context: "1fa", AuthTime: time.Now(),
	})
	for _, method := range []string{"GET", "DELETE"} {
		r := httptest.NewRequest(method, "/profile", nil)
		r.Header.Set("Authorization", "Bearer "+signed.Token.Reveal())
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, cmp.Or(w.Body.String(), w.Header().Get("WWW-Authenticate")))
	}
	// Output:
	// 200 user 00000000-0000-0001-0000-000000000000
	// 401 Bearer realm="Pied Piper", error="insufficient_user_authentication", acr_values="2fa", max_age="600"
}
