package identity

import "time"

// JWTConfiguration is how long tokens live.
type JWTConfiguration struct {
	// Enabled makes an application's configuration apply in place of its
	// tenant's, whole: a zero field is then the default, not the tenant's.
	Enabled bool `json:"enabled,omitempty"`

	TimeToLiveInSeconds             int `json:"timeToLiveInSeconds,omitempty"`             // of an access token; zero: 3,600
	RefreshTokenTimeToLiveInMinutes int `json:"refreshTokenTimeToLiveInMinutes,omitempty"` // zero: 43,200

	// RefreshTokenUsagePolicy of zero is OneTimeUse, as RFC 9700, 4.14.2, wants
	// of clients that cannot keep a secret. FusionAuth's own default is
	// Reusable; its exports always say which.
	RefreshTokenUsagePolicy RefreshTokenUsagePolicy `json:"refreshTokenUsagePolicy,omitempty"`

	RefreshTokenExpirationPolicy           RefreshTokenExpirationPolicy `json:"refreshTokenExpirationPolicy,omitempty"` // empty: Fixed
	RefreshTokenOneTimeUseConfiguration    OneTimeUseConfiguration      `json:"refreshTokenOneTimeUseConfiguration,omitzero"`
	RefreshTokenSlidingWindowConfiguration SlidingWindowConfiguration   `json:"refreshTokenSlidingWindowConfiguration,omitzero"`
	RefreshTokenRevocationPolicy           RevocationPolicy             `json:"refreshTokenRevocationPolicy,omitzero"` // the tenant's alone
}

// OneTimeUseConfiguration is how a refresh token that was used may be used again.
type OneTimeUseConfiguration struct {
	GracePeriodInSeconds int `json:"gracePeriodInSeconds,omitempty"` // zero: not at all; 10 s forgives a lost reply
}

// SlidingWindowConfiguration is how far a sliding lifetime may slide.
type SlidingWindowConfiguration struct {
	MaximumTimeToLiveInMinutes int `json:"maximumTimeToLiveInMinutes,omitempty"` // from the login; zero: 43,200
}

// RevocationPolicy is what ends a user's refresh tokens. That the reuse of a
// one-time token ends its family is no choice here.
type RevocationPolicy struct {
	OnLoginPrevented    Toggle `json:"onLoginPrevented,omitzero"`     // zero: on
	OnPasswordChanged   Toggle `json:"onPasswordChanged,omitzero"`    // zero: on
	OnMultiFactorEnable bool   `json:"onMultiFactorEnable,omitempty"` // by a user's first method
}

// RefreshTokens is a JWTConfiguration's word on refresh tokens, with nothing left
// to a default.
type RefreshTokens struct {
	Usage      RefreshTokenUsagePolicy
	Expiration RefreshTokenExpirationPolicy
	Lifetime   time.Duration // from what Expiration says
	Maximum    time.Duration // from the login, for SlidingWithinMaximum; else zero
	Grace      time.Duration // in which a used one yields the same successor; zero: none
}

// AccessTokenLifetime is how long an application's access tokens live. The
// default is an hour.
func AccessTokenLifetime(t Tenant, a Application) time.Duration {
	return seconds(effectiveJWT(t, a).TimeToLiveInSeconds, 3_600)
}

// RefreshTokenLifetime is RefreshTokenPolicy's Lifetime. The default is 30 days.
func RefreshTokenLifetime(t Tenant, a Application) time.Duration {
	return RefreshTokenPolicy(t, a).Lifetime
}

// RefreshTokenPolicy is how an application's refresh tokens are used and end. A
// policy that nobody knows, which Check refuses, is the stricter one.
func RefreshTokenPolicy(t Tenant, a Application) RefreshTokens {
	c := effectiveJWT(t, a)
	r := RefreshTokens{
		Usage:      OneTimeUse,
		Expiration: Fixed,
		Lifetime:   minutes(c.RefreshTokenTimeToLiveInMinutes, defaultRefreshMinutes),
		Grace:      seconds(c.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds, 0),
	}
	if c.RefreshTokenUsagePolicy == Reusable {
		r.Usage, r.Grace = Reusable, 0
	}
	switch c.RefreshTokenExpirationPolicy {
	case Sliding:
		r.Expiration = Sliding
	case SlidingWithinMaximum:
		r.Expiration = SlidingWithinMaximum
		r.Maximum = minutes(c.RefreshTokenSlidingWindowConfiguration.MaximumTimeToLiveInMinutes, defaultRefreshMinutes)
	}
	return r
}

const defaultRefreshMinutes = 43_200

func effectiveJWT(t Tenant, a Application) JWTConfiguration {
	if a.JWTConfiguration.Enabled {
		return a.JWTConfiguration
	}
	return t.JWTConfiguration
}

func (c JWTConfiguration) check(f *faults) {
	f.lifetime("timeToLiveInSeconds", c.TimeToLiveInSeconds, day)
	f.lifetime("refreshTokenTimeToLiveInMinutes", c.RefreshTokenTimeToLiveInMinutes, decade/60)
	known(f, "refreshTokenUsagePolicy", c.RefreshTokenUsagePolicy, OneTimeUse, Reusable)
	known(f, "refreshTokenExpirationPolicy", c.RefreshTokenExpirationPolicy, Fixed, Sliding, SlidingWithinMaximum)
	f.lifetime("refreshTokenOneTimeUseConfiguration.gracePeriodInSeconds",
		c.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds, day-1)
	f.lifetime("refreshTokenSlidingWindowConfiguration.maximumTimeToLiveInMinutes",
		c.RefreshTokenSlidingWindowConfiguration.MaximumTimeToLiveInMinutes, decade/60)
	if r := RefreshTokenPolicy(Tenant{JWTConfiguration: c}, Application{}); r.Maximum != 0 && r.Maximum < r.Lifetime {
		f.add("refreshTokenSlidingWindowConfiguration.maximumTimeToLiveInMinutes", TagInvalid,
			"must not be less than refreshTokenTimeToLiveInMinutes")
	}
}
