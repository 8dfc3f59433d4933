package identity_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// S0-19
// S0-20: the documented example.
func TestInstantIsMillisecondsInUTC(t *testing.T) {
	t.Parallel()
	want := time.Date(2022, 8, 1, 19, 5, 19, 0, time.UTC)
	i := decode[identity.Instant](t, "1659380719000")
	if got := i.Time(); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("Time = %v, want %v", got, want)
	}
	elsewhere := want.In(time.FixedZone("elsewhere", -7*3600)).Add(999 * time.Microsecond)
	if got := identity.At(elsewhere); got != i {
		t.Errorf("At in another zone and within the millisecond = %d, want %d", got, i)
	}
	if got := string(encode(t, i)); got != "1659380719000" {
		t.Errorf("encoded as %s, want the integer 1659380719000", got)
	}
	late := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := identity.At(late).Time(); !got.Equal(late) {
		t.Errorf("2100 comes back as %v", got)
	}
}

// S0-21: a quoted integer is taken, and an unquoted one is given.
func TestInstantDecodes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]identity.Instant{
		`0`: 0, `null`: 0, `-1`: -1, `1659380719000`: 1659380719000, `"1659380719000"`: 1659380719000,
		`"-1"`: -1, `9223372036854775807`: math.MaxInt64, `-9223372036854775808`: math.MinInt64,
	} {
		if got := decode[identity.Instant](t, text); got != want {
			t.Errorf("%s decodes to %d, want %d", text, got, want)
		}
	}
}

func TestInstantRefusesAndNamesTheField(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`1.5`, `1.0`, `1e3`, `1E400`, `9223372036854775808`, `-9223372036854775809`, `true`, `{}`, `[1]`,
		`""`, `"1e3"`, `"+1"`, `"01"`, `" 1"`, `"1_000"`, `"0x1"`, `"-"`, `"2022-08-01T19:05:19Z"`,
	} {
		var u identity.User
		err := json.Unmarshal([]byte(`{"expiry":`+text+`}`), &u)
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) || wrong.Field != "expiry" {
			t.Errorf("%s: error %v, want an UnmarshalTypeError on expiry", text, err)
		} else if strings.Contains(err.Error(), strings.Trim(text, `"`)) && len(text) > 4 {
			t.Errorf("%s: the error repeats the value: %v", text, err)
		}
		if u.Expiry != 0 {
			t.Errorf("%s: leaves %d behind", text, u.Expiry)
		}
	}
}

func TestInstantIsReachedInItsMillisecond(t *testing.T) {
	t.Parallel()
	i := identity.Instant(1659380719000)
	for _, c := range []struct {
		now  time.Time
		want bool
	}{
		{i.Time().Add(-1), false}, {i.Time(), true}, {i.Time().Add(1), true},
		{time.Time{}, false}, {time.Unix(1<<60, 0), true},
	} {
		if got := i.Reached(c.now); got != c.want {
			t.Errorf("Reached at %v = %v, want %v", c.now, got, c.want)
		}
	}
	if got := identity.Instant(0).Time(); !got.IsZero() {
		t.Errorf("the time of an absent instant is %v", got)
	}
	if identity.Instant(0).Reached(time.Unix(1<<60, 0)) {
		t.Error("an absent instant was reached")
	}
}

// TIM-03: no time wraps around.
func TestInstantSaturates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		time time.Time
		want identity.Instant
	}{
		{time.Unix(1<<60, 0), math.MaxInt64}, {time.Unix(-1<<60, 0), math.MinInt64}, {time.Time{}, 0},
	} {
		if got := identity.At(c.time); got != c.want {
			t.Errorf("At(%v) = %d, want %d", c.time, got, c.want)
		}
	}
}

func FuzzInstant(f *testing.F) {
	for _, text := range []string{`0`, `-0`, `"7"`, `1e3`, `1659380719000`, `"\u0031"`, `null`, `9223372036854775808`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var i identity.Instant
		if json.Unmarshal(data, &i) != nil {
			return
		}
		again, err := json.Marshal(i)
		if err != nil {
			t.Fatalf("%s decodes, and does not encode: %v", data, err)
		}
		var j identity.Instant
		if err := json.Unmarshal(again, &j); err != nil || j != i {
			t.Fatalf("%s decodes to %d, and again to %d, %v", data, i, j, err)
		}
	})
}
