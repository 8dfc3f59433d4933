package mfa_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
)

// Methods of all kinds that are begun while there is none, and confirmed at once:
// one is the first, and the others would take its proof. No clock tells them
// apart.
//
// MFA-13
func TestOneMethodIsTheFirst(t *testing.T) {
	t.Parallel()
	for range 20 {
		h := open(t)
		f := h.factors()
		app, _ := h.enrol(who, mfa.EnrolRequest{})
		requests := []mfa.ConfirmRequest{{MethodID: app.id, Code: app.shows()}}
		for kind, to := range map[string]string{identity.MethodSMS: number, identity.MethodEmail: otherEmail} {
			e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: kind, To: to})
			h.must(err)
			requests = append(requests, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(to)})
		}
		answers := make([]error, len(requests))
		atOnce(len(requests), func(i int) { _, answers[i] = f.Confirm(t.Context(), who, requests[i]) })
		won := 0
		for _, err := range answers {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, mfa.ErrAlreadyConfigured) && !errors.Is(err, mfa.ErrNotConfigured):
				t.Errorf("%v", err)
			}
		}
		methods, err := f.List(t.Context(), who)
		h.must(err)
		left, err := f.CountRecoveryCodes(t.Context(), who)
		h.must(err)
		if won != 1 || len(methods) != 1 || left != 10 {
			t.Fatalf("%d were confirmed, %d methods and %d recovery codes are there, want 1, 1 and 10", won, len(methods), left)
		}
	}
}

// atOnce calls do n times at one time.
func atOnce(n int, do func(i int)) {
	gate := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-gate
			do(i)
		})
	}
	close(gate)
	done.Wait()
}

// Who answers for the proof can confirm what was begun before there was another,
// and nobody else can; also once all was begun anew.
func TestAFirstMethodBesideAnother(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	sms, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	h.must(err)
	h.authenticator(who)
	r := mfa.ConfirmRequest{MethodID: sms.MethodID, Code: h.sent(number)}
	if _, err := f.Confirm(t.Context(), who, r); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("without a proof: %v", err)
	}
	r.InsecureSkipProof = true
	done, err := f.Confirm(t.Context(), who, r)
	h.must(err)
	methods, err := f.List(t.Context(), who)
	h.must(err)
	if len(methods) != 2 || len(done.RecoveryCodes) != 0 {
		t.Errorf("%d methods, %d recovery codes, want 2 and those of the first", len(methods), len(done.RecoveryCodes))
	}
}

// Of two enrolments of a kind at once one is left, and the one code that was sent
// confirms it.
func TestParallelEnrolmentsLeaveOne(t *testing.T) {
	t.Parallel()
	for range 20 {
		h := open(t)
		f := h.factors()
		answers := make([]error, 8)
		atOnce(len(answers), func(i int) {
			_, answers[i] = f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
		})
		var exhausted *mfa.ExhaustedError
		for _, err := range answers {
			if err != nil && !errors.As(err, &exhausted) {
				t.Errorf("%v", err)
			}
		}
		all, err := h.config.Store.ListFactors(t.Context(), tenantID, userID)
		h.must(err)
		if len(all) != 1 {
			t.Fatalf("%d methods wait, want 1", len(all))
		}
		h.must(confirm(h, who, all[0].ID, h.sent(number)))
	}
}

// Where policy demands a method, removing all of them at once leaves one, with its
// recovery codes; who may leave none leaves none.
func TestParallelRemovesKeepOne(t *testing.T) {
	t.Parallel()
	for _, allowNone := range []bool{false, true} {
		for range 20 {
			h := open(t)
			h.application.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
			f := h.factors()
			app, codes := h.authenticator(who)
			sms := h.message(who, identity.MethodSMS, number)
			h.advance(time.Hour)
			_, err := f.SendCodeFor(t.Context(), who, sms)
			h.must(err)
			requests := []mfa.RemoveRequest{
				{MethodID: app.id, Code: app.shows(), AllowNone: allowNone},
				{MethodID: sms, ProofID: sms, Code: h.sent(number), AllowNone: allowNone},
			}
			answers := make([]error, len(requests))
			atOnce(len(requests), func(i int) { answers[i] = f.Remove(t.Context(), who, requests[i]) })
			left, err := f.List(t.Context(), who)
			h.must(err)
			if allowNone {
				if err := errors.Join(answers...); err != nil || len(left) != 0 {
					t.Fatalf("none may be left: %d are: %v", len(left), err)
				}
				continue
			}
			if refused := errors.Is(answers[0], mfa.ErrLastRequired); refused == errors.Is(answers[1], mfa.ErrLastRequired) || len(left) != 1 {
				t.Fatalf("%d methods are left of 2 that were removed at once: %v", len(left), answers)
			}
			if _, err := h.complete(f, h.challenge(who, byEmail), codes[0].Text); err != nil {
				t.Errorf("a recovery code of the method that was kept: %v", err)
			}
		}
	}
}
