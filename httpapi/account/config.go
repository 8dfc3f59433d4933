package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// ErrWrongPassword is [Config].Password's answer to an address or password that
// is wrong, whichever it is.
var ErrWrongPassword = errors.New("account: wrong address or password")

// Config is what the handler is made of.
type Config struct {
	// Login decides. Its sessions and second factors are the handler's too.
	// Required.
	Login *passwordless.Login

	// Verifier says which ID tokens to believe: those that Login's issuer signs.
	// Give it the Denylist of Login's sessions, or what was revoked holds until it
	// expires. Required.
	Verifier *token.Verifier

	// TenantID and ApplicationID are where people sign in. For a refreshToken the
	// application must generate and allow them. Required.
	TenantID      string
	ApplicationID string

	// Password checks an address and password, and says whose they are.
	// ErrWrongPassword refuses; it must take as long for an address that nobody
	// has. A *passwordless.RateLimitError says that there were too many: guesses
	// at passwords are counted by it alone. Any other error is a failure.
	//
	// Nil means that there are no passwords, but the codes of passwordless logins.
	Password func(ctx context.Context, email string, password secret.Text) (userID string, err error)

	// AuthenticationStatus answers who is not, or cannot be, signed in: zero means
	// 401, as one page of the source has it; 403 is as another has it.
	AuthenticationStatus int

	// ExhaustedStatus answers who has no more attempts for now: zero means 429;
	// 401 and 402 are what the order of the source's answers leaves for it.
	ExhaustedStatus int

	// Client is the address of the client, which is recorded with a login. Nil
	// means that of the connection.
	Client func(r *http.Request) string

	// Errors hears of what is answered with 500, and of a veto, with the id that
	// the answer tells. It is called in the request. Nil hears nothing.
	Errors func(r *http.Request, id string, err error)
}

// New checks c once, and makes the handler. An error names the field.
func New(c Config) (http.Handler, error) {
	for _, f := range []struct {
		name    string
		missing bool
	}{
		{"Login", c.Login == nil},
		{"Login: Sessions.Applications", c.Login != nil && c.Login.Sessions().Applications == nil},
		{"Verifier", c.Verifier == nil},
		{"TenantID", c.TenantID == ""},
		{"ApplicationID", c.ApplicationID == ""},
	} {
		if f.missing {
			return nil, fmt.Errorf("account: Config.%s: missing", f.name)
		}
	}
	c.AuthenticationStatus = cmp.Or(c.AuthenticationStatus, http.StatusUnauthorized)
	c.ExhaustedStatus = cmp.Or(c.ExhaustedStatus, http.StatusTooManyRequests)
	switch c.AuthenticationStatus {
	case http.StatusUnauthorized, http.StatusForbidden:
	default:
		return nil, errors.New("account: Config.AuthenticationStatus: must be 401 or 403")
	}
	switch c.ExhaustedStatus {
	case http.StatusTooManyRequests, http.StatusUnauthorized, http.StatusPaymentRequired:
	default:
		return nil, errors.New("account: Config.ExhaustedStatus: must be 429, 401 or 402")
	}
	if c.Client == nil {
		c.Client = wire.Peer
	}
	a := &api{Config: c, factors: c.Login.Factors()}
	return wire.Dialect{Fail: a.fail}.Handler([]wire.Endpoint{
		{Method: http.MethodPost, Path: "/auth/login", Do: a.login},
		{Method: http.MethodPost, Path: "/auth/login/refresh", Do: a.refresh},
		{Method: http.MethodPost, Path: "/auth/otp/methods/sms", Do: a.signedIn(a.addSMS)},
		{Method: http.MethodPost, Path: "/auth/otp/methods/totp", Do: a.signedIn(a.createTOTP)},
		{Method: http.MethodDelete, Path: "/auth/otp/methods/totp", Do: a.signedIn(a.deleteTOTP)},
		{Method: http.MethodGet, Path: "/auth/otp/code", Do: a.signedIn(a.requestCode)},
		{Method: http.MethodPost, Path: "/auth/otp/code", Do: a.signedIn(a.verifyCode)},
	}), nil
}
