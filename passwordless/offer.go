package passwordless

import (
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/store"
)

// offer is what a person may prove a second factor by, with masked addresses;
// or, if they have none, what they may enrol. What goes the way that the login
// code went proves nothing more, and is in neither.
func offer(s step) (methods []identity.TwoFactorMethod, configurable []string) {
	all := store.Methods(s.factors)
	if len(all) == 0 {
		return nil, enrollable(s)
	}
	methods = outcome.Usable(all, s.Facts.To)
	for i := range methods {
		methods[i].Email = masked(methods[i].Email)
		methods[i].MobilePhone = masked(methods[i].MobilePhone)
	}
	return methods, nil
}

// masked leaves an address that is not there absent.
func masked(address string) string {
	if address == "" {
		return ""
	}
	return identity.Mask(address)
}

func enrollable(s step) []string {
	carrier := map[identity.IdentityType]string{
		identity.Email:       identity.MethodEmail,
		identity.PhoneNumber: identity.MethodSMS,
	}[s.Facts.To.Type]
	return slices.DeleteFunc(s.tenant.ConfigurableMethods(), func(m string) bool { return m == carrier })
}
