package mfa_test

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Ten recovery codes come with the first method, of more than 64 bits each; each
// counts once, however it is written, and nothing else does.
//
// MFA-10 MFA-11
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	_, codes := h.authenticator(who)
	form := regexp.MustCompile(`^[A-HJKMNP-Z2-9]{5}-[A-HJKMNP-Z2-9]{5}-[A-HJKMNP-Z2-9]{5}$`)
	seen := map[string]bool{}
	for _, c := range codes {
		if !form.MatchString(c.Reveal()) || seen[c.Reveal()] {
			t.Error("a recovery code is not of the form, or not its own")
		}
		seen[c.Reveal()] = true
	}
	if bits := 15 * math.Log2(31); len(codes) != 10 || bits < 64 {
		t.Errorf("%d codes of %.0f bits", len(codes), bits)
	}
	try := func(typed string) error {
		_, err := h.complete(f, h.challenge(who, byEmail), secret.New(typed))
		return err
	}
	whole := codes[0].Reveal()
	for name, typed := range map[string]string{
		"a space":      whole[:5] + " " + whole[6:],
		"a line break": whole + "\n",
		"part of it":   whole[:11],
		"more of it":   whole + "A",
		"another":      "AAAAA-AAAAA-AAAAA",
	} {
		if err := try(typed); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, typed := range []string{whole, strings.ToLower(codes[1].Reveal()), strings.ReplaceAll(codes[2].Reveal(), "-", "")} {
		if err := try(typed); err != nil {
			t.Errorf("code %d: %v", i, err)
		}
		if err := try(typed); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("code %d again: %v", i, err)
		}
		if n, err := f.CountRecoveryCodes(t.Context(), who); err != nil || n != 9-i {
			t.Errorf("%d are left, %v, want %d", n, err, 9-i)
		}
	}
}

// MFA-10
func TestARecoveryCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, codes := h.authenticator(who)
	machines := []*mfa.Factors{h.factors(), h.another()}
	handles := make([]secret.Text, 8)
	for i := range handles {
		handles[i] = h.challenge(who, byEmail)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(handles))
	for i := range handles {
		wg.Go(func() { _, errs[i] = h.complete(machines[i%2], handles[i], codes[0].Text) })
	}
	wg.Wait()
	winners := len(slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, mfa.ErrWrongCode) }))
	if winners != 1 || len(h.messages(messenger.RecoveryCodeUsed)) != 1 {
		t.Errorf("%d of 8 took one code, and %d notices", winners, len(h.messages(messenger.RecoveryCodeUsed)))
	}
}

// Of calls at one time one whole set stays, which is what one caller was told.
//
// MFA-11
func TestRegeneratedCodesAreOneSet(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	_, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{InsecureSkipProof: true})
	if !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("before there is a method: %v", err)
	}
	h.enrol(who, mfa.EnrolRequest{})
	if _, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{InsecureSkipProof: true}); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("before it is confirmed: %v", err)
	}
	h.authenticator(who)
	sets := make([][]secret.Issued, 16)
	var wg sync.WaitGroup
	for i := range sets {
		wg.Go(func() {
			var err error
			sets[i], err = f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{InsecureSkipProof: true})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	whole := 0
	for _, set := range sets {
		worked := 0
		for _, c := range set {
			h.advance(24 * time.Hour) // the guesses are back
			if _, err := h.complete(f, h.challenge(who, byEmail), c.Text); err == nil {
				worked++
			}
		}
		if worked == 10 {
			whole++
		} else if worked != 0 {
			t.Errorf("%d of a set work", worked)
		}
	}
	if whole != 1 {
		t.Errorf("%d sets work", whole)
	}
}
