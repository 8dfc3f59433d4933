package token

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is a signature algorithm by its registered name (RFC 7518 section
// 3.1, RFC 8037 section 3.1). There is no value for "none".
type Algorithm string

// The algorithms. EdDSA is the default: it signs fastest of those whose public
// key can be published. RSA signs some forty times slower and is for verifiers
// that know nothing else. With an HMAC whoever can verify a token can also make
// one, so HS keys are for a service that only talks to itself.
const (
	EdDSA Algorithm = "EdDSA" // Ed25519
	ES256 Algorithm = "ES256" // P-256
	ES384 Algorithm = "ES384" // P-384
	ES512 Algorithm = "ES512" // P-521
	RS256 Algorithm = "RS256" // PKCS #1 v1.5
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256" // PSS, salt as long as the hash
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
)

// Key types as a JWK names them (RFC 7518 section 6.1, RFC 8037 section 2).
const (
	typeOKP = "OKP"
	typeEC  = "EC"
	typeRSA = "RSA"
	typeOct = "oct"
)

// scheme is what an algorithm asks of its key, and the code that signs with it.
type scheme struct {
	method  jwt.SigningMethod
	keyType string
	curve   elliptic.Curve // for EC
	hash    crypto.Hash    // for HMAC: no secret is shorter
}

func schemeOf(a Algorithm) (scheme, error) {
	switch a {
	case EdDSA:
		return scheme{method: jwt.SigningMethodEdDSA, keyType: typeOKP}, nil
	case ES256:
		return scheme{method: jwt.SigningMethodES256, keyType: typeEC, curve: elliptic.P256()}, nil
	case ES384:
		return scheme{method: jwt.SigningMethodES384, keyType: typeEC, curve: elliptic.P384()}, nil
	case ES512:
		return scheme{method: jwt.SigningMethodES512, keyType: typeEC, curve: elliptic.P521()}, nil
	case RS256:
		return scheme{method: jwt.SigningMethodRS256, keyType: typeRSA}, nil
	case RS384:
		return scheme{method: jwt.SigningMethodRS384, keyType: typeRSA}, nil
	case RS512:
		return scheme{method: jwt.SigningMethodRS512, keyType: typeRSA}, nil
	case PS256:
		return scheme{method: strictPSS(jwt.SigningMethodPS256), keyType: typeRSA}, nil
	case PS384:
		return scheme{method: strictPSS(jwt.SigningMethodPS384), keyType: typeRSA}, nil
	case PS512:
		return scheme{method: strictPSS(jwt.SigningMethodPS512), keyType: typeRSA}, nil
	case HS256:
		return scheme{method: jwt.SigningMethodHS256, keyType: typeOct, hash: crypto.SHA256}, nil
	case HS384:
		return scheme{method: jwt.SigningMethodHS384, keyType: typeOct, hash: crypto.SHA384}, nil
	case HS512:
		return scheme{method: jwt.SigningMethodHS512, keyType: typeOct, hash: crypto.SHA512}, nil
	}
	return scheme{}, fmt.Errorf("%w: unknown algorithm", errUnsupported)
}

// strictPSS is m without its leave to verify a salt of any length: RFC 7518
// section 3.5 has it as long as the hash.
func strictPSS(m *jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: m.SigningMethodRSA,
		Options:          &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}

// impliedBy returns the algorithm that keys of a type and curve can only be
// for, or "" where there are several.
func impliedBy(keyType, curve string) Algorithm {
	switch {
	case keyType == typeOKP && curve == "Ed25519":
		return EdDSA
	case keyType == typeEC && curve == "P-256":
		return ES256
	case keyType == typeEC && curve == "P-384":
		return ES384
	case keyType == typeEC && curve == "P-521":
		return ES512
	}
	return ""
}
