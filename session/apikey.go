package session

import (
	"context"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// CreateAPIKey makes an API key that lasts until it is revoked.
//
// *identity.FieldError for a name that is empty, longer than 100 characters or
// holds what does not print; ErrNameTaken; ErrUnverified if the user has proven
// no address, since whoever made the account may not be who owns it; ErrRefused
// if the user may not sign in. That w may have a key at all is the caller's to say.
func (k *Keys) CreateAPIKey(ctx context.Context, w Who, name string, permissions []string) (NewKey, error) {
	if err := checkName(name); err != nil {
		return NewKey{}, err
	}
	return k.create(ctx, w, store.Grant{Kind: store.APIKey, Name: name}, permissions)
}

// CheckAPIKey says whose a key is. ErrRefused if it is no live key of the tenant
// or its user may not sign in now. It reads the user, and no permission.
func (k *Keys) CheckAPIKey(ctx context.Context, tenantID string, key secret.Text) (Checked, error) {
	return k.check(ctx, store.APIKey, tenantID, key)
}

// ListAPIKeys is the live API keys of a user, oldest first.
func (k *Keys) ListAPIKeys(ctx context.Context, w Who) ([]Key, error) {
	grants, err := k.store.ListGrants(ctx, w.TenantID, w.UserID, store.APIKey, k.now())
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(grants))
	for i, g := range grants {
		if keys[i], err = keyOf(g); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// RenameAPIKey gives a key another name, of which the user has no other. Its id
// and secret stay. *identity.FieldError as for CreateAPIKey, ErrNotFound,
// ErrNameTaken.
func (k *Keys) RenameAPIKey(ctx context.Context, w Who, id, name string) (Key, error) {
	if err := checkName(name); err != nil {
		return Key{}, err
	}
	now := k.now()
	g, err := k.own(ctx, w, id, now)
	if err != nil {
		return Key{}, err
	}
	if err := k.store.RenameGrant(ctx, id, name, now); err != nil {
		return Key{}, told(err)
	}
	g.Name = name
	return keyOf(g)
}

// RevokeAPIKey ends a key. ErrNotFound.
func (k *Keys) RevokeAPIKey(ctx context.Context, w Who, id string) error {
	now := k.now()
	if _, err := k.own(ctx, w, id, now); err != nil {
		return err
	}
	f := store.Filter{ID: id, Tenant: w.TenantID, User: w.UserID, Kind: store.APIKey}
	_, err := k.store.RevokeGrants(ctx, f, now)
	return err
}

// own reads an API key that is w's.
func (k *Keys) own(ctx context.Context, w Who, id string, now time.Time) (store.Grant, error) {
	if !isID(id) {
		return store.Grant{}, ErrNotFound
	}
	g, err := k.store.Grant(ctx, id, now)
	if err != nil {
		return store.Grant{}, told(err)
	}
	if g.ID != id || g.Kind != store.APIKey || g.Tenant != w.TenantID || g.User != w.UserID {
		return store.Grant{}, ErrNotFound
	}
	return g, nil
}

// maxName bounds a key's name, in characters.
const maxName = 100

func checkName(name string) error {
	f := &identity.FieldError{Field: "name"}
	switch {
	case name == "":
		f.Tag, f.Reason = identity.TagBlank, "is required"
	case utf8.RuneCountInString(name) > maxName:
		f.Tag, f.Reason = identity.TagTooLong, "must have at most 100 characters"
	case !utf8.ValidString(name), slices.ContainsFunc([]rune(name), func(r rune) bool { return !unicode.IsPrint(r) }):
		f.Tag, f.Reason = identity.TagInvalid, "must be text that prints"
	default:
		return nil
	}
	return f
}
