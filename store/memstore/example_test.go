package memstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

func ExampleNew() {
	users := memstore.New()
	err := users.Put(identity.User{
		ID:       "00000000-0000-0001-0000-000000000000",
		TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		Active:   true,
		Email:    "jared@piedpiper.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := store.Of(users)
	found, err := s.FindUser(context.Background(), "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		[]identity.Identifier{{Type: identity.Email, Value: "jared@piedpiper.com"}})
	fmt.Println(found.ID, err)

	// Now and then, from wherever the service does such things:
	_, err = s.DeleteExpired(context.Background(), time.Now(), 1000)
	fmt.Println(err)
	// Output:
	// 00000000-0000-0001-0000-000000000000 <nil>
	// <nil>
}
