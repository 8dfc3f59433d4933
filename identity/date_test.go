package identity_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// S2-64: a day that only fits the pattern is none.
// S3-115
func TestParseDate(t *testing.T) {
	t.Parallel()
	want := identity.Date{Year: 1976, Month: time.May, Day: 30}
	if got, err := identity.ParseDate("1976-05-30"); err != nil || got != want || got.String() != "1976-05-30" {
		t.Errorf("ParseDate(1976-05-30) = %v, %v", got, err)
	}
	if got, err := identity.ParseDate("2024-02-29"); err != nil || got.Day != 29 {
		t.Errorf("a leap day is refused: %v, %v", got, err)
	}
	for _, s := range []string{
		"4598-42-83", "2023-02-29", "2023-00-10", "2023-10-00", "2023-04-31", "0000-01-01", "", "1976-5-30",
		"1976-05-30 ", " 1976-05-30", "1976-05-30T00:00:00Z", "01976-05-30", "-976-05-30", "+976-05-30", "1976/05/30", "١٩٧٦-05-30",
	} {
		if got, err := identity.ParseDate(s); !errors.Is(err, identity.ErrDate) || !got.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v; want ErrDate", s, got, err)
		}
	}
}

func TestDateInJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`null`, `""`} {
		if got := decode[identity.Date](t, text); !got.IsZero() || got.String() != "" {
			t.Errorf("%s decodes to %v, want the absent date", text, got)
		}
	}
	var u identity.User
	var wrong *json.UnmarshalTypeError
	err := json.Unmarshal([]byte(`{"birthDate":"4598-42-83"}`), &u)
	if !errors.As(err, &wrong) || wrong.Field != "birthDate" {
		t.Errorf("4598-42-83: error %v, want an UnmarshalTypeError on birthDate", err)
	}
	if _, err := json.Marshal(identity.Date{Year: 4598, Month: 42, Day: 83}); !errors.Is(err, identity.ErrDate) {
		t.Errorf("a date that is none is encoded: %v", err)
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"1976-05-30", "2024-02-29", "4598-42-83", "0001-01-01", "9999-12-31", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := identity.ParseDate(s)
		if err != nil {
			return
		}
		if d.String() != s {
			t.Fatalf("ParseDate(%q) prints as %q", s, d)
		}
		if on := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC); on.Day() != d.Day || on.Month() != d.Month {
			t.Fatalf("ParseDate(%q) is no day of the calendar", s)
		}
	})
}
