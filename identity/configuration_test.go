package identity_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
)

// The defaults, which are FusionAuth's but for one use of refresh tokens.
// S3-29, S3-30: a link by e-mail, a code by phone.
// S3-185..S3-187, S0-43, S0-44: six digits of HmacSHA1 every 30 s.
func TestDefaults(t *testing.T) {
	t.Parallel()
	var tenant identity.Tenant
	var app identity.Application
	handle := secret.Generator{Kind: secret.RandomBytes, Length: 32}
	six := secret.Generator{Kind: secret.RandomDigits, Length: 6}
	mixed := secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 6}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"PasswordlessGenerator", tenant.PasswordlessGenerator(), handle},
		{"PasswordlessCodeGenerator", tenant.PasswordlessCodeGenerator(), six},
		{"PasswordlessLifetime", tenant.PasswordlessLifetime(), 180 * time.Second},
		{"TwoFactorLifetime", tenant.TwoFactorLifetime(), 300 * time.Second},
		{"TwoFactorCodeGenerator", tenant.TwoFactorCodeGenerator(), six},
		{"TwoFactorCodeLifetime", tenant.TwoFactorCodeLifetime(), 60 * time.Second},
		{"TrustLifetime", identity.TrustLifetime(tenant, app), 30 * 24 * time.Hour},
		{"TrustTokenLifetime", tenant.TrustTokenLifetime(), 180 * time.Second},
		{"ChangePasswordGenerator", tenant.ChangePasswordGenerator(), handle},
		{"ChangePasswordLifetime", tenant.ChangePasswordLifetime(), 600 * time.Second},
		{"OneTimePasswordLifetime", tenant.OneTimePasswordLifetime(), 60 * time.Second},
		{"VerificationGenerator", tenant.VerificationGenerator(identity.Email), handle},
		{"VerificationGenerator by phone", tenant.VerificationGenerator(identity.PhoneNumber), handle},
		{"VerificationCodeGenerator", tenant.VerificationCodeGenerator(identity.Email), mixed},
		{"VerificationCodeGenerator by phone", tenant.VerificationCodeGenerator(identity.PhoneNumber), mixed},
		{"VerificationLifetime", tenant.VerificationLifetime(identity.Email), 24 * time.Hour},
		{"VerificationLifetime by phone", tenant.VerificationLifetime(identity.PhoneNumber), 24 * time.Hour},
		{"RegistrationVerificationGenerator", tenant.RegistrationVerificationGenerator(), handle},
		{"RegistrationVerificationCodeGenerator", tenant.RegistrationVerificationCodeGenerator(), mixed},
		{"RegistrationVerificationLifetime", tenant.RegistrationVerificationLifetime(), 24 * time.Hour},
		{"AccessTokenLifetime", identity.AccessTokenLifetime(tenant, app), time.Hour},
		{"RefreshTokenLifetime", identity.RefreshTokenLifetime(tenant, app), 43_200 * time.Minute},
		{"RefreshTokenPolicy", identity.RefreshTokenPolicy(tenant, app), identity.RefreshTokens{
			Usage: identity.OneTimeUse, Expiration: identity.Fixed, Lifetime: 43_200 * time.Minute}},
		{"VerificationRequired", tenant.VerificationRequired(identity.Email) || tenant.VerificationRequired(identity.PhoneNumber), false},
		{"ImplicitVerification", tenant.ImplicitVerification(identity.Email) && tenant.ImplicitVerification(identity.PhoneNumber), true},
		{"ImplicitVerification of a username", tenant.ImplicitVerification(identity.Username), false},
		{"VerificationStrategy", tenant.VerificationStrategy(identity.Email), identity.ClickableLink},
		{"VerificationStrategy by phone", tenant.VerificationStrategy(identity.PhoneNumber), identity.ClickableLink},
		{"UnverifiedBehavior", tenant.UnverifiedBehavior(identity.Email), identity.Allow},
		{"UnverifiedBehavior by phone", tenant.UnverifiedBehavior(identity.PhoneNumber), identity.Allow},
		{"an application's UnverifiedBehavior", app.UnverifiedBehavior(), identity.Allow},
		{"RegistrationStrategy", app.RegistrationStrategy(), identity.ClickableLink},
		{"LoginStrategy by e-mail", app.LoginStrategy(identity.Email), identity.ClickableLink},
		{"LoginStrategy by username", app.LoginStrategy(identity.Username), identity.ClickableLink},
		{"LoginStrategy by phone", app.LoginStrategy(identity.PhoneNumber), identity.FormField},
		{"MultiFactorPolicy", identity.MultiFactorPolicy(tenant, app), identity.MultiFactorEnabled},
		{"MultiFactorTrustPolicy", app.MultiFactorTrustPolicy(), identity.TrustAny},
		{"Authenticator", tenant.Authenticator(), identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}},
		{"Active", tenant.Active() && app.Active(), true},
		{"Enabled", app.PasswordlessConfiguration.Enabled, false},
	} {
		if c.got != c.want {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if got := tenant.ConfigurableMethods(); !slices.Equal(got, []string{"authenticator"}) {
		t.Errorf("ConfigurableMethods = %v", got)
	}
	if _, _, on := (identity.RateLimit{}).Budget(); on {
		t.Error("a rate limit is on")
	}
	if limit, window, on := (identity.RateLimit{Enabled: true}).Budget(); limit != 5 || window != time.Minute || !on {
		t.Errorf("Budget = %d in %v, %v", limit, window, on)
	}
	if err := identity.Static(identity.Tenant{ID: "t"}, identity.Application{ID: "a"}).Check(); err != nil {
		t.Errorf("Check of the defaults = %v", err)
	}
}

// A tenant and an application in FusionAuth's JSON, with a value other than the
// default in every place, and members that are not ours.
const (
	tenantJSON = `{"id":"f24aca2b-ce4a-4dad-951a-c9d690e71415","name":"Pied Piper","issuer":"https://piedpiper.com","state":"Active","themeId":"x",
	"externalIdentifierConfiguration":{"passwordlessLoginGenerator":{"type":"randomBytes","length":64},
		"passwordlessLoginOneTimeCodeGenerator":{"type":"randomAlphaNumeric","length":8},"passwordlessLoginTimeToLiveInSeconds":240,
		"twoFactorIdTimeToLiveInSeconds":120,"twoFactorOneTimeCodeIdGenerator":{"type":"randomDigits","length":8},
		"twoFactorOneTimeCodeIdTimeToLiveInSeconds":90,"twoFactorTrustIdTimeToLiveInSeconds":1000,"trustTokenTimeToLiveInSeconds":100,
		"changePasswordIdGenerator":{"type":"randomBytes","length":16},"changePasswordIdTimeToLiveInSeconds":300,"oneTimePasswordTimeToLiveInSeconds":30,
		"emailVerificationIdGenerator":{"type":"randomBytes","length":17},"emailVerificationOneTimeCodeGenerator":{"type":"randomAlpha","length":7},
		"emailVerificationIdTimeToLiveInSeconds":3600,"phoneVerificationIdGenerator":{"type":"randomBytes","length":18},
		"phoneVerificationOneTimeCodeGenerator":{"type":"randomDigits","length":7},"phoneVerificationIdTimeToLiveInSeconds":1800,
		"registrationVerificationIdGenerator":{"type":"randomBytes","length":19},"registrationVerificationOneTimeCodeGenerator":{"type":"randomDigits","length":9},
		"registrationVerificationIdTimeToLiveInSeconds":7200},
	"emailConfiguration":{"verifyEmail":true,"verificationStrategy":"FormField","implicitEmailVerificationAllowed":false,"unverified":{"behavior":"Gated"}},
	"phoneConfiguration":{"verifyPhoneNumber":true,"verificationStrategy":"FormField","implicitPhoneVerificationAllowed":false,"unverified":{"behavior":"Gated"}},
	"jwtConfiguration":{"timeToLiveInSeconds":900,"refreshTokenTimeToLiveInMinutes":60,"refreshTokenUsagePolicy":"OneTimeUse",
		"refreshTokenExpirationPolicy":"SlidingWindowWithMaximumLifetime","refreshTokenOneTimeUseConfiguration":{"gracePeriodInSeconds":10},
		"refreshTokenSlidingWindowConfiguration":{"maximumTimeToLiveInMinutes":120},
		"refreshTokenRevocationPolicy":{"onLoginPrevented":false,"onPasswordChanged":true,"onMultiFactorEnable":true}},
	"multiFactorConfiguration":{"loginPolicy":"Required","authenticator":{"enabled":true,"algorithm":"HmacSHA256","codeLength":8,"timeStep":60},"email":{"enabled":true},"sms":{"enabled":true}},
	"rateLimitConfiguration":{"sendPasswordless":{"enabled":true,"limit":3,"timePeriodInSeconds":30}},
	"passwordValidationRules":{"minLength":12,"maxLength":64},"ignoreDataEmail":true}`

	applicationJSON = `{"id":"10000000-0000-0002-0000-000000000001","tenantId":"f24aca2b-ce4a-4dad-951a-c9d690e71415","name":"Pied Piper","state":"Active",
	"roles":[{"name":"user","isDefault":true},{"name":"community_helper"}],
	"passwordlessConfiguration":{"enabled":true,"emailLoginStrategy":"FormField","phoneLoginStrategy":"ClickableLink"},
	"loginConfiguration":{"allowTokenRefresh":true,"generateRefreshTokens":true},
	"jwtConfiguration":{"enabled":true,"timeToLiveInSeconds":600,"refreshTokenUsagePolicy":"Reusable","refreshTokenExpirationPolicy":"SlidingWindow","refreshTokenOneTimeUseConfiguration":{"gracePeriodInSeconds":10}},
	"multiFactorConfiguration":{"loginPolicy":"Enabled","trustPolicy":"This"},
	"externalIdentifierConfiguration":{"twoFactorTrustIdTimeToLiveInSeconds":2000},
	"verifyRegistration":true,"verificationStrategy":"FormField","unverified":{"behavior":"Gated"},"open":true}`
)

// S0-43, S0-44: other lengths and steps.
func TestConfigurationIsReadFromFusionAuthsJSON(t *testing.T) {
	t.Parallel()
	tenant := decode[identity.Tenant](t, tenantJSON)
	app := decode[identity.Application](t, applicationJSON)
	if err := identity.Static(tenant, app).Check(); err != nil {
		t.Fatalf("Check = %v", err)
	}
	generator := func(kind secret.Kind, length int) secret.Generator {
		return secret.Generator{Kind: kind, Length: length}
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"PasswordlessGenerator", tenant.PasswordlessGenerator(), generator(secret.RandomBytes, 64)},
		{"PasswordlessCodeGenerator", tenant.PasswordlessCodeGenerator(), generator(secret.RandomAlphaNumeric, 8)},
		{"PasswordlessLifetime", tenant.PasswordlessLifetime(), 240 * time.Second},
		{"TwoFactorLifetime", tenant.TwoFactorLifetime(), 120 * time.Second},
		{"TwoFactorCodeGenerator", tenant.TwoFactorCodeGenerator(), generator(secret.RandomDigits, 8)},
		{"TwoFactorCodeLifetime", tenant.TwoFactorCodeLifetime(), 90 * time.Second},
		{"TrustTokenLifetime", tenant.TrustTokenLifetime(), 100 * time.Second},
		{"ChangePasswordGenerator", tenant.ChangePasswordGenerator(), generator(secret.RandomBytes, 16)},
		{"ChangePasswordLifetime", tenant.ChangePasswordLifetime(), 300 * time.Second},
		{"OneTimePasswordLifetime", tenant.OneTimePasswordLifetime(), 30 * time.Second},
		{"VerificationGenerator", tenant.VerificationGenerator(identity.Email), generator(secret.RandomBytes, 17)},
		{"VerificationCodeGenerator", tenant.VerificationCodeGenerator(identity.Email), generator(secret.RandomAlpha, 7)},
		{"VerificationLifetime", tenant.VerificationLifetime(identity.Email), time.Hour},
		{"VerificationGenerator by phone", tenant.VerificationGenerator(identity.PhoneNumber), generator(secret.RandomBytes, 18)},
		{"VerificationCodeGenerator by phone", tenant.VerificationCodeGenerator(identity.PhoneNumber), generator(secret.RandomDigits, 7)},
		{"VerificationLifetime by phone", tenant.VerificationLifetime(identity.PhoneNumber), 30 * time.Minute},
		{"RegistrationVerificationGenerator", tenant.RegistrationVerificationGenerator(), generator(secret.RandomBytes, 19)},
		{"RegistrationVerificationCodeGenerator", tenant.RegistrationVerificationCodeGenerator(), generator(secret.RandomDigits, 9)},
		{"RegistrationVerificationLifetime", tenant.RegistrationVerificationLifetime(), 2 * time.Hour},
		{"AccessTokenLifetime", identity.AccessTokenLifetime(tenant, app), 10 * time.Minute},
		{"AccessTokenLifetime of the tenant", identity.AccessTokenLifetime(tenant, identity.Application{JWTConfiguration: identity.JWTConfiguration{TimeToLiveInSeconds: 1}}), 15 * time.Minute},
		{"RefreshTokenPolicy", identity.RefreshTokenPolicy(tenant, app), identity.RefreshTokens{
			Usage: identity.Reusable, Expiration: identity.Sliding, Lifetime: 43_200 * time.Minute}},
		{"RefreshTokenPolicy of the tenant", identity.RefreshTokenPolicy(tenant, identity.Application{}), identity.RefreshTokens{
			Usage: identity.OneTimeUse, Expiration: identity.SlidingWithinMaximum, Lifetime: time.Hour, Maximum: 2 * time.Hour, Grace: 10 * time.Second}},
		{"OnLoginPrevented", tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnLoginPrevented.Or(true), false},
		{"OnPasswordChanged", tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnPasswordChanged.Or(true), true},
		{"VerificationRequired", tenant.VerificationRequired(identity.Email) && tenant.VerificationRequired(identity.PhoneNumber), true},
		{"VerificationRequired of a username", tenant.VerificationRequired(identity.Username), false},
		{"ImplicitVerification", tenant.ImplicitVerification(identity.Email) || tenant.ImplicitVerification(identity.PhoneNumber), false},
		{"VerificationStrategy", tenant.VerificationStrategy(identity.Email), identity.FormField},
		{"VerificationStrategy by phone", tenant.VerificationStrategy(identity.PhoneNumber), identity.FormField},
		{"UnverifiedBehavior", tenant.UnverifiedBehavior(identity.Email), identity.Gated},
		{"UnverifiedBehavior by phone", tenant.UnverifiedBehavior(identity.PhoneNumber), identity.Gated},
		{"an application's UnverifiedBehavior", app.UnverifiedBehavior(), identity.Gated},
		{"RegistrationStrategy", app.RegistrationStrategy(), identity.FormField},
		{"LoginStrategy by e-mail", app.LoginStrategy(identity.Email), identity.FormField},
		{"LoginStrategy by phone", app.LoginStrategy(identity.PhoneNumber), identity.ClickableLink},
		{"MultiFactorPolicy", identity.MultiFactorPolicy(tenant, app), identity.MultiFactorEnabled},
		{"MultiFactorPolicy of the tenant", identity.MultiFactorPolicy(tenant, identity.Application{}), identity.MultiFactorRequired},
		{"MultiFactorTrustPolicy", app.MultiFactorTrustPolicy(), identity.TrustThis},
		{"Authenticator", tenant.Authenticator(), identity.Authenticator{Algorithm: identity.HmacSHA256, CodeLength: 8, TimeStep: 60}},
		{"TrustLifetime", identity.TrustLifetime(tenant, app), 2000 * time.Second},
		{"TrustLifetime without a policy of its own", identity.TrustLifetime(tenant, identity.Application{
			ExternalIdentifierConfiguration: app.ExternalIdentifierConfiguration}), 1000 * time.Second},
	} {
		if c.got != c.want {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if got := tenant.ConfigurableMethods(); !slices.Equal(got, []string{"authenticator", "email", "sms"}) {
		t.Errorf("ConfigurableMethods = %v", got)
	}
	if limit, window, on := tenant.RateLimitConfiguration.SendPasswordless.Budget(); limit != 3 || window != 30*time.Second || !on {
		t.Errorf("Budget = %d in %v, %v", limit, window, on)
	}
	wantSameJSON(t, encode(t, decode[identity.Tenant](t, string(encode(t, tenant)))), encode(t, tenant))
	wantSameJSON(t, encode(t, app), []byte(applicationJSON))
}

// SEC-07: what signs in lives ten minutes at most.
func TestLongLivedCodesAreRefused(t *testing.T) {
	t.Parallel()
	const path = "externalIdentifierConfiguration."
	for field, set := range map[string]func(*identity.ExternalIdentifierConfiguration, int){
		"passwordlessLoginTimeToLiveInSeconds": func(c *identity.ExternalIdentifierConfiguration, n int) { c.PasswordlessLoginTimeToLiveInSeconds = n },
		"twoFactorIdTimeToLiveInSeconds":       func(c *identity.ExternalIdentifierConfiguration, n int) { c.TwoFactorIDTimeToLiveInSeconds = n },
		"twoFactorOneTimeCodeIdTimeToLiveInSeconds": func(c *identity.ExternalIdentifierConfiguration, n int) {
			c.TwoFactorOneTimeCodeIDTimeToLiveInSeconds = n
		},
		"oneTimePasswordTimeToLiveInSeconds": func(c *identity.ExternalIdentifierConfiguration, n int) { c.OneTimePasswordTimeToLiveInSeconds = n },
	} {
		tenant := identity.Tenant{ID: "t"}
		set(&tenant.ExternalIdentifierConfiguration, 600)
		if err := tenant.Check(); err != nil {
			t.Errorf("%s of ten minutes: %v", field, err)
		}
		set(&tenant.ExternalIdentifierConfiguration, 660)
		wantFault(t, tenant.Check(), path+field, identity.TagInvalid)
		tenant.ExternalIdentifierConfiguration.InsecureLongLivedCodes = true
		if err := tenant.Check(); err != nil {
			t.Errorf("%s of eleven minutes, allowed: %v", field, err)
		}
		set(&tenant.ExternalIdentifierConfiguration, 86_401)
		wantFault(t, tenant.Check(), path+field, identity.TagInvalid)
	}
}

// TIM-03: no number of seconds is taken that is none, or that wraps around.
func TestLifetimesAreBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, math.MinInt, math.MaxInt, 10_000_000_000, 9_223_372_037} {
		tenant := identity.Tenant{ID: "t"}
		c := &tenant.ExternalIdentifierConfiguration
		c.PasswordlessLoginTimeToLiveInSeconds, c.TwoFactorTrustIDTimeToLiveInSeconds, c.EmailVerificationIDTimeToLiveInSeconds = n, n, n
		tenant.JWTConfiguration.TimeToLiveInSeconds, tenant.JWTConfiguration.RefreshTokenTimeToLiveInMinutes = n, n
		tenant.RateLimitConfiguration.SendTwoFactor = identity.RateLimit{Enabled: true, TimePeriodInSeconds: n}
		var faults interface{ Unwrap() []error }
		if err := tenant.Check(); !errors.As(err, &faults) || len(faults.Unwrap()) != 6 {
			t.Errorf("%d: Check = %v, want six faults", n, err)
		}
		_, window, _ := tenant.RateLimitConfiguration.SendTwoFactor.Budget()
		for name, lifetime := range map[string]time.Duration{
			"PasswordlessLifetime": tenant.PasswordlessLifetime(), "TrustLifetime": identity.TrustLifetime(tenant, identity.Application{}),
			"AccessTokenLifetime":  identity.AccessTokenLifetime(tenant, identity.Application{}),
			"RefreshTokenLifetime": identity.RefreshTokenLifetime(tenant, identity.Application{}), "Budget": window,
		} {
			if lifetime <= 0 || lifetime > 11*365*24*time.Hour {
				t.Errorf("%d: unchecked, %s = %v", n, name, lifetime)
			}
		}
	}
}

// FuzzLifetime: whatever is configured, and whether or not it was checked, no
// lifetime is negative, and one that passes the check is what was asked for.
func FuzzLifetime(f *testing.F) {
	for _, n := range []int{0, 1, 180, 600, 601, -1, 10_000_000_000, math.MaxInt} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int) {
		tenant := identity.Tenant{ID: "t"}
		tenant.ExternalIdentifierConfiguration.PasswordlessLoginTimeToLiveInSeconds = n
		got := tenant.PasswordlessLifetime()
		if got <= 0 {
			t.Fatalf("%d s is %v", n, got)
		}
		if tenant.Check() == nil && n != 0 && (got != time.Duration(n)*time.Second || n > 600) {
			t.Fatalf("%d s passes and is %v", n, got)
		}
	})
}

// SEC-05: a handle that could be guessed is refused.
// SEC-06: so is a code easier than six digits, unless that was asked for.
func TestGuessableSecretsAreRefused(t *testing.T) {
	t.Parallel()
	generator := func(kind secret.Kind, length int) secret.Generator {
		return secret.Generator{Kind: kind, Length: length}
	}
	for _, c := range []struct {
		why                 string
		handle, code        secret.Generator
		field, shortAllowed string // of the fault; empty: none
	}{
		{"bytes of 128 bits", generator(secret.RandomBytes, 16), secret.Generator{}, "", ""},
		{"twelve letters and digits as a handle", generator(secret.RandomAlphaNumeric, 12), secret.Generator{}, "passwordlessLoginGenerator", "passwordlessLoginGenerator"},
		{"fifteen bytes as a handle", generator(secret.RandomBytes, 15), secret.Generator{}, "passwordlessLoginGenerator.length", "passwordlessLoginGenerator.length"},
		{"no kind", generator("", 32), secret.Generator{}, "passwordlessLoginGenerator.type", "passwordlessLoginGenerator.type"},
		{"six digits", secret.Generator{}, generator(secret.RandomDigits, 6), "", ""},
		{"five digits", secret.Generator{}, generator(secret.RandomDigits, 5), "passwordlessLoginOneTimeCodeGenerator", ""},
		{"four letters", secret.Generator{}, generator(secret.RandomAlpha, 4), "passwordlessLoginOneTimeCodeGenerator", ""},
		{"five letters", secret.Generator{}, generator(secret.RandomAlpha, 5), "", ""},
		{"three digits", secret.Generator{}, generator(secret.RandomDigits, 3), "passwordlessLoginOneTimeCodeGenerator.length", "passwordlessLoginOneTimeCodeGenerator.length"},
	} {
		for _, short := range []bool{false, true} {
			tenant := identity.Tenant{ID: "t", ExternalIdentifierConfiguration: identity.ExternalIdentifierConfiguration{
				PasswordlessLoginGenerator: c.handle, PasswordlessLoginOneTimeCodeGenerator: c.code, InsecureShortCodes: short}}
			field := c.field
			if short {
				field = c.shortAllowed
			}
			if err := tenant.Check(); field == "" && err != nil {
				t.Errorf("%s, short codes %v: %v", c.why, short, err)
			} else if field != "" {
				wantFault(t, err, "externalIdentifierConfiguration."+field, identity.TagInvalid)
			}
		}
	}
}

// What nobody knows is refused by name, and unchecked it is the stricter choice.
func TestUnknownChoices(t *testing.T) {
	t.Parallel()
	tenant := identity.Tenant{ID: "t"}
	tenant.EmailConfiguration.Unverified.Behavior = "Sometimes"
	wantFault(t, tenant.Check(), "emailConfiguration.unverified.behavior", identity.TagInvalid)
	if got := tenant.UnverifiedBehavior(identity.Email); got != identity.Gated {
		t.Errorf("UnverifiedBehavior = %v, want Gated", got)
	}
	for _, policy := range []identity.MultiFactorLoginPolicy{"ChallengeOnHighRisk", "Sometimes"} {
		tenant = identity.Tenant{ID: "t"}
		tenant.MultiFactorConfiguration.LoginPolicy = policy
		wantFault(t, tenant.Check(), "multiFactorConfiguration.loginPolicy", identity.TagInvalid)
		if got := identity.MultiFactorPolicy(tenant, identity.Application{}); got != identity.MultiFactorRequired {
			t.Errorf("MultiFactorPolicy = %v, want Required", got)
		}
	}
	app := identity.Application{ID: "a"}
	app.MultiFactorConfiguration.TrustPolicy = "Sometimes"
	wantFault(t, app.Check(), "multiFactorConfiguration.trustPolicy", identity.TagInvalid)
	if got := app.MultiFactorTrustPolicy(); got != identity.TrustNone {
		t.Errorf("MultiFactorTrustPolicy = %v, want None", got)
	}
	app = identity.Application{ID: "a", Roles: []identity.Role{{Name: "user"}, {}}}
	wantFault(t, app.Check(), "roles[1].name", identity.TagBlank)
	app = identity.Application{ID: "a"}
	app.PasswordlessConfiguration.PhoneLoginStrategy = "Telepathy"
	wantFault(t, app.Check(), "passwordlessConfiguration.phoneLoginStrategy", identity.TagInvalid)
	tenant = identity.Tenant{ID: "t"}
	tenant.JWTConfiguration.RefreshTokenExpirationPolicy = identity.SlidingWithinMaximum
	tenant.JWTConfiguration.RefreshTokenSlidingWindowConfiguration.MaximumTimeToLiveInMinutes = 60
	wantFault(t, tenant.Check(), "jwtConfiguration.refreshTokenSlidingWindowConfiguration.maximumTimeToLiveInMinutes", identity.TagInvalid)
	for _, digits := range []int{5, 9} {
		tenant = identity.Tenant{ID: "t"}
		tenant.MultiFactorConfiguration.Authenticator.CodeLength = digits
		wantFault(t, tenant.Check(), "multiFactorConfiguration.authenticator.codeLength", identity.TagInvalid)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	tenant := identity.Tenant{ID: "t"}
	for password, tag := range map[string]string{
		"": identity.TagTooShort, "1234567": identity.TagTooShort, "12345678": "", "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9": identity.TagTooShort,
		string(make([]byte, 256)): "", string(make([]byte, 257)): identity.TagTooLong,
	} {
		if err := tenant.CheckPassword(secret.New(password)); tag == "" && err != nil {
			t.Errorf("%d bytes: %v", len(password), err)
		} else if tag != "" {
			wantFault(t, err, "password", tag)
		}
	}
	tenant.PasswordValidationRules = identity.PasswordValidationRules{MinLength: 12, MaxLength: 10}
	wantFault(t, tenant.Check(), "passwordValidationRules.maxLength", identity.TagInvalid)
}

func TestToggle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		toggle         identity.Toggle
		json           string
		orTrue, orElse bool
	}{{identity.Default, "null", true, false}, {identity.On, "true", true, true}, {identity.Off, "false", false, false}} {
		if got := string(encode(t, c.toggle)); got != c.json {
			t.Errorf("%v encodes as %s", c.toggle, got)
		}
		if got := decode[identity.Toggle](t, c.json); got != c.toggle {
			t.Errorf("%s decodes as %v", c.json, got)
		}
		if c.toggle.Or(true) != c.orTrue || c.toggle.Or(false) != c.orElse {
			t.Errorf("%v is %v or %v", c.toggle, c.toggle.Or(true), c.toggle.Or(false))
		}
	}
	var toggle identity.Toggle
	if err := toggle.UnmarshalJSON([]byte(`"true"`)); err == nil {
		t.Error("a string is a toggle")
	}
}

func TestStaticFindsWhatSignsIn(t *testing.T) {
	t.Parallel()
	apps := identity.Static(identity.Tenant{ID: "t", Name: "Pied Piper"},
		identity.Application{ID: "a", Name: "first"},
		identity.Application{ID: "b", State: identity.StateInactive},
		identity.Application{},
	)
	tenant, app, err := apps.Application(context.Background(), "a")
	if err != nil || tenant.Name != "Pied Piper" || app.Name != "first" || app.TenantID != "t" {
		t.Errorf("Application(a) = %v, %v, %v", tenant.ID, app.ID, err)
	}
	for _, id := range []string{"b", "c", "", "A"} {
		if tenant, app, err := apps.Application(context.Background(), id); !errors.Is(err, identity.ErrUnknownApplication) || app.ID != "" || tenant.ID != "" {
			t.Errorf("Application(%q) = %v, %v; want ErrUnknownApplication", id, app.ID, err)
		}
	}
	closed := identity.Static(identity.Tenant{ID: "t", State: identity.StatePendingDelete}, identity.Application{ID: "a"})
	if _, _, err := closed.Application(context.Background(), "a"); !errors.Is(err, identity.ErrUnknownApplication) {
		t.Errorf("an application of a tenant that is not active: %v", err)
	}
}

func TestStaticChecks(t *testing.T) {
	t.Parallel()
	wantFault(t, identity.Static(identity.Tenant{}, identity.Application{ID: "a"}).Check(), "id", identity.TagBlank)
	wantFault(t, identity.Static(identity.Tenant{ID: "t"}, identity.Application{}).Check(), "id", identity.TagBlank)
	wantFault(t, identity.Static(identity.Tenant{ID: "t"}, identity.Application{ID: "a"}, identity.Application{ID: "a"}).Check(), "id", identity.TagDuplicate)
	wantFault(t, identity.Static(identity.Tenant{ID: "t"}, identity.Application{ID: "a", TenantID: "u"}).Check(), "tenantId", identity.TagInvalid)
}

func TestAnOpenApplicationRegistersEveryone(t *testing.T) {
	t.Parallel()
	app := identity.Application{ID: "a", Roles: []identity.Role{{Name: "user", IsDefault: true}, {Name: "admin"}}}
	nobody := identity.User{ID: "u"}
	member := identity.User{ID: "u", Registrations: []identity.Registration{{ApplicationID: "a", Roles: []string{"admin"}}}}
	if _, ok := app.Registration(nobody); ok {
		t.Error("an application that is not open registers everyone")
	}
	app.Open = true
	if r, ok := app.Registration(nobody); !ok || !r.Verified || !slices.Equal(r.Roles, []string{"user"}) || r.ApplicationID != "a" {
		t.Errorf("Registration of everyone = %v, %v", r, ok)
	}
	if r, ok := app.Registration(member); !ok || !slices.Equal(r.Roles, []string{"admin"}) {
		t.Errorf("Registration of a member = %v, %v; want their own", r, ok)
	}
}
