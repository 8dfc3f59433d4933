package passwordless_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// A login id is its holder's alone, in the tenant that was asked.
func TestIdentify(t *testing.T) {
	t.Parallel()
	h := open(t)
	all := []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username}
	want := who
	want.TenantID = logintest.TenantID
	for _, c := range []struct {
		loginID string
		types   []identity.IdentityType
		known   bool
	}{
		{logintest.Email, nil, true},
		{logintest.Phone, all, true},
		{logintest.Phone, nil, false},
		{logintest.Username, all, true},
		{"nobody@piedpiper.com", all, false},
	} {
		got, err := h.Login().Identify(t.Context(), passwordless.IdentifyRequest{
			ApplicationID: logintest.ApplicationID, LoginID: c.loginID, LoginIDTypes: c.types,
		})
		if c.known && (err != nil || got != want) || !c.known && !errors.Is(err, passwordless.ErrUnknownUser) {
			t.Errorf("%s as %v: %+v, %v", c.loginID, c.types, got, err)
		}
	}
	for name, r := range map[string]passwordless.IdentifyRequest{
		"applicationId": {ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, TenantID: "another"},
		"loginId":       {ApplicationID: logintest.ApplicationID},
	} {
		var invalid *passwordless.ValidationError
		if _, err := h.Login().Identify(t.Context(), r); !errors.As(err, &invalid) || invalid.FieldErrors[name] == nil {
			t.Errorf("%s: %v, want a ValidationError on it", name, err)
		}
	}
}
