package identity

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

// EmailAddress is where the user's e-mail goes in tenant t: to the primary e-mail
// identity, or else to Email, or else, unless the tenant says to ignore it, to
// the address in data.email. It is empty if there is none.
//
// The first two are taken as they are on record. Data holds anything, so what it
// says must be an address. Whether any of them is verified it does not ask.
func (u User) EmailAddress(t Tenant) string {
	for _, i := range u.Identities {
		if i.Type == Email && i.Primary {
			return i.Value
		}
	}
	if u.Email != "" || t.IgnoreDataEmail {
		return u.Email
	}
	address, err := ParseEmail(u.Data.Text("email"))
	if err != nil {
		return ""
	}
	return address
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
