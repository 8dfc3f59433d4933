package secret

import (
	"crypto/rand"
	"encoding/base64"
	"math"
)

// Kind is what a [Generator] makes, spelled as FusionAuth's SecureGeneratorType.
type Kind string

// The kinds. What a person may have to type holds upper-case letters and
// digits, less the look-alikes I, L, O, 0 and 1 wherever letters occur; so
// typing it needs no shift key, and reading it aloud no spelling.
const (
	RandomDigits       Kind = "randomDigits"       // 0 to 9, leading zeros included
	RandomAlpha        Kind = "randomAlpha"        // A to Z without I, L and O
	RandomAlphaNumeric Kind = "randomAlphaNumeric" // the same, and 2 to 9
	RandomBytes        Kind = "randomBytes"        // bytes, as base64url without padding
)

const (
	digits  = "0123456789"
	letters = "ABCDEFGHJKMNPQRSTUVWXYZ"
	mixed   = letters + "23456789"
)

// The least and the most that a Generator's Length may be.
const (
	minChars, maxChars = 4, 12
	minBytes, maxBytes = 16, 128
)

// Generator makes secrets of one shape. Its JSON is FusionAuth's
// SecureGeneratorConfiguration.
//
// The zero Generator makes nothing and fails Check; a configuration may read it
// as "the default", which it then names.
type Generator struct {
	Kind   Kind `json:"type"`
	Length int  `json:"length"` // characters; for RandomBytes, bytes before encoding
}

// IsZero reports whether g is the zero Generator.
func (g Generator) IsZero() bool { return g == Generator{} }

// Check returns a *[FieldError] that names type or length if New would panic:
// an unknown kind, fewer than 4 or more than 12 characters, fewer than 16 or
// more than 128 bytes.
//
// It does not judge whether that is enough for a purpose. Four digits are
// allowed and soon guessed: compare [Generator.Bits] with what the purpose needs.
func (g Generator) Check() error {
	switch {
	case g.Kind == RandomBytes:
		if g.Length < minBytes || g.Length > maxBytes {
			return &FieldError{"length", "must be 16 to 128 bytes"}
		}
	case g.alphabet() == "":
		return &FieldError{"type", "must be randomDigits, randomAlpha, randomAlphaNumeric or randomBytes"}
	case g.Length < minChars || g.Length > maxChars:
		return &FieldError{"length", "must be 4 to 12 characters"}
	}
	return nil
}

// New returns a new secret from crypto/rand, each value as likely as any other.
// It panics if Check fails: a secret of a shape nobody allowed must not leave.
func (g Generator) New() Text {
	if err := g.Check(); err != nil {
		panic(err)
	}
	if g.Kind == RandomBytes {
		return New(randomBytes(g.Length))
	}
	return New(randomChars(g.alphabet(), g.Length))
}

// Bits is the entropy of a secret that New makes, log2 of how many there are:
// 19.9 for six digits, 256 for 32 bytes. It is 0 for a kind that does not exist.
func (g Generator) Bits() float64 {
	if g.Kind == RandomBytes {
		return 8 * float64(g.Length)
	}
	if g.alphabet() == "" {
		return 0
	}
	return float64(g.Length) * math.Log2(float64(len(g.alphabet())))
}

// Canonical returns what a person typed in the one form that is compared. For
// RandomAlpha and RandomAlphaNumeric, which hold no small letters, it turns a
// to z into A to Z. It does nothing else: it trims no space, drops no hyphen and
// folds no other script, so that one code has no second spelling beyond case.
func (g Generator) Canonical(typed string) string {
	if g.Kind != RandomAlpha && g.Kind != RandomAlphaNumeric {
		return typed
	}
	upper := []byte(typed)
	for i, c := range upper {
		if 'a' <= c && c <= 'z' {
			upper[i] = c - 'a' + 'A'
		}
	}
	return string(upper)
}

func (g Generator) alphabet() string {
	switch g.Kind {
	case RandomDigits:
		return digits
	case RandomAlpha:
		return letters
	case RandomAlphaNumeric:
		return mixed
	}
	return ""
}

// randomChars draws n characters. A byte beyond the last whole multiple of the
// alphabet is thrown away: taking it modulo would favour the first characters.
func randomChars(alphabet string, n int) string {
	fair := 256 - 256%len(alphabet)
	var random [maxChars + 4]byte // rarely a second read
	chars := make([]byte, 0, maxChars)
	for {
		rand.Read(random[:])
		for _, b := range random {
			if int(b) >= fair {
				continue
			}
			chars = append(chars, alphabet[int(b)%len(alphabet)])
			if len(chars) == n {
				return string(chars)
			}
		}
	}
}

func randomBytes(n int) string {
	var random [maxBytes]byte
	rand.Read(random[:n])
	return base64.RawURLEncoding.EncodeToString(random[:n])
}
