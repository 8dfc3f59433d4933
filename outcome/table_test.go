package outcome_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/outcome"
)

// all is every combination of conditions: 1152 of them.
func all() []outcome.Conditions {
	var cs []outcome.Conditions
	no, yes := false, true
	for _, locked := range []bool{no, yes} {
		for _, expired := range []bool{no, yes} {
			for _, prevented := range []bool{no, yes} {
				for _, factor := range []outcome.SecondFactor{outcome.Settled, outcome.Challenge, outcome.RecoveryOnly, outcome.Enrol} {
					for _, change := range []bool{no, yes} {
						for _, id := range []outcome.Verification{outcome.Verified, outcome.Allowed, outcome.Gated} {
							for _, registration := range []outcome.Verification{outcome.Verified, outcome.Allowed, outcome.Gated} {
								for _, registered := range []bool{no, yes} {
									cs = append(cs, outcome.Conditions{
										Locked: locked, Expired: expired, Prevented: prevented,
										SecondFactor: factor, ChangePassword: change,
										Identity: id, Registration: registration, Registered: registered,
									})
								}
							}
						}
					}
				}
			}
		}
	}
	return cs
}

// letters writes conditions down, one letter each: n and y for no and yes; s, c,
// r and e for a second factor that is settled, to be proven, to be replaced by a
// recovery code, to be enrolled; v, a and g for verified, allowed and gated.
func letters(c outcome.Conditions) string {
	yes := map[bool]byte{false: 'n', true: 'y'}
	return string([]byte{
		yes[c.Locked], yes[c.Expired], yes[c.Prevented],
		"scre"[c.SecondFactor], yes[c.ChangePassword],
		"vag"[c.Identity], "vag"[c.Registration], yes[c.Registered],
	})
}

// statement is the decision said once more, and otherwise than the library says
// it: no row depends on those before it. A column holds the letters that it
// takes; a dot takes all.
var statement = []struct {
	locked, expired, prevented, factor, change, identity, registration, registered string

	outcome int
	token   bool
}{
	{"y", ".", ".", ".", ".", ".", ".", ".", 423, false},
	{"n", "y", ".", ".", ".", ".", ".", ".", 410, false},
	{"n", "n", "y", ".", ".", ".", ".", ".", 409, false},
	{"n", "n", "n", "cre", ".", ".", ".", ".", 242, false},
	{"n", "n", "n", "s", "y", ".", ".", ".", 203, false},
	{"n", "n", "n", "s", "n", "g", ".", ".", 212, false},
	{"n", "n", "n", "s", "n", "va", "g", ".", 213, false},
	{"n", "n", "n", "s", "n", "a", "va", ".", 212, true},
	{"n", "n", "n", "s", "n", "v", "a", ".", 213, true},
	{"n", "n", "n", "s", "n", "v", "v", "n", 202, true},
	{"n", "n", "n", "s", "n", "v", "v", "y", 200, true},
}

// IDN-07
func TestDecideIsTheStatement(t *testing.T) {
	t.Parallel()
	combinations := all()
	if len(combinations) != 2*2*2*4*2*3*3*2 {
		t.Fatalf("%d combinations: some are missing", len(combinations))
	}
	for _, c := range combinations {
		is, matched := letters(c), 0
		for _, row := range statement {
			columns := [...]string{row.locked, row.expired, row.prevented, row.factor, row.change, row.identity, row.registration, row.registered}
			if !takes(columns[:], is) {
				continue
			}
			matched++
			if got := c.Decide(); int(got.Outcome) != row.outcome || got.Token != row.token {
				t.Errorf("%s: %d, token %v; want %d, token %v", is, got.Outcome, got.Token, row.outcome, row.token)
			}
		}
		if matched != 1 {
			t.Errorf("%s: %d rows of the statement take it, want 1", is, matched)
		}
	}
}

func takes(columns []string, is string) bool {
	for i, column := range columns {
		if column != "." && !strings.Contains(column, is[i:i+1]) {
			return false
		}
	}
	return true
}

func TestATokenNeedsEveryGateOpen(t *testing.T) {
	t.Parallel()
	for _, c := range all() {
		want := !c.Locked && !c.Expired && !c.Prevented && !c.ChangePassword &&
			c.SecondFactor == outcome.Settled && c.Identity != outcome.Gated && c.Registration != outcome.Gated
		d := c.Decide()
		if d.Token != want {
			t.Errorf("%s: %v, token %v, want %v", letters(c), d.Outcome, d.Token, want)
		}
		switch d.Outcome {
		case outcome.Success, outcome.NotRegistered:
			if !d.Token {
				t.Errorf("%s: %v without a token", letters(c), d.Outcome)
			}
		case outcome.IdentityUnverified, outcome.RegistrationUnverified:
		default:
			if d.Token {
				t.Errorf("%s: %v with a token", letters(c), d.Outcome)
			}
		}
	}
}

// Whoever is locked out learns that and nothing else, whatever else holds.
func TestALockHidesAllElse(t *testing.T) {
	t.Parallel()
	for _, c := range all() {
		c.Locked = true
		if d := c.Decide(); d != (outcome.Decision{Outcome: outcome.UserLocked}) {
			t.Errorf("%s: %v, token %v, want UserLocked and none", letters(c), d.Outcome, d.Token)
		}
	}
}

// Somebody who cures each thing they are told of arrives, without ever being
// told of the same thing twice.
func TestCuringEachOutcomeArrives(t *testing.T) {
	t.Parallel()
	for _, start := range all() {
		c, told := start, map[outcome.Decision]bool{}
		for c.Decide().Outcome != outcome.Success {
			d := c.Decide()
			if told[d] {
				t.Fatalf("%s: %v was told again after it was cured", letters(start), d.Outcome)
			}
			told[d] = true
			c = cured(c, d.Outcome)
		}
	}
}

// cured are the conditions once what an outcome tells of is no more.
func cured(c outcome.Conditions, o outcome.Outcome) outcome.Conditions {
	switch o {
	case outcome.UserLocked:
		c.Locked = false
	case outcome.UserExpired:
		c.Expired = false
	case outcome.LoginPrevented:
		c.Prevented = false
	case outcome.TwoFactorRequired:
		c.SecondFactor = outcome.Settled
	case outcome.ChangePasswordRequired:
		c.ChangePassword = false
	case outcome.IdentityUnverified:
		c.Identity = outcome.Verified
	case outcome.RegistrationUnverified:
		c.Registration = outcome.Verified
	case outcome.NotRegistered:
		c.Registered = true
	}
	return c
}

func TestAnUnknownSecondFactorWithholdsTheToken(t *testing.T) {
	t.Parallel()
	c := outcome.Conditions{SecondFactor: outcome.Enrol + 1, Registered: true}
	if d := c.Decide(); d.Outcome != outcome.TwoFactorRequired || d.Token {
		t.Errorf("%v, token %v, want TwoFactorRequired and none", d.Outcome, d.Token)
	}
}

func TestGatesAreACopy(t *testing.T) {
	t.Parallel()
	gates := outcome.Gates()
	for i := range gates {
		gates[i].Decision = outcome.Decision{Outcome: outcome.Success, Token: true}
		gates[i].Holds = func(outcome.Conditions) bool { return true }
	}
	if d := (outcome.Conditions{Locked: true}).Decide(); d.Outcome != outcome.UserLocked {
		t.Errorf("%v after the caller's copy of the gates was changed, want UserLocked", d.Outcome)
	}
}

func TestOutcomesHaveStatusAndName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome outcome.Outcome
		status  int
		name    string
	}{
		{outcome.Success, 200, "Success"},
		{outcome.NotRegistered, 202, "NotRegistered"},
		{outcome.ChangePasswordRequired, 203, "ChangePasswordRequired"},
		{outcome.IdentityUnverified, 212, "IdentityUnverified"},
		{outcome.RegistrationUnverified, 213, "RegistrationUnverified"},
		{outcome.TwoFactorRequired, 242, "TwoFactorRequired"},
		{outcome.LoginPrevented, 409, "LoginPrevented"},
		{outcome.UserExpired, 410, "UserExpired"},
		{outcome.UserLocked, 423, "UserLocked"},
		{outcome.Outcome(0), 0, "Outcome(0)"},
	} {
		if c.outcome.Status() != c.status || c.outcome.String() != c.name {
			t.Errorf("%d %q, want %d %q", c.outcome.Status(), c.outcome, c.status, c.name)
		}
	}
}
