package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a secret that does not show itself. It prints under every verb of
// fmt, logs, marshals and gobs as [redacted]; as an unexported field of another
// struct, where fmt calls no methods, it prints as an address. [Text.Reveal] is
// the only way out. What follows pointers through unexported fields, as some
// debug printers do, or reads memory, still sees it.
//
// The zero Text holds nothing and equals nothing. Two Texts cannot be compared
// with ==, which does not compile: use [Text.Equal].
type Text struct {
	_     [0]func()
	value *string
}

// New returns s as a Text. An empty s gives the zero Text.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{value: &s}
}

// Reveal returns the secret itself. Whoever calls it answers for where it goes.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// IsZero reports whether t holds nothing.
func (t Text) IsZero() bool { return t.value == nil }

// Equal reports whether t and other hold the same secret, byte for byte, in a
// time that does not tell where they differ: it compares SHA-256 digests. Two
// zero Texts are not equal: a secret that is not there matches nothing.
func (t Text) Equal(other Text) bool {
	a := sha256.Sum256([]byte(t.Reveal()))
	b := sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && !t.IsZero()
}

// Format implements [fmt.Formatter]: every verb prints [redacted].
func (Text) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String returns [redacted].
func (Text) String() string { return redacted }

// GoString returns [redacted].
func (Text) GoString() string { return redacted }

// LogValue implements [slog.LogValuer]: it logs as [redacted].
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns the JSON string "[redacted]".
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns [redacted].
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode returns [redacted].
func (Text) GobEncode() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalJSON takes in the secret that a JSON string carries. A null, "" and
// "[redacted]" give the zero Text: what was redacted on the way out must not
// come back as a secret that anyone can type. Anything else is a
// *[json.UnmarshalTypeError].
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = takeIn(s)
	return nil
}

// UnmarshalText takes data in as the secret; "" and "[redacted]" give the zero
// Text. It never fails.
func (t *Text) UnmarshalText(data []byte) error {
	*t = takeIn(string(data))
	return nil
}

// GobDecode gives the zero Text: a gob carries no secret.
func (t *Text) GobDecode([]byte) error {
	*t = Text{}
	return nil
}

func takeIn(s string) Text {
	if s == redacted {
		return Text{}
	}
	return New(s)
}

// Issued is a secret on its way to the one it was made for: its JSON carries it
// in clear, and everything else redacts it as [Text] does. It belongs in a
// response, with omitzero, and nowhere else.
//
// A logger that encodes a whole response as JSON, as [slog.JSONHandler] does
// with a struct, writes it in clear too: give the response a LogValue method.
type Issued struct{ Text }

// Issue returns s as an Issued.
func Issue(s string) Issued { return Issued{New(s)} }

// MarshalJSON returns the secret itself as a JSON string.
func (i Issued) MarshalJSON() ([]byte, error) { return json.Marshal(i.Reveal()) }
