package token

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"math/big"
)

// maxKeyBytes bounds the files and texts that keys are read from.
const maxKeyBytes = 256 << 10

// ParseJWK reads one key as a JWK (RFC 7517). With a private part it signs,
// without it only verifies. An absent kid means the RFC 7638 thumbprint; an
// absent alg, the one that the key can only be for. Members that it does not
// know, among them x5c and x5u, are not looked at.
//
// ErrKey as for [NewKey] and [NewHMACKey], and for repeated members, a use
// other than sig, key_ops without sign and verify, base64url that is padded or
// has a second spelling, and coordinates of the wrong length.
func ParseJWK(data []byte) (*Key, error) {
	members, err := parseKeyObject(data)
	if err != nil {
		return nil, err
	}
	return readJWK(members)
}

// ParseJWKS reads a JWK Set (RFC 7517 section 5). Keys that are sound but not
// for us (another type or curve, for encryption, RSA without an alg) are
// skipped, as that section asks; a set that leaves none is ErrKey, and so are
// keys that [ParseJWK] refuses otherwise, two keys with one id, and secrets
// beside public-key pairs: such a set is somebody's private file.
func ParseJWKS(data []byte) ([]*Key, error) {
	members, err := parseKeyObject(data)
	if err != nil {
		return nil, err
	}
	list, ok := members["keys"].([]any)
	if !ok {
		return nil, badKey("no list of keys")
	}
	var keys []*Key
	for _, entry := range list {
		member, ok := entry.(map[string]any)
		if !ok {
			return nil, badKey("a key of the set is not an object")
		}
		k, err := readJWK(member)
		if errors.Is(err, errUnsupported) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if err := checkSet(keys); err != nil {
		return nil, err
	}
	return keys, nil
}

func checkSet(keys []*Key) error {
	if len(keys) == 0 {
		return badKey("the set has no key to sign or verify with")
	}
	ids := make(map[string]bool, len(keys))
	for _, k := range keys {
		if ids[k.id] {
			return badKey("two keys of the set have one id")
		}
		if k.symmetric() != keys[0].symmetric() {
			return badKey("the set has secrets beside public keys")
		}
		ids[k.id] = true
	}
	return nil
}

func parseKeyObject(data []byte) (map[string]any, error) {
	if len(data) > maxKeyBytes {
		return nil, badKey("over 256 KiB")
	}
	members, err := parseObject(data)
	if err != nil {
		return nil, badKey(err.Error())
	}
	return members, nil
}

func readJWK(members map[string]any) (*Key, error) {
	r := jwkReader{members: members}
	keyType, id, a := r.text("kty"), r.text("kid"), Algorithm(r.text("alg"))
	if !r.signs() {
		return nil, errUnsupported
	}
	if a == "" {
		a = impliedBy(keyType, r.text("crv"))
	}
	s, err := schemeOf(a)
	if err == nil {
		err = r.err
	}
	if err != nil {
		return nil, err
	}
	if s.keyType != keyType {
		return nil, badKey("key type is not the algorithm's")
	}
	if keyType == typeOct {
		secret := r.bytes("k")
		if r.err != nil {
			return nil, r.err
		}
		return NewHMACKey(id, a, secret)
	}
	key, err := r.key(s)
	if err != nil {
		return nil, err
	}
	return NewKey(id, a, key)
}

// jwkReader takes members out of a JWK and keeps the first thing that was wrong.
type jwkReader struct {
	members map[string]any
	err     error
}

func (r *jwkReader) has(name string) bool { _, ok := r.members[name]; return ok }

// text returns a member that must be a string if it is there.
func (r *jwkReader) text(name string) string {
	value, ok := r.members[name].(string)
	if !ok && r.has(name) {
		r.fail(name + " is not a string")
	}
	return value
}

func (r *jwkReader) bytes(name string) []byte {
	b, err := decodeBase64(r.text(name))
	if err != nil || len(b) == 0 {
		r.fail(name + " is not base64url")
	}
	return b
}

func (r *jwkReader) fail(reason string) {
	if r.err == nil {
		r.err = badKey(reason)
	}
}

// signs reports whether the key may be used for signatures (RFC 7517 sections
// 4.2 and 4.3).
func (r *jwkReader) signs() bool {
	if r.has("use") && r.text("use") != "sig" {
		return false
	}
	if !r.has("key_ops") {
		return true
	}
	operations, _ := r.members["key_ops"].([]any)
	for _, operation := range operations {
		if operation == "sign" || operation == "verify" {
			return true
		}
	}
	return false
}

func (r *jwkReader) key(s scheme) (any, error) {
	switch s.keyType {
	case typeOKP:
		return r.okp()
	case typeEC:
		return r.ec(s)
	}
	return r.rsa()
}

func (r *jwkReader) okp() (any, error) {
	if r.text("crv") != "Ed25519" {
		return nil, errUnsupported
	}
	public := r.bytes("x")
	if r.err != nil || len(public) != ed25519.PublicKeySize {
		return nil, badKey("x is not an Ed25519 public key")
	}
	if !r.has("d") {
		return ed25519.PublicKey(public), nil
	}
	seed := r.bytes("d")
	if r.err != nil || len(seed) != ed25519.SeedSize {
		return nil, badKey("d is not an Ed25519 private key")
	}
	private := ed25519.NewKeyFromSeed(seed)
	if !bytes.Equal(private[ed25519.SeedSize:], public) {
		return nil, badKey("x and d do not belong together")
	}
	return private, nil
}

func (r *jwkReader) ec(s scheme) (any, error) {
	if r.text("crv") != s.curve.Params().Name {
		return nil, badKey("crv is not the algorithm's curve")
	}
	size := (s.curve.Params().BitSize + 7) / 8
	x, y := r.bytes("x"), r.bytes("y")
	if r.err != nil || len(x) != size || len(y) != size {
		return nil, badKey("x or y is not a coordinate of the curve")
	}
	point := append(append([]byte{4}, x...), y...) // uncompressed, SEC 1 section 2.3.3
	public, err := ecdsa.ParseUncompressedPublicKey(s.curve, point)
	if err != nil {
		return nil, badKey("EC point is not on the curve")
	}
	if !r.has("d") {
		return public, nil
	}
	d := r.bytes("d")
	if r.err != nil || len(d) != size {
		return nil, badKey("d is not a private key of the curve")
	}
	private, err := ecdsa.ParseRawPrivateKey(s.curve, d)
	if err != nil || !private.PublicKey.Equal(public) {
		return nil, badKey("d does not belong to x and y")
	}
	return private, nil
}

func (r *jwkReader) rsa() (any, error) {
	n, e := r.bytes("n"), r.bytes("e")
	if r.err != nil || len(e) > 4 {
		return nil, badKey("n or e is not an RSA public key")
	}
	public := rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if err := checkRSA(&public); err != nil {
		return nil, err
	}
	if !r.has("d") {
		return &public, nil
	}
	d, p, q := r.bytes("d"), r.bytes("p"), r.bytes("q")
	if r.err != nil || max(len(d), len(p), len(q)) > len(n) || r.has("oth") {
		return nil, badKey("d, p or q is not an RSA private key with two primes")
	}
	private := &rsa.PrivateKey{
		PublicKey: public,
		D:         new(big.Int).SetBytes(d),
		Primes:    []*big.Int{new(big.Int).SetBytes(p), new(big.Int).SetBytes(q)},
	}
	private.Precompute()
	return private, nil
}
