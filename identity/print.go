package identity

import (
	"fmt"
	"io"
	"log/slog"
)

// The types below hold addresses and phone numbers, which belong in no log and no
// error. Under every verb of fmt, and in slog, they show an id or a mask. JSON
// carries them whole: what slog's JSON handler is given must not contain one
// inside a type that logs itself as JSON.

// String is the user's id.
func (u User) String() string { return "user " + u.ID }

// Format prints String, whatever the verb.
func (u User) Format(f fmt.State, _ rune) { io.WriteString(f, u.String()) }

// LogValue is String.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// String is the type and the masked value.
func (i UserIdentity) String() string { return i.Identifier().String() }

// Format prints String, whatever the verb.
func (i UserIdentity) Format(f fmt.State, _ rune) { io.WriteString(f, i.String()) }

// LogValue is String.
func (i UserIdentity) LogValue() slog.Value { return slog.StringValue(i.String()) }

// String is the method and its id.
func (m TwoFactorMethod) String() string { return m.Method + " " + m.ID }

// Format prints String, whatever the verb.
func (m TwoFactorMethod) Format(f fmt.State, _ rune) { io.WriteString(f, m.String()) }

// LogValue is String.
func (m TwoFactorMethod) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String is the type and the masked value.
func (id Identifier) String() string {
	if id.IsZero() {
		return ""
	}
	return string(id.Type) + ":" + Mask(id.Value)
}

// Format prints String, whatever the verb.
func (id Identifier) Format(f fmt.State, _ rune) { io.WriteString(f, id.String()) }

// LogValue is String.
func (id Identifier) LogValue() slog.Value { return slog.StringValue(id.String()) }
