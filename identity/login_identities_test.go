package identity_test

import (
	"slices"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
)

// S3-140..S3-142, S3-144..S3-149: the truth table of whether verification is
// still needed where policy demands it.
func TestNeedsVerification(t *testing.T) {
	t.Parallel()
	for reason, want := range map[identity.VerifiedReason]struct{ unverified, verified bool }{
		identity.ReasonDisabled:       {false, false},
		identity.ReasonImport:         {false, false},
		identity.ReasonSkipped:        {false, false},
		identity.ReasonTrusted:        {false, false},
		identity.ReasonUnverifiable:   {false, false},
		identity.ReasonImplicit:       {true, false},
		identity.ReasonPending:        {true, false},
		identity.ReasonCompleted:      {true, false},
		identity.ReasonAdministrative: {true, false},
		"":                            {true, false},
		"SomethingNew":                {true, false},
	} {
		unverified := identity.UserIdentity{VerifiedReason: reason}
		verified := identity.UserIdentity{VerifiedReason: reason, Verified: true}
		if unverified.NeedsVerification() != want.unverified || verified.NeedsVerification() != want.verified {
			t.Errorf("%q: unverified needs %v, verified needs %v; want %v, %v", reason,
				unverified.NeedsVerification(), verified.NeedsVerification(), want.unverified, want.verified)
		}
	}
}

// A table that has no identities: they follow from the older fields.
// S3-134: each in its canonical form.
// S3-198: the user's flag says nothing of a phone number.
func TestLoginIdentitiesFollowFromTheFields(t *testing.T) {
	t.Parallel()
	u := identity.User{
		Email: "Example@FusionAuth.io", PhoneNumber: "+13035551212", Username: "johnny123", MobilePhone: "303-555-1234",
		Verified: true, VerifiedInstant: 1742936980069, UsernameStatus: identity.ContentPending,
	}
	want := []identity.UserIdentity{
		{Type: identity.Email, Value: "example@fusionauth.io", Primary: true, Verified: true, VerifiedInstant: 1742936980069, VerifiedReason: identity.ReasonCompleted},
		{Type: identity.PhoneNumber, Value: "+13035551212", Primary: true},
		{Type: identity.Username, Value: "johnny123", DisplayValue: "johnny123", Primary: true, VerifiedReason: identity.ReasonUnverifiable, ModerationStatus: identity.ContentPending},
	}
	if got := u.LoginIdentities(); !slices.Equal(got, want) {
		t.Errorf("LoginIdentities = %#v, want %#v", got, want)
	}
	u.Verified = false
	if email, _ := u.Primary(identity.Email); !email.NeedsVerification() {
		t.Error("an unverified user's address needs no verification")
	}
	if got := (identity.User{}).LoginIdentities(); got != nil {
		t.Errorf("nobody's identities are %v", got)
	}
}

// S2-126, S2-127, S3-136: where names may repeat the unique one is looked up by.
func TestAUniqueUsernameIsTheLoginID(t *testing.T) {
	t.Parallel()
	u := identity.User{Username: "johnny123", UniqueUsername: "johnny123#42"}
	name, ok := u.Identity(identity.Identifier{Type: identity.Username, Value: "johnny123#42"})
	if !ok || name.DisplayValue != "johnny123" {
		t.Errorf("the unique username is %v, %v", name.DisplayValue, ok)
	}
	if _, ok := u.Identity(identity.Identifier{Type: identity.Username, Value: "johnny123"}); ok {
		t.Error("a username that may repeat is a login id beside the unique one")
	}
}

// S2-76, S3-161: a mobile phone number is no login id.
// S2-110, S3-179: nor is a registration's username; S2-77: nor a parent's address.
func TestWhatIsNoLoginID(t *testing.T) {
	t.Parallel()
	u := identity.User{
		MobilePhone: "+13035551212", ParentEmail: "example@fusionauth.io", FullName: "John Doe",
		Data:          identity.Object(`{"email":"example@fusionauth.io"}`),
		Registrations: []identity.Registration{{ApplicationID: "a", Username: "johnny123"}},
	}
	if got := u.LoginIdentities(); got != nil {
		t.Errorf("LoginIdentities = %#v, want none", got)
	}
}

// Identities win over the older fields: those are derived from them.
func TestIdentityIsExact(t *testing.T) {
	t.Parallel()
	u := identity.User{
		Email: "old@piedpiper.com",
		Identities: []identity.UserIdentity{
			{Type: identity.Email, Value: "jared@piedpiper.com"},
			{Type: identity.Email, Value: "example@fusionauth.io", Primary: true},
			{Type: identity.Username, Value: "jared@fusionauth.io", Primary: true},
		},
	}
	for _, id := range ids("email", "jared@piedpiper.com", "email", "example@fusionauth.io", "username", "jared@fusionauth.io") {
		if got, ok := u.Identity(id); !ok || got.Identifier() != id {
			t.Errorf("Identity(%s) is not found", id)
		}
	}
	for _, id := range ids(
		"email", "old@piedpiper.com", "email", "JARED@piedpiper.com", "email", "jared@piedpiper.com ", "email", "",
		"email", "jared@fusionauth.io", "username", "jared@piedpiper.com", "phoneNumber", "jared@piedpiper.com", "", "",
	) {
		if _, ok := u.Identity(id); ok {
			t.Errorf("Identity(%s %q) is found", id.Type, id.Value)
		}
	}
	if p, ok := u.Primary(identity.Email); !ok || p.Value != "example@fusionauth.io" {
		t.Errorf("the primary address is %q", p.Value)
	}
	if _, ok := u.Primary(identity.PhoneNumber); ok {
		t.Error("a user without a number has a primary one")
	}
}

// S3-120: data.email is used if there is no other.
// S3-121: unless the tenant ignores it.
func TestEmailAddress(t *testing.T) {
	t.Parallel()
	primary := []identity.UserIdentity{
		{Type: identity.Email, Value: "second@piedpiper.com"},
		{Type: identity.Email, Value: "jared@piedpiper.com", Primary: true},
	}
	data := identity.Object(`{"email":"Data@piedpiper.com"}`)
	for _, c := range []struct {
		why   string
		user  identity.User
		given string
		off   string // with IgnoreDataEmail
	}{
		{"the primary identity first", identity.User{Identities: primary, Email: "old@piedpiper.com", Data: data}, "jared@piedpiper.com", "jared@piedpiper.com"},
		{"then Email", identity.User{Email: "Old@piedpiper.com", Data: data}, "Old@piedpiper.com", "Old@piedpiper.com"},
		{"then Email, beside a secondary identity", identity.User{Identities: primary[:1], Email: "old@piedpiper.com"}, "old@piedpiper.com", "old@piedpiper.com"},
		{"then data", identity.User{Username: "johnny123", Data: data}, "data@piedpiper.com", ""},
		{"no address in data", identity.User{Data: identity.Object(`{"email":"A <a@b.c>"}`)}, "", ""},
		{"no string in data", identity.User{Data: identity.Object(`{"email":["a@b.c"]}`)}, "", ""},
		{"none at all", identity.User{PhoneNumber: "+13035551212"}, "", ""},
	} {
		if got := c.user.EmailAddress(identity.Tenant{}); got != c.given {
			t.Errorf("%s: %q, want %q", c.why, got, c.given)
		}
		if got := c.user.EmailAddress(identity.Tenant{IgnoreDataEmail: true}); got != c.off {
			t.Errorf("%s, ignoring data: %q, want %q", c.why, got, c.off)
		}
	}
}
