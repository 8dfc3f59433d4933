package identity

import (
	"errors"
	"fmt"
	"time"
)

// ErrDate is what [ParseDate] answers to anything but a day of the calendar.
var ErrDate = errors.New("identity: not a date of the form YYYY-MM-DD")

// Date is a day of the calendar, without a time zone. The zero Date is absent.
//
// In JSON it is a string of the form YYYY-MM-DD. Decoding also takes null and
// the empty string, which are absent, and refuses the rest with a
// [json.UnmarshalTypeError] that names the field.
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD, or returns [ErrDate]: a day that its month does
// not have, such as 4598-42-83, is none.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, ErrDate
	}
	d := Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
	if d.String() != s || d.Year == 0 {
		return Date{}, ErrDate
	}
	return d, nil
}

// IsZero says whether d is absent.
func (d Date) IsZero() bool { return d == Date{} }

// String is YYYY-MM-DD, or empty if d is absent. It does not check d.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText is String, or [ErrDate] for a day that the calendar does not have.
func (d Date) MarshalText() ([]byte, error) {
	text := d.String()
	if _, err := ParseDate(text); err != nil && !d.IsZero() {
		return nil, err
	}
	return []byte(text), nil
}

// UnmarshalText reads YYYY-MM-DD; the empty text is the absent date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return mistyped[Date]("a string that is no YYYY-MM-DD")
	}
	*d = parsed
	return nil
}
