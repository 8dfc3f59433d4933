package secret

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

const (
	keyBytes = 32 // the least that a key holds, and what GenerateKey makes
	maxKeyID = 32
)

// Key is one key of a [Keyring]. Its ID travels in clear with everything sealed
// under it. It prints with its Secret redacted; [Key.Reveal] shows it.
type Key struct {
	ID     string // 1 to 32 of A-Z, a-z, 0-9, - and _; never used again for another secret
	Secret Text   // at least 32 random bytes, as they are: neither hex nor base64
}

// GenerateKey returns a new key of 32 random bytes. It does not check the id;
// [NewKeyring] and [ParseKey] do.
func GenerateKey(id string) Key {
	var random [keyBytes]byte
	rand.Read(random[:])
	return Key{ID: id, Secret: New(string(random[:]))}
}

// Reveal returns the key in clear as "id:secret", the secret in base64url
// without padding, for a configuration file or a secret manager. [ParseKey]
// reads it.
func (k Key) Reveal() string {
	return k.ID + ":" + base64.RawURLEncoding.EncodeToString([]byte(k.Secret.Reveal()))
}

// ParseKey reads what [Key.Reveal] wrote, white space around it ignored. Any
// other spelling, and a key that [NewKeyring] would refuse, is a *[FieldError]
// that shows nothing of s.
func ParseKey(s string) (Key, error) {
	s = strings.TrimSpace(s)
	id, encoded, _ := strings.Cut(s, ":")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	k := Key{ID: id, Secret: New(string(raw))}
	if err != nil || k.Reveal() != s {
		return Key{}, &FieldError{"key", "must be id:secret, the secret in base64url without padding"}
	}
	if err := k.check("key"); err != nil {
		return Key{}, err
	}
	return k, nil
}

// check returns a *FieldError that calls the key name. It finds keys that were
// never random, not those that are merely weak.
func (k Key) check(name string) error {
	if !validKeyID(k.ID) {
		return &FieldError{name + ".ID", "must be 1 to 32 of A-Z, a-z, 0-9, - and _"}
	}
	s := k.Secret.Reveal()
	if len(s) < keyBytes {
		return &FieldError{name + ".Secret", "must hold at least 32 bytes"}
	}
	if strings.Count(s, s[:1]) == len(s) {
		return &FieldError{name + ".Secret", "must be random, not one byte repeated"}
	}
	return nil
}

func validKeyID(id string) bool {
	if len(id) < 1 || len(id) > maxKeyID {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
