package account_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
)

// ROB-01: any bytes are a clear answer, from every endpoint.
func FuzzHandler(f *testing.F) {
	for endpoint := range byte(7) {
		f.Add(endpoint, "method=SMS", `{"email":"jared@piedpiper.com","password":"x","refreshToken":"x","phone":"1","country":"US","channel":"TOTP"}`, "", "123456")
		f.Add(endpoint, "method=EMAIL&method=\xff", `{"code":"x","twoFactorId":"x","methodId":"\u0000","channel":"\ud800"}`, "Bearer x.y.z", "QJD73-L6GR5-9XM4T")
	}
	f.Add(byte(5), "%", "{", "Bearer", "\xff")
	var once sync.Once
	var handlers []http.Handler
	var bearer string
	f.Fuzz(func(t *testing.T, endpoint byte, query, body, authorization, otp string) {
		once.Do(func() { handlers, bearer = byEachFirstFactor(t) })
		line := []string{
			"POST /auth/login",
			"POST /auth/login/refresh",
			"POST /auth/otp/methods/sms",
			"POST /auth/otp/methods/totp",
			"DELETE /auth/otp/methods/totp",
			"GET /auth/otp/code",
			"POST /auth/otp/code",
		}[endpoint%7]
		for _, h := range handlers {
			for _, who := range []string{authorization, bearer[len("Authorization: "):]} {
				wiretest.Any(t, h, line, query, body, map[string]string{"Authorization": who, "X-Otp": otp})
			}
		}
	})
}

// byEachFirstFactor are handlers with and without passwords, and the header of
// who is signed in.
func byEachFirstFactor(t *testing.T) (handlers []http.Handler, bearer string) {
	b := open(t)
	passwordless := b.Config
	passwordless.Password = nil
	for _, c := range []account.Config{b.Config, passwordless} {
		h, err := account.New(c)
		b.must(err)
		handlers = append(handlers, h)
	}
	bearer, _ = b.signIn()
	return handlers, bearer
}

// ROB-01: requests of any bytes fail nowhere.
func FuzzRequests(f *testing.F) {
	wiretest.FuzzRequests(f, "testdata/*.txt", func(t *testing.T) (http.Handler, wiretest.Alive) {
		b := open(t)
		bearer, in := b.signIn()
		login := b.Form()
		return b.Handler, strings.NewReplacer(
			"$jwt", bearer[len("Authorization: Bearer "):], "$refreshToken", in.Text("refreshToken"),
			"$secret", login.Code.Reveal(), "$otp", login.OneTimeCode.Reveal())
	})
}
