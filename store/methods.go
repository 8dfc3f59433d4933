package store

import "github.com/gatehouse-go/gatehouse/identity"

// Methods is what a user's confirmed factors are on the wire, without secrets.
// The one used most recently is marked so.
func Methods(factors []Factor) []identity.TwoFactorMethod {
	var methods []identity.TwoFactorMethod
	last := -1
	var used int64
	for _, f := range factors {
		if f.Confirmed.IsZero() {
			continue
		}
		if !f.Used.IsZero() && f.Used.UnixMilli() > used {
			used, last = f.Used.UnixMilli(), len(methods)
		}
		methods = append(methods, f.method())
	}
	if last >= 0 {
		methods[last].LastUsed = true
	}
	return methods
}

func (f Factor) method() identity.TwoFactorMethod {
	m := identity.TwoFactorMethod{ID: f.ID, Method: f.Kind, Name: f.Name}
	switch f.Kind {
	case identity.MethodAuthenticator:
		codes := f.Codes
		m.Authenticator = &codes
	case identity.MethodEmail:
		m.Email = f.To
	case identity.MethodSMS:
		m.MobilePhone = f.To
	}
	return m
}
