package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

func Example() {
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		panic(err)
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		panic(err)
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://piedpiper.com"})
	if err != nil {
		panic(err)
	}
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keys:      keys,
		Issuer:    "https://piedpiper.com",
		Audiences: []string{"10000000-0000-0002-0000-000000000001"},
	})
	if err != nil {
		panic(err)
	}

	signed, err := issuer.Issue(context.Background(), token.Claims{
		Subject:  "00000000-0000-0001-0000-000000000000",
		Audience: "10000000-0000-0002-0000-000000000001",
		TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		Roles:    []string{"admin"},
	})
	if err != nil {
		panic(err)
	}
	claims, err := verifier.Verify(context.Background(), signed.Token.Reveal())
	fmt.Println(claims.Subject, claims.Roles, claims.ExpiresAt.Sub(claims.IssuedAt), err)

	_, err = verifier.Verify(context.Background(), signed.Token.Reveal()+"A")
	fmt.Println(errors.Is(err, token.ErrInvalid))
	// Output:
	// 00000000-0000-0001-0000-000000000000 [admin] 1h0m0s <nil>
	// true
}

func ExampleKeySet() {
	first, _ := token.GenerateKey(token.EdDSA)
	keys, _ := token.NewKeySet(first)
	http.Handle("GET /.well-known/jwks.json", keys.Handler(5*time.Minute))

	// A new key is published before it signs …
	second, _ := token.GenerateKey(token.ES256)
	fmt.Println(keys.Add(second), len(keys.JWKS().Keys))
	// … signs once every verifier has seen it, five minutes later …
	fmt.Println(keys.SignWith(second.ID()))
	// … and the old one goes when the last token that it signed has expired.
	fmt.Println(keys.Remove(first.ID()), len(keys.JWKS().Keys))
	// Output:
	// <nil> 2
	// <nil>
	// <nil> 1
}

func ExampleParseJWK() {
	// The key of RFC 8037, appendix A.1.
	key, err := token.ParseJWK([]byte(`{"kty":"OKP","crv":"Ed25519",
		"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
		"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	fmt.Println(key, key.CanSign(), err)
	// Output: token.Key(EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k) true <nil>
}
