package identity_test

import (
	"encoding/json"
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
)

// What a person typed may be several things. The order of the types decides who
// wins, should two users hold it.
func ExampleParser_Parse() {
	var parser identity.Parser

	candidates, err := parser.Parse("Jared@PiedPiper.com", nil)
	for _, id := range candidates {
		fmt.Println(id.Type, id.Value)
	}
	fmt.Println(err)

	_, err = parser.Parse("(303) 555-1212", []identity.IdentityType{identity.PhoneNumber})
	fmt.Println(err)
	// Output:
	// email jared@piedpiper.com
	// username Jared@PiedPiper.com
	// <nil>
	// identity: loginIdTypes has phoneNumber, and Phones is not configured
}

// A service with a users table of its own fills what it has.
func ExampleUser_LoginIdentities() {
	user := identity.User{
		ID:       "42",
		Active:   true,
		Email:    "jared@piedpiper.com",
		Verified: true,
		Username: "johnny123",
	}
	for _, i := range user.LoginIdentities() {
		fmt.Println(i.Type, i.Value, "needs verification:", i.NeedsVerification())
	}
	// Output:
	// email jared@piedpiper.com needs verification: false
	// username johnny123 needs verification: false
}

func ExampleStatic() {
	tenant := identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Pied Piper"}
	app := identity.Application{
		ID:                        "10000000-0000-0002-0000-000000000001",
		Name:                      "Pied Piper",
		PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
		Open:                      true,
	}
	fmt.Println(identity.Static(tenant, app).Check())

	tenant.ExternalIdentifierConfiguration.PasswordlessLoginTimeToLiveInSeconds = 3600
	fmt.Println(identity.Static(tenant, app).Check())
	// Output:
	// <nil>
	// tenant: identity: externalIdentifierConfiguration.passwordlessLoginTimeToLiveInSeconds must be 1 to 600
}

func ExampleUser_Secured() {
	user := identity.User{ID: "42", Active: true, FirstName: "John", ParentEmail: "example@fusionauth.io"}
	data, _ := json.Marshal(user.Secured())
	fmt.Println(string(data))
	fmt.Println(user)
	// Output:
	// {"id":"42","active":true,"verified":false,"firstName":"John","passwordChangeRequired":false}
	// user 42
}

func ExampleMask() {
	fmt.Println(identity.Mask("jared@piedpiper.com"))
	fmt.Println(identity.Mask("+13035551212"))
	// Output:
	// j***@piedpiper.com
	// +***12
}
