package passwordless_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

func attesting() passwordless.AttestRequest {
	return passwordless.AttestRequest{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, LoginIDType: identity.Email}
}

// S3-104: an administrator's word verifies, once: whoever made the account
// before it has nothing any more, and who is verified already keeps what they have.
func TestAttestIdentity(t *testing.T) {
	t.Parallel()
	h := open(t)
	gated(h)
	h.Tenant.EmailConfiguration.Unverified.Behavior = identity.Allow
	h.Tenant.EmailConfiguration.ImplicitEmailVerificationAllowed = identity.Off
	unverified(h)
	if h.Complete(h.Form()); len(grants(h)) != 1 {
		t.Fatalf("%d sessions of whoever made the account, want one", len(grants(h)))
	}
	if err := h.Login().AttestIdentity(t.Context(), attesting()); err != nil {
		t.Fatal(err)
	}
	if i := kept(h).Identities[0]; !i.Verified || i.VerifiedReason != identity.ReasonAdministrative || len(grants(h)) != 0 {
		t.Errorf("verified %v for %s, with %d sessions from before", i.Verified, i.VerifiedReason, len(grants(h)))
	}
	if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
		t.Errorf("then outcome %v, want Success", got)
	}
	if err := h.Login().AttestIdentity(t.Context(), attesting()); err != nil || len(grants(h)) != 1 {
		t.Errorf("again: %v, with %d sessions, want one", err, len(grants(h)))
	}
	if a, b := h.Happened(passwordless.IdentityVerified), h.Happened(passwordless.EarlierGrantsRevoked); a != 1 || b != 1 {
		t.Errorf("told %d times of the proof and %d of what it ended, want once", a, b)
	}
}

// Nobody's login id, somebody else's tenant and what cannot be verified are none.
func TestAttestIdentityIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	unverified(h)
	for name, c := range map[string]struct {
		change func(r *passwordless.AttestRequest)
		field  string // empty: ErrUnknownUser
	}{
		"nobody":         {func(r *passwordless.AttestRequest) { r.LoginID = "nobody@piedpiper.com" }, ""},
		"no login id":    {func(r *passwordless.AttestRequest) { r.LoginID = "" }, "loginId"},
		"text":           {func(r *passwordless.AttestRequest) { r.LoginID = "no address" }, ""},
		"a user name":    {func(r *passwordless.AttestRequest) { r.LoginIDType = identity.Username }, "loginIdType"},
		"no type":        {func(r *passwordless.AttestRequest) { r.LoginIDType = "" }, "loginIdType"},
		"no application": {func(r *passwordless.AttestRequest) { r.ApplicationID = "" }, "applicationId"},
		"another tenant": {func(r *passwordless.AttestRequest) { r.TenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" }, "applicationId"},
	} {
		r := attesting()
		c.change(&r)
		err := h.Login().AttestIdentity(t.Context(), r)
		var invalid *passwordless.ValidationError
		switch {
		case c.field == "" && !errors.Is(err, passwordless.ErrUnknownUser):
			t.Errorf("%s: %v, want ErrUnknownUser", name, err)
		case c.field != "" && (!errors.As(err, &invalid) || invalid.FieldErrors[c.field] == nil):
			t.Errorf("%s: %v, want a ValidationError on %s", name, err, c.field)
		}
	}
	if kept(h).Identities[0].Verified {
		t.Error("it was verified all the same")
	}
}
