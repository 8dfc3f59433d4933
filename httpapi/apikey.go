package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gatehouse-go/gatehouse/secret"
)

// ErrUnknownAPIKey is what [APIKeys] answers to a key that is nobody's.
var ErrUnknownAPIKey = errors.New("httpapi: unknown API key")

// minKey is the least number of characters of an API key.
const minKey = 32

// APIKeys finds the API keys that callers show. It may be called concurrently.
type APIKeys interface {
	// APIKey returns what a key is for, or ErrUnknownAPIKey. It compares in a time
	// that tells nothing of the keys there are, as by a lookup by their hash. Any
	// other error means that the lookup failed.
	APIKey(ctx context.Context, key secret.Text) (APIKey, error)
}

// APIKey is what a service may do that shows it.
type APIKey struct {
	// Key is the key itself, at least 32 characters, random. It is for
	// [StaticKeys]; others leave it out of what they return.
	Key secret.Text

	// TenantID is the only tenant that the key is for. Empty: any.
	TenantID string

	// Endpoints are what the key may call: methods by path, such as
	// {"/api/passwordless/start": {"POST"}}, the path without ids. Empty: all.
	Endpoints map[string][]string
}

// allows says whether the key may be used for a method of an endpoint. What it
// may GET it may HEAD.
func (k APIKey) allows(method, endpoint string) bool {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return len(k.Endpoints) == 0 || slices.Contains(k.Endpoints[endpoint], method)
}

// StaticAPIKeys are keys that do not change. Make them with [StaticKeys].
type StaticAPIKeys struct{ keys []hashedKey }

type hashedKey struct {
	sum [sha256.Size]byte
	APIKey
}

// StaticKeys keeps the hashes of keys. An error says which of them is too short
// or there twice, by its number.
func StaticKeys(keys ...APIKey) (StaticAPIKeys, error) {
	var s StaticAPIKeys
	for i, k := range keys {
		sum := sumOf(k.Key)
		if len(k.Key.Reveal()) < minKey {
			return StaticAPIKeys{}, fmt.Errorf("httpapi: keys[%d].Key: must be at least %d characters", i, minKey)
		}
		if slices.ContainsFunc(s.keys, func(h hashedKey) bool { return h.sum == sum }) {
			return StaticAPIKeys{}, fmt.Errorf("httpapi: keys[%d].Key: is there twice", i)
		}
		k.Key = secret.Text{}
		s.keys = append(s.keys, hashedKey{sum: sum, APIKey: k})
	}
	return s, nil
}

func sumOf(key secret.Text) [sha256.Size]byte { return secret.Sum("httpapi API key", key.Reveal()) }

// APIKey implements [APIKeys]: it compares with every key.
func (s StaticAPIKeys) APIKey(_ context.Context, key secret.Text) (APIKey, error) {
	shown, found := sumOf(key), -1
	for i := range s.keys {
		if subtle.ConstantTimeCompare(shown[:], s.keys[i].sum[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return APIKey{}, ErrUnknownAPIKey
	}
	return s.keys[found].APIKey, nil
}
