package token

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// KeySource is where a [Verifier] looks keys up.
type KeySource interface {
	// Key returns the key whose id is exactly id, of 1 to 128 characters that a
	// token's maker chose. It must not be used as part of a path, query or URL.
	// [ErrUnknownKey] if there is none; any other error means that the source
	// failed.
	Key(ctx context.Context, id string) (*Key, error)
}

// KeySet is the keys that verify, and the one among them that signs. It may be
// used concurrently; a change holds for every call that begins after it.
//
// The zero value has no keys: it verifies nothing and signs nothing.
type KeySet struct {
	mu      sync.RWMutex
	keys    []*Key // in the order they were added
	signing *Key
}

// NewKeySet returns a set in which signing signs, and verifies together with
// others. ErrVerifyOnly, ErrKeyExists, and ErrKey for a nil or zero key.
func NewKeySet(signing *Key, others ...*Key) (*KeySet, error) {
	s := new(KeySet)
	for _, k := range slices.Concat([]*Key{signing}, others) {
		if err := s.Add(k); err != nil {
			return nil, err
		}
	}
	if err := s.SignWith(signing.id); err != nil {
		return nil, err
	}
	return s, nil
}

// Add adds a key that verifies and is published, and does not sign yet.
// ErrKeyExists, and ErrKey for a nil or zero key.
func (s *KeySet) Add(k *Key) error {
	if k == nil || k.material == nil {
		return badKey("no key")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(k.id) != nil {
		return ErrKeyExists
	}
	s.keys = append(s.keys, k)
	return nil
}

// SignWith makes a key of the set the one that signs. The former one is retired:
// it verifies, and is published, until it is removed. ErrUnknownKey,
// ErrVerifyOnly.
func (s *KeySet) SignWith(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.find(id)
	if k == nil {
		return ErrUnknownKey
	}
	if !k.CanSign() {
		return ErrVerifyOnly
	}
	s.signing = k
	return nil
}

// Remove takes a key out of the set; tokens that it signed are refused at once,
// whatever their expiry. ErrUnknownKey, and ErrKeyInUse for the one that signs.
func (s *KeySet) Remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.find(id)
	if k == nil {
		return ErrUnknownKey
	}
	if k == s.signing {
		return ErrKeyInUse
	}
	s.keys = slices.DeleteFunc(s.keys, func(other *Key) bool { return other == k })
	return nil
}

// Key returns the key with that id. ErrUnknownKey.
func (s *KeySet) Key(_ context.Context, id string) (*Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if k := s.find(id); k != nil {
		return k, nil
	}
	return nil, ErrUnknownKey
}

// Keys returns the keys in the order they were added.
func (s *KeySet) Keys() []*Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.keys)
}

// find expects the lock to be held. Sets are small: the signing key, one before
// it, one after it.
func (s *KeySet) find(id string) *Key {
	for _, k := range s.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

func (s *KeySet) signingKey() (*Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.signing == nil {
		return nil, fmt.Errorf("%w: none is set to sign", ErrUnknownKey)
	}
	return s.signing, nil
}
