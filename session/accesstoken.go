package session

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// LoginKey is the name of the API key that a login makes.
const LoginKey = "loginKey"

// How long an access token lives: one that a login makes, and one that is asked
// for, at least and at most. Using it makes it live no longer.
const (
	AccessTokenLifetime    = 30 * time.Minute
	MinAccessTokenLifetime = 30 * time.Minute
	MaxAccessTokenLifetime = 6 * time.Hour
)

// What a login says of its API key. Neither holds the key.
const (
	keyShown = "This API key is displayed only once. Save it and store it securely."
	keyHeld  = "An API key named " + LoginKey + " exists already and is not displayed again. Revoke it to be given a new one."
)

// LoginKeys is what a login leaves to a program.
type LoginKeys struct {
	APIKey      NewKey // zero: the user has one
	AccessToken NewKey
	Message     string // about the API key, for a person
}

// Login makes an access token and, unless the user has a live one, the API key
// named LoginKey. Errors are those of CreateAPIKey, but for its name; ErrRefused
// also if everything of the user was revoked since the login was decided.
//
// Call it for a user whose login has just ended in a token, and for no other, with
// the epoch that the login was admitted under: it reads whether they are locked,
// have expired or are prevented, and knows nothing of codes or second factors.
func (k *Keys) Login(ctx context.Context, w Who, epoch int64) (LoginKeys, error) {
	token := store.Grant{Kind: store.AccessToken, Expires: k.now().Add(AccessTokenLifetime)}
	access, err := k.createUnder(ctx, epoch, w, token, nil)
	if err != nil {
		return LoginKeys{}, err
	}
	key, err := k.createUnder(ctx, epoch, w, store.Grant{Kind: store.APIKey, Name: LoginKey}, nil)
	if errors.Is(err, ErrNameTaken) {
		return LoginKeys{AccessToken: access, Message: keyHeld}, nil
	}
	if err != nil {
		return LoginKeys{}, err
	}
	return LoginKeys{APIKey: key, AccessToken: access, Message: keyShown}, nil
}

// CreateAccessToken makes an access token that lives for 30 minutes to 6 hours;
// zero means 30 minutes. Else it is an *identity.FieldError on time, which is in
// seconds. Other errors are those of CreateAPIKey, but for its name.
func (k *Keys) CreateAccessToken(ctx context.Context, w Who, lifetime time.Duration, permissions []string) (NewKey, error) {
	if lifetime == 0 {
		lifetime = AccessTokenLifetime
	}
	if lifetime < MinAccessTokenLifetime || lifetime > MaxAccessTokenLifetime {
		return NewKey{}, &identity.FieldError{Field: "time", Tag: identity.TagInvalid, Reason: "must be from 1800 to 21600 seconds"}
	}
	g := store.Grant{Kind: store.AccessToken, Expires: k.now().Add(lifetime)}
	return k.create(ctx, w, g, permissions)
}

// CheckAccessToken says whose an access token is, and in Expires until when: the
// first instant at which it is refused. ErrRefused if it is no live access token
// of the tenant or its user may not sign in now.
func (k *Keys) CheckAccessToken(ctx context.Context, tenantID string, accessToken secret.Text) (Checked, error) {
	return k.check(ctx, store.AccessToken, tenantID, accessToken)
}

// RevokeAccessTokens ends all access tokens of a user. API keys stay.
func (k *Keys) RevokeAccessTokens(ctx context.Context, w Who) error {
	f := store.Filter{Tenant: w.TenantID, User: w.UserID, Kind: store.AccessToken}
	_, err := k.store.RevokeGrants(ctx, f, k.now())
	return err
}
