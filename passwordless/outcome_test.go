package passwordless_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/store"
)

// fields are the members that an outcome's JSON has.
func fields(t *testing.T, v any) []string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	withToken := []string{"refreshToken", "refreshTokenId", "token", "tokenExpirationInstant", "user"}
	for _, c := range []struct {
		name   string
		change func(h *logintest.House, u *identity.User)
		want   outcome.Outcome
		fields []string
	}{
		// S3-81 S2-57 S2-59
		{"registered and well", func(*logintest.House, *identity.User) {}, outcome.Success, withToken},
		// S3-82
		{"not registered", func(_ *logintest.House, u *identity.User) { u.Registrations = nil },
			outcome.NotRegistered, []string{"token", "tokenExpirationInstant", "user"}},
		// S3-83 S3-84 S0-5 S0-6 S2-123 S3-163
		{"password must change", func(_ *logintest.House, u *identity.User) {
			u.PasswordChangeRequired, u.PasswordChangeReason = true, identity.ChangeExpired
		}, outcome.ChangePasswordRequired, []string{"changePasswordId", "changePasswordReason"}},
		// S3-86 S3-87 S3-102 S3-103 S3-104 S0-8
		{"address unverified, gated", func(h *logintest.House, u *identity.User) {
			*u = logintest.Unverified(*u)
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{
				VerifyEmail: true, VerificationStrategy: identity.FormField,
				ImplicitEmailVerificationAllowed: identity.Off,
				Unverified:                       identity.Unverified{Behavior: identity.Gated},
			}
		}, outcome.IdentityUnverified, []string{"emailVerificationId", "identityVerificationId", "user"}},
		{"address unverified, allowed", func(h *logintest.House, u *identity.User) {
			*u = logintest.Unverified(*u)
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{
				VerifyEmail: true, Unverified: identity.Unverified{Behavior: identity.Allow},
				ImplicitEmailVerificationAllowed: identity.Off,
			}
		}, outcome.IdentityUnverified, withToken},
		// S3-88 S3-89 S0-13 S2-112
		{"registration unverified, gated", func(h *logintest.House, u *identity.User) {
			u.Registrations[0].Verified = false
			h.Application.VerifyRegistration = true
			h.Application.VerificationStrategy = identity.FormField
			h.Application.Unverified.Behavior = identity.Gated
		}, outcome.RegistrationUnverified, []string{"registrationVerificationId", "user"}},
		{"registration unverified, allowed", func(h *logintest.House, u *identity.User) {
			u.Registrations[0].Verified = false
			h.Application.VerifyRegistration = true
			h.Application.Unverified.Behavior = identity.Allow
		}, outcome.RegistrationUnverified, withToken},
		// S3-91 S0-9 S0-23 MFA-02
		{"second factor", func(h *logintest.House, _ *identity.User) { confirmed(h, identity.MethodAuthenticator, "") },
			outcome.TwoFactorRequired, []string{"methods", "twoFactorId"}},
		// S0-7
		{"second factor required, none enrolled", func(h *logintest.House, _ *identity.User) {
			h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		}, outcome.TwoFactorRequired, []string{"configurableMethods", "twoFactorId"}},
		// MFA-14
		{"second factor in the mailbox that carried the code", func(h *logintest.House, _ *identity.User) {
			confirmed(h, identity.MethodEmail, logintest.Email)
		}, outcome.TwoFactorRequired, []string{"twoFactorId"}},
		// S3-95 S0-4
		{"prevented", func(_ *logintest.House, u *identity.User) {
			u.Actions = []identity.Action{{ActionID: "0c0b1a5c-5d32-4a1e-9e46-0ee1dcd2a1c0", Name: "Suspended", PreventLogin: true}}
		}, outcome.LoginPrevented, []string{"actions"}},
		// S3-97 S3-123 S2-68
		{"expired", func(_ *logintest.House, u *identity.User) { u.Expiry = identity.At(logintest.Start) },
			outcome.UserExpired, []string{}},
		// S3-98 S3-114 S2-63
		{"locked", func(_ *logintest.House, u *identity.User) { u.Active = false }, outcome.UserLocked, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
				h := open(t)
				u := h.User()
				c.change(h, &u)
				h.Put(u)
				request := h.Link
				if strategy == identity.FormField {
					request = h.Form
				}
				r := request()
				result := h.Complete(r)
				if result.Outcome != c.want || result.Status() != int(c.want) {
					t.Fatalf("by %s: outcome %v, want %v", strategy, result.Outcome, c.want)
				}
				if got := fields(t, result.Response); !slices.Equal(got, c.fields) {
					t.Errorf("by %s: fields %v, want %v", strategy, got, c.fields)
				}
				if _, err := h.Login().Complete(t.Context(), r); err == nil {
					t.Errorf("by %s: the code was taken twice", strategy)
				}
			}
		})
	}
}

// confirmed gives the sample user a confirmed second factor.
func confirmed(h *logintest.House, kind, to string) {
	h.T.Helper()
	f := store.Factor{
		FactorID: store.FactorID{Tenant: logintest.TenantID, User: logintest.UserID, ID: "35VW"},
		Kind:     kind, To: to, Created: logintest.Start.Add(-time.Hour),
	}
	if kind == identity.MethodAuthenticator {
		f.Codes = identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}
	}
	if err := h.Backend.Store.PutFactor(h.T.Context(), f); err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Backend.Store.ConfirmFactor(h.T.Context(), f.FactorID, 1, nil, logintest.Start); err != nil {
		h.T.Fatal(err)
	}
}
