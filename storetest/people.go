package storetest

import (
	"reflect"
	"strings"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// user is a person with identities that are not verified and one registration.
func user(tenant, id string, ids ...identity.Identifier) identity.User {
	u := identity.User{
		ID: id, TenantID: tenant, Active: true, FirstName: "John", LastName: "Doe",
		Registrations: []identity.Registration{{ApplicationID: application, Roles: []string{"user"}}},
	}
	for _, i := range ids {
		u.Identities = append(u.Identities, identity.UserIdentity{
			Type: i.Type, Value: i.Value, Primary: true, VerifiedReason: identity.ReasonPending,
		})
		switch i.Type {
		case identity.Email:
			u.Email = i.Value
		case identity.PhoneNumber:
			u.PhoneNumber = i.Value
		case identity.Username:
			u.Username, u.UniqueUsername = i.Value, i.Value
		}
	}
	return u
}

// wholeUser has every field set that has no secret in it, and one e-mail
// address to sign in by.
func wholeUser() identity.User {
	var u identity.User
	fill(reflect.ValueOf(&u).Elem(), "User")
	u.ID, u.TenantID, u.Email = person, tenant, email.Value
	u.Identities[0].Type, u.Identities[0].Value = email.Type, email.Value
	u.Registrations[0].ApplicationID = application
	return u
}

// fill sets all that v holds, to values that differ from field to field.
func fill(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case identity.Object:
		v.Set(reflect.ValueOf(identity.Object(`{"name":"Größe 世界","n":12345678901234567890}`)))
		return
	case identity.Date:
		v.Set(reflect.ValueOf(identity.Date{Year: 1998, Month: 2, Day: 28}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("Größe 世界 of " + name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1_795_435_200_123 + int64(len(name)))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), f.Name)
			}
		}
	}
}

// unlikely is ids that hardly any engine can have.
func unlikely() []string {
	return []string{
		"", "0", "-1", "nobody", person + " ", strings.ToUpper("00000000-0000-0001-0000-00000000000a"), "' OR '1'='1",
		"\x00", "\xff\xfe", "世界", "9223372036854775808", "1e9", strings.Repeat("x", 100_000),
	}
}

// noted is a user after a login, in what its engine keeps of them.
func noted(u identity.User, l store.Login) identity.User {
	after := u.Clone()
	if l.Apply(&after); len(u.Identities) == 0 {
		after.Identities = nil
	}
	return after
}

// verifiable is the identity that verification cases use: an e-mail address,
// which any table can mark, if there is one.
func verifiable(u identity.User) identity.Identifier {
	if i, ok := u.Identity(email); ok {
		return i.Identifier()
	}
	return u.LoginIdentities()[0].Identifier()
}

// spoil changes what a caller was given, which is the caller's to change.
func spoil(u identity.User) {
	for i := range u.Identities {
		u.Identities[i].Value = "spoilt"
	}
	for i := range u.Registrations {
		u.Registrations[i].Roles = append(u.Registrations[i].Roles[:0], "admin")
	}
}
