package secret

import (
	"crypto/sha256"
	"encoding/binary"
)

// roomy holds most lists of parts without reaching for the heap.
const roomy = 256

// Sum returns the SHA-256 of parts, each preceded by its length, so that no two
// lists have the same sum by being joined differently.
//
// It is a lookup key for what cannot be guessed. What can be, a short code or
// an address, is found again by trying them all: use [Keyring.MAC] for those.
func Sum(parts ...string) [sha256.Size]byte {
	var buf [roomy]byte
	return sha256.Sum256(appendParts(buf[:0], parts))
}

// appendParts appends each part after its length in eight bytes, big-endian.
func appendParts(b []byte, parts []string) []byte {
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
