package logintest

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Another is one more login of the same configuration over the same store, as
// on another machine or after a restart.
func (h *House) Another() *passwordless.Login {
	h.T.Helper()
	h.Login()
	l, err := passwordless.New(h.Config)
	h.must(err)
	return l
}

// Restart makes the login anew over b, as another process would.
func (h *House) Restart(b Backend) {
	h.T.Helper()
	h.Login()
	h.Backend, h.Config.Store = b, b.Store
	h.login = h.Another()
}

// by begins a login and returns what completes it.
func (h *House) by(strategy identity.LoginStrategy) passwordless.LoginRequest {
	h.T.Helper()
	if strategy == identity.FormField {
		return h.Form()
	}
	return h.Link()
}

// Verification begins and sends the verification of the sample address by short
// code, and returns what completes it.
func (h *House) Verification() passwordless.CompleteVerificationRequest {
	h.T.Helper()
	return h.verificationOf(Email, h.Login().StartVerifyIdentity, h.Login().SendVerifyIdentity)
}

// VerificationOfRegistration is Verification for the sample registration.
func (h *House) VerificationOfRegistration() passwordless.CompleteVerificationRequest {
	h.T.Helper()
	return h.verificationOf(Email, h.Login().StartVerifyRegistration, h.Login().SendVerifyRegistration)
}

func (h *House) verificationOf(
	address string,
	start func(context.Context, passwordless.StartVerificationRequest) (passwordless.Verification, error),
	send func(context.Context, secret.Text, string) error,
) passwordless.CompleteVerificationRequest {
	h.T.Helper()
	v, err := start(h.T.Context(), passwordless.StartVerificationRequest{
		ApplicationID: ApplicationID, LoginID: address, LoginIDType: identity.Email, VerificationStrategy: identity.FormField,
	})
	h.must(err)
	h.must(send(h.T.Context(), v.VerificationID.Text, ""))
	return passwordless.CompleteVerificationRequest{
		VerificationID: v.VerificationID.Text,
		OneTimeCode:    secret.New(h.Inbox.LastCode(address)),
	}
}

// LoginsAt counts the logins of the sample user at an instant.
func (h *House) LoginsAt(at time.Time) int {
	h.T.Helper()
	logins, err := h.Backend.Store.Logins(context.WithoutCancel(h.T.Context()), TenantID, UserID, at.Add(time.Millisecond), 20)
	h.must(err)
	n := 0
	for _, l := range logins {
		if l.At.Equal(at) {
			n++
		}
	}
	return n
}

// Sessions counts the live sessions of the sample user.
func (h *House) Sessions(now time.Time) int {
	h.T.Helper()
	live, err := h.Backend.Store.ListGrants(context.WithoutCancel(h.T.Context()), TenantID, UserID, store.Session, now)
	h.must(err)
	return len(live)
}
