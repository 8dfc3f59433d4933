package mfa_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// S4-22 S4-24 S4-25 MFA-12 MFA-13
func TestRemove(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, _ := h.authenticator(who)
	sms := h.message(who, identity.MethodSMS, number)
	remove := func(r mfa.RemoveRequest) error { return f.Remove(t.Context(), who, r) }
	code := a.wait()
	if err := remove(mfa.RemoveRequest{MethodID: "NONE", Code: code}); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("what is not there: %v", err)
	}
	for name, c := range map[string]secret.Text{"no code": {}, "a wrong code": a.wrong()} {
		if err := remove(mfa.RemoveRequest{MethodID: a.id, Code: c}); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.must(remove(mfa.RemoveRequest{MethodID: a.id, Code: code})) // not consumed by what was not there
	if _, err := h.complete(f, h.challenge(who, byEmail), a.wait()); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a removed authenticator: %v", err)
	}
	p, err := f.Profile(t.Context(), who)
	if h.must(err); p.AuthenticatorValid || !p.AuthenticatorSince.IsZero() {
		t.Error("the profile still has it")
	}
	if n, _ := f.CountRecoveryCodes(t.Context(), who); n != 10 {
		t.Errorf("%d recovery codes are left with a method", n)
	}
	h.advance(time.Hour)
	_, err = f.SendCodeFor(t.Context(), who, sms)
	h.must(err)
	if err := remove(mfa.RemoveRequest{MethodID: sms, Code: h.sent(number)}); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a message code without its method: %v", err)
	}
	h.must(remove(mfa.RemoveRequest{MethodID: sms, ProofID: sms, Code: h.sent(number)}))
	if n, _ := f.CountRecoveryCodes(t.Context(), who); n != 0 {
		t.Errorf("%d recovery codes are left without one", n)
	}
	again, e := h.enrol(who, mfa.EnrolRequest{OnlyOne: true})
	if e.SecretBase32.Reveal() == a.secret {
		t.Error("the secret is the same")
	}
	if err := remove(mfa.RemoveRequest{MethodID: again.id, Code: again.shows()}); !errors.Is(err, mfa.ErrNotConfirmed) {
		t.Errorf("what waits to be confirmed: %v", err)
	}
	if h.happened(mfa.MethodRemoved) != 2 || len(h.messages(messenger.TwoFactorRemoved)) != 2 {
		t.Errorf("told %d times, noticed %d times", h.happened(mfa.MethodRemoved), len(h.messages(messenger.TwoFactorRemoved)))
	}
}

// A recovery code removes everything, whichever method is named.
func TestRemoveByRecoveryCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, codes := h.authenticator(who)
	h.message(who, identity.MethodSMS, number)
	h.must(h.factors().Remove(t.Context(), who, mfa.RemoveRequest{Code: codes[9].Text}))
	listed, err := h.factors().List(t.Context(), who)
	n, _ := h.factors().CountRecoveryCodes(t.Context(), who)
	if err != nil || len(listed) != 0 || n != 0 {
		t.Errorf("%d methods and %d codes are left, %v", len(listed), n, err)
	}
	if err := h.factors().Remove(t.Context(), who, mfa.RemoveRequest{Code: codes[8].Text}); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("a second time: %v", err)
	}
}

// S1-45
func TestPolicyKeepsTheLastMethod(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.application.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
	f := h.factors()
	a, codes := h.authenticator(who)
	code := a.wait()
	for name, c := range map[string]secret.Text{"its own code": code, "a recovery code": codes[0].Text} {
		if err := f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: c}); !errors.Is(err, mfa.ErrLastRequired) {
			t.Errorf("by %s: %v", name, err)
		}
	}
	h.message(who, identity.MethodSMS, number)
	h.must(f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: code}))
	h.must(f.Remove(t.Context(), who, mfa.RemoveRequest{Code: codes[0].Text, AllowNone: true}))
	h.authenticator(who)
	u := sample()
	u.Active = false
	h.put(u)
	h.must(f.Reset(t.Context(), who))
	h.put(sample())
	if listed, err := f.List(t.Context(), who); err != nil || len(listed) != 0 {
		t.Errorf("after a reset: %d, %v", len(listed), err)
	}
}

// S0-46 S0-47
func TestRename(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, _ := h.authenticator(who)
	long := strings.Repeat("é", 256)
	for _, name := range []string{"my phone", long, ""} {
		h.must(h.factors().Rename(t.Context(), who, a.id, name))
		listed, err := h.factors().List(t.Context(), who)
		if h.must(err); listed[0].Name != name || listed[0].ID != a.id {
			t.Errorf("it is %q", listed[0].Name)
		}
	}
	var field *identity.FieldError
	for _, name := range []string{long + "é", "a\tb", "\xff"} {
		if err := h.factors().Rename(t.Context(), who, a.id, name); !errors.As(err, &field) || field.Field != "name" {
			t.Errorf("%.9q: %v", name, err)
		}
	}
	if err := h.factors().Rename(t.Context(), who, "NONE", "n"); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("no such method: %v", err)
	}
}

// lastUsed is on one method at most, the one used last.
//
// S0-47
func TestLastUsed(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, _ := h.authenticator(who)
	h.advance(time.Minute)
	sms := h.message(who, identity.MethodSMS, number)
	used := func() string {
		listed, err := h.factors().List(t.Context(), who)
		h.must(err)
		var ids []string
		for _, m := range listed {
			if m.LastUsed {
				ids = append(ids, m.ID)
			}
		}
		return fmt.Sprint(ids)
	}
	if got := used(); got != "["+sms+"]" {
		t.Errorf("%s, want the one confirmed last", got)
	}
	_, err := h.complete(h.factors(), h.challenge(who, byEmail), a.wait())
	if h.must(err); used() != "["+a.id+"]" {
		t.Errorf("%s, want the authenticator", used())
	}
}

// A notice takes another way than the method it is about, carries no code, and
// undoes nothing if it fails; the hook hears all the same.
//
// MFA-12
func TestNotices(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	a, codes := h.authenticator(who)
	h.message(who, identity.MethodEmail, email)
	added := h.messages(messenger.TwoFactorAdded)
	if len(added) != 2 || added[0].To.Reveal() != email || added[1].To.Reveal() != number || added[1].Channel != messenger.SMS {
		t.Fatalf("%d notices, want one by e-mail and, about that very address, one by SMS", len(added))
	}
	h.inbox.Fail(errors.New("down"))
	again, err := f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{Code: codes[0].Text})
	if err != nil || len(again) != 10 || h.happened(mfa.NoticeFailed) != 2 || h.happened(mfa.RecoveryCodesReplaced) != 1 || h.happened(mfa.RecoveryCodeUsed) != 1 {
		t.Errorf("%d codes, %v, and %d failures told", len(again), err, h.happened(mfa.NoticeFailed))
	}
	h.inbox.Fail(nil)
	_, err = f.RegenerateRecoveryCodes(t.Context(), who, mfa.RegenerateRequest{Code: a.wait()})
	h.must(err)
	replaced := h.messages(messenger.RecoveryCodesReplaced)
	if len(replaced) != 1 || !replaced[0].Code.IsZero() || !replaced[0].Link.IsZero() || replaced[0].To.Reveal() != email {
		t.Errorf("%d notices of new codes", len(replaced))
	}
}

// A panic in the hook undoes nothing.
func TestEventsMayPanic(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.config.Events = func(context.Context, mfa.Event) { panic("hook") }
	h.authenticator(who)
}

// What is sealed for one user and method opens for no other.
//
// MFA-08
func TestSecretsAreBound(t *testing.T) {
	t.Parallel()
	h := open(t)
	other := h.other()
	a, _ := h.authenticator(who)
	mine, err := h.config.Store.ListFactors(t.Context(), tenantID, userID)
	h.must(err)
	for _, id := range []store.FactorID{
		{Tenant: tenantID, User: other.UserID, ID: a.id},
		{Tenant: tenantID, User: userID, ID: "ZZZZ"},
	} {
		moved := mine[0]
		moved.FactorID, moved.First = id, false
		h.must(h.config.Store.PutFactor(t.Context(), moved))
		w := mfa.Who{TenantID: id.Tenant, UserID: id.User, ApplicationID: applicationID}
		if err := confirm(h, w, id.ID, a.wait()); !errors.Is(err, secret.ErrDamaged) {
			t.Errorf("moved to %v: %v", id, err)
		}
	}
}
