package passwordless_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// A hook has a copy of what it is shown: whatever it does to that, the decision,
// the token and the configuration are as they were.
func TestHooksCannotRewriteTheLogin(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Tenant.EmailConfiguration = identity.EmailConfiguration{
		VerifyEmail: true, ImplicitEmailVerificationAllowed: identity.Off, Unverified: identity.Unverified{Behavior: identity.Allow},
	}
	h.Application.Roles = []identity.Role{{Name: "user", IsDefault: true}}
	roles := h.Application.Roles
	u := h.User()
	u.Identities[0].Verified, u.Identities[0].VerifiedReason = false, identity.ReasonPending
	h.Put(u)
	rewrite := func(a passwordless.Attempt) {
		for i := range a.User.Identities {
			a.User.Identities[i].Verified = true
		}
		for i := range a.User.Registrations {
			a.User.Registrations[i].Roles[0] = "admin"
		}
		for i := range a.Methods {
			a.Methods[i] = "hwk"
		}
		for i := range a.Application.Roles {
			a.Application.Roles[i].Name = "admin"
		}
	}
	h.Config.Demand = func(_ context.Context, a passwordless.Attempt) bool { rewrite(a); return false }
	h.Config.Veto = func(_ context.Context, a passwordless.Attempt) error { rewrite(a); return nil }
	h.Config.Threats = func(_ context.Context, a passwordless.Attempt) []identity.AuthenticationThreat {
		rewrite(a)
		return nil
	}
	result := h.Complete(h.Form())
	if result.Outcome != outcome.IdentityUnverified {
		t.Errorf("outcome %v, want IdentityUnverified", result.Outcome)
	}
	claims := claimsOf(h, result.Response.Token)
	if !slices.Equal(claims.Methods, []string{"otp"}) || slices.Contains(claims.Roles, "admin") {
		t.Errorf("the token says amr %v and roles %v", claims.Methods, claims.Roles)
	}
	if roles[0].Name != "user" {
		t.Error("a hook has changed the configuration")
	}
}
