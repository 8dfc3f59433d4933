package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
)

// Use names what a derived key is for. Uses are constants of the code, few and
// never taken from input: a keyring remembers what it derived for each. Two
// uses share nothing, so a value sealed for one does not open for another.
type Use string

// Keyring seals and authenticates with its current key, and opens and
// recognises what was made with an older one. It may be used concurrently.
//
// No key is used as it is: sealing and authenticating each take one derived
// from it for their use, by HKDF-SHA-256 (RFC 5869).
//
// To rotate: make a key with a new id and start every process with it as an
// older one, so that all can read it. Then make it the current one and the
// former an older one. Drop that when the longest-lived value made with it is
// gone; what has no end, such as a TOTP secret, must be sealed again first: see
// [Keyring.Stale].
//
// Nonces are random and 96 bits long, so a key should seal fewer than 2^32
// values for one use: rotate before that.
type Keyring struct {
	keys []*ringKey // the current one first, then from new to old
}

// ringKey is a key and what was derived from it, by Use.
type ringKey struct {
	Key
	aeads sync.Map // of cipher.AEAD
	macs  sync.Map // of []byte
}

// NewKeyring returns a keyring that writes with current and also reads what
// older keys wrote; older is given from new to old. A key with a bad id, fewer
// than 32 bytes, one byte repeated, or the id or secret of another is a
// *[FieldError]. Whether a key is random it cannot tell: take [GenerateKey].
func NewKeyring(current Key, older ...Key) (*Keyring, error) {
	r := &Keyring{}
	if err := r.add("current", current); err != nil {
		return nil, err
	}
	for i, k := range older {
		if err := r.add(fmt.Sprintf("older[%d]", i), k); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Check says whether the keyring is there and holds a key, as one that was not
// made with [NewKeyring] does not.
func (r *Keyring) Check() error {
	switch {
	case r == nil:
		return errors.New("missing")
	case len(r.keys) == 0:
		return errors.New("holds no key: make it with secret.NewKeyring")
	}
	return nil
}

func (r *Keyring) add(name string, k Key) error {
	if err := k.check(name); err != nil {
		return err
	}
	for _, other := range r.keys {
		if k.ID == other.ID {
			return &FieldError{name + ".ID", "must not be another key's"}
		}
		if k.Secret.Equal(other.Secret) {
			return &FieldError{name + ".Secret", "must not be another key's"}
		}
	}
	r.keys = append(r.keys, &ringKey{Key: k})
	return nil
}

// A sealed value is the version, the length of the key's id, the id, then what
// cipher.NewGCMWithRandomNonce makes: nonce, ciphertext and tag.
const (
	sealVersion = 1
	sealHeader  = 2 // version and length
	sealRoom    = 12 + 16
)

// Seal encrypts and authenticates plain with the current key for use (AES-256
// in GCM), and binds it to the parts bound, which it does not carry: Open needs
// the same ones in the same order. Bind a value to whatever it would be an
// attack to move it away from: tenant, user, ticket, purpose.
//
// The length of plain shows.
func (r *Keyring) Seal(use Use, plain []byte, bound ...string) []byte {
	k := r.keys[0]
	sealed := make([]byte, 0, sealHeader+len(k.ID)+sealRoom+len(plain))
	sealed = append(sealed, sealVersion, byte(len(k.ID)))
	sealed = append(sealed, k.ID...)
	return k.aead(use).Seal(sealed, nil, plain, bindings(use, bound))
}

// Open returns what Seal was given. It returns [ErrUnknownKey] if the keyring
// does not hold the key, and [ErrDamaged] if the value is not whole or was
// sealed for another use or with other parts. Neither means "nothing there": a
// caller refuses, rather than go on as if nothing had been sealed.
//
// It cannot tell an old value from a newer one sealed for the same use and
// parts: bind a counter where that matters.
func (r *Keyring) Open(use Use, sealed []byte, bound ...string) ([]byte, error) {
	id, box, ok := splitSealed(sealed)
	if !ok {
		return nil, ErrDamaged
	}
	for _, k := range r.keys {
		if k.ID != id {
			continue
		}
		plain, err := k.aead(use).Open(nil, nil, box, bindings(use, bound))
		if err != nil {
			return nil, ErrDamaged
		}
		return plain, nil
	}
	return nil, ErrUnknownKey
}

// Stale says whether another key than the current one sealed a value, so that it
// has to be sealed again before that key can be dropped. It does not say whether
// the value opens.
func (r *Keyring) Stale(sealed []byte) bool {
	id, _, ok := splitSealed(sealed)
	return !ok || id != r.keys[0].ID
}

func splitSealed(sealed []byte) (id string, box []byte, ok bool) {
	if len(sealed) < sealHeader || sealed[0] != sealVersion {
		return "", nil, false
	}
	rest, n := sealed[sealHeader:], int(sealed[1])
	if len(rest) < n+sealRoom {
		return "", nil, false
	}
	id = string(rest[:n])
	return id, rest[n:], validKeyID(id)
}

func bindings(use Use, bound []string) []byte {
	b := appendParts(make([]byte, 0, roomy), []string{string(use)})
	return appendParts(b, bound)
}

// MAC returns the HMAC-SHA-256 of parts, each preceded by its length, under the
// current key for use. Unlike [Sum] it can hide what is easily guessed, as long
// as the key stays secret. It is the same for the same parts until the current
// key changes: to recognise a stored one, compare with all of [Keyring.MACs],
// in constant time if an attacker can offer the other side.
func (r *Keyring) MAC(use Use, parts ...string) [sha256.Size]byte {
	return r.keys[0].mac(use, parts)
}

// MACs returns what MAC would return under each key, the current one first.
func (r *Keyring) MACs(use Use, parts ...string) [][sha256.Size]byte {
	macs := make([][sha256.Size]byte, len(r.keys))
	for i, k := range r.keys {
		macs[i] = k.mac(use, parts)
	}
	return macs
}

func (k *ringKey) mac(use Use, parts []string) (sum [sha256.Size]byte) {
	key, ok := k.macs.Load(use)
	if !ok {
		key, _ = k.macs.LoadOrStore(use, k.derive("mac", use))
	}
	h := hmac.New(sha256.New, key.([]byte))
	h.Write(appendParts(make([]byte, 0, roomy), parts))
	h.Sum(sum[:0])
	return sum
}

func (k *ringKey) aead(use Use) cipher.AEAD {
	a, ok := k.aeads.Load(use)
	if !ok {
		a, _ = k.aeads.LoadOrStore(use, newAEAD(k.derive("seal", use)))
	}
	return a.(cipher.AEAD)
}

// derive panics on what cannot happen: HKDF refuses an output longer than 255
// hashes and, in FIPS 140 mode, a key shorter than 112 bits.
func (k *ringKey) derive(deed string, use Use) []byte {
	key, err := hkdf.Key(sha256.New, []byte(k.Secret.Reveal()), nil, "gatehouse/v1/"+deed+"/"+string(use), 32)
	if err != nil {
		panic(err)
	}
	return key
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}
