package token

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
)

// ParsePEM reads the one key of a PEM text: PRIVATE KEY (PKCS #8), EC PRIVATE
// KEY, RSA PRIVATE KEY or PUBLIC KEY. Id, algorithm and errors are those of
// [NewKey]. Certificates and encrypted keys are ErrKey.
func ParsePEM(id string, a Algorithm, data []byte) (*Key, error) {
	block, err := onlyKeyBlock(data)
	if err != nil {
		return nil, err
	}
	key, err := parseBlock(block)
	if err != nil {
		return nil, badKey("the PEM block does not hold a key that we can read")
	}
	return NewKey(id, a, key)
}

func onlyKeyBlock(data []byte) (*pem.Block, error) {
	if len(data) > maxKeyBytes {
		return nil, badKey("over 256 KiB")
	}
	var found *pem.Block
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "EC PARAMETERS" { // openssl writes it before an EC key
			continue
		}
		if found != nil {
			return nil, badKey("more than one PEM block")
		}
		found = block
	}
	if found == nil {
		return nil, badKey("no PEM block")
	}
	return found, nil
}

func parseBlock(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	}
	return nil, errUnsupported
}

// PublicPEM returns the public part of the key as a PEM text of type PUBLIC
// KEY. ErrKey for an HMAC key, which has none.
func (k *Key) PublicPEM() ([]byte, error) {
	if k.symmetric() {
		return nil, badKey("an HMAC key has no public part")
	}
	der, err := x509.MarshalPKIXPublicKey(k.material().public)
	if err != nil {
		return nil, badKey("public key does not encode")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// LoadFile reads the keys of a file: a PEM text, a JWK or a JWK Set, told apart
// by how it begins. The algorithm is for a PEM with an RSA key, which does not
// name its own; empty where the file says enough. A file that names another
// algorithm is ErrKey. It does not check who else may read the file.
func LoadFile(path string, a Algorithm) ([]*Key, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("token: load: %w", err)
	}
	keys, err := parseFile(data, a)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if a != "" && k.algorithm != a {
			return nil, badKey("the file names another algorithm")
		}
	}
	return keys, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyBytes+1))
}

func parseFile(data []byte, a Algorithm) ([]*Key, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		k, err := ParsePEM("", a, data)
		return []*Key{k}, err
	}
	members, err := parseKeyObject(data)
	if err != nil {
		return nil, err
	}
	if _, isSet := members["keys"]; isSet {
		return ParseJWKS(data)
	}
	k, err := readJWK(members)
	return []*Key{k}, err
}
