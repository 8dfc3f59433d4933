package authn

import (
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// ErrWrongPassword is [Config].Password's answer to a name or password that is
// wrong, whichever it is.
var ErrWrongPassword = errors.New("authn: wrong name or password")

// Config is what the handler is made of.
type Config struct {
	// Login decides. Required.
	Login *passwordless.Login

	// Keys makes and checks API keys and access tokens, over the store of Login.
	// Required.
	Keys *session.Keys

	// TenantID and ApplicationID are where people sign in. Required.
	TenantID      string
	ApplicationID string

	// Password checks the name and password of Basic, and says whose they are.
	// ErrWrongPassword refuses; it must take as long for a name that nobody has.
	// A *passwordless.RateLimitError says that there were too many: guesses at
	// passwords are counted by it alone. Any other error is a failure.
	//
	// Nil means that there are no passwords: Basic carries the code of a
	// passwordless login and its short code, which are good once, for the first
	// step alone. The second step then needs no Basic.
	Password func(ctx context.Context, username string, password secret.Text) (userID string, err error)

	// LoginIDTypes is what a name may be, with Password. Empty means an e-mail
	// address, then a user name.
	LoginIDTypes []identity.IdentityType

	// InsecureAccessTokensMakeKeys lets an access token make others and API keys.
	// Whoever finds one of thirty minutes then has one for good. It is right for
	// clients that keep to the letter of the source document, by which an access
	// token opens all that an API key opens.
	InsecureAccessTokensMakeKeys bool

	// Client is the address of the client, which is recorded with a login. Nil
	// means that of the connection.
	Client func(r *http.Request) string

	// Errors hears of what is answered with 500, and of a veto, with the errorId
	// that the answer tells. It is called in the request. Nil hears nothing.
	Errors func(r *http.Request, errorID string, err error)
}

// New checks c once, and makes the handler. An error names the field.
func New(c Config) (http.Handler, error) {
	switch {
	case c.Login == nil:
		return nil, errors.New("authn: Config.Login: missing")
	case c.Keys == nil:
		return nil, errors.New("authn: Config.Keys: missing")
	case c.TenantID == "":
		return nil, errors.New("authn: Config.TenantID: missing")
	case c.ApplicationID == "":
		return nil, errors.New("authn: Config.ApplicationID: missing")
	}
	if c.Client == nil {
		c.Client = wire.Peer
	}
	a := &api{c}
	return wire.Dialect{Fail: a.fail}.Handler([]wire.Endpoint{
		{Method: http.MethodPost, Path: "/auth", Do: a.authenticate},
		{Method: http.MethodPost, Path: "/auth/factor/{factorId}/verify", Do: a.verify},
		{Method: http.MethodPost, Path: "/auth/factor/{factorId}/challenge", Do: a.challenge},
		{Method: http.MethodGet, Path: "/auth/access-token", Do: a.checkAccessToken},
		{Method: http.MethodPost, Path: "/auth/access-token", Do: a.createAccessToken},
		{Method: http.MethodPost, Path: "/auth/api-key", Do: a.createAPIKey},
		{Method: http.MethodGet, Path: "/auth/api-keys", Do: a.listAPIKeys},
		{Method: http.MethodPatch, Path: "/auth/api-key/{id}", Do: a.updateAPIKey},
	}), nil
}

// api is the handler.
type api struct{ Config }
