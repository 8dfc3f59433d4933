package logintest

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// FirstProof signs somebody in who never proved their address, and then has the
// address proven: by a login, by a verification, and by many of both at once.
// What was granted before ends, and the login that proved it lives.
func FirstProof(t *testing.T, open func(*testing.T) Backend, rounds int) {
	firstProofByLogin(t, open)
	firstProofByVerification(t, open)
	for range rounds {
		firstProofRaced(t, open)
	}
}

func firstProofByLogin(t *testing.T, open func(*testing.T) Backend) {
	h := unproven(t, open)
	before := h.unproven()
	proof := h.Complete(h.Link())
	if h.lives(before.Response.RefreshTokenID) {
		t.Error("a session from before the first proof lives on after a login that proved the address")
	}
	if !h.lives(proof.Response.RefreshTokenID) {
		t.Error("the login that proved the address has no session")
	}
	if proof.Outcome != outcome.Success || h.Happened(passwordless.EarlierGrantsRevoked) != 1 {
		t.Errorf("%v, and the end of earlier grants was told %d times, want Success and once", proof.Outcome, h.Happened(passwordless.EarlierGrantsRevoked))
	}
	h.Complete(h.Link())
	if !h.lives(proof.Response.RefreshTokenID) || h.Happened(passwordless.EarlierGrantsRevoked) != 1 {
		t.Error("a second proof ended what the first one gave")
	}
}

func firstProofByVerification(t *testing.T, open func(*testing.T) Backend) {
	h := unproven(t, open)
	before := h.unproven()
	_, err := h.Login().VerifyIdentity(t.Context(), h.Verification())
	h.must(err)
	if h.lives(before.Response.RefreshTokenID) || h.Sessions(h.Now()) != 0 {
		t.Error("a session from before the first proof lives on after the address was verified")
	}
	u, err := h.Backend.Store.User(t.Context(), TenantID, UserID)
	h.must(err)
	if id, _ := u.Primary(identity.Email); !id.Verified || h.Happened(passwordless.EarlierGrantsRevoked) != 1 {
		t.Error("the address is not verified, or the end of earlier grants was not told once")
	}
}

// firstProofRaced has logins without proof race with one that proves.
func firstProofRaced(t *testing.T, open func(*testing.T) Backend) {
	h := unproven(t, open)
	h.Config.Limits = Unlimited()
	before := h.unproven()
	requests := []passwordless.LoginRequest{h.Link()}
	for range 15 {
		requests = append(requests, h.started())
	}
	results := make([]*passwordless.Result, len(requests))
	errs := make([]error, len(requests))
	rush(len(requests), func(i int) { results[i], errs[i] = h.Login().Complete(t.Context(), requests[i]) })
	winners(t, errs)
	if errs[0] != nil {
		t.Fatalf("the login that proved the address: %v", errs[0])
	}
	if h.lives(before.Response.RefreshTokenID) {
		t.Error("a session from before the first proof lives on")
	}
	if !h.lives(results[0].Response.RefreshTokenID) {
		t.Error("the login that proved the address has no session")
	}
}

// OneAddressEach changes the address while a verification of it is under way, and
// has that one and one of the new address completed at once: each id counts with
// its own code and for its own address, and the old one for nothing.
func OneAddressEach(t *testing.T, open func(*testing.T) Backend, rounds int) {
	for range rounds {
		h := unproven(t, open)
		before := h.Verification()
		u := Unverified(h.User())
		setEmail(&u, NeighbourEmail)
		h.Put(u)
		after := h.verificationOf(NeighbourEmail, h.Login().StartVerifyIdentity, h.Login().SendVerifyIdentity)
		mixed, otherMixed := before, after
		mixed.OneTimeCode, otherMixed.OneTimeCode = after.OneTimeCode, Other(before.OneTimeCode)
		requests := []passwordless.CompleteVerificationRequest{after, before, mixed, otherMixed}
		errs := make([]error, len(requests))
		rush(len(requests), func(i int) { _, errs[i] = h.Login().VerifyIdentity(t.Context(), requests[i]) })
		if won := winners(t, errs); won != 1 || errs[0] != nil {
			t.Fatalf("%d verifications succeeded, and that of the address on record answered %v", won, errs[0])
		}
		now, err := h.Backend.Store.User(t.Context(), TenantID, UserID)
		h.must(err)
		if id, _ := now.Primary(identity.Email); id.Value != NeighbourEmail || !id.Verified {
			t.Fatal("the address on record is not the one that was verified")
		}
	}
}

// unproven is a house where addresses are to be verified, and the sample user's
// is not.
func unproven(t *testing.T, open func(*testing.T) Backend) *House {
	h := Open(t, open(t))
	h.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true}
	h.Put(Unverified(h.User()))
	return h
}

// started begins a login by link whose code somebody else than the holder of the
// address has. It proves nothing.
func (h *House) started() passwordless.LoginRequest {
	h.T.Helper()
	s, err := h.Login().Start(h.T.Context(), Request(identity.ClickableLink))
	h.must(err)
	return passwordless.LoginRequest{ApplicationID: ApplicationID, Code: s.Code.Text}
}

// unproven is a login, with its session, of who has not proven the address.
func (h *House) unproven() *passwordless.Result {
	h.T.Helper()
	result := h.Complete(h.started())
	if result.Outcome != outcome.IdentityUnverified || !h.lives(result.Response.RefreshTokenID) {
		h.T.Fatalf("%v, want IdentityUnverified with a session", result.Outcome)
	}
	u, err := h.Backend.Store.User(h.T.Context(), TenantID, UserID)
	h.must(err)
	if id, _ := u.Primary(identity.Email); id.Verified {
		h.T.Fatal("a login that proved nothing verified the address")
	}
	return result
}
