package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
)

// JWK is the public part of a key (RFC 7517, RFC 8037). It has no field that a
// private part could be in.
type JWK struct {
	KeyType   string    `json:"kty"`
	Use       string    `json:"use"`
	Algorithm Algorithm `json:"alg"`
	ID        string    `json:"kid"`
	Curve     string    `json:"crv,omitempty"`
	X         string    `json:"x,omitempty"`
	Y         string    `json:"y,omitempty"`
	N         string    `json:"n,omitempty"`
	E         string    `json:"e,omitempty"`
}

// privateJWK is a JWK with what must not be published (RFC 7518 sections 6.2.2,
// 6.3.2 and 6.4).
type privateJWK struct {
	JWK
	K  string `json:"k,omitempty"`
	D  string `json:"d,omitempty"`
	P  string `json:"p,omitempty"`
	Q  string `json:"q,omitempty"`
	DP string `json:"dp,omitempty"`
	DQ string `json:"dq,omitempty"`
	QI string `json:"qi,omitempty"`
}

// JWK returns the public part of the key, and false for an HMAC key, which has
// none.
func (k *Key) JWK() (JWK, bool) {
	if k.symmetric() {
		return JWK{}, false
	}
	j := k.material().jwk()
	j.Use, j.Algorithm, j.ID = "sig", k.algorithm, k.id
	return j, true
}

// ExportJWK returns the whole key as a JWK, for [ParseJWK]: the private part or
// the HMAC secret in clear, if the key has it here. It is the one way out for a
// private part; keep the bytes where secrets are kept.
func (k *Key) ExportJWK() ([]byte, error) {
	j := privateJWK{JWK: k.material().jwk()}
	j.Use, j.Algorithm, j.ID = "sig", k.algorithm, k.id
	switch private := k.material().local.(type) {
	case []byte:
		j.K = encodeBase64(private)
	case ed25519.PrivateKey:
		j.D = encodeBase64(private.Seed())
	case *ecdsa.PrivateKey:
		d, err := private.Bytes()
		if err != nil {
			return nil, badKey("EC private key is inconsistent")
		}
		j.D = encodeBase64(d)
	case *rsa.PrivateKey:
		if len(private.Primes) != 2 {
			return nil, badKey("RSA key has more than two primes")
		}
		j.D, j.P, j.Q = encodeInt(private.D), encodeInt(private.Primes[0]), encodeInt(private.Primes[1])
		j.DP, j.DQ, j.QI = encodeInt(private.Precomputed.Dp), encodeInt(private.Precomputed.Dq), encodeInt(private.Precomputed.Qinv)
	}
	return json.Marshal(j)
}

// jwk returns what describes the public key itself, without id, algorithm and use.
func (m *material) jwk() JWK {
	switch public := m.public.(type) {
	case ed25519.PublicKey:
		return JWK{KeyType: typeOKP, Curve: "Ed25519", X: encodeBase64(public)}
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // checked when the key was made: 4, X, Y
		half := (len(point) + 1) / 2
		return JWK{KeyType: typeEC, Curve: public.Curve.Params().Name,
			X: encodeBase64(point[1:half]), Y: encodeBase64(point[half:])}
	case *rsa.PublicKey:
		return JWK{KeyType: typeRSA, N: encodeInt(public.N), E: encodeInt(big.NewInt(int64(public.E)))}
	}
	return JWK{KeyType: typeOct}
}

// thumbprint is the RFC 7638 hash of a public key: its required members only,
// in alphabetical order, without space.
func thumbprint(j JWK) string {
	var required string
	switch j.KeyType {
	case typeOKP:
		required = fmt.Sprintf(`{"crv":%q,"kty":"OKP","x":%q}`, j.Curve, j.X)
	case typeEC:
		required = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, j.Curve, j.X, j.Y)
	case typeRSA:
		required = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, j.E, j.N)
	}
	sum := sha256.Sum256([]byte(required))
	return encodeBase64(sum[:])
}

func encodeInt(i *big.Int) string { return encodeBase64(i.Bytes()) }
