package passwordless_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// S3-13, S3-15, S3-20: by whatever somebody is found, the message goes to what is on record.
// S3-14: a phone number is looked up only where it is asked for.
// S3-16: white space is not removed. S3-22: e-mail and user name are the default.
// S3-17, S3-18, S3-19, S3-165: forms of one phone number find one user.
// S3-134: an e-mail address is folded to lower case.
// S3-161, S2-76: a mobile phone is no login id. S3-179, S2-110: nor is a registration's user name.
func TestWhoIsFound(t *testing.T) {
	t.Parallel()
	phone, mail := []identity.IdentityType{identity.PhoneNumber}, []string{"email " + logintest.Email}
	sms := []string{"sms " + logintest.Phone}
	for _, c := range []struct {
		loginID string
		types   []identity.IdentityType
		want    []string
	}{
		{logintest.Email, nil, mail},
		{"JARED@PiedPiper.COM", nil, mail},
		{" " + logintest.Email + " ", nil, nil},
		{logintest.Email + "\n", nil, nil},
		{logintest.Username, nil, mail},
		{"Johnny123", nil, nil},
		{" " + logintest.Username, nil, nil},
		{logintest.Username, []identity.IdentityType{identity.Username}, mail},
		{logintest.Username, []identity.IdentityType{identity.Email}, nil},
		{logintest.Email, []identity.IdentityType{identity.Username}, nil},
		{logintest.Phone, nil, nil},
		{logintest.Phone, phone, sms},
		{"303-555-1212", phone, sms},
		{"(303) 555-1212", phone, sms},
		{"+1 303 555 1212", phone, sms},
		{"303-555-1234", phone, nil},
		{"303-555-1234", nil, nil},
		{"johnny-at-piedpiper", nil, nil},
		{"no login id at all\x00", nil, nil},
	} {
		t.Run(c.loginID, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			u.MobilePhone = "303-555-1234"
			u.Registrations[0].Username = "johnny-at-piedpiper"
			h.Put(u)
			begin(h, asked(c.loginID, c.types...))
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Errorf("sent to %v, want %v", got, c.want)
			}
		})
	}
}

// S3-21, S3-23, S3-24
func TestOrderOfLoginIDTypes(t *testing.T) {
	t.Parallel()
	const contested = "terry@example.com"
	for _, c := range []struct {
		types []identity.IdentityType
		want  string
	}{
		{nil, contested},
		{[]identity.IdentityType{identity.Email, identity.Username}, contested},
		{[]identity.IdentityType{identity.Username, identity.Email}, logintest.Email},
		{[]identity.IdentityType{identity.Username}, logintest.Email},
	} {
		h := open(t)
		squatter := h.User()
		squatter.Username, squatter.Identities[2].Value = contested, contested
		h.Put(squatter)
		h.Put(identity.User{ID: "00000000-0000-0001-0000-000000000001", TenantID: logintest.TenantID, Active: true, Email: contested, Verified: true})
		begin(h, asked(contested, c.types...))
		if got := recipients(h); !slices.Equal(got, []string{"email " + c.want}) {
			t.Errorf("by %v sent to %v, want %s", c.types, got, c.want)
		}
	}
}

// S2-126, S2-127, S2-128, S3-136
func TestNamesThatRepeat(t *testing.T) {
	t.Parallel()
	h := open(t)
	for n, unique := range []string{"bob#27183", "bob#31415"} {
		h.Put(identity.User{
			ID: "00000000-0000-0001-0000-00000000000" + string(rune('1'+n)), TenantID: logintest.TenantID, Active: true,
			Email: unique[4:] + "@piedpiper.com", Username: "bob", UniqueUsername: unique, UsernameStatus: identity.ContentRejected,
		})
	}
	begin(h, asked("bob"))
	begin(h, asked("bob#31415"))
	begin(h, asked("bob#27183"))
	if got, want := recipients(h), []string{"email 31415@piedpiper.com", "email 27183@piedpiper.com"}; !slices.Equal(got, want) {
		t.Errorf("sent to %v, want %v", got, want)
	}
}

// S3-20: nobody is told that there is no address. S3-120: data.email stands in for one.
// S3-121: unless the tenant says otherwise.
func TestAddressOfAUserName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(h *logintest.House, u *identity.User)
		want   []string
	}{
		{"none", func(*logintest.House, *identity.User) {}, nil},
		{"in the data", func(_ *logintest.House, u *identity.User) {
			u.Data = identity.Object(`{"email":"Example@FusionAuth.io"}`)
		}, []string{"email example@fusionauth.io"}},
		{"in the data, ignored", func(h *logintest.House, u *identity.User) {
			u.Data, h.Tenant.IgnoreDataEmail = identity.Object(`{"email":"example@fusionauth.io"}`), true
		}, nil},
		{"in the data, and on record", func(_ *logintest.House, u *identity.User) {
			u.Data, u.Email = identity.Object(`{"email":"example@fusionauth.io"}`), logintest.Email
		}, []string{"email " + logintest.Email}},
		{"in the data, but none", func(_ *logintest.House, u *identity.User) {
			u.Data = identity.Object(`{"email":"A <example@fusionauth.io>"}`)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			u.Email, u.Identities = "", u.Identities[2:]
			c.change(h, &u)
			h.Put(u)
			b := begin(h, asked(logintest.Username))
			if b.Code.IsZero() {
				t.Error("no handle, want one as for everybody")
			}
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Fatalf("sent to %v, want %v", got, c.want)
			}
			if got := h.Happened(passwordless.MessageUndeliverable); (got == 1) != (c.want == nil) {
				t.Errorf("%d events of a message to nowhere", got)
			}
			if c.want == nil {
				return
			}
			code := secret.New(h.Inbox.LastCode(strings.TrimPrefix(c.want[0], "email ")))
			if got := h.Complete(passwordless.LoginRequest{Code: shown(b.Code), OneTimeCode: code}).Outcome; got != outcome.Success {
				t.Errorf("outcome %v, want Success", got)
			}
		})
	}
}

func TestSecondaryIdentityMustBeVerified(t *testing.T) {
	t.Parallel()
	const second = "example@fusionauth.io"
	for _, c := range []struct {
		name string
		id   identity.UserIdentity
		want []string
	}{
		{"secondary, pending", identity.UserIdentity{VerifiedReason: identity.ReasonPending}, nil},
		{"secondary, no reason", identity.UserIdentity{}, nil},
		{"secondary, verified", identity.UserIdentity{Verified: true, VerifiedReason: identity.ReasonCompleted}, []string{"email " + second}},
		{"secondary, trusted", identity.UserIdentity{VerifiedReason: identity.ReasonTrusted}, []string{"email " + second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			c.id.Type, c.id.Value = identity.Email, second
			u.Identities = append(u.Identities, c.id)
			h.Put(u)
			begin(h, asked(second))
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Errorf("sent to %v, want %v", got, c.want)
			}
			r := asked(second)
			r.RevealUnknown = true
			if _, err := h.Login().Start(t.Context(), r); errors.Is(err, passwordless.ErrUnknownUser) != (c.want == nil) {
				t.Errorf("Start: %v", err)
			}
		})
	}
}
