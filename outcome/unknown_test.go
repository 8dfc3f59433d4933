package outcome_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/outcome"
)

// A verification that nobody knows withholds the token.
func TestUnknownVerification(t *testing.T) {
	t.Parallel()
	for _, c := range []outcome.Conditions{
		{Identity: 99, Registered: true},
		{Registration: 99, Registered: true},
		{Identity: -1, Registered: true},
	} {
		if d := c.Decide(); d.Token {
			t.Errorf("%+v: %v carries a token", c, d.Outcome)
		}
	}
}
