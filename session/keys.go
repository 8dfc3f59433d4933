package session

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// KeysConfig is what keys are made with.
type KeysConfig struct {
	// Store keeps keys, by their hashes. Required.
	Store store.Store

	// Prefix begins every key, so that whoever finds one, a scanner of source
	// code among them, sees whose it is: 1 to 16 of a-z and 0-9. Empty means
	// "gatehouse". Keys made with another prefix are refused.
	Prefix string

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Keys makes and checks what programs sign in with: API keys, which last until
// they are revoked, and opaque access tokens, which last minutes to hours. Both
// hold 256 random bits, are kept as a hash, and are told once, by the call that
// makes them. Every check reads the store, so that what was revoked is refused
// from then on, by every process that shares it.
type Keys struct {
	store  store.Store
	prefix string
	clock  func() time.Time
}

// NewKeys checks c once. An error names the field.
func NewKeys(c KeysConfig) (*Keys, error) {
	if c.Prefix == "" {
		c.Prefix = "gatehouse"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Store.Users == nil, c.Store.Grants == nil:
		return nil, errors.New("session: KeysConfig.Store: a part is missing")
	case !isPrefix(c.Prefix):
		return nil, errors.New("session: KeysConfig.Prefix: must be 1 to 16 of a-z and 0-9")
	}
	return &Keys{store: c.Store, prefix: c.Prefix, clock: c.Now}, nil
}

func (k *Keys) now() time.Time { return walk.Cut(k.clock()) }

// Key is what can be told of an API key or access token: all but the secret.
type Key struct {
	ID       string
	TenantID string
	UserID   string
	Name     string // of an API key
	Created  time.Time
	Expires  time.Time // zero: when it is revoked

	// Permissions is what it was made for, in the caller's own words. It is the
	// caller who compares them, and who sees to it that a key is made with no more
	// than its maker has. Nil means that nothing was said.
	Permissions []string
}

// NewKey is a key with its secret, which is told this once.
type NewKey struct {
	Key
	Secret secret.Issued
}

// Checked is a key that holds, and whose it is.
type Checked struct {
	Key
	User identity.User // as just read, without secrets
}

// told makes a store's word ours.
func told(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, store.ErrExists):
		return ErrNameTaken
	}
	return err
}

// keyData is a key's Data.
type keyData struct {
	Permissions []string `json:"permissions,omitempty"`
}

func keyOf(g store.Grant) (Key, error) {
	var d keyData
	if err := json.Unmarshal(g.Data, &d); err != nil {
		return Key{}, fmt.Errorf("session: key data: %w", err)
	}
	return Key{
		ID: g.ID, TenantID: g.Tenant, UserID: g.User, Name: g.Name,
		Created: g.Created, Expires: g.Expires, Permissions: d.Permissions,
	}, nil
}

// create makes a key of a draft under the user's epoch as it is, read first: if
// everything is revoked after that, the key is not made.
func (k *Keys) create(ctx context.Context, w Who, g store.Grant, permissions []string) (NewKey, error) {
	epoch, err := k.store.Epoch(ctx, w.TenantID, w.UserID)
	if err != nil {
		return NewKey{}, err
	}
	return k.createUnder(ctx, epoch, w, g, permissions)
}

// createUnder makes a key of a draft that has a kind and, if it has one, a name
// and a lifetime after now. It is refused if the epoch is no longer the user's.
func (k *Keys) createUnder(ctx context.Context, epoch int64, w Who, g store.Grant, permissions []string) (NewKey, error) {
	now := k.now()
	u, err := k.user(ctx, w, now)
	if err != nil {
		return NewKey{}, err
	}
	if !proven(u) {
		return NewKey{}, ErrUnverified
	}
	text, err := k.draft(&g, w, now, permissions)
	if err != nil {
		return NewKey{}, err
	}
	switch err := k.store.CreateGrant(ctx, g, epoch, now); {
	case errors.Is(err, store.ErrNotFound):
		return NewKey{}, ErrRefused
	case err != nil:
		return NewKey{}, told(err)
	}
	made, err := keyOf(g)
	return NewKey{Key: made, Secret: text}, err
}

// draft fills in the rest of a key.
func (k *Keys) draft(g *store.Grant, w Who, now time.Time, permissions []string) (secret.Issued, error) {
	data, err := json.Marshal(keyData{permissions})
	if err != nil {
		return secret.Issued{}, fmt.Errorf("session: key data: %w", err)
	}
	t := keyText{kind: g.Kind, id: uuid.NewString(), secret: newKeySecret()}
	g.ID, g.Tenant, g.User, g.Created, g.Sum, g.Data = t.id, w.TenantID, w.UserID, now, t.sum(), data
	return secret.Issue(t.write(k.prefix)), nil
}

// check reads a key of a kind and its user.
func (k *Keys) check(ctx context.Context, kind store.Kind, tenantID string, text secret.Text) (Checked, error) {
	t, ok := parseKey(k.prefix, kind, text)
	if !ok {
		return Checked{}, ErrRefused
	}
	now := k.now()
	g, err := k.store.Grant(ctx, t.id, now)
	if err != nil {
		return Checked{}, unfound(err)
	}
	sum := t.sum()
	if subtle.ConstantTimeCompare(g.Sum[:], sum[:]) != 1 || g.ID != t.id || g.Kind != kind || g.Tenant != tenantID {
		return Checked{}, ErrRefused
	}
	u, err := k.user(ctx, Who{TenantID: g.Tenant, UserID: g.User}, now)
	if err != nil {
		return Checked{}, err
	}
	key, err := keyOf(g)
	return Checked{Key: key, User: u.Secured()}, err
}

// user reads a user, and refuses one who may not sign in.
func (k *Keys) user(ctx context.Context, w Who, now time.Time) (identity.User, error) {
	u, err := k.store.User(ctx, w.TenantID, w.UserID)
	if err != nil {
		return identity.User{}, unfound(err)
	}
	if u.ID != w.UserID || u.TenantID != w.TenantID {
		return identity.User{}, ErrRefused
	}
	// A key is of no application, and stands for the proofs of the login it was
	// made in: what is left to decide is the state of the account.
	if !outcome.Of(outcome.Case{User: u, SecondFactor: true, Now: now}).Decide().Token {
		return identity.User{}, ErrRefused
	}
	return u, nil
}

func unfound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefused
	}
	return err
}

// proven says whether a user has proven an address that they sign in by.
func proven(u identity.User) bool {
	return slices.ContainsFunc(u.LoginIdentities(), func(i identity.UserIdentity) bool {
		return i.Type != identity.Username && !i.NeedsVerification()
	})
}
