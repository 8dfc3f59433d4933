package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// S0-11, S0-12, S3-106, S3-109: each use yields another refresh token, under one id.
// REF-06: which is new with each login.
func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login(func(a *session.Admission) {
		a.SecondFactor, a.Methods = true, []string{"otp", "mfa"}
	})
	first := h.claims(login.Token)
	seen := []string{login.RefreshToken.Reveal()}
	next := login.RefreshToken
	for range 5 {
		h.advance(time.Minute)
		r := h.refreshes(next)
		if slices.Contains(seen, r.RefreshToken.Reveal()) || !r.Rotated {
			t.Fatal("a refresh token was handed out twice")
		}
		if r.RefreshTokenID != login.RefreshTokenID {
			t.Errorf("refreshTokenId %s, want that of the login, %s", r.RefreshTokenID, login.RefreshTokenID)
		}
		c := h.claims(r.Token)
		if c.AuthenticationType != "REFRESH_TOKEN" || !c.AuthTime.Equal(first.AuthTime) || c.SessionID != first.SessionID ||
			c.Context != session.TwoFactors || !slices.Equal(c.Methods, first.Methods) || c.ApplicationID != app.ID || !slices.Equal(c.Roles, first.Roles) {
			t.Errorf("claims after a refresh: %+v", c)
		}
		if !c.IssuedAt.Equal(h.now()) || !c.ExpiresAt.Equal(h.now().Add(time.Hour)) || !r.Expires.Equal(c.ExpiresAt) || c.ID == first.ID {
			t.Errorf("issued %v, expires %v, told %v", c.IssuedAt, c.ExpiresAt, r.Expires)
		}
		seen, next = append(seen, r.RefreshToken.Reveal()), r.RefreshToken
	}
	if again := h.login(); again.RefreshTokenID == login.RefreshTokenID || again.RefreshToken.Reveal() == login.RefreshToken.Reveal() {
		t.Error("two logins have one session")
	}
	if e := h.last(); e.Type != session.TokenRefreshed || e.Session != login.RefreshTokenID {
		t.Errorf("told %+v", e)
	}
	logins, err := h.sessions().Logins(t.Context(), who(), time.Time{}, 0)
	if err != nil || len(logins) != 2 {
		t.Errorf("%d logins, want 2: a refresh is none (%v)", len(logins), err)
	}
}

// S4-7: a reusable token yields access tokens, and stays.
func TestReusableStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.application.JWTConfiguration.RefreshTokenUsagePolicy = identity.Reusable
	login := h.login()
	for range 3 {
		h.advance(time.Minute)
		if r := h.refreshes(login.RefreshToken); r.Rotated || r.RefreshToken.Reveal() != login.RefreshToken.Reveal() {
			t.Error("a reusable refresh token was rotated")
		}
	}
	info, err := h.sessions().Get(t.Context(), who(), login.RefreshTokenID)
	if err != nil || !info.Used.Equal(h.now()) {
		t.Errorf("last used %v, want now (%v)", info.Used, err)
	}
	// Made one-time since: the next use rotates it, and the one after is a reuse.
	h.application.JWTConfiguration.RefreshTokenUsagePolicy = identity.OneTimeUse
	h.refreshes(login.RefreshToken)
	h.refuses(login.RefreshToken, session.Reused)
}

// REF-02: within the grace the predecessor is given the same successor, and only
// the predecessor.
func TestGraceGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.grace(10)
	login := h.login()
	child := h.refreshes(login.RefreshToken)
	h.advance(10*time.Second - time.Millisecond)
	again := h.refreshes(login.RefreshToken)
	if again.RefreshToken.Reveal() != child.RefreshToken.Reveal() || again.RefreshTokenID != child.RefreshTokenID || !again.Rotated {
		t.Error("within the grace the successor is another")
	}
	h.refreshes(again.RefreshToken)
	h.refuses(login.RefreshToken, session.Reused)
	if h.lives(login.RefreshTokenID) {
		t.Error("an ancestor was shown, and the session lives")
	}
}

// REF-03, S4-8: reuse outside the grace, or of an older ancestor, ends the
// family, though the reply is an error and its caller has hung up.
func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace int
		wait  time.Duration
	}{
		"no grace":         {0, 0},
		"at its end":       {10, 10 * time.Second},
		"the clock leaps":  {10, 20 * 24 * time.Hour},
		"a day is no time": {10, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.grace(c.grace)
			login := h.login()
			child := h.refreshes(login.RefreshToken)
			h.advance(c.wait)
			gone, hangUp := context.WithCancel(t.Context())
			h.tap.on(func(method string, do func() error) error {
				err := do()
				if method == "Grant" {
					hangUp()
				}
				return err
			})
			_, err := h.sessions().Refresh(gone, session.RefreshRequest{RefreshToken: login.RefreshToken.Text})
			h.tap.on(nil)
			if !errors.Is(err, session.ErrReused) || !errors.Is(err, session.ErrRefused) {
				t.Errorf("reuse: %v, want ErrReused, which is an ErrRefused", err)
			}
			if h.lives(login.RefreshTokenID) {
				t.Error("the session lives")
			}
			h.refuses(child.RefreshToken, session.Unknown)
			if c.wait < time.Hour {
				if _, err := h.verifier().Verify(t.Context(), child.Token.Reveal()); err == nil {
					t.Error("the denylist was not told of the family's access tokens")
				}
			}
		})
	}
}

// A token that nobody's key made ends nothing: an id is no secret.
func TestForgedTokenEndsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	text := h.refreshes(login.RefreshToken).RefreshToken.Reveal()
	id, mac := text[:36], text[strings.LastIndexByte(text, '.'):]
	other := newHouse(t)
	for name, c := range map[string]struct {
		text   string
		reason session.Reason
	}{
		"an older counter":     {id + ".0" + mac, session.Forged},
		"a later counter":      {id + ".2" + mac, session.Forged},
		"no MAC":               {id + ".1.", session.Forged},
		"another's MAC":        {id + ".1" + other.login().RefreshToken.Reveal()[38:], session.Forged},
		"another session":      {"00000000-0000-0000-0000-000000000000.1" + mac, session.Unknown},
		"nothing":              {"", session.Malformed},
		"leading zero":         {id + ".01" + mac, session.Malformed},
		"a sign":               {id + ".+1" + mac, session.Malformed},
		"below zero":           {id + ".-1" + mac, session.Malformed},
		"beyond 64 bits":       {id + ".9223372036854775808" + mac, session.Malformed},
		"capitals":             {strings.ToUpper(id) + ".1" + mac, session.Malformed},
		"a line end":           {text + "\n", session.Malformed},
		"a line end within":    {id + ".1." + mac[1:9] + "\n" + mac[10:], session.Malformed},
		"padding":              {text + "=", session.Malformed},
		"a megabyte of dots":   {strings.Repeat(".", 1<<20), session.Malformed},
		"a megabyte of digits": {id + "." + strings.Repeat("1", 1<<20) + mac, session.Malformed},
	} {
		h.refuses(secret.Issue(c.text), c.reason)
		if !h.lives(login.RefreshTokenID) {
			t.Fatalf("%s: the session ended", name)
		}
	}
	h.refreshes(secret.Issue(text))
}

// A counter ahead of the store's is refused: the store has lost a rotation.
func TestAheadIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	before, err := h.engine.Grant(t.Context(), login.RefreshTokenID, h.now())
	h.must(err)
	child := h.refreshes(login.RefreshToken)
	_, err = h.engine.RevokeGrants(t.Context(), store.Filter{ID: before.ID}, h.now())
	h.must(err)
	h.must(h.engine.CreateGrant(t.Context(), before, 0, h.now())) // restored from a backup
	h.refuses(child.RefreshToken, session.Ahead)
}

// REF-04: bound to its tenant, application and user; cross-use has the one answer.
// REF-05: the user and the application are read again, and the decision made again.
func TestRefreshDecidesAgain(t *testing.T) {
	t.Parallel()
	user := func(change func(*identity.User)) func(*house) { return func(h *house) { h.change(change) } }
	for name, c := range map[string]struct {
		change  func(*house)
		reason  session.Reason
		outcome outcome.Outcome
		ends    bool
	}{
		"nothing":      {func(*house) {}, "", 0, false},
		"locked":       {user(func(u *identity.User) { u.Active = false }), session.Denied, outcome.UserLocked, true},
		"expired":      {user(func(u *identity.User) { u.Expiry = identity.At(opened) }), session.Denied, outcome.UserExpired, true},
		"prevented":    {user(func(u *identity.User) { u.Actions = []identity.Action{{PreventLogin: true}} }), session.Denied, outcome.LoginPrevented, true},
		"a password":   {user(func(u *identity.User) { u.PasswordChangeRequired = true }), session.Denied, outcome.ChangePasswordRequired, false},
		"unregistered": {user(func(u *identity.User) { u.Registrations = nil }), session.Unregistered, 0, false},
		"locked, and the policy spares": {func(h *house) {
			h.change(func(u *identity.User) { u.Active = false })
			h.tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnLoginPrevented = identity.Off
		}, session.Denied, outcome.UserLocked, false},
		"unverified address, gated": {func(h *house) {
			h.change(func(u *identity.User) { u.Verified, u.Identities = false, nil })
			h.tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, Unverified: identity.Unverified{Behavior: identity.Gated}}
		}, session.Denied, outcome.IdentityUnverified, false},
		"unverified address, allowed": {func(h *house) {
			h.change(func(u *identity.User) { u.Verified, u.Identities = false, nil })
			h.tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true}
		}, "", 0, false},
		"unverified registration, gated": {func(h *house) {
			h.change(func(u *identity.User) { u.Registrations[0].Verified = false })
			h.application.VerifyRegistration, h.application.Unverified.Behavior = true, identity.Gated
		}, session.Denied, outcome.RegistrationUnverified, false},
		"a second factor since":    {func(h *house) { h.enrol() }, session.Denied, outcome.TwoFactorRequired, false},
		"a second factor required": {func(h *house) { h.tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired }, session.Denied, outcome.TwoFactorRequired, false},
		"application gone":         {func(h *house) { h.application.State = identity.StateInactive }, session.NotAllowed, 0, false},
		"no refresh":               {func(h *house) { h.application.LoginConfiguration.AllowTokenRefresh = false }, session.NotAllowed, 0, false},
		"application moved":        {func(h *house) { h.tenant.ID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" }, session.Elsewhere, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			login := h.login()
			c.change(h)
			if c.reason == "" {
				h.refreshes(login.RefreshToken)
				return
			}
			h.refuses(login.RefreshToken, c.reason)
			if c.outcome != 0 && !slices.ContainsFunc(h.events, func(e session.Event) bool { return e.Outcome == c.outcome }) {
				t.Errorf("told %+v, want %v", h.events, c.outcome)
			}
			if h.lives(login.RefreshTokenID) == c.ends {
				t.Errorf("the session ended: %v, want %v", !c.ends, c.ends)
			}
		})
	}
}

// enrol gives John an authenticator.
func (h *house) enrol() {
	h.t.Helper()
	f := store.FactorID{Tenant: tenant.ID, User: john.ID, ID: "QJD7"}
	h.must(h.engine.PutFactor(h.t.Context(), store.Factor{FactorID: f, Kind: identity.MethodAuthenticator, Created: h.now()}))
	_, err := h.engine.ConfirmFactor(h.t.Context(), f, 1, nil, h.now())
	h.must(err)
}

// MFA-01: a session without a second factor refreshes only while its device is trusted.
func TestRefreshOfATrustedDevice(t *testing.T) {
	t.Parallel()
	trust := store.Grant{ID: "11111111-0000-0000-0000-000000000000", Kind: store.Trust, Tenant: tenant.ID, User: john.ID, Application: app.ID}
	for name, c := range map[string]struct {
		policy identity.ApplicationMultiFactorTrustPolicy
		change func(*store.Grant)
		trusts bool
	}{
		"any":                 {identity.TrustAny, func(g *store.Grant) { g.Application = "another" }, true},
		"this":                {identity.TrustThis, func(*store.Grant) {}, true},
		"this, and another's": {identity.TrustThis, func(g *store.Grant) { g.Application = "another" }, false},
		"none":                {identity.TrustNone, func(*store.Grant) {}, false},
		"another's trust":     {identity.TrustAny, func(g *store.Grant) { g.User = "another" }, false},
		"another tenant's":    {identity.TrustAny, func(g *store.Grant) { g.Tenant = "another" }, false},
		"no trust":            {identity.TrustAny, func(g *store.Grant) { g.Kind = store.APIKey }, false},
		"expired":             {identity.TrustAny, func(g *store.Grant) { g.Expires = opened }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.enrol()
			h.application.MultiFactorConfiguration.TrustPolicy = c.policy
			g := trust
			c.change(&g)
			h.must(h.engine.CreateGrant(t.Context(), g, 0, opened.Add(-time.Hour)))
			login := h.login(func(a *session.Admission) { a.Trust = trust.ID })
			if !c.trusts {
				h.refuses(login.RefreshToken, session.Denied)
				return
			}
			r := h.refreshes(login.RefreshToken)
			if c := h.claims(r.Token); c.Context != session.OneFactor {
				t.Errorf("acr %q: trust is no second factor", c.Context)
			}
			_, err := h.engine.RevokeGrants(t.Context(), store.Filter{ID: trust.ID}, h.now())
			h.must(err)
			h.refuses(r.RefreshToken, session.Denied)
		})
	}
}

// REF-04: a caller that stands in one place takes no other's tokens.
func TestRefreshElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	for _, r := range []session.RefreshRequest{
		{TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71416"},
		{ApplicationID: "10000000-0000-0002-0000-000000000002"},
		{TenantID: tenant.ID, ApplicationID: "10000000-0000-0002-0000-000000000002"},
	} {
		r.RefreshToken = login.RefreshToken.Text
		if _, err := h.sessions().Refresh(t.Context(), r); !errors.Is(err, session.ErrRefused) || h.reason() != session.Elsewhere {
			t.Errorf("%v, because %q", err, h.reason())
		}
	}
	r := session.RefreshRequest{RefreshToken: login.RefreshToken.Text, TenantID: tenant.ID, ApplicationID: app.ID}
	if _, err := h.sessions().Refresh(t.Context(), r); err != nil {
		t.Errorf("where it belongs: %v", err)
	}
}

// A shorter life may be asked for, and no longer one; then nothing was used.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	ask := func(d time.Duration) (session.Refreshed, error) {
		return h.sessions().Refresh(t.Context(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text, TimeToLive: d})
	}
	for _, d := range []time.Duration{-time.Second, 1, time.Second - 1, time.Hour + 1, 24 * time.Hour, 1<<63 - 1} {
		var f *identity.FieldError
		if _, err := ask(d); !errors.As(err, &f) || f.Field != "timeToLiveInSeconds" {
			t.Errorf("%v: %v, want a FieldError on timeToLiveInSeconds", d, err)
		}
	}
	r, err := ask(time.Minute)
	if err != nil || !r.Expires.Equal(opened.Add(time.Minute)) {
		t.Errorf("expires %v, %v", r.Expires, err)
	}
}

// REF-04: idle and absolute lifetimes, as they are configured at the time of use.
func TestExpirationPolicies(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, c := range map[string]struct {
		policy  identity.RefreshTokenExpirationPolicy
		maximum int             // minutes
		uses    []time.Duration // since the login, all in time
		dead    time.Duration   // since the login
	}{
		"fixed":                      {identity.Fixed, 0, []time.Duration{hour, 2*hour - 1*time.Millisecond}, 2 * hour},
		"the default":                {"", 0, []time.Duration{hour}, 2 * hour},
		"sliding, idle":              {identity.Sliding, 0, nil, 2 * hour},
		"sliding":                    {identity.Sliding, 0, []time.Duration{hour, 2 * hour, 4*hour - time.Millisecond, 5 * hour}, 7 * hour},
		"sliding to a maximum":       {identity.SlidingWithinMaximum, 180, []time.Duration{hour, 2 * hour, 3*hour - time.Millisecond}, 3 * hour},
		"sliding to a maximum, idle": {identity.SlidingWithinMaximum, 180, []time.Duration{30 * time.Minute}, 150 * time.Minute},
	} {
		for _, usage := range []identity.RefreshTokenUsagePolicy{identity.OneTimeUse, identity.Reusable} {
			t.Run(name+" "+string(usage), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				j := &h.application.JWTConfiguration
				j.RefreshTokenTimeToLiveInMinutes, j.RefreshTokenExpirationPolicy, j.RefreshTokenUsagePolicy = 120, c.policy, usage
				j.RefreshTokenSlidingWindowConfiguration.MaximumTimeToLiveInMinutes = c.maximum
				next := h.login().RefreshToken
				for _, at := range c.uses {
					h.advance(opened.Add(at).Sub(h.now()))
					next = h.refreshes(next).RefreshToken
				}
				h.advance(opened.Add(c.dead).Sub(h.now()))
				h.refuses(next, session.Unknown)
			})
		}
	}
	t.Run("made shorter since", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		login := h.login()
		h.application.JWTConfiguration.RefreshTokenTimeToLiveInMinutes = 60
		h.advance(hour)
		h.refuses(login.RefreshToken, session.Outlived)
	})
}

// A keyring that was rotated still knows what its older keys made.
func TestRefreshAfterKeyRotation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	older, newer := secret.GenerateKey("older"), secret.GenerateKey("newer")
	ring := func(current secret.Key, rest ...secret.Key) {
		var err error
		h.config.Keys, err = secret.NewKeyring(current, rest...)
		h.must(err)
	}
	ring(older)
	login := h.login()
	ring(newer, older)
	child := h.refreshes(login.RefreshToken)
	ring(newer)
	h.refreshes(child.RefreshToken)
	h.refuses(login.RefreshToken, session.Forged)
}

// Whoever may not refresh is told so by New's configuration, not by a panic.
func TestRefreshNeedsItsParts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	for _, without := range []func(*session.Config){
		func(c *session.Config) { c.Applications = nil },
		func(c *session.Config) { c.Issuer = nil },
	} {
		c := h.config
		without(&c)
		s, err := session.New(c)
		h.must(err)
		if _, err := s.Refresh(t.Context(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text}); err == nil || errors.Is(err, session.ErrRefused) {
			t.Errorf("%v, want an error that is no refusal", err)
		}
	}
	c := h.config
	c.Applications = identity.Static(identity.Tenant{})
	if _, err := session.New(c); err == nil {
		t.Error("New takes a tenant without an id")
	}
}
