package mfa

import (
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// totpSecrets is what an authenticator's secret is sealed for.
const totpSecrets secret.Use = "totp secret"

// leastSecret is the fewest bytes of a secret that a code is computed from (RFC
// 4226, section 4, R6, asks for 16 and recommends 20). An empty one would make
// codes too, which anybody can compute.
const leastSecret, mostSecret = 20, 128

// errSecret means that an authenticator's secret cannot be used. It is never
// taken for a wrong code, nor for having no factor.
var errSecret = errors.New("mfa: the secret of an authenticator cannot be used")

// base32Text is the form of secrets that authenticator apps read.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

var algorithms = map[identity.TOTPAlgorithm]otp.Algorithm{
	identity.HmacSHA1:   otp.AlgorithmSHA1,
	identity.HmacSHA256: otp.AlgorithmSHA256,
	identity.HmacSHA512: otp.AlgorithmSHA512,
}

// stepAt is the step that a time lies in (RFC 6238, section 4.2, with T0 = 0).
// Before 1970 there is none: it is negative.
func stepAt(now time.Time, seconds int) int64 {
	n := now.Unix()
	if n < 0 {
		return -1
	}
	return n / int64(seconds)
}

// shows is what an authenticator with a secret shows in a step.
func shows(key []byte, a identity.Authenticator, step int64) (string, error) {
	algorithm, ok := algorithms[a.Algorithm]
	if !ok || a.CodeLength < 6 || a.CodeLength > 8 || len(key) < leastSecret {
		return "", errSecret
	}
	shown, err := hotp.GenerateCodeCustom(base32Text.EncodeToString(key), uint64(step), hotp.ValidateOpts{
		Digits:    otp.Digits(a.CodeLength),
		Algorithm: algorithm,
	})
	if err != nil {
		return "", errSecret
	}
	return shown, nil
}

// match finds the step whose code was typed: the current or the one before,
// later than the last that was accepted. It looks at both whatever it finds. A
// step of zero is none; neither the first half minute of 1970 nor what comes
// before it has one, since a store claims only steps above zero.
func match(key []byte, x store.Factor, typed string, now time.Time) (int64, error) {
	if x.Codes.TimeStep < 1 {
		return 0, errSecret
	}
	var found int64
	current := stepAt(now, x.Codes.TimeStep)
	for step := current - 1; step <= current; step++ {
		shown, err := shows(key, x.Codes, max(step, 0))
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(shown), []byte(typed)) == 1 && step > max(x.Step, 0) {
			found = step
		}
	}
	return found, nil
}

// digits says whether text is 1 to 8 digits of ASCII and nothing else: no space
// is trimmed, and no other script's digit is one.
func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return len(text) > 0 && len(text) <= 8
}

func (f *Factors) seal(key []byte, id store.FactorID) []byte {
	return f.c.Keys.Seal(totpSecrets, key, id.Tenant, id.User, id.ID)
}

func (f *Factors) unseal(x store.Factor) ([]byte, error) {
	key, err := f.c.Keys.Open(totpSecrets, x.Sealed, x.Tenant, x.User, x.ID)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSecret, err)
	}
	if len(key) < leastSecret {
		return nil, errSecret
	}
	return key, nil
}

// matched is the authenticator whose code was typed, with the step to claim. It
// compares with all of them, whatever it finds. A step of zero is no match.
func (f *Factors) matched(authenticators []store.Factor, typed string, now time.Time) (found store.Factor, step int64, err error) {
	for _, x := range authenticators {
		key, err := f.unseal(x)
		if err != nil {
			return store.Factor{}, 0, err
		}
		n, err := match(key, x, typed, now)
		if err != nil {
			return store.Factor{}, 0, err
		}
		if n > 0 && step == 0 {
			found, step = x, n
		}
	}
	return found, step, nil
}
