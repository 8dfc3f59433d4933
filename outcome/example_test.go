package outcome_test

import (
	"fmt"

	"github.com/gatehouse-go/gatehouse/outcome"
)

func ExampleConditions_Decide() {
	c := outcome.Conditions{ChangePassword: true, SecondFactor: outcome.Challenge, Registered: true}
	fmt.Println(c.Decide().Outcome)

	c.SecondFactor = outcome.Settled
	fmt.Println(c.Decide().Outcome)

	c.ChangePassword = false
	fmt.Println(c.Decide().Outcome, "with a token:", c.Decide().Token)
	// Output:
	// TwoFactorRequired
	// ChangePasswordRequired
	// Success with a token: true
}
