package mfa_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Nothing of one user's does for another, in another tenant, or for another
// method; and nothing is sent.
//
// MFA-04 MFA-10
func TestSwapsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	other := h.other()
	a, recovery := h.authenticator(who)
	b, _ := h.authenticator(other)
	sms := h.message(who, identity.MethodSMS, number)
	h.advance(time.Hour)
	pending, err := f.Enrol(t.Context(), other, mfa.EnrolRequest{Kind: identity.MethodSMS, To: "+13035551313", InsecureSkipProof: true})
	h.must(err)
	up, err := f.StartStepUp(t.Context(), who, mfa.Purpose{})
	h.must(err)
	elsewhere := who
	elsewhere.TenantID = "00000000-0000-0003-0000-000000000000"
	before := len(h.inbox.Messages())
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"another's authenticator": {func() error { _, err := h.complete(f, h.challenge(who, byEmail), b.shows()); return err }, mfa.ErrWrongCode},
		"another's recovery code": {func() error { _, err := h.complete(f, h.challenge(other, byPhone), recovery[1].Text); return err }, mfa.ErrWrongCode},
		"another's method":        {func() error { _, err := f.SendCodeFor(t.Context(), other, sms); return err }, mfa.ErrNotConfigured},
		"another's enrolment":     {func() error { return confirm(h, who, pending.MethodID, h.sent("+13035551313")) }, mfa.ErrNotConfigured},
		"an enrolment's code": {func() error {
			return f.Remove(t.Context(), other, mfa.RemoveRequest{MethodID: b.id, ProofID: pending.MethodID, Code: h.sent("+13035551313")})
		}, mfa.ErrNotConfirmed},
		"another's step-up": {func() error {
			_, err := f.CompleteStepUp(t.Context(), other, up.ID.Text, mfa.Purpose{}, b.shows())
			return err
		}, mfa.ErrRefused},
		"another's step-up, sent": {func() error { _, err := f.SendStepUp(t.Context(), other, up.ID.Text, sms); return err }, mfa.ErrRefused},
		"another's removal":       {func() error { return f.Remove(t.Context(), other, mfa.RemoveRequest{MethodID: a.id, Code: b.shows()}) }, mfa.ErrNotConfigured},
		"another's name":          {func() error { return f.Rename(t.Context(), other, a.id, "mine") }, mfa.ErrNotConfigured},
		"another tenant": {func() error {
			_, err := f.List(t.Context(), elsewhere)
			var field *identity.FieldError
			if errors.As(err, &field) && field.Field == "applicationId" {
				return nil
			}
			return err
		}, nil},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if n := len(h.inbox.Messages()); n != before {
		t.Errorf("%d messages were sent", n-before)
	}
}

// A user's state is read at each call.
//
// S4-51
func TestWhoMayNotSignInMayNotChangeFactors(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	calls := map[string]func() error{
		"Enrol": func() error {
			_, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, InsecureSkipProof: true})
			return err
		},
		"Confirm":           func() error { return confirm(h, who, a.id, a.shows()) },
		"SendEnrolmentCode": func() error { _, err := f.SendEnrolmentCode(t.Context(), who, a.id); return err },
		"SendCodeFor":       func() error { _, err := f.SendCodeFor(t.Context(), who, a.id); return err },
		"List":              func() error { _, err := f.List(t.Context(), who); return err },
		"Rename":            func() error { return f.Rename(t.Context(), who, a.id, "n") },
		"Waiting":           func() error { _, err := f.Waiting(t.Context(), who); return err },
		"Remove":            func() error { return f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: a.shows()}) },
		"RegenerateRecoveryCodes": func() error {
			_, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{InsecureSkipProof: true})
			return err
		},
		"CountRecoveryCodes": func() error { _, err := f.CountRecoveryCodes(t.Context(), who); return err },
		"StartStepUp":        func() error { _, err := f.StartStepUp(t.Context(), who, mfa.Purpose{}); return err },
		"StartBearerStepUp": func() error {
			_, err := f.StartBearerStepUp(t.Context(), who, mfa.BearerStepUp{})
			return err
		},
		"TrustedDevices": func() error { _, err := f.TrustedDevices(t.Context(), who); return err },
		"RevokeTrust":    func() error { return f.RevokeTrust(t.Context(), who, "") },
		"CheckTrust":     func() error { _, err := f.CheckTrust(t.Context(), who, secret.Text{}); return err },
		"TakeTrustToken": func() error { return f.TakeTrustToken(t.Context(), who, secret.New("x"), mfa.Purpose{}) },
		"SendStepUp":     func() error { _, err := f.SendStepUp(t.Context(), who, secret.New("x"), a.id); return err },
	}
	locked, expired, suspended := sample(), sample(), sample()
	locked.Active = false
	expired.Expiry = identity.At(start)
	suspended.Actions = []identity.Action{{PreventLogin: true}}
	for name, u := range map[string]identity.User{"locked": locked, "expired": expired, "suspended": suspended} {
		h.put(u)
		for call, do := range calls {
			if err := do(); !errors.Is(err, mfa.ErrInactive) {
				t.Errorf("%s of who is %s: %v", call, name, err)
			}
		}
	}
	gone := who
	gone.UserID = "00000000-0000-0001-0000-00000000dead"
	if _, err := f.List(t.Context(), gone); !errors.Is(err, mfa.ErrUnknownUser) {
		t.Errorf("nobody: %v", err)
	}
}
