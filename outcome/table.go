package outcome

// Verification is how much an unverified identity or registration stands in the way.
type Verification int

const (
	// Verified: it does not; it is verified, or need not be.
	Verified Verification = iota
	// Allowed: it is told, and the login goes on.
	Allowed
	// Gated: nothing is minted until it is verified.
	Gated
)

// SecondFactor is what the second factor asks of this login.
type SecondFactor int

const (
	// Settled: nothing more; none is required, or it was proven, or the device is trusted.
	Settled SecondFactor = iota
	// Challenge: one of the user's methods must be proven.
	Challenge
	// RecoveryOnly: the user has methods, but none that proves more than the
	// login already did; a recovery code must be given.
	RecoveryOnly
	// Enrol: one is required and the user has none.
	Enrol
)

// Conditions is all that a decision depends on.
type Conditions struct {
	Locked         bool
	Expired        bool
	Prevented      bool
	SecondFactor   SecondFactor
	ChangePassword bool
	Identity       Verification
	Registration   Verification
	Registered     bool
}

// Decision is how a login ends.
type Decision struct {
	Outcome Outcome
	Token   bool // whether it may carry a token
}

// Gate is one row of the table: if it holds, it decides.
type Gate struct {
	Decision
	Holds   func(Conditions) bool
	Because string // why it stands where it does
}

// gates is the table, in order. The last always holds.
var gates = [...]Gate{
	{Decision{UserLocked, false}, func(c Conditions) bool { return c.Locked },
		"an administrator's lock is final for the person and says nothing more"},
	{Decision{UserExpired, false}, func(c Conditions) bool { return c.Expired },
		"an account that has run out cannot be cured by the person either"},
	{Decision{LoginPrevented, false}, func(c Conditions) bool { return c.Prevented },
		"an action ends by itself, but not by anything the person does now"},
	{Decision{TwoFactorRequired, false}, func(c Conditions) bool { return c.SecondFactor != Settled },
		"whatever follows may be done only by the person, so the proof of who they are is completed first"},
	{Decision{ChangePasswordRequired, false}, func(c Conditions) bool { return c.ChangePassword },
		"the person can cure it, and nothing is minted before they have"},
	{Decision{IdentityUnverified, false}, func(c Conditions) bool { return withheld(c.Identity) },
		"the login id comes before the registration that rests on it"},
	{Decision{RegistrationUnverified, false}, func(c Conditions) bool { return withheld(c.Registration) },
		"the last of the gates that withhold a token"},
	{Decision{IdentityUnverified, true}, func(c Conditions) bool { return c.Identity == Allowed },
		"told rather than enforced, with the token"},
	{Decision{RegistrationUnverified, true}, func(c Conditions) bool { return c.Registration == Allowed },
		"told rather than enforced, with the token"},
	{Decision{NotRegistered, true}, func(c Conditions) bool { return !c.Registered },
		"who they are is proven; what they may do there is the application's to say"},
	{Decision{Success, true}, func(Conditions) bool { return true },
		"nothing stands in the way"},
}

// withheld says whether verification stands before a token. A value that nobody
// knows does.
func withheld(v Verification) bool { return v != Verified && v != Allowed }

// Gates returns the table of decisions, in order.
func Gates() []Gate { return append([]Gate(nil), gates[:]...) }

// Decide is the first gate that holds.
func (c Conditions) Decide() Decision {
	for _, g := range gates {
		if g.Holds(c) {
			return g.Decision
		}
	}
	panic("outcome: the last gate always holds")
}
