package passwordless_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// capitals makes the sample user one of a table that keeps addresses as they
// were typed and knows no identities.
func capitals(h *logintest.House) {
	u := h.User()
	u.Email, u.Identities = "Jared@PiedPiper.com", nil
	h.Put(u)
}

// byUsername begins a login by user name, and returns what completes it.
func byUsername(h *logintest.House) passwordless.LoginRequest {
	h.T.Helper()
	begun, err := h.Login().Begin(h.T.Context(), passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: logintest.Username, LoginStrategy: identity.FormField,
	})
	if err != nil {
		h.T.Fatal(err)
	}
	messages := h.Inbox.Messages()
	return passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()), OneTimeCode: messages[len(messages)-1].Code,
	}
}

// MFA-14: a mailbox that carried the login's code is no second factor, in whatever case
// the users table has its address.
func TestOneMailboxIsOneFactorInAnyCase(t *testing.T) {
	t.Parallel()
	h := open(t)
	capitals(h)
	h.Enrol(identity.MethodEmail, logintest.Email)
	first := h.Complete(byUsername(h))
	if first.Outcome != outcome.TwoFactorRequired || len(first.Response.Methods) != 0 {
		t.Fatalf("outcome %v with %d methods, want TwoFactorRequired and none: the mailbox has carried the login's code",
			first.Outcome, len(first.Response.Methods))
	}
	err := h.Login().SendTwoFactor(t.Context(), passwordless.SendTwoFactorRequest{
		TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()), MethodID: "35VW",
	})
	if !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("a code to the same mailbox: %v, want mfa.ErrNotAllowed", err)
	}
}

// What one mailbox is sent is counted once, by whichever login id it is reached.
func TestOneMailboxHasOneBudgetInAnyCase(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits.SendsPerDay = 2
	capitals(h)
	h.Form()
	byUsername(h)
	_, err := h.Login().Begin(t.Context(), logintest.Request(identity.FormField))
	if limited := (*passwordless.RateLimitError)(nil); !errors.As(err, &limited) {
		t.Errorf("a third message to one mailbox: %v, want a RateLimitError", err)
	}
}
