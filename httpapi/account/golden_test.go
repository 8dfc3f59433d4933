package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

var errBroken = errors.New("the directory is down")

// Each status of the login and the refresh, byte for byte.
//
// S4-6, S4-9, S4-56.
func TestLoginTranscripts(t *testing.T) {
	t.Parallel()
	var fault error
	b := open(t, func(b *bench) {
		b.Config.Password = func(ctx context.Context, email string, typed secret.Text) (string, error) {
			if fault != nil {
				return "", fault
			}
			return checkPassword(ctx, email, typed)
		}
	})
	const login, refresh = "POST /auth/login", "POST /auth/login/refresh"
	first := b.Record("200 signed in", login, john)
	b.Record("400 no JSON", login, `{"email"`)
	b.Record("400 a member that is not of its type", login, `{"email":1}`)
	b.Record("401 a wrong password", login, strings.Replace(john, "horse", "cow", 1))
	b.Record("403 from another origin", login, john, "Sec-Fetch-Site: cross-site", "Origin: https://example.com")
	b.Record("404 another path", "POST /auth/logout", "")
	b.Record("405 another method", "GET /auth/login", "")
	b.Record("204 the methods", "OPTIONS /auth/login", "")
	b.Record("415 no JSON", login, "email=x", "Content-Type: text/plain")
	fault = &passwordless.RateLimitError{RetryAfter: 90 * time.Second}
	b.Record("429 too many passwords", login, john)
	fault = errBroken
	b.Record("500 something failed", login, john)
	b.Record("200 refreshed", refresh, fmt.Sprintf(`{"refreshToken":%q}`, first.Text("refreshToken")))
	b.Record("400 no JSON", refresh, `[]`)
	b.Record("403 no refresh token of ours", refresh, `{"refreshToken":"x"}`)
	b.Recorder.Golden("testdata/login.txt")
}

// Each status of the other operations.
func TestOperationTranscripts(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn("User-Agent: Mozilla/5.0")
	const sms, totp, code = "/auth/otp/methods/sms", "/auth/otp/methods/totp", "/auth/otp/code"
	b.Record("200 a number, and a code sent there", "POST "+sms, `{"phone":"+13035551212","country":"US"}`, bearer)
	b.Record("400 no number", "POST "+sms, `{"phone":"x","country":"US"}`, bearer)
	b.Record("401 not signed in", "POST "+sms, `{"phone":"+13035551212","country":"US"}`)
	b.Record("429 too soon", "GET "+code+"?method=SMS", "", bearer)
	b.Advance(time.Minute)
	b.Record("200 the code once more", "GET "+code+"?method=SMS", "", bearer)
	b.Record("400 nothing to send", "GET "+code+"?method=TOTP", "", bearer)
	b.Record("401 not signed in", "GET "+code+"?method=SMS", "")
	b.Record("405 HEAD sends nothing", "HEAD "+code+"?method=SMS", "", bearer)
	b.Record("401 a wrong code", "POST "+code, `{"channel":"SMS"}`, bearer, "X-Otp: abcdef")
	b.Record("200 the number counts", "POST "+code, `{"channel":"SMS"}`, bearer, b.sent(phone))
	b.Record("400 it counts already", "POST "+code, `{"channel":"SMS"}`, bearer, "X-Otp: abcdef")
	b.Record("400 it counts already", "POST "+sms, `{"phone":"+13035551212","country":"US"}`, bearer)
	b.Record("401 without the proof of the first method", "POST "+totp, `{}`, bearer)
	b.Advance(time.Minute)
	b.Record("200 a code as a proof", "GET "+code+"?method=SMS", "", bearer)
	created := b.Record("200 a secret, told once", "POST "+totp+"?method=SMS", `{}`, bearer, b.sent(phone))
	b.Record("400 none that counts", "DELETE "+totp, ``, bearer, "X-Otp: abcdef")
	b.Record("200 the secret counts", "POST "+code, `{"channel":"TOTP"}`, bearer, b.otp(created.Text("secret")))
	b.Record("400 it counts already", "POST "+totp, `{}`, bearer)
	b.Record("401 a login without x-otp", "POST /auth/login", john)
	b.Record("401 a wrong code", "DELETE "+totp, ``, bearer, "X-Otp: abcdef")
	b.Advance(30 * time.Second)
	b.Record("200 the secret is gone", "DELETE "+totp, ``, bearer, b.otp(created.Text("secret")))
	b.Record("401 not signed in", "DELETE "+totp, ``)
	b.Recorder.Golden("testdata/operations.txt")
}

// What fails is a 500 that tells no more than an id, which the host is told with
// what failed.
//
// S4-6, S4-16, S4-21, S4-27, S4-32, S4-41.
func TestFailures(t *testing.T) {
	t.Parallel()
	broken := false
	b := open(t, func(b *bench) { b.House.Config.Store.Factors = faulty{b.Backend.Store.Factors, &broken} })
	bearer, _ := b.signIn()
	for name, fault := range map[string]func() (string, error){
		"fails":  func() (string, error) { return "", errBroken },
		"panics": func() (string, error) { panic("secret") },
	} {
		var ids []string
		c := b.Config
		c.Password = func(context.Context, string, secret.Text) (string, error) { return fault() }
		c.Errors = func(_ *http.Request, id string, _ error) { ids = append(ids, id) }
		h, err := account.New(c)
		b.must(err)
		b.Recorder.Handler = h
		a := b.Call("POST /auth/login", john)
		if a.Status != 500 || len(ids) != 1 || !strings.Contains(a.Body, `"message":"Internal error","id":"`+ids[0]) || strings.Contains(a.Body, "directory") || strings.Contains(a.Body, "secret") {
			t.Errorf("a hook that %s: %d %s, told %v", name, a.Status, a.Body, ids)
		}
	}
	var ids int
	broken = true
	c := b.Config
	c.Errors = func(*http.Request, string, error) { ids++ }
	h, err := account.New(c)
	b.must(err)
	b.Recorder.Handler = h
	for i, line := range []string{
		"POST /auth/otp/methods/totp?method=SMS", "POST /auth/otp/methods/sms?method=SMS", "DELETE /auth/otp/methods/totp",
		"GET /auth/otp/code?method=SMS", "POST /auth/otp/code",
	} {
		a := b.Call(line, `{"channel":"SMS","phone":"+13035551212"}`, bearer)
		if a.Status != 500 || !strings.Contains(a.Body, "Internal error") || strings.Contains(a.Body, "directory") || ids != i+1 {
			t.Errorf("%s: %d %s, told %d times", line, a.Status, a.Body, ids)
		}
	}
}

// What is missing or makes no sense is named.
func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	b := open(t)
	for field, change := range map[string]func(*account.Config){
		"Login":                func(c *account.Config) { c.Login = nil },
		"Verifier":             func(c *account.Config) { c.Verifier = nil },
		"TenantID":             func(c *account.Config) { c.TenantID = "" },
		"ApplicationID":        func(c *account.Config) { c.ApplicationID = "" },
		"AuthenticationStatus": func(c *account.Config) { c.AuthenticationStatus = 404 },
		"ExhaustedStatus":      func(c *account.Config) { c.ExhaustedStatus = 200 },
	} {
		c := b.Config
		change(&c)
		if h, err := account.New(c); h != nil || err == nil || !strings.Contains(err.Error(), "Config."+field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
