package identity

import (
	"maps"
	"slices"

	"github.com/gatehouse-go/gatehouse/secret"
)

// Secured is a copy for a response. It holds no secret, in JSON or elsewhere:
// no password, salt, encryption scheme or factor, no secret of a two-factor
// method, no recovery code, no token of a registration. It also leaves out what
// is not an end user's to see, the findings of breach checks and the parent's
// address; a caller that shows users to administrators sets those again. And it
// gives a reason for a change of password only if one is required.
//
// The copy shares what is the same in both.
func (u User) Secured() User {
	u.Password, u.Salt, u.EncryptionScheme, u.Factor = secret.Text{}, secret.Text{}, secret.Text{}, secret.Text{}
	u.BreachedPasswordStatus, u.BreachedPasswordLastCheckedInstant, u.ParentEmail = "", 0, ""
	if !u.PasswordChangeRequired {
		u.PasswordChangeReason = ""
	}
	u.TwoFactor.RecoveryCodes = nil
	u.TwoFactor.Methods = slices.Clone(u.TwoFactor.Methods)
	for i := range u.TwoFactor.Methods {
		u.TwoFactor.Methods[i].Secret = secret.Text{}
	}
	u.Registrations = slices.Clone(u.Registrations)
	for i := range u.Registrations {
		u.Registrations[i].AuthenticationToken, u.Registrations[i].Tokens = secret.Text{}, nil
	}
	return u
}

// Clone is a copy that shares nothing with u that could be changed.
func (u User) Clone() User {
	u.Identities = slices.Clone(u.Identities)
	u.PreferredLanguages = slices.Clone(u.PreferredLanguages)
	u.Data = slices.Clone(u.Data)
	u.Actions = slices.Clone(u.Actions)
	u.TwoFactor.RecoveryCodes = slices.Clone(u.TwoFactor.RecoveryCodes)
	u.TwoFactor.Methods = slices.Clone(u.TwoFactor.Methods)
	for i, m := range u.TwoFactor.Methods {
		if m.Authenticator != nil {
			a := *m.Authenticator
			u.TwoFactor.Methods[i].Authenticator = &a
		}
	}
	u.Memberships = slices.Clone(u.Memberships)
	for i, m := range u.Memberships {
		u.Memberships[i].Data = slices.Clone(m.Data)
	}
	u.Registrations = slices.Clone(u.Registrations)
	for i, r := range u.Registrations {
		r.Roles = slices.Clone(r.Roles)
		r.PreferredLanguages = slices.Clone(r.PreferredLanguages)
		r.Data = slices.Clone(r.Data)
		r.Tokens = maps.Clone(r.Tokens)
		u.Registrations[i] = r
	}
	return u
}
