package authn

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// AccessTokenInfo says whether an access token holds, and until when.
type AccessTokenInfo struct {
	Valid     bool      `json:"valid"`
	ExpiresAt time.Time `json:"accessTokenExpiresAt,omitzero"`
}

// AccessToken is an access token, told this once.
type AccessToken struct {
	AccessToken secret.Issued `json:"accessToken"`
	ExpiresAt   time.Time     `json:"accessTokenExpiresAt"`
}

// APIKey is what can be told of an API key.
type APIKey struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	CreatedAt   time.Time `json:"createdAt"`
	Permissions []string  `json:"permissions,omitempty"`
}

// NewAPIKey is an API key, told this once.
type NewAPIKey struct {
	APIKey
	Secret  secret.Issued `json:"apiKey"`
	Message string        `json:"message"`
}

// APIKeys are the live API keys of a user, oldest first.
type APIKeys struct {
	APIKeys []APIKey `json:"apiKeys"`
}

// LogValue is the expiry alone.
func (t AccessToken) LogValue() slog.Value { return slog.TimeValue(t.ExpiresAt) }

// LogValue is the id alone.
func (k NewAPIKey) LogValue() slog.Value { return slog.StringValue(k.ID) }

const keyMessage = "This API key is displayed only once. Save it and store it securely."

// checkAccessToken says whether the access token of the header holds. One that
// does not is no error: it is what was asked.
func (a *api) checkAccessToken(w http.ResponseWriter, r *http.Request) error {
	c, err := credentialsOf(r)
	switch {
	case err != nil:
		return err
	case c.accessToken.IsZero():
		return errCredentials
	}
	found, err := a.Keys.CheckAccessToken(r.Context(), a.TenantID, c.accessToken)
	if errors.Is(err, session.ErrRefused) {
		return wire.Reply(w, http.StatusOK, AccessTokenInfo{})
	}
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, AccessTokenInfo{Valid: true, ExpiresAt: found.Expires})
}

// createAccessToken makes an access token that lives as long as is asked for.
func (a *api) createAccessToken(w http.ResponseWriter, r *http.Request) error {
	c, err := a.maker(r)
	if err != nil {
		return err
	}
	var body struct {
		Time *int `json:"time"`
	}
	if err := wire.Object(w, r, &body); err != nil {
		return err
	}
	made, err := a.Keys.CreateAccessToken(r.Context(), c.Who, lifetime(body.Time), c.permissions)
	if err != nil {
		return unverified(err)
	}
	return wire.Reply(w, http.StatusOK, AccessToken{made.Secret, made.Expires})
}

// lifetime is a number of seconds, or what is no lifetime for one that no
// duration holds. None means the default.
func lifetime(seconds *int) time.Duration {
	switch {
	case seconds == nil:
		return 0
	case *seconds <= 0, *seconds > int(session.MaxAccessTokenLifetime/time.Second):
		return -1
	}
	return time.Duration(*seconds) * time.Second
}

// createAPIKey makes an API key.
func (a *api) createAPIKey(w http.ResponseWriter, r *http.Request) error {
	c, err := a.maker(r)
	if err != nil {
		return err
	}
	name, err := nameIn(w, r)
	if err != nil {
		return err
	}
	made, err := a.Keys.CreateAPIKey(r.Context(), c.Who, name, c.permissions)
	if err != nil {
		return unverified(err)
	}
	return wire.Reply(w, http.StatusOK, NewAPIKey{APIKey: keyOf(made.Key), Secret: made.Secret, Message: keyMessage})
}

func (a *api) listAPIKeys(w http.ResponseWriter, r *http.Request) error {
	c, err := a.caller(r)
	if err != nil {
		return err
	}
	keys, err := a.Keys.ListAPIKeys(r.Context(), c.Who)
	if err != nil {
		return err
	}
	all := APIKeys{APIKeys: make([]APIKey, len(keys))}
	for i, k := range keys {
		all.APIKeys[i] = keyOf(k)
	}
	return wire.Reply(w, http.StatusOK, all)
}

// updateAPIKey names a key.
func (a *api) updateAPIKey(w http.ResponseWriter, r *http.Request) error {
	c, err := a.caller(r)
	if err != nil {
		return err
	}
	name, err := nameIn(w, r)
	if err != nil {
		return err
	}
	k, err := a.Keys.RenameAPIKey(r.Context(), c.Who, r.PathValue("id"), name)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, keyOf(k))
}

func nameIn(w http.ResponseWriter, r *http.Request) (string, error) {
	var body struct {
		Name string `json:"name"`
	}
	err := wire.Object(w, r, &body)
	return body.Name, err
}

func keyOf(k session.Key) APIKey {
	return APIKey{ID: k.ID, Name: k.Name, CreatedAt: k.Created, Permissions: k.Permissions}
}
