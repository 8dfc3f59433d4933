package outcome_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
)

const (
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	applicationID = "10000000-0000-0002-0000-000000000001"
	otherID       = "10000000-0000-0002-0000-000000000002"
)

var (
	now      = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	email    = identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"}
	other    = identity.Identifier{Type: identity.Email, Value: "example@fusionauth.io"}
	phone    = identity.Identifier{Type: identity.PhoneNumber, Value: "+13035551212"}
	username = identity.Identifier{Type: identity.Username, Value: "johnny123"}
)

var (
	byApp   = identity.TwoFactorMethod{ID: "35VW", Method: identity.MethodAuthenticator, Authenticator: &identity.Authenticator{}}
	byEmail = identity.TwoFactorMethod{ID: "61A2", Method: identity.MethodEmail, Email: email.Value}
	bySMS   = identity.TwoFactorMethod{ID: "7K3Q", Method: identity.MethodSMS, MobilePhone: phone.Value}
)

// well is a case in which nothing stands in the way: the sample user, verified
// and registered, who used their e-mail address.
func well() outcome.Case {
	return outcome.Case{
		User: identity.User{
			ID: "00000000-0000-0001-0000-000000000000", TenantID: tenantID, Active: true,
			Identities: []identity.UserIdentity{
				{Type: email.Type, Value: email.Value, Primary: true, Verified: true, VerifiedReason: identity.ReasonCompleted},
				{Type: phone.Type, Value: phone.Value, Primary: true, Verified: true, VerifiedReason: identity.ReasonCompleted},
				{Type: username.Type, Value: username.Value, Primary: true, VerifiedReason: identity.ReasonUnverifiable},
			},
			Registrations: []identity.Registration{{ApplicationID: applicationID, Verified: true}},
		},
		Tenant: identity.Tenant{
			ID:                 tenantID,
			EmailConfiguration: identity.EmailConfiguration{VerifyEmail: true, Unverified: identity.Unverified{Behavior: identity.Gated}},
			PhoneConfiguration: identity.PhoneConfiguration{VerifyPhoneNumber: true, Unverified: identity.Unverified{Behavior: identity.Gated}},
		},
		Application: identity.Application{ID: applicationID, TenantID: tenantID, VerifyRegistration: true,
			Unverified: identity.Unverified{Behavior: identity.Gated}},
		Identity: email,
		Carrier:  email,
		Now:      now,
	}
}

// unverified marks an identity of the case's user as yet to be verified.
func unverified(c *outcome.Case, id identity.Identifier, reason identity.VerifiedReason) {
	for i := range c.User.Identities {
		if u := &c.User.Identities[i]; u.Identifier() == id {
			u.Verified, u.VerifiedReason = false, reason
		}
	}
}

func action(prevents bool, expiry identity.Instant) identity.Action {
	return identity.Action{ActionID: otherID, Name: "Suspended", PreventLogin: prevents, Expiry: expiry}
}

// reading is a change to the case in which all is well, and what it is to change
// of its conditions.
type reading struct {
	name   string
	change func(*outcome.Case)
	want   func(*outcome.Conditions)
}

func nothing(*outcome.Conditions) {}

func testReadings(t *testing.T, readings []reading) {
	t.Helper()
	for _, r := range readings {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			c, want := well(), outcome.Conditions{Registered: true}
			r.change(&c)
			r.want(&want)
			if got := outcome.Of(c); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestOfReadsTheAccount(t *testing.T) {
	t.Parallel()
	testReadings(t, []reading{
		{"all is well", func(*outcome.Case) {}, nothing},
		// S3-98 S2-63
		{"locked or deactivated", func(c *outcome.Case) { c.User.Active = false },
			func(w *outcome.Conditions) { w.Locked = true }},
		// S3-97 S3-123 S2-68
		{"expired at this very moment", func(c *outcome.Case) { c.User.Expiry = identity.At(now) },
			func(w *outcome.Conditions) { w.Expired = true }},
		{"expires in a millisecond", func(c *outcome.Case) { c.User.Expiry = identity.At(now.Add(time.Millisecond)) }, nothing},
		// S3-95
		{"prevented without an end", func(c *outcome.Case) { c.User.Actions = []identity.Action{action(true, 0)} },
			func(w *outcome.Conditions) { w.Prevented = true }},
		{"prevented by the second of two actions", func(c *outcome.Case) {
			c.User.Actions = []identity.Action{action(false, 0), action(true, identity.At(now.Add(time.Millisecond)))}
		}, func(w *outcome.Conditions) { w.Prevented = true }},
		// S0-29
		{"prevented until now", func(c *outcome.Case) { c.User.Actions = []identity.Action{action(true, identity.At(now))} }, nothing},
		{"an action that prevents nothing", func(c *outcome.Case) { c.User.Actions = []identity.Action{action(false, 0)} }, nothing},
		{"password must change", func(c *outcome.Case) { c.User.PasswordChangeRequired = true },
			func(w *outcome.Conditions) { w.ChangePassword = true }},
		{"a reason alone demands nothing", func(c *outcome.Case) { c.User.PasswordChangeReason = identity.ChangeBreached }, nothing},
	})
}

func TestOfReadsTheRegistration(t *testing.T) {
	t.Parallel()
	testReadings(t, []reading{
		{"none", func(c *outcome.Case) { c.User.Registrations = nil },
			func(w *outcome.Conditions) { w.Registered = false }},
		{"for another application", func(c *outcome.Case) { c.User.Registrations[0].ApplicationID = otherID },
			func(w *outcome.Conditions) { w.Registered = false }},
		{"none, and the application is open", func(c *outcome.Case) { c.User.Registrations, c.Application.Open = nil, true }, nothing},
		// S2-112 S3-88
		{"unverified, gated", func(c *outcome.Case) { c.User.Registrations[0].Verified = false },
			func(w *outcome.Conditions) { w.Registration = outcome.Gated }},
		{"unverified, gated, in an open application", func(c *outcome.Case) {
			c.User.Registrations[0].Verified, c.Application.Open = false, true
		}, func(w *outcome.Conditions) { w.Registration = outcome.Gated }},
		{"unverified, by default", func(c *outcome.Case) {
			c.User.Registrations[0].Verified, c.Application.Unverified.Behavior = false, ""
		}, func(w *outcome.Conditions) { w.Registration = outcome.Allowed }},
		{"unverified, allowed", func(c *outcome.Case) {
			c.User.Registrations[0].Verified, c.Application.Unverified.Behavior = false, identity.Allow
		}, func(w *outcome.Conditions) { w.Registration = outcome.Allowed }},
		{"unverified, by a behaviour that nobody knows", func(c *outcome.Case) {
			c.User.Registrations[0].Verified, c.Application.Unverified.Behavior = false, "Quarantined"
		}, func(w *outcome.Conditions) { w.Registration = outcome.Gated }},
		{"unverified, and nobody asks", func(c *outcome.Case) {
			c.User.Registrations[0].Verified, c.Application.VerifyRegistration = false, false
		}, nothing},
	})
}

// S3-86 S2-129
func TestOfReadsTheIdentityThatWasUsed(t *testing.T) {
	t.Parallel()
	gated := func(w *outcome.Conditions) { w.Identity = outcome.Gated }
	allowed := func(w *outcome.Conditions) { w.Identity = outcome.Allowed }
	testReadings(t, []reading{
		{"address unverified", func(c *outcome.Case) { unverified(c, email, identity.ReasonPending) }, gated},
		{"address without a reason", func(c *outcome.Case) { unverified(c, email, "") }, gated},
		{"address unverified, by default", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Tenant.EmailConfiguration.Unverified.Behavior = ""
		}, allowed},
		{"address unverified, by a behaviour that nobody knows", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Tenant.EmailConfiguration.Unverified.Behavior = "Quarantined"
		}, gated},
		{"address unverified, and nobody asks", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Tenant.EmailConfiguration.VerifyEmail = false
		}, nothing},
		{"address that need not be verified", func(c *outcome.Case) { unverified(c, email, identity.ReasonImport) }, nothing},
		{"address unverified, number used", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Identity, c.Carrier = phone, phone
		}, nothing},
		{"number unverified and used", func(c *outcome.Case) {
			unverified(c, phone, identity.ReasonPending)
			c.Identity, c.Carrier = phone, phone
		}, gated},
		{"number unverified and used, allowed", func(c *outcome.Case) {
			unverified(c, phone, identity.ReasonPending)
			c.Identity, c.Carrier = phone, phone
			c.Tenant.PhoneConfiguration.Unverified.Behavior = identity.Allow
		}, allowed},
		{"number unverified, address used", func(c *outcome.Case) { unverified(c, phone, identity.ReasonPending) }, nothing},
		{"address that this login verifies", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Verified = true
		}, nothing},
		{"user name over an unverified address", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Identity = username
		}, gated},
		{"user name, whose proof verifies no address", func(c *outcome.Case) {
			unverified(c, email, identity.ReasonPending)
			c.Identity, c.Verified = username, true
		}, gated},
		{"user name over a verified address", func(c *outcome.Case) { c.Identity = username }, nothing},
		{"user name with nothing behind it", func(c *outcome.Case) {
			c.User.Identities = c.User.Identities[2:]
			c.Identity = username
		}, nothing},
	})
}

func TestOfReadsTheSecondFactor(t *testing.T) {
	t.Parallel()
	is := func(f outcome.SecondFactor) func(*outcome.Conditions) {
		return func(w *outcome.Conditions) { w.SecondFactor = f }
	}
	policy := func(c *outcome.Case, p identity.MultiFactorLoginPolicy) {
		c.Tenant.MultiFactorConfiguration.LoginPolicy = p
	}
	testReadings(t, []reading{
		{"has one", func(c *outcome.Case) { c.Methods = []identity.TwoFactorMethod{byApp} }, is(outcome.Challenge)},
		{"has one, proven", func(c *outcome.Case) {
			c.Methods, c.SecondFactor = []identity.TwoFactorMethod{byApp}, true
		}, nothing},
		{"has one, device trusted", func(c *outcome.Case) {
			c.Methods, c.Trusted = []identity.TwoFactorMethod{byApp}, true
		}, nothing},
		{"has one, device trusted, demanded all the same", func(c *outcome.Case) {
			c.Methods, c.Trusted, c.Demanded = []identity.TwoFactorMethod{byApp}, true, true
		}, is(outcome.Challenge)},
		{"has one, demanded and proven", func(c *outcome.Case) {
			c.Methods, c.Demanded, c.SecondFactor = []identity.TwoFactorMethod{byApp}, true, true
		}, nothing},
		{"has none, demanded", func(c *outcome.Case) { c.Demanded = true }, is(outcome.Enrol)},

		{"Disabled, has one", func(c *outcome.Case) {
			policy(c, identity.MultiFactorDisabled)
			c.Methods = []identity.TwoFactorMethod{byApp}
		}, nothing},
		{"Disabled, has one, demanded", func(c *outcome.Case) {
			policy(c, identity.MultiFactorDisabled)
			c.Methods, c.Demanded = []identity.TwoFactorMethod{byApp}, true
		}, nothing},
		{"Required, has none", func(c *outcome.Case) { policy(c, identity.MultiFactorRequired) }, is(outcome.Enrol)},
		{"Required, has none, device trusted", func(c *outcome.Case) {
			policy(c, identity.MultiFactorRequired)
			c.Trusted = true
		}, is(outcome.Enrol)},
		{"Required, has one, device trusted", func(c *outcome.Case) {
			policy(c, identity.MultiFactorRequired)
			c.Methods, c.Trusted = []identity.TwoFactorMethod{byApp}, true
		}, nothing},
		{"a policy that nobody knows, has none", func(c *outcome.Case) { policy(c, "OnFullMoon") }, is(outcome.Enrol)},
		{"the application's policy wins", func(c *outcome.Case) {
			policy(c, identity.MultiFactorRequired)
			c.Application.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorEnabled
		}, nothing},

		// MFA-14
		{"has only the mailbox that carried the code", func(c *outcome.Case) {
			c.Methods = []identity.TwoFactorMethod{byEmail}
		}, is(outcome.RecoveryOnly)},
		{"has only that mailbox, written otherwise", func(c *outcome.Case) {
			m := byEmail
			m.Email = "Jared@PiedPiper.com"
			c.Methods = []identity.TwoFactorMethod{m}
		}, is(outcome.RecoveryOnly)},
		{"has only that mailbox, which carried the code written otherwise", func(c *outcome.Case) {
			c.Carrier.Value, c.Methods = "Jared@PiedPiper.com", []identity.TwoFactorMethod{byEmail}
		}, is(outcome.RecoveryOnly)},
		{"has only the phone that carried the code", func(c *outcome.Case) {
			c.Identity, c.Carrier, c.Methods = phone, phone, []identity.TwoFactorMethod{bySMS}
		}, is(outcome.RecoveryOnly)},
		{"has only that mailbox, signed in by user name", func(c *outcome.Case) {
			c.Identity, c.Methods = username, []identity.TwoFactorMethod{byEmail}
		}, is(outcome.RecoveryOnly)},
		{"has that mailbox and a phone", func(c *outcome.Case) {
			c.Methods = []identity.TwoFactorMethod{byEmail, bySMS}
		}, is(outcome.Challenge)},
		{"has another mailbox", func(c *outcome.Case) {
			m := byEmail
			m.Email = other.Value
			c.Methods = []identity.TwoFactorMethod{m}
		}, is(outcome.Challenge)},
		{"has only that mailbox, device trusted", func(c *outcome.Case) {
			c.Methods, c.Trusted = []identity.TwoFactorMethod{byEmail}, true
		}, nothing},
		{"Required, has only that mailbox", func(c *outcome.Case) {
			policy(c, identity.MultiFactorRequired)
			c.Methods = []identity.TwoFactorMethod{byEmail}
		}, is(outcome.RecoveryOnly)},
	})
}

func TestSubjectOfAUserNameIsTheAddressBehindIt(t *testing.T) {
	t.Parallel()
	u := well().User
	second := identity.UserIdentity{Type: identity.Email, Value: other.Value, Verified: true}
	u.Identities = append([]identity.UserIdentity{second}, u.Identities...)
	for _, c := range []struct{ used, want identity.Identifier }{
		{username, email},
		{email, email},
		{other, other},
		{phone, phone},
	} {
		if got := outcome.Subject(u, c.used); got != c.want {
			t.Errorf("Subject of a %s is %s, want %s", c.used.Type, got.Type, c.want.Type)
		}
	}
	if got := outcome.Subject(identity.User{}, username); got != username {
		t.Errorf("Subject of a user name without an address is %s, want the user name", got.Type)
	}
}

// MFA-14
func TestUsableLeavesOutWhatCarriedTheCode(t *testing.T) {
	t.Parallel()
	methods := []identity.TwoFactorMethod{byApp, byEmail, bySMS}
	for _, c := range []struct {
		carrier identity.Identifier
		want    []string
	}{
		{email, []string{byApp.ID, bySMS.ID}},
		{phone, []string{byApp.ID, byEmail.ID}},
		{other, []string{byApp.ID, byEmail.ID, bySMS.ID}},
		{identity.Identifier{}, []string{byApp.ID, byEmail.ID, bySMS.ID}},
	} {
		var got []string
		for _, m := range outcome.Usable(methods, c.carrier) {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("carried by %q: %v, want %v", c.carrier.Type, got, c.want)
		}
	}
	if len(methods) != 3 || methods[1].ID != byEmail.ID {
		t.Error("Usable changed the methods it was given")
	}
}
