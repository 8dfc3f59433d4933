package phone_test

import (
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
)

func ExampleParser() {
	parser := identity.Parser{Phones: phone.Parser{Region: "US"}}
	for _, typed := range []string{"(303) 555-1212", "+1 303 555 1212", "1-800-FLOWERS"} {
		ids, err := parser.Parse(typed, []identity.IdentityType{identity.PhoneNumber})
		fmt.Println(len(ids), err)
		for _, id := range ids {
			fmt.Println(id.Value)
		}
	}
	// Output:
	// 1 <nil>
	// +13035551212
	// 1 <nil>
	// +13035551212
	// 0 <nil>
}
