package identity

import (
	"fmt"
	"regexp"
	"time"
)

// Check says what no user may hold: no id, or in a membership another's; a time
// zone or language that is none; an identity without a value, named twice, or one
// primary too many of its type; second factors of one id, two used last, or one
// with what is another kind's. The error wraps a *[FieldError] for each.
//
// Time zones are looked up in the time zone database that Go finds on the
// machine. Where there may be none, import time/tzdata: without one, every name
// but UTC is refused. It does not check that values are canonical or unique in
// the tenant: the first is [Parser]'s to do, the second the store's.
func (u User) Check() error {
	var f faults
	f.blank("id", u.ID)
	f.timezone("timezone", u.Timezone)
	f.languages("preferredLanguages", u.PreferredLanguages)
	for i, r := range u.Registrations {
		f.below(fmt.Sprintf("registrations[%d]", i), func(f *faults) {
			f.blank("applicationId", r.ApplicationID)
			f.timezone("timezone", r.Timezone)
			f.languages("preferredLanguages", r.PreferredLanguages)
		})
	}
	f.identities(u.Identities)
	f.methods(u.TwoFactor.Methods)
	for i, m := range u.Memberships {
		if m.UserID != "" && m.UserID != u.ID {
			f.add(fmt.Sprintf("memberships[%d].userId", i), TagInvalid, "is not the user's id")
		}
	}
	return f.err()
}

func (f *faults) identities(identities []UserIdentity) {
	seen := map[Identifier]bool{}
	primary := map[IdentityType]bool{}
	for n, i := range identities {
		f.below(fmt.Sprintf("identities[%d]", n), func(f *faults) {
			f.blank("type", string(i.Type))
			f.blank("value", i.Value)
			if seen[i.Identifier()] {
				f.add("value", TagDuplicate, "is another identity's too")
			}
			if i.Primary && primary[i.Type] {
				f.add("primary", TagDuplicate, "is set on another identity of the type too")
			}
		})
		seen[i.Identifier()] = true
		primary[i.Type] = primary[i.Type] || i.Primary
	}
}

func (f *faults) methods(methods []TwoFactorMethod) {
	seen := map[string]bool{}
	lastUsed := false
	for n, m := range methods {
		f.below(fmt.Sprintf("twoFactor.methods[%d]", n), func(f *faults) {
			f.blank("id", m.ID)
			if seen[m.ID] {
				f.add("id", TagDuplicate, "is another method's too")
			}
			if m.LastUsed && lastUsed {
				f.add("lastUsed", TagDuplicate, "is set on another method too")
			}
			f.only("authenticator", m.Authenticator == nil || m.Method == MethodAuthenticator)
			f.only("email", m.Email == "" || m.Method == MethodEmail)
			f.only("mobilePhone", m.MobilePhone == "" || m.Method == MethodSMS)
		})
		seen[m.ID] = true
		lastUsed = lastUsed || m.LastUsed
	}
}

func (f *faults) only(field string, fits bool) {
	if !fits {
		f.add(field, TagInvalid, "belongs to another kind of method")
	}
}

// zoneName keeps what is no name from reaching the file system.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*$`)

func (f *faults) timezone(field, name string) {
	if name == "" {
		return
	}
	if !zoneName.MatchString(name) || !zoneExists(name) {
		f.add(field, TagInvalid, "is no time zone of the IANA database")
	}
}

func zoneExists(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local" // the machine's own zone, whichever that is
}

// language is the shape of a BCP 47 tag, or of a Java locale such as en_US.
var language = regexp.MustCompile(`^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$`)

func (f *faults) languages(field string, languages []string) {
	for i, l := range languages {
		if len(l) > 64 || !language.MatchString(l) {
			f.add(fmt.Sprintf("%s[%d]", field, i), TagInvalid, "is no language")
		}
	}
}
