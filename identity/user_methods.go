package identity

import (
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// Expired says whether the account has ended: its Expiry is present and now is
// not before it.
func (u User) Expired(now time.Time) bool { return u.Expiry.Reached(now) }

// Registration is the user's registration for an application, if there is one.
// See [Application.Registration] for applications that are open to everyone.
func (u User) Registration(applicationID string) (Registration, bool) {
	for _, r := range u.Registrations {
		if r.ApplicationID == applicationID {
			return r, true
		}
	}
	return Registration{}, false
}

// Identity is the user's identity that is exactly id, if there is one. It is
// how a caller makes sure that a store found the right user: a table that folds
// case or accents finds more than it should.
func (u User) Identity(id Identifier) (UserIdentity, bool) {
	for _, i := range u.LoginIdentities() {
		if i.Type == id.Type && i.Value == id.Value {
			return i, true
		}
	}
	return UserIdentity{}, false
}

// Primary is the user's primary identity of a type, if there is one.
func (u User) Primary(t IdentityType) (UserIdentity, bool) {
	for _, i := range u.LoginIdentities() {
		if i.Type == t && i.Primary {
			return i, true
		}
	}
	return UserIdentity{}, false
}

// LoginIdentities is all that the user signs in by: Identities or, where a
// table has no such thing, what Email, PhoneNumber and the username stand for.
//
// An identity that is made so is primary. The e-mail address is folded to ASCII
// lower case, as an [Identifier] is, and is verified if the user is; a phone
// number is unverified, since Verified says nothing of it. A username is the
// unique one, if there is one.
func (u User) LoginIdentities() []UserIdentity {
	if len(u.Identities) > 0 {
		return u.Identities
	}
	var made []UserIdentity
	if u.Email != "" {
		i := UserIdentity{Type: Email, Value: lowerASCII(u.Email), Primary: true, Verified: u.Verified}
		if u.Verified {
			i.VerifiedInstant, i.VerifiedReason = u.VerifiedInstant, ReasonCompleted
		}
		made = append(made, i)
	}
	if u.PhoneNumber != "" {
		made = append(made, UserIdentity{Type: PhoneNumber, Value: u.PhoneNumber, Primary: true})
	}
	if name := firstOf(u.UniqueUsername, u.Username); name != "" {
		made = append(made, UserIdentity{
			Type: Username, Value: name, DisplayValue: firstOf(u.Username, name), Primary: true,
			VerifiedReason: ReasonUnverifiable, ModerationStatus: u.UsernameStatus,
		})
	}
	return made
}

// NeedsVerification says whether the identity is still to be verified where
// policy demands it. Disabled, Import, Skipped, Trusted and Unverifiable never
// are, whatever Verified says; all others, no reason included, are unless Verified.
func (i UserIdentity) NeedsVerification() bool {
	switch i.VerifiedReason {
	case ReasonDisabled, ReasonImport, ReasonSkipped, ReasonTrusted, ReasonUnverifiable:
		return false
	}
	return !i.Verified
}

// Identifier is what the identity is looked up by.
func (i UserIdentity) Identifier() Identifier { return Identifier{Type: i.Type, Value: i.Value} }

// Blocks says whether the action keeps its user from signing in at now.
func (a Action) Blocks(now time.Time) bool { return a.PreventLogin && !a.Expiry.Reached(now) }

// Secured is a copy for a response. It holds no secret, in JSON or elsewhere:
// no password, salt, encryption scheme or factor, no secret of a two-factor
// method, no recovery code, no token of a registration. It also leaves out what
// is not an end user's to see, the findings of breach checks and the parent's
// address; a caller that shows users to administrators sets those again.
//
// The copy shares what is the same in both.
func (u User) Secured() User {
	u.Password, u.Salt, u.EncryptionScheme, u.Factor = secret.Text{}, secret.Text{}, secret.Text{}, secret.Text{}
	u.BreachedPasswordStatus, u.BreachedPasswordLastCheckedInstant, u.ParentEmail = "", 0, ""
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

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// lowerASCII folds A to Z and nothing else, byte by byte. strings.ToLower would
// make the Kelvin sign a k, and one person's mailbox another's.
func lowerASCII(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}
