package mfa_test

import (
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// A method that is begun anew while the one before it is being confirmed does not
// count by the code of that: nobody has shown a code of it.
func TestOnlyWhatWasProvenIsConfirmed(t *testing.T) {
	t.Parallel()
	who := mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}
	for name, again := range map[string]mfa.EnrolRequest{
		"another secret": {Kind: identity.MethodAuthenticator},
		"another number": {Kind: identity.MethodSMS, To: otherPhone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, happen := meanwhile(t, "ConfirmFactor", true)
			factors := h.Login().Factors()
			begun, err := factors.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: again.Kind, To: logintest.Phone})
			if err != nil {
				t.Fatal(err)
			}
			code := h.Inbox.LastCode(logintest.Phone)
			if again.Kind == identity.MethodAuthenticator {
				if code, err = totp.GenerateCode(begun.SecretBase32.Reveal(), h.Now()); err != nil {
					t.Fatal(err)
				}
			}
			happen(func() {
				if _, err := factors.Enrol(t.Context(), who, again); err != nil {
					t.Error(err)
				}
			})
			if _, err := factors.Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: begun.MethodID, Code: secret.New(code)}); err == nil {
				t.Error("what was begun anew was confirmed by the code of what was before it")
			}
			if l, err := factors.List(t.Context(), who); err != nil || len(l) != 0 {
				t.Errorf("%d methods count, and none was proven: %v", len(l), err)
			}
		})
	}
}
