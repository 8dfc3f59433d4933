package identity

import "time"

// TenantMultiFactorConfiguration is when a second factor is asked for, and which
// may be enrolled.
type TenantMultiFactorConfiguration struct {
	LoginPolicy   MultiFactorLoginPolicy     `json:"loginPolicy,omitempty"` // empty: Enabled
	Authenticator AuthenticatorConfiguration `json:"authenticator,omitzero"`
	Email         MethodConfiguration        `json:"email,omitzero"`
	SMS           MethodConfiguration        `json:"sms,omitzero"`
}

// AuthenticatorConfiguration is the second factor by TOTP (RFC 6238).
type AuthenticatorConfiguration struct {
	Enabled    Toggle        `json:"enabled,omitzero"`     // zero: on
	Algorithm  TOTPAlgorithm `json:"algorithm,omitempty"`  // empty: HmacSHA1, which all apps know
	CodeLength int           `json:"codeLength,omitempty"` // digits; zero: 6
	TimeStep   int           `json:"timeStep,omitempty"`   // seconds; zero: 30
}

// MethodConfiguration is a second factor by message.
type MethodConfiguration struct {
	Enabled bool `json:"enabled,omitempty"` // false: it cannot be enrolled
}

// ApplicationMultiFactorConfiguration is what an application wants otherwise.
type ApplicationMultiFactorConfiguration struct {
	LoginPolicy MultiFactorLoginPolicy            `json:"loginPolicy,omitempty"` // empty: the tenant's
	TrustPolicy ApplicationMultiFactorTrustPolicy `json:"trustPolicy,omitempty"` // empty: Any
}

// MultiFactorPolicy is the application's policy or, if it has none, the
// tenant's. The default is Enabled. A value that nobody knows, which Check
// refuses, is Required.
func MultiFactorPolicy(t Tenant, a Application) MultiFactorLoginPolicy {
	policy := a.MultiFactorConfiguration.LoginPolicy
	if policy == "" {
		policy = t.MultiFactorConfiguration.LoginPolicy
	}
	switch policy {
	case "":
		return MultiFactorEnabled
	case MultiFactorDisabled, MultiFactorEnabled:
		return policy
	}
	return MultiFactorRequired
}

// MultiFactorTrustPolicy is which trusted devices may skip the second factor.
// The default is Any. A value that nobody knows, which Check refuses, is None.
func (a Application) MultiFactorTrustPolicy() ApplicationMultiFactorTrustPolicy {
	switch policy := a.MultiFactorConfiguration.TrustPolicy; policy {
	case "":
		return TrustAny
	case TrustAny, TrustThis:
		return policy
	}
	return TrustNone
}

// TrustLifetime is how long a device is trusted: the application's, if it has a
// policy under which there is anything to trust, or the tenant's. The default is
// 30 days.
func TrustLifetime(t Tenant, a Application) time.Duration {
	n := t.ExternalIdentifierConfiguration.TwoFactorTrustIDTimeToLiveInSeconds
	own := a.ExternalIdentifierConfiguration.TwoFactorTrustIDTimeToLiveInSeconds
	switch a.MultiFactorConfiguration.LoginPolicy {
	case MultiFactorEnabled, MultiFactorRequired:
		if own > 0 {
			n = own
		}
	}
	return seconds(n, month)
}

// ConfigurableMethods is the methods that users of the tenant may enrol, in one
// order always. The default is the authenticator alone.
func (t Tenant) ConfigurableMethods() []string {
	var methods []string
	if t.MultiFactorConfiguration.Authenticator.Enabled.Or(true) {
		methods = append(methods, MethodAuthenticator)
	}
	if t.MultiFactorConfiguration.Email.Enabled {
		methods = append(methods, MethodEmail)
	}
	if t.MultiFactorConfiguration.SMS.Enabled {
		methods = append(methods, MethodSMS)
	}
	return methods
}

// Authenticator is how authenticators that are enrolled compute their codes. The
// default is six digits of HmacSHA1 every 30 s.
func (t Tenant) Authenticator() Authenticator {
	c := t.MultiFactorConfiguration.Authenticator
	a := Authenticator{Algorithm: c.Algorithm, CodeLength: c.CodeLength, TimeStep: c.TimeStep}
	if a.Algorithm == "" {
		a.Algorithm = HmacSHA1
	}
	if a.CodeLength == 0 {
		a.CodeLength = 6
	}
	if a.TimeStep == 0 {
		a.TimeStep = 30
	}
	return a
}

func (c TenantMultiFactorConfiguration) check(f *faults) {
	checkPolicy(f, c.LoginPolicy)
	f.below("authenticator", func(f *faults) {
		known(f, "algorithm", c.Authenticator.Algorithm, HmacSHA1, HmacSHA256, HmacSHA512)
		f.within("codeLength", c.Authenticator.CodeLength, 6, 8)
		f.within("timeStep", c.Authenticator.TimeStep, 1, 300)
	})
}

func (c ApplicationMultiFactorConfiguration) check(f *faults) {
	checkPolicy(f, c.LoginPolicy)
	known(f, "trustPolicy", c.TrustPolicy, TrustAny, TrustThis, TrustNone)
}

func checkPolicy(f *faults, p MultiFactorLoginPolicy) {
	known(f, "loginPolicy", p, MultiFactorDisabled, MultiFactorEnabled, MultiFactorRequired)
}
