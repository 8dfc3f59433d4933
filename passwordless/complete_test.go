package passwordless_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// grants are the sample user's live sessions.
func grants(h *logintest.House) []store.Grant {
	h.T.Helper()
	g, err := h.Backend.Store.ListGrants(h.T.Context(), logintest.TenantID, logintest.UserID, store.Session, h.Now())
	if err != nil {
		h.T.Fatal(err)
	}
	return g
}

// logins are the sample user's, latest first.
func logins(h *logintest.House) []store.Login {
	h.T.Helper()
	l, err := h.Backend.Store.Logins(h.T.Context(), logintest.TenantID, logintest.UserID, h.Now().Add(time.Hour), 100)
	if err != nil {
		h.T.Fatal(err)
	}
	return l
}

// kept is the sample user as the store has them.
func kept(h *logintest.House) identity.User {
	h.T.Helper()
	u, err := h.Backend.Store.User(h.T.Context(), logintest.TenantID, logintest.UserID)
	if err != nil {
		h.T.Fatal(err)
	}
	return u
}

// S2-11: another application than the login's is refused, and the code stays good.
// S3-64, S2-78: so is another tenant.
func TestElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	const other = "10000000-0000-0002-0000-000000000002"
	h := open(t)
	h.Config.Applications = identity.Static(h.Tenant, h.Application,
		identity.Application{ID: other, PasswordlessConfiguration: h.Application.PasswordlessConfiguration})
	for _, request := range []func() passwordless.LoginRequest{h.Form, h.Link} {
		good := request()
		for _, change := range []func(r *passwordless.LoginRequest){
			func(r *passwordless.LoginRequest) { r.ApplicationID = other },
			func(r *passwordless.LoginRequest) { r.ApplicationID = "no application" },
			func(r *passwordless.LoginRequest) { r.TenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" },
		} {
			r := good
			change(&r)
			_, err := h.Login().Complete(t.Context(), r)
			wantRefused(t, "elsewhere", err)
		}
		good.TenantID = logintest.TenantID
		if got := h.Complete(good); got.Outcome != outcome.Success || got.Response.User.TenantID != logintest.TenantID {
			t.Errorf("outcome %v of tenant %s, want Success", got.Outcome, got.Response.User.TenantID)
		}
	}
}

// S3-100: a store that cannot be reached is a failure, and the code stays good.
func TestStoreUnavailable(t *testing.T) {
	t.Parallel()
	h := open(t)
	down := errors.New("connection refused")
	reachable := false
	h.Config.Store = logintest.Tap(h.Backend.Store, func(c logintest.Call) error {
		if !reachable {
			return down
		}
		return c.Do()
	})
	_, err := h.Login().Begin(t.Context(), asked(logintest.Email))
	if !errors.Is(err, down) {
		t.Errorf("Begin: %v, want what the store returned", err)
	}
	reachable = true
	r := h.Form()
	reachable = false
	if _, err := h.Login().Complete(t.Context(), r); !errors.Is(err, down) || errors.Is(err, passwordless.ErrRefused) {
		t.Errorf("Complete: %v, want what the store returned", err)
	}
	reachable = true
	if got := h.Complete(r).Outcome; got != outcome.Success {
		t.Errorf("then outcome %v, want Success", got)
	}
}

// S2-10: what does not count as trust is ignored. BotDetectionScore is too.
func TestWhatIsIgnored(t *testing.T) {
	t.Parallel()
	h := open(t)
	factor(h, "35VW", identity.MethodAuthenticator, "")
	r := h.Form()
	r.TwoFactorTrustID = secret.New("Rr1tYy6uIi4oPp9aSs2dFf7gHh0jKk5lZz3xCc8vBbU")
	r.BotDetectionScore = 0.99
	if got := h.Complete(r).Outcome; got != outcome.TwoFactorRequired {
		t.Errorf("outcome %v, want TwoFactorRequired", got)
	}
}

// S0-29, S3-95, S2-27, S2-28: an action keeps somebody out until it expires.
// S0-30, S0-31, S0-32: and has a name in some language.
func TestActions(t *testing.T) {
	t.Parallel()
	localized := suspended(logintest.Start.Add(time.Hour))
	localized.LocalizedName, localized.LocalizedOption, localized.LocalizedReason = "Gesperrt", "Ein Tag", "Missbrauch"
	endless := suspended(time.Time{})
	endless.Expiry, endless.Option, endless.Reason = 0, "", ""
	notice := suspended(logintest.Start.Add(time.Hour))
	notice.PreventLogin = false
	for _, c := range []struct {
		name    string
		actions []identity.Action
		want    []identity.Action
	}{
		{"none", nil, nil},
		{"past", []identity.Action{suspended(logintest.Start.Add(-time.Hour))}, nil},
		{"ends now", []identity.Action{suspended(logintest.Start)}, nil},
		{"ends in a millisecond", []identity.Action{suspended(logintest.Start.Add(time.Millisecond))},
			[]identity.Action{named(suspended(logintest.Start.Add(time.Millisecond)), "Suspended", "One day", "Abuse")}},
		{"endless, bare", []identity.Action{endless}, []identity.Action{named(endless, "Suspended", "", "")}},
		{"localized", []identity.Action{localized}, []identity.Action{localized}},
		{"does not prevent login", []identity.Action{notice}, nil},
		{"several", []identity.Action{notice, suspended(logintest.Start.Add(-time.Hour)), localized, endless},
			[]identity.Action{localized, named(endless, "Suspended", "", "")}},
	} {
		h := open(t)
		u := h.User()
		u.Actions = c.actions
		h.Put(u)
		result := h.Complete(h.Link())
		if (result.Outcome == outcome.LoginPrevented) != (c.want != nil) || !slices.Equal(result.Response.Actions, c.want) {
			t.Errorf("%s: outcome %v with %+v, want %+v", c.name, result.Outcome, result.Response.Actions, c.want)
		}
	}
}

func named(a identity.Action, name, option, reason string) identity.Action {
	a.LocalizedName, a.LocalizedOption, a.LocalizedReason = name, option, reason
	return a
}

// S0-6, S0-37..S0-40, S2-37, S2-122: why a password must change; an administrator's word where none is on record.
func TestReasonsToChangeAPassword(t *testing.T) {
	t.Parallel()
	for given, want := range map[identity.ChangePasswordReason]identity.ChangePasswordReason{
		identity.ChangeAdministrative: "Administrative", identity.ChangeBreached: "Breached",
		identity.ChangeExpired: "Expired", identity.ChangeValidation: "Validation",
		"": "Administrative", "Unheard": "Unheard",
	} {
		h := open(t)
		u := h.User()
		u.PasswordChangeRequired, u.PasswordChangeReason = true, given
		h.Put(u)
		if got := h.Complete(h.Form()).Response.ChangePasswordReason; got != want {
			t.Errorf("reason %q is told as %q, want %q", given, got, want)
		}
	}
}

// S0-7, S2-38, S3-91: what a second factor asks for: a method, of those that
// prove something more; or an enrolment, of those that would.
func TestTwoFactorRequired(t *testing.T) {
	t.Parallel()
	type given struct{ kind, to string }
	for _, c := range []struct {
		name         string
		policy       identity.MultiFactorLoginPolicy
		factors      []given
		loginID      string
		want         outcome.Outcome
		methods      []string
		configurable []string
	}{
		{"none, enabled", identity.MultiFactorEnabled, nil, logintest.Email, outcome.Success, nil, nil},
		{"none, required", identity.MultiFactorRequired, nil, logintest.Email, outcome.TwoFactorRequired, nil, []string{"authenticator", "sms"}},
		{"none, required, by phone", identity.MultiFactorRequired, nil, logintest.Phone, outcome.TwoFactorRequired, nil, []string{"authenticator", "email"}},
		{"usable", identity.MultiFactorEnabled, []given{{"authenticator", ""}, {"sms", logintest.Phone}}, logintest.Email,
			outcome.TwoFactorRequired, []string{"authenticator", "sms +***12"}, nil},
		{"one through the carrier", identity.MultiFactorEnabled, []given{{"authenticator", ""}, {"sms", logintest.Phone}}, logintest.Phone,
			outcome.TwoFactorRequired, []string{"authenticator"}, nil},
		{"all through the carrier", identity.MultiFactorRequired, []given{{"sms", logintest.Phone}}, logintest.Phone,
			outcome.TwoFactorRequired, nil, nil},
		{"disabled", identity.MultiFactorDisabled, []given{{"authenticator", ""}}, logintest.Email, outcome.Success, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.Tenant.MultiFactorConfiguration.LoginPolicy = c.policy
			h.Tenant.MultiFactorConfiguration.Email.Enabled = true
			h.Tenant.MultiFactorConfiguration.SMS.Enabled = true
			for i, f := range c.factors {
				factor(h, []string{"35VW", "V7SH"}[i], f.kind, f.to)
			}
			s := start(h, asked(c.loginID, identity.Email, identity.PhoneNumber))
			result := h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: send(h, s).Code})
			if result.Outcome != c.want {
				t.Fatalf("outcome %v, want %v", result.Outcome, c.want)
			}
			var methods []string
			for _, m := range result.Response.Methods {
				methods = append(methods, strings.TrimSpace(m.Method+" "+m.Email+m.MobilePhone))
			}
			if !slices.Equal(methods, c.methods) || !slices.Equal(result.Response.ConfigurableMethods, c.configurable) {
				t.Errorf("methods %q and to configure %q, want %q and %q", methods, result.Response.ConfigurableMethods, c.methods, c.configurable)
			}
			if (result.Outcome == outcome.TwoFactorRequired) == (result.Response.User != nil) {
				t.Errorf("a user: %v, with outcome %v", result.Response.User != nil, result.Outcome)
			}
		})
	}
}

// S0-16: risks are the caller's to see; each is told once, and none is absent.
func TestThreats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seen, want []identity.AuthenticationThreat
	}{
		{nil, nil},
		{[]identity.AuthenticationThreat{}, nil},
		{[]identity.AuthenticationThreat{identity.ThreatImpossibleTravel, "Unheard", identity.ThreatImpossibleTravel},
			[]identity.AuthenticationThreat{identity.ThreatImpossibleTravel, "Unheard"}},
	} {
		h := open(t)
		var got passwordless.Attempt
		h.Config.Threats = func(_ context.Context, a passwordless.Attempt) []identity.AuthenticationThreat {
			got = a
			return c.seen
		}
		r := h.Form()
		r.IPAddress = "192.0.2.7"
		result := h.Complete(r)
		if !slices.Equal(result.Response.ThreatsDetected, c.want) {
			t.Errorf("%v seen, %v told, want %v", c.seen, result.Response.ThreatsDetected, c.want)
		}
		if got.User.ID != logintest.UserID || got.Application.ID != logintest.ApplicationID || got.Outcome != outcome.Success ||
			got.IPAddress != "192.0.2.7" || !slices.Equal(got.Methods, []string{"otp"}) {
			t.Errorf("the hook was shown %+v", got)
		}
	}
}
