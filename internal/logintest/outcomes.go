package logintest

import (
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// Outcomes change the sample user, or what is configured, so that a login ends
// in each way that there is.
func Outcomes() map[string]func(*House, *identity.User) {
	return map[string]func(*House, *identity.User){
		"success":        func(*House, *identity.User) {},
		"not registered": func(_ *House, u *identity.User) { u.Registrations = nil },
		"password":       func(_ *House, u *identity.User) { u.PasswordChangeRequired = true },
		"locked":         func(_ *House, u *identity.User) { u.Active = false },
		"expired":        func(_ *House, u *identity.User) { u.Expiry = identity.At(Start) },
		"prevented":      func(_ *House, u *identity.User) { u.Actions = []identity.Action{Suspended()} },
		"second factor":  func(h *House, _ *identity.User) { h.Enrol(identity.MethodAuthenticator, "") },
		"first proof": func(h *House, u *identity.User) {
			*u = Unverified(*u)
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true}
		},
		"unverified, allowed": func(h *House, u *identity.User) {
			*u = Unverified(*u)
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, ImplicitEmailVerificationAllowed: identity.Off}
		},
		"unverified, gated": func(h *House, u *identity.User) {
			*u = Unverified(*u)
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{
				VerifyEmail: true, ImplicitEmailVerificationAllowed: identity.Off, VerificationStrategy: identity.FormField,
				Unverified: identity.Unverified{Behavior: identity.Gated},
			}
		},
		"registration, gated": func(h *House, u *identity.User) {
			u.Registrations[0].Verified = false
			h.Application.VerifyRegistration, h.Application.VerificationStrategy = true, identity.FormField
			h.Application.Unverified.Behavior = identity.Gated
		},
	}
}

// Suspended is an action that keeps its user out.
func Suspended() identity.Action {
	return identity.Action{ActionID: "0c0b1a5c-5d32-4a1e-9e46-0ee1dcd2a1c0", Name: "Suspended", PreventLogin: true}
}

// Enrol gives the sample user a confirmed second factor.
func (h *House) Enrol(kind, to string) {
	h.T.Helper()
	f := store.Factor{
		FactorID: store.FactorID{Tenant: TenantID, User: UserID, ID: "35VW"},
		Kind:     kind, To: to, Created: Start.Add(-time.Hour),
	}
	h.must(h.Backend.Store.PutFactor(h.T.Context(), f))
	_, err := h.Backend.Store.ConfirmFactor(h.T.Context(), f.FactorID, 1, nil, Start)
	h.must(err)
}
