package mfa

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

var rfcKey = []byte("12345678901234567890")

// The vectors of RFC 4226, appendix D.
//
// S0-42
func TestCodesAreThoseOfRFC4226(t *testing.T) {
	t.Parallel()
	six := identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}
	for step, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		got, err := shows(rfcKey, six, int64(step))
		if err != nil || got != want {
			t.Errorf("step %d: %s, %v, want %s", step, got, err, want)
		}
	}
}

// Edges of the clock: only the current step and the one before count, in 64
// bits, and no step that a store could not claim.
//
// MFA-07
func TestClockEdges(t *testing.T) {
	t.Parallel()
	x := store.Factor{Codes: identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 8, TimeStep: 30}}
	for _, at := range []int64{-1 << 40, -1, 0, 29, 30, 59, 60, 1<<31 - 1, 1 << 31, 1 << 32, 20000000000} {
		now := time.Unix(at, 999_999_999)
		current := at / 30
		for step := max(current-3, 0); step <= max(current, 0)+3; step++ {
			code, err := shows(rfcKey, x.Codes, step)
			if err != nil {
				t.Fatal(err)
			}
			want := int64(0)
			if at >= 0 && step > 0 && (step == current || step == current-1) {
				want = step
			}
			if got, err := match(rfcKey, x, code, now); err != nil || got != want {
				t.Errorf("at %d, the code of step %d: claims %d, %v, want %d", at, step, got, err, want)
			}
		}
	}
}

// What could compute a code that anybody can, or panic, is an error: it is not a
// wrong code, and it is no way in.
//
// MFA-08
func TestUnusableSecretsAreErrors(t *testing.T) {
	t.Parallel()
	good := identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}
	for name, c := range map[string]struct {
		key   []byte
		codes identity.Authenticator
	}{
		"empty":             {nil, good},
		"short":             {rfcKey[:19], good},
		"no digits":         {rfcKey, identity.Authenticator{Algorithm: identity.HmacSHA1, TimeStep: 30}},
		"negative digits":   {rfcKey, identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: -1, TimeStep: 30}},
		"too many digits":   {rfcKey, identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 9, TimeStep: 30}},
		"no step":           {rfcKey, identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6}},
		"unknown algorithm": {rfcKey, identity.Authenticator{Algorithm: "HmacMD5", CodeLength: 6, TimeStep: 30}},
	} {
		n, err := match(c.key, store.Factor{Codes: c.codes}, "328482", time.Unix(59, 0))
		if !errors.Is(err, errSecret) || n != 0 {
			t.Errorf("%s: claims %d, %v, want an error", name, n, err)
		}
	}
}

// MFA-09
func FuzzOnlyDigitsAreCodes(f *testing.F) {
	x := store.Factor{Codes: identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}}
	now := time.Unix(59, 0)
	for _, s := range []string{"287082", " 287082", "287082\n", "287 082", "٢٨٧٠٨٢", "2870820", "", "755224", "-87082", "２８７０８２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if digits(typed) != isDigits(typed) {
			t.Errorf("%q: digits says %v", typed, digits(typed))
		}
		step, err := match(rfcKey, x, typed, now)
		if err != nil || (step != 0) != (typed == "287082") {
			t.Errorf("%q claims step %d, %v", typed, step, err)
		}
	})
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && len(s) < 9
}
