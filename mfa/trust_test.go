package mfa_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// reads is a person as just read, in the application of a policy.
func (h *house) reads(w mfa.Who, application string, policy identity.ApplicationMultiFactorTrustPolicy) mfa.Person {
	h.Helper()
	u, err := h.users.User(h.Context(), w.TenantID, w.UserID)
	h.must(err)
	factors, err := h.config.Store.ListFactors(h.Context(), w.TenantID, w.UserID)
	h.must(err)
	a := identity.Application{ID: application, TenantID: w.TenantID}
	a.MultiFactorConfiguration.TrustPolicy = policy
	return mfa.Person{Tenant: h.tenant, Application: a, User: u, Factors: factors}
}

// trusts says whether a handle is worth anything to a person.
func (h *house) trusts(handle secret.Text, p mfa.Person) bool {
	h.Helper()
	var grant *store.Grant
	if id := mfa.GrantOf(handle); id != "" {
		if g, err := h.config.Store.Grant(h.Context(), id, h.now()); err == nil {
			grant = &g
		}
	}
	return mfa.Trusted(grant, handle, p, h.now())
}

// trust has a device of w's trusted in the application.
func (h *house) trust(w mfa.Who) secret.Text {
	h.Helper()
	epoch, err := h.config.Store.Epoch(h.Context(), w.TenantID, w.UserID)
	h.must(err)
	handle, expires, err := h.factors().Trust(h.Context(), h.reads(w, applicationID, ""), epoch)
	h.must(err)
	if want := h.now().Add(30 * 24 * time.Hour); !expires.Equal(want) {
		h.Errorf("trusted until %v, want %v", expires, want)
	}
	return handle.Text
}

const elsewhere = "20000000-0000-0002-0000-000000000002" // another application

// Trust is for its user, its tenant and what the application's policy says, and
// only the whole handle is worth anything.
//
// MFA-04 MFA-15
func TestTrustIsBound(t *testing.T) {
	t.Parallel()
	h := open(t)
	other := h.other()
	h.authenticator(who)
	h.authenticator(other)
	handle := h.trust(who)
	foreign := h.reads(who, applicationID, "")
	foreign.Tenant.ID = "00000000-0000-0003-0000-000000000000"
	for name, c := range map[string]struct {
		p    mfa.Person
		want bool
	}{
		"the application":                     {h.reads(who, applicationID, ""), true},
		"the application, under This":         {h.reads(who, applicationID, identity.TrustThis), true},
		"the application, under None":         {h.reads(who, applicationID, identity.TrustNone), false},
		"another application":                 {h.reads(who, elsewhere, identity.TrustAny), true},
		"another application, under This":     {h.reads(who, elsewhere, identity.TrustThis), false},
		"an application of an unknown policy": {h.reads(who, applicationID, "Some"), false},
		"another user":                        {h.reads(other, applicationID, ""), false},
		"another tenant":                      {foreign, false},
		"nobody":                              {mfa.Person{Tenant: h.tenant}, false},
	} {
		if got := h.trusts(handle, c.p); got != c.want {
			t.Errorf("%s: trusted %v, want %v", name, got, c.want)
		}
	}
	text, mine := handle.Reveal(), h.reads(who, applicationID, "")
	second := h.trust(who).Reveal()
	for name, s := range map[string]string{
		"nothing": "", "the id": text[:36], "the id and a dot": text[:37], "a shorter one": text[:len(text)-1], "a longer one": text + "A",
		"another's secret": text[:37] + second[37:], "a space": text + " ", "upper case": "X" + text[1:],
	} {
		if h.trusts(secret.New(s), mine) {
			t.Errorf("%s is trusted", name)
		}
	}
	if mfa.Trusted(nil, handle, mine, h.now()) {
		t.Error("no grant is trusted")
	}
	h.advance(30 * 24 * time.Hour)
	if h.trusts(handle, mine) {
		t.Error("it is trusted after thirty days")
	}
}

// A change of factors, a recovery code and new recovery codes all end trust; so
// does revoking everything.
//
// MFA-15
func TestTrustEndsWithAnyChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *house, a authenticator, codes []secret.Issued){
		"another method": func(h *house, _ authenticator, _ []secret.Issued) { h.message(who, identity.MethodSMS, number) },
		"a removal": func(h *house, a authenticator, _ []secret.Issued) {
			h.must(h.factors().Remove(h.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: a.wait()}))
		},
		"a recovery code": func(h *house, _ authenticator, codes []secret.Issued) {
			_, err := h.complete(h.factors(), h.challenge(who, byEmail), codes[0].Text)
			h.must(err)
		},
		"new recovery codes": func(h *house, a authenticator, _ []secret.Issued) {
			_, err := h.factors().RegenerateRecoveryCodes(h.Context(), who, mfa.RegenerateRequest{Code: a.wait()})
			h.must(err)
		},
		"revoking it": func(h *house, _ authenticator, _ []secret.Issued) {
			h.must(h.factors().RevokeTrust(h.Context(), who, ""))
		},
		"revoking everything": func(h *house, _ authenticator, _ []secret.Issued) {
			_, err := h.config.Store.RevokeGrants(h.Context(), store.Filter{Tenant: tenantID, User: userID}, h.now())
			h.must(err)
		},
	} {
		h := open(t)
		other := h.other()
		h.authenticator(other)
		a, codes := h.authenticator(who)
		handle, theirs := h.trust(who), h.trust(other)
		if ok, err := h.factors().CheckTrust(t.Context(), who, handle); err != nil || !ok {
			t.Fatalf("before %s: %v, %v", name, ok, err)
		}
		change(h, a, codes)
		if ok, err := h.factors().CheckTrust(t.Context(), who, handle); err != nil || ok {
			t.Errorf("after %s: %v, %v", name, ok, err)
		}
		if devices, err := h.factors().TrustedDevices(t.Context(), who); err != nil || len(devices) != 0 {
			t.Errorf("after %s: %d devices, %v", name, len(devices), err)
		}
		if ok, err := h.factors().CheckTrust(t.Context(), other, theirs); err != nil || !ok {
			t.Errorf("after %s another user's device: %v, %v", name, ok, err)
		}
	}
}

// The factors are in the trust itself: a change ends it though its grant outlives
// it, as when the engine fails in between.
func TestTrustEndsThoughItsGrantLives(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.authenticator(who)
	handle := h.trust(who)
	f, err := h.config.Store.ListFactors(t.Context(), tenantID, userID)
	h.must(err)
	h.must(h.config.Store.RemoveFactors(t.Context(), store.Removal{FactorID: f[0].FactorID}))
	if h.trusts(handle, h.reads(who, applicationID, "")) {
		t.Error("it is trusted without the factor that it stood for")
	}
}

// MFA-15
func TestTrustedDevicesAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	other := h.other()
	h.authenticator(who)
	h.authenticator(other)
	first := h.trust(who)
	h.advance(time.Second)
	second, theirs := h.trust(who), h.trust(other)
	devices, err := f.TrustedDevices(t.Context(), who)
	h.must(err)
	if len(devices) != 2 || devices[0].ID != mfa.GrantOf(first) || devices[1].ID != mfa.GrantOf(second) ||
		devices[0].ApplicationID != applicationID || !devices[0].Start.Equal(start) || !devices[0].Expires.Equal(start.Add(30*24*time.Hour)) {
		t.Errorf("listed: %+v", devices)
	}
	for name, id := range map[string]string{"another's": mfa.GrantOf(theirs), "none": "none"} {
		if err := f.RevokeTrust(t.Context(), who, id); !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.must(f.RevokeTrust(t.Context(), who, devices[0].ID))
	mine := h.reads(who, applicationID, "")
	if h.trusts(first, mine) || !h.trusts(second, mine) {
		t.Error("not the one that was revoked has ended")
	}
	if ok, _ := f.CheckTrust(t.Context(), other, theirs); !ok {
		t.Error("another user's device has ended")
	}
	h.must(f.RevokeTrust(t.Context(), who, ""))
	if h.trusts(second, mine) {
		t.Error("one is left after all were revoked")
	}
}

// A proof from before everything was revoked trusts nothing.
func TestTrustNeedsTheEpochOfItsProof(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.authenticator(who)
	_, err := h.config.Store.RevokeGrants(t.Context(), store.Filter{Tenant: tenantID, User: userID}, h.now())
	h.must(err)
	if _, _, err := h.factors().Trust(t.Context(), h.reads(who, applicationID, ""), 0); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("%v", err)
	}
	if _, _, err := h.factors().Trust(t.Context(), h.reads(who, applicationID, identity.TrustNone), 1); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("where no device is trusted: %v", err)
	}
}

func FuzzTrustHandles(f *testing.F) {
	f.Add("")
	f.Add(".")
	f.Add("7f7b0f5e-2b52-4c0a-8c57-1d2ea0a7c1c5.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("{7f7b0f5e-2b52-4c0a-8c57-1d2ea0a7c1c5}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, handle string) {
		id := mfa.GrantOf(secret.New(handle))
		if id != "" && (len(handle) != 36+1+43 || handle[:36] != id) {
			t.Errorf("%q names %q", handle, id)
		}
		g := &store.Grant{ID: id, Kind: store.Trust, Tenant: tenantID, User: userID, Expires: start.Add(time.Hour)}
		p := mfa.Person{Tenant: identity.Tenant{ID: tenantID}, User: identity.User{ID: userID}}
		if mfa.Trusted(g, secret.New(handle), p, start) {
			t.Errorf("%q is trusted", handle)
		}
	})
}
