package session

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// keyText is a key as its holder writes it: prefix_kind_id_secret_checksum, as in
//
//	gatehouse_key_0b33b752-…_5u3mzq…_1a2b3c4d
//
// The checksum tells a key that was mistyped or cut short, and one made up for a
// test, without asking the store. It keeps nobody from making one up.
type keyText struct {
	kind   store.Kind
	id     string
	secret string
}

// secretText is 256 bits in letters and digits, which one double click selects.
var secretText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newKeySecret() string {
	var random [32]byte
	rand.Read(random[:])
	return secretText.EncodeToString(random[:])
}

// word is what a kind is called in a key.
func word(k store.Kind) string {
	if k == store.APIKey {
		return "key"
	}
	return "access"
}

func isPrefix(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 16
}

func (t keyText) body(prefix string) string {
	return prefix + "_" + word(t.kind) + "_" + t.id + "_" + t.secret
}

func (t keyText) write(prefix string) string {
	body := t.body(prefix)
	return body + "_" + checksum(body)
}

func checksum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// sum is what is kept of a key.
func (t keyText) sum() store.Hash {
	return secret.Sum("key", string(t.kind), t.id, t.secret)
}

// parseKey takes a key of a kind apart. Each has one spelling.
func parseKey(prefix string, kind store.Kind, text secret.Text) (keyText, bool) {
	// 16 + 6 + 36 + 52 + 8 characters and four separators are the most.
	if len(text.Reveal()) > 128 {
		return keyText{}, false
	}
	parts := strings.Split(text.Reveal(), "_")
	if len(parts) != 5 {
		return keyText{}, false
	}
	t := keyText{kind: kind, id: parts[2], secret: parts[3]}
	if !isID(t.id) || len(t.secret) != 52 || t.write(prefix) != text.Reveal() {
		return keyText{}, false
	}
	return t, true
}
