package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"math/big"
	"slices"
)

const (
	minRSABits     = 2048
	maxRSABits     = 8192 // above, verifying costs so much that it is a way to stall a service
	minRSAExponent = 65537
)

// split returns the two parts of a key, the private one nil if there is none,
// having checked that they belong together.
func split(key any) (public, private any, err error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey, *rsa.PublicKey:
		return k, nil, nil
	case ed25519.PublicKey:
		return slices.Clone(k), nil, nil
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize || !ed25519.NewKeyFromSeed(k.Seed()).Equal(k) {
			return nil, nil, badKey("Ed25519 private key does not match its public key")
		}
		k = slices.Clone(k)
		return k.Public(), k, nil
	case *ecdsa.PrivateKey:
		if !matches(k) {
			return nil, nil, badKey("EC private key does not match its public key")
		}
		return &k.PublicKey, k, nil
	case *rsa.PrivateKey:
		if k == nil || checkRSA(&k.PublicKey) != nil || k.Validate() != nil {
			return nil, nil, badKey("RSA private key is weak or inconsistent")
		}
		k.Precompute()
		return &k.PublicKey, k, nil
	case []byte, string:
		return nil, nil, badKey("a secret is for NewHMACKey, an encoded key for ParsePEM or ParseJWK")
	}
	return nil, nil, badKey("not an Ed25519, ECDSA or RSA key")
}

func matches(k *ecdsa.PrivateKey) bool {
	if k == nil || k.Curve == nil {
		return false
	}
	raw, err := k.Bytes()
	if err != nil {
		return false
	}
	again, err := ecdsa.ParseRawPrivateKey(k.Curve, raw)
	return err == nil && again.PublicKey.Equal(&k.PublicKey)
}

// kindOf names the key type and curve of a public key as a JWK does.
func kindOf(public any) (keyType, curve string) {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return typeOKP, "Ed25519"
	case *ecdsa.PublicKey:
		if k != nil && k.Curve != nil {
			return typeEC, k.Curve.Params().Name
		}
	}
	return "", ""
}

// check refuses a public key that is not the scheme's, or not sound.
func (s scheme) check(public any) error {
	switch k := public.(type) {
	case ed25519.PublicKey:
		if s.keyType == typeOKP && len(k) == ed25519.PublicKeySize {
			return nil
		}
	case *ecdsa.PublicKey:
		if s.keyType == typeEC && k != nil && k.Curve == s.curve {
			return checkPoint(k)
		}
	case *rsa.PublicKey:
		if s.keyType == typeRSA && k != nil {
			return checkRSA(k)
		}
	}
	return badKey("not a key for this algorithm")
}

func checkPoint(k *ecdsa.PublicKey) error {
	if _, err := k.Bytes(); err != nil {
		return badKey("EC point is not on the curve")
	}
	return nil
}

func checkRSA(k *rsa.PublicKey) error {
	switch {
	case k.N == nil || k.N.BitLen() < minRSABits:
		return badKey("RSA modulus under 2048 bits")
	case k.N.BitLen() > maxRSABits:
		return badKey("RSA modulus over 8192 bits")
	case k.N.Bit(0) == 0:
		return badKey("RSA modulus is even")
	case k.E < minRSAExponent || k.E%2 == 0 || k.E > 1<<31-1:
		return badKey("RSA exponent must be odd and from 65537 to 2^31-1")
	case hasROCA(k.N):
		return badKey("RSA key has the ROCA flaw (CVE-2017-15361)")
	}
	return nil
}

// hasROCA reports whether n was made of primes of the form k·M + 65537^a mod M,
// which can be factored (CVE-2017-15361). Such an n is a power of 65537 modulo
// every small prime; another n passes all of these by chance once in 10^8.
func hasROCA(n *big.Int) bool {
	primes := [...]int64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157}
	for _, p := range primes {
		if !isPowerOf65537(new(big.Int).Mod(n, big.NewInt(p)).Int64(), p) {
			return false
		}
	}
	return true
}

func isPowerOf65537(residue, prime int64) bool {
	for power := int64(1); ; {
		if power == residue {
			return true
		}
		if power = power * 65537 % prime; power == 1 {
			return false
		}
	}
}
