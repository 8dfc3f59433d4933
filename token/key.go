package token

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
)

// generatedRSABits is what ASVS 11.2.3 asks of new keys; older ones of 2048
// are accepted.
const generatedRSABits = 3072

// maxKeyID bounds what a token may make us look up.
const maxKeyID = 128

// Key is one id, one algorithm and one piece of key material. It is checked
// when it is made and does not change; it may be used concurrently. It prints
// as its id and algorithm, and nothing of it marshals. The zero value is no key.
type Key struct {
	id        string
	algorithm Algorithm
	material  func() *material // fmt follows pointers where a verb does not fit
}

type material struct {
	scheme scheme
	public any    // what verifies: a public key, or the secret of an HMAC
	local  any    // what signs here, if anything does
	remote Signer // what signs elsewhere, if anything does
}

// Signer signs with a private key that is held elsewhere, for example in a key
// management service.
type Signer interface {
	// Sign returns the signature of message in the form that JWS has for the
	// key's algorithm (RFC 7518 section 3, RFC 8037 section 3.1): for ES256 and
	// its kin that is R and S side by side, where most services return ASN.1.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// GenerateKey makes a new key. An empty algorithm means EdDSA; RSA keys get
// 3072 bits, HMAC secrets the length of the hash. To keep it, store what
// [Key.ExportJWK] returns where secrets are stored.
func GenerateKey(a Algorithm) (*Key, error) {
	if a == "" {
		a = EdDSA
	}
	s, err := schemeOf(a)
	if err != nil {
		return nil, err
	}
	switch s.keyType {
	case typeEC:
		private, err := ecdsa.GenerateKey(s.curve, rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("token: generate: %w", err)
		}
		return NewKey("", a, private)
	case typeRSA:
		private, err := rsa.GenerateKey(rand.Reader, generatedRSABits)
		if err != nil {
			return nil, fmt.Errorf("token: generate: %w", err)
		}
		return NewKey("", a, private)
	case typeOct:
		secret := make([]byte, s.hash.Size())
		rand.Read(secret)
		return NewHMACKey(rand.Text(), a, secret)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("token: generate: %w", err)
	}
	return NewKey("", a, private)
}

// NewKey makes a key of an ed25519.PrivateKey, *ecdsa.PrivateKey or
// *rsa.PrivateKey, or of one of their public keys, which then only verifies.
//
// An empty id means the RFC 7638 thumbprint. An empty algorithm means the one
// that the key can only be for; RSA keys have several and must name theirs.
//
// ErrKey: RSA under 2048 bits, over 8192, with an exponent under 65537 or from
// a generator with the ROCA flaw; a curve that is not the algorithm's; a point
// off the curve; a private part that does not match the public one.
func NewKey(id string, a Algorithm, key any) (*Key, error) {
	public, private, err := split(key)
	if err != nil {
		return nil, err
	}
	k, err := newPublicKey(id, a, public)
	if err != nil {
		return nil, err
	}
	k.material().local = private
	return k, nil
}

// NewHMACKey makes a key for HS256, HS384 or HS512. The secret must be at least
// as long as the hash (RFC 7518 section 3.2) and random: a pass phrase can be
// guessed from one token. The id is required, since a thumbprint would publish
// a hash of the secret.
//
// ErrKey, also for a PEM text: a public key taken for an HMAC secret is known
// to everyone, and tokens signed with it were accepted where that happened.
func NewHMACKey(id string, a Algorithm, secret []byte) (*Key, error) {
	s, err := schemeOf(a)
	if err != nil {
		return nil, err
	}
	if s.keyType != typeOct {
		return nil, badKey("a secret is for HS256, HS384 or HS512 only")
	}
	if id == "" {
		return nil, badKey("an HMAC key needs an id")
	}
	if len(secret) < s.hash.Size() {
		return nil, badKey("secret is shorter than the hash")
	}
	if bytes.Contains(secret, []byte("-----BEGIN ")) {
		return nil, badKey("secret is a PEM text")
	}
	secret = bytes.Clone(secret)
	return newKey(id, a, &material{scheme: s, public: secret, local: secret})
}

// NewRemoteKey makes a key whose private part signer holds. The public key is
// required: every signature is checked with it before it is used, so that a
// service that answers in another form is found out at once. Id, algorithm and
// errors are those of [NewKey].
func NewRemoteKey(id string, a Algorithm, public crypto.PublicKey, signer Signer) (*Key, error) {
	if signer == nil {
		return nil, badKey("no signer")
	}
	k, err := newPublicKey(id, a, public)
	if err != nil {
		return nil, err
	}
	k.material().remote = signer
	return k, nil
}

func newPublicKey(id string, a Algorithm, public any) (*Key, error) {
	if a == "" {
		a = impliedBy(kindOf(public))
	}
	if a == "" {
		return nil, badKey("no algorithm is named, and the key does not imply one")
	}
	s, err := schemeOf(a)
	if err != nil {
		return nil, err
	}
	if err := s.check(public); err != nil {
		return nil, err
	}
	m := &material{scheme: s, public: public}
	if id == "" {
		id = thumbprint(m.jwk())
	}
	return newKey(id, a, m)
}

func newKey(id string, a Algorithm, m *material) (*Key, error) {
	if !isKeyID(id) {
		return nil, badKey("id must be 1 to 128 visible ASCII characters without quote or backslash")
	}
	return &Key{id: id, algorithm: a, material: func() *material { return m }}, nil
}

func isKeyID(id string) bool {
	return id != "" && len(id) <= maxKeyID && isPlain(id) && !strings.Contains(id, " ")
}

// ID is the key's name in the kid of a token header.
func (k *Key) ID() string { return k.id }

// Algorithm is the one algorithm that the key signs and verifies with.
func (k *Key) Algorithm() Algorithm { return k.algorithm }

// CanSign reports whether the key has, or has access to, a private part.
func (k *Key) CanSign() bool {
	m := k.material()
	return m.local != nil || m.remote != nil
}

// symmetric reports whether verifying takes the same secret as signing.
func (k *Key) symmetric() bool { return k.material().scheme.keyType == typeOct }

func (k Key) String() string { return fmt.Sprintf("token.Key(%s %s)", k.algorithm, k.id) }

// GoString is String, so that %#v shows no more than %v.
func (k Key) GoString() string { return k.String() }

func (k *Key) sign(ctx context.Context, message string) ([]byte, error) {
	m := k.material()
	if m.remote != nil {
		return k.signRemotely(ctx, message)
	}
	if m.local == nil {
		return nil, ErrVerifyOnly
	}
	return m.scheme.method.Sign(message, m.local)
}

func (k *Key) signRemotely(ctx context.Context, message string) ([]byte, error) {
	signature, err := k.material().remote.Sign(ctx, []byte(message))
	if err != nil {
		return nil, err
	}
	if !k.verifies(message, signature) {
		return nil, errors.New("the signer's signature does not verify")
	}
	return signature, nil
}

func (k *Key) verifies(message string, signature []byte) bool {
	m := k.material()
	return m.scheme.method.Verify(message, signature, m.public) == nil
}
