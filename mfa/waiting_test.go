package mfa_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
)

// A method that waits is listed, masked, and confirmed by its kind, under the name
// that it is given last.
func TestWaiting(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	h.authenticator(who)
	waiting := func() []identity.TwoFactorMethod {
		methods, err := f.Waiting(t.Context(), who)
		h.must(err)
		return methods
	}
	byKind := mfa.ConfirmRequest{Kind: identity.MethodSMS, InsecureSkipProof: true}
	if _, err := f.Confirm(t.Context(), who, byKind); !errors.Is(err, mfa.ErrNotConfigured) || len(waiting()) != 0 {
		t.Errorf("nothing waits: %v, %v", err, waiting())
	}
	_, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Name: "first", InsecureSkipProof: true})
	h.must(err)
	if got := waiting(); len(got) != 1 || got[0].Method != identity.MethodSMS || got[0].Name != "first" || got[0].MobilePhone == number {
		t.Errorf("waiting: %+v", got)
	}
	byKind.Code, byKind.Name = h.sent(number), strings.Repeat("x", 257)
	var field *identity.FieldError
	if _, err := f.Confirm(t.Context(), who, byKind); !errors.As(err, &field) || field.Field != "name" {
		t.Errorf("a name that is too long: %v", err)
	}
	byKind.Name = "last"
	done, err := f.Confirm(t.Context(), who, byKind)
	h.must(err)
	methods, err := f.List(t.Context(), who)
	h.must(err)
	if done.Method.Name != "last" || methods[1].Name != "last" || len(waiting()) != 0 || !done.Code.IsZero() {
		t.Errorf("confirmed as %q, listed as %q, %d wait", done.Method.Name, methods[1].Name, len(waiting()))
	}
	_, err = f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodEmail, To: otherEmail, InsecureSkipProof: true})
	h.must(err)
	h.advance(time.Hour)
	if len(waiting()) != 0 {
		t.Error("a method waits for longer than an hour")
	}
}
