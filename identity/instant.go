package identity

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Instant is a moment in milliseconds since 1970-01-01T00:00:00Z, as every
// instant of the wire is. Zero means absent; the epoch itself cannot be told.
//
// In JSON it is an integer. Decoding also takes a quoted integer and null, which
// is absent, and refuses fractions, exponents and what an int64 cannot hold
// with a [json.UnmarshalTypeError] that names the field.
type Instant int64

// At is the instant of t, cut to the millisecond. The zero Time is absent. A
// time beyond what an Instant holds is the last or first that it holds.
func At(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(milliseconds(t))
}

// Time is the moment in UTC, or the zero Time if i is absent.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// IsZero says whether i is absent.
func (i Instant) IsZero() bool { return i == 0 }

// Reached says whether i is present and now is not before it: what expires at i
// is dead from that millisecond on.
func (i Instant) Reached(now time.Time) bool {
	return i != 0 && milliseconds(now) >= int64(i)
}

// UnmarshalJSON takes an integer, a quoted integer or null.
func (i *Instant) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		*i = 0
		return nil
	}
	if n := len(text); n > 2 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	if !isInteger(text) {
		return mistyped[Instant]("anything but an integer")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return mistyped[Instant]("an integer of more than 64 bits")
	}
	*i = Instant(n)
	return nil
}

// isInteger is JSON's grammar of an integer, so that a quoted one may not say
// more than a bare one: no "+1", no "007", no "1_000".
func isInteger(text string) bool {
	if text != "" && text[0] == '-' {
		text = text[1:]
	}
	if text == "" || text[0] == '0' && len(text) > 1 {
		return false
	}
	return only(text, isDigit)
}

// milliseconds is t.UnixMilli without its wrap-around.
func milliseconds(t time.Time) int64 {
	switch s := t.Unix(); {
	case s >= math.MaxInt64/1000:
		return math.MaxInt64
	case s <= math.MinInt64/1000:
		return math.MinInt64
	}
	return t.UnixMilli()
}

// mistyped refuses a JSON value without repeating it. encoding/json adds the
// path of the field to an error of this type.
func mistyped[T any](value string) error {
	return &json.UnmarshalTypeError{Value: value, Type: reflect.TypeFor[T]()}
}
