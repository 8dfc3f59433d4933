package passwordless

import (
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
)

// offer is what a person may prove a second factor by, with masked addresses;
// or, if they have none, what they may enrol. What goes the way that the login
// code went proves nothing more, and is in neither.
func offer(s step) (methods []identity.TwoFactorMethod, configurable []string) {
	if len(s.methods) == 0 {
		return nil, enrollable(s)
	}
	methods = outcome.Usable(s.methods, s.Facts.To)
	for i := range methods {
		methods[i].Email = identity.Mask(methods[i].Email)
		methods[i].MobilePhone = identity.Mask(methods[i].MobilePhone)
	}
	return methods, nil
}

func enrollable(s step) []string {
	carrier := identity.MethodEmail
	if s.Facts.To.Type == identity.PhoneNumber {
		carrier = identity.MethodSMS
	}
	return slices.DeleteFunc(s.tenant.ConfigurableMethods(), func(m string) bool { return m == carrier })
}
