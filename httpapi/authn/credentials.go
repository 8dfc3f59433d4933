package authn

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// credentials are what a request shows, of one kind.
type credentials struct {
	basic       bool
	username    string
	password    secret.Text
	apiKey      secret.Text
	accessToken secret.Text
}

// credentialsOf reads what a request shows. Which of two would count is a matter
// of who reads them, so that two are none.
func credentialsOf(r *http.Request) (credentials, error) {
	kinds := 0
	for _, name := range []string{"Authorization", "Api-Key", "Access-Token"} {
		switch len(r.Header.Values(name)) {
		case 0:
		case 1:
			kinds++
		default:
			return credentials{}, invalid("The request must show one credential.")
		}
	}
	if kinds > 1 {
		return credentials{}, invalid("The request must show one credential.")
	}
	c := credentials{
		apiKey:      secret.New(strings.TrimSpace(r.Header.Get("Api-Key"))),
		accessToken: secret.New(strings.TrimSpace(r.Header.Get("Access-Token"))),
	}
	var password string
	if c.username, password, c.basic = r.BasicAuth(); c.basic {
		c.password = secret.New(password)
	}
	return c, nil
}

// basicOf reads Basic, where nothing else will do.
func basicOf(r *http.Request) (credentials, error) {
	c, err := credentialsOf(r)
	if err == nil && !c.basic {
		err = errCredentials
	}
	return c, err
}

// password says whose a name and password are.
func (a *api) password(ctx context.Context, c credentials) (userID string, err error) {
	if c.username == "" || c.password.IsZero() {
		return "", errCredentials
	}
	userID, err = a.Password(ctx, c.username, c.password)
	switch {
	case errors.Is(err, ErrWrongPassword), err == nil && userID == "":
		return "", errCredentials
	case err != nil:
		return "", err
	}
	return userID, nil
}

// signIn takes the first step with Basic.
func (a *api) signIn(r *http.Request, c credentials) (*passwordless.Result, error) {
	proven := a.byPassword
	if a.Password == nil {
		proven = a.byCode
	}
	result, err := proven(r, c)
	if errors.Is(err, passwordless.ErrRefused) || errors.Is(err, passwordless.ErrOtherBrowser) || isNoName(err) {
		return nil, errCredentials
	}
	return result, err
}

// isNoName says whether a name cannot be anybody's.
func isNoName(err error) bool {
	var invalid *passwordless.ValidationError
	return errors.As(err, &invalid) && len(invalid.FieldErrors["loginId"]) > 0
}

func (a *api) byPassword(r *http.Request, c credentials) (*passwordless.Result, error) {
	userID, err := a.password(r.Context(), c)
	if err != nil {
		return nil, err
	}
	return a.Login.Vouch(r.Context(), passwordless.VouchRequest{
		UserID:        userID,
		LoginID:       c.username,
		LoginIDTypes:  a.LoginIDTypes,
		Methods:       []string{"pwd"},
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		NoJWT:         true,
		EventInfo:     a.info(r),
	})
}

func (a *api) byCode(r *http.Request, c credentials) (*passwordless.Result, error) {
	if c.username == "" {
		return nil, errCredentials
	}
	return a.Login.Complete(r.Context(), passwordless.LoginRequest{
		Code:          secret.New(c.username),
		OneTimeCode:   c.password,
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		NoJWT:         true,
		EventInfo:     a.info(r),
	})
}

func (a *api) info(r *http.Request) passwordless.EventInfo {
	return passwordless.EventInfo{IPAddress: a.Client(r), UserAgent: wire.Agent(r)}
}

// caller is who makes or manages keys.
type caller struct {
	session.Who

	// permissions bound what the caller makes; nil: nothing was said of them.
	permissions []string

	short bool // by an access token
}

// caller says who asks, by any of the three.
func (a *api) caller(r *http.Request) (caller, error) {
	c, err := credentialsOf(r)
	if err != nil {
		return caller{}, err
	}
	switch {
	case !c.apiKey.IsZero():
		return holder(a.Keys.CheckAPIKey(r.Context(), a.TenantID, c.apiKey))
	case !c.accessToken.IsZero():
		found, err := holder(a.Keys.CheckAccessToken(r.Context(), a.TenantID, c.accessToken))
		found.short = true
		return found, err
	case c.basic && a.Password != nil:
		return a.signedIn(r, c)
	}
	return caller{}, errCredentials
}

// maker is caller, for who is to make a key.
func (a *api) maker(r *http.Request) (caller, error) {
	c, err := a.caller(r)
	if err == nil && c.short && !a.InsecureAccessTokensMakeKeys {
		return caller{}, errCredentials
	}
	return c, err
}

func holder(found session.Checked, err error) (caller, error) {
	if err != nil {
		return caller{}, err
	}
	return caller{Who: session.Who{TenantID: found.TenantID, UserID: found.UserID}, permissions: found.Permissions}, nil
}

// signedIn is who Basic alone signs in: nobody of whom a second factor is asked.
func (a *api) signedIn(r *http.Request, c credentials) (caller, error) {
	result, err := a.signIn(r, c)
	if err != nil {
		return caller{}, err
	}
	if !result.Admitted {
		return caller{}, unadmitted(result.Outcome)
	}
	return caller{Who: session.Who{TenantID: a.TenantID, UserID: result.Response.User.ID}}, nil
}
