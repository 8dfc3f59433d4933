package store

import (
	"fmt"
	"io"
	"log/slog"
)

// A factor holds an address or number, which belongs in no log and no error.

// String is the kind of the factor and its id.
func (f Factor) String() string { return f.Kind + " " + f.ID }

// Format prints String, whatever the verb.
func (f Factor) Format(s fmt.State, _ rune) { io.WriteString(s, f.String()) }

// LogValue is String.
func (f Factor) LogValue() slog.Value { return slog.StringValue(f.String()) }
