package secret_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gatehouse-go/gatehouse/secret"
)

func ExampleText() {
	var login struct {
		LoginID string      `json:"loginId"`
		Code    secret.Text `json:"code"`
	}
	json.Unmarshal([]byte(`{"loginId":"jared@piedpiper.com","code":"000123"}`), &login)

	fmt.Printf("%+v\n", login)
	fmt.Println(login.Code.Equal(secret.New("000123")))
	// Output:
	// {LoginID:jared@piedpiper.com Code:[redacted]}
	// true
}

func ExampleIssued() {
	var response struct {
		Token        secret.Issued `json:"token,omitzero"`
		RefreshToken secret.Issued `json:"refreshToken,omitzero"`
	}
	response.Token = secret.Issue("1RWFVWX4pLUYwDCQ2fHKkU0ZMSEoDSUzMoeF40-Mkz8")

	fmt.Println(response)
	body, _ := json.Marshal(response)
	fmt.Println(string(body))
	// Output:
	// {[redacted] [redacted]}
	// {"token":"1RWFVWX4pLUYwDCQ2fHKkU0ZMSEoDSUzMoeF40-Mkz8"}
}

func ExampleGenerator() {
	g := secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 6}
	if err := g.Check(); err != nil {
		fmt.Println(err)
		return
	}
	code := g.New()
	fmt.Printf("%s, %d characters, %.1f bits\n", code, len(code.Reveal()), g.Bits())
	fmt.Println(g.Canonical("4mz7qk"))
	// Output:
	// [redacted], 6 characters, 29.7 bits
	// 4MZ7QK
}

// A code is sealed with its ticket, so that it can be sent again; in another
// ticket it does not open.
func ExampleKeyring() {
	keys, err := secret.NewKeyring(secret.GenerateKey("2026-01"))
	if err != nil {
		fmt.Println(err)
		return
	}
	const code secret.Use = "one-time code"
	sealed := keys.Seal(code, []byte("000123"), "first ticket")

	plain, err := keys.Open(code, sealed, "first ticket")
	fmt.Println(string(plain), err)
	_, err = keys.Open(code, sealed, "second ticket")
	fmt.Println(errors.Is(err, secret.ErrDamaged))
	// Output:
	// 000123 <nil>
	// true
}

// The key that a service starts with comes from its configuration, where
// GenerateKey and Reveal once wrote it.
func ExampleParseKey() {
	key, err := secret.ParseKey("2026-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	fmt.Println(key, err)
	// Output: {2026-01 [redacted]} <nil>
}
