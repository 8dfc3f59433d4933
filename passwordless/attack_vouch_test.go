package passwordless_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// vouched is a login of the sample user whose password the caller has checked.
func vouched(h *logintest.House) *passwordless.Result {
	h.T.Helper()
	result, err := h.Login().Vouch(h.T.Context(), passwordless.VouchRequest{
		UserID: logintest.UserID, LoginID: logintest.Email, Methods: []string{"pwd"}, ApplicationID: logintest.ApplicationID,
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return result
}

// A login that was vouched for has used no channel: what it lists as enrollable
// is what can be enrolled.
func TestVouchedLoginsEnrolByAnyChannel(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Tenant.MultiFactorConfiguration = identity.TenantMultiFactorConfiguration{
		LoginPolicy: identity.MultiFactorRequired,
		Email:       identity.MethodConfiguration{Enabled: true}, SMS: identity.MethodConfiguration{Enabled: true},
	}
	all := []string{identity.MethodAuthenticator, identity.MethodEmail, identity.MethodSMS}
	first := vouched(h)
	if got := first.Response.ConfigurableMethods; !slices.Equal(got, all) {
		t.Errorf("configurableMethods %v, want %v", got, all)
	}
	for _, kind := range all {
		_, err := h.Login().EnrolTwoFactor(t.Context(), passwordless.EnrolTwoFactorRequest{
			TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()),
			Enrol:       mfa.EnrolRequest{Kind: kind, To: map[string]string{identity.MethodEmail: "example@fusionauth.io", identity.MethodSMS: logintest.Phone}[kind]},
		})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A password that was vouched for earns no one-time password that skips the
// second factor, and ends with everything else of the user.
func TestVouchedLoginsEndToo(t *testing.T) {
	t.Parallel()
	h := open(t)
	mustReplace(h)
	first := vouched(h)
	if first.Outcome != outcome.ChangePasswordRequired {
		t.Fatalf("outcome %v, want ChangePasswordRequired", first.Outcome)
	}
	h.Enrolled(who)
	if _, err := h.Login().ChangePassword(t.Context(), replace(first)); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("with a second factor enrolled since: %v, want ErrRefused", err)
	}
	if err := h.Login().Factors().Reset(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	revokeAll(t, h)
	if _, err := h.Login().ChangePassword(t.Context(), replace(first)); !errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("with everything revoked since: %v, want ErrRefused", err)
	}
}
