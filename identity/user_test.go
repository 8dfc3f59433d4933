package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that Check finds time zones on any machine

	"github.com/gatehouse-go/gatehouse/identity"
)

// S2-68, S3-123: an account has ended from its expiry on.
func TestUserExpires(t *testing.T) {
	t.Parallel()
	end := identity.Instant(1571786483322)
	u := identity.User{Expiry: end}
	for _, c := range []struct {
		now  time.Time
		want bool
	}{{end.Time().Add(-1), false}, {end.Time(), true}, {end.Time().Add(time.Hour), true}} {
		if got := u.Expired(c.now); got != c.want {
			t.Errorf("Expired at %v = %v, want %v", c.now, got, c.want)
		}
	}
	if (identity.User{}).Expired(time.Unix(1<<40, 0)) {
		t.Error("an account without an end has ended")
	}
}

// S0-29: what is past no longer blocks, and without an expiry it has no end.
func TestActionBlocks(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1742936980069)
	for _, c := range []struct {
		why    string
		action identity.Action
		want   bool
	}{
		{"until it ends", identity.Action{PreventLogin: true, Expiry: identity.At(now) + 1}, true},
		{"from its end on", identity.Action{PreventLogin: true, Expiry: identity.At(now)}, false},
		{"without an end", identity.Action{PreventLogin: true}, true},
		{"one that does not prevent login", identity.Action{Expiry: identity.At(now) + 1}, false},
	} {
		if got := c.action.Blocks(now); got != c.want {
			t.Errorf("%s: Blocks = %v, want %v", c.why, got, c.want)
		}
	}
}

// S0-30..S0-32: what is not localized falls back to what is not.
func TestActionIsLocalized(t *testing.T) {
	t.Parallel()
	a := identity.Action{Name: "suspension", LocalizedName: "Sperre", Option: "temporary", Reason: "abuse"}
	want := a
	want.LocalizedOption, want.LocalizedReason = "temporary", "abuse"
	if got := a.Localized(); got != want {
		t.Errorf("Localized = %+v, want %+v", got, want)
	}
	if got := (identity.Action{}).Localized(); got != (identity.Action{}) {
		t.Errorf("Localized of nothing = %+v", got)
	}
}

// S2-98, S3-167: a registration is found whatever becomes of its application.
func TestRegistrationIsFoundByApplication(t *testing.T) {
	t.Parallel()
	u := identity.User{Registrations: []identity.Registration{{ApplicationID: "a"}, {ApplicationID: "b", Roles: []string{"user"}}}}
	if r, ok := u.Registration("b"); !ok || len(r.Roles) != 1 {
		t.Errorf("Registration(b) = %v, %v", r, ok)
	}
	for _, id := range []string{"c", "", "B"} {
		if _, ok := u.Registration(id); ok {
			t.Errorf("Registration(%q) is found", id)
		}
	}
}

// S2-79, S2-109: time zones are those of the database, not of a pattern.
func TestCheckLooksTimeZonesUp(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"", "UTC", "America/Denver", "America/Argentina/Ushuaia", "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"} {
		u := identity.User{ID: "u", Timezone: zone, Registrations: []identity.Registration{{ApplicationID: "a", Timezone: zone}}}
		if err := u.Check(); err != nil {
			t.Errorf("%q: %v", zone, err)
		}
	}
	for _, zone := range []string{"wwwwwwwww/wwwwwwwww", "www/www", "Local", "America", "../etc/passwd", "/etc/localtime", "America/../Denver", "America/Denver\x00", "UTC "} {
		wantFault(t, identity.User{ID: "u", Timezone: zone}.Check(), "timezone", identity.TagInvalid)
		u := identity.User{ID: "u", Registrations: []identity.Registration{{ApplicationID: "a"}, {ApplicationID: "b", Timezone: zone}}}
		wantFault(t, u.Check(), "registrations[1].timezone", identity.TagInvalid)
	}
}

// S2-62: BCP 47 and en_US forms.
func TestCheckLanguages(t *testing.T) {
	t.Parallel()
	good := identity.User{ID: "u", PreferredLanguages: []string{"en", "fr-CA", "en_US", "zh-Hant-TW", "x-klingon", "de-CH-1996"}}
	if err := good.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	for _, l := range []string{"", " en", "en-", "en us", "e\u00f1", "en\r\nBcc: x", strings.Repeat("a-", 32) + "a"} {
		wantFault(t, identity.User{ID: "u", PreferredLanguages: []string{"en", l}}.Check(), "preferredLanguages[1]", identity.TagInvalid)
	}
}

// S0-41, S0-45, S0-49, S2-84, S2-88, S3-188, S3-192: each method has what is its kind's alone.
// S0-46: and an id of its own.
// S0-47: at most one was used last.
func TestCheckMethods(t *testing.T) {
	t.Parallel()
	user := func(m ...identity.TwoFactorMethod) identity.User {
		return identity.User{ID: "u", TwoFactor: identity.TwoFactor{Methods: m}}
	}
	app := identity.TwoFactorMethod{ID: "35VW", Method: identity.MethodAuthenticator, Authenticator: &identity.Authenticator{}, LastUsed: true}
	sms := identity.TwoFactorMethod{ID: "V7SH", Method: identity.MethodSMS, MobilePhone: "555-555-5555"}
	email := identity.TwoFactorMethod{ID: "7K2G", Method: identity.MethodEmail, Email: "example@fusionauth.io"}
	if err := user(app, sms, email).Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	for field, change := range map[string]func(*identity.TwoFactorMethod){
		"authenticator": func(m *identity.TwoFactorMethod) { m.Authenticator = app.Authenticator },
		"email":         func(m *identity.TwoFactorMethod) { m.Method, m.MobilePhone, m.Email = "x", "", email.Email },
		"mobilePhone":   func(m *identity.TwoFactorMethod) { m.Method = identity.MethodEmail },
		"lastUsed":      func(m *identity.TwoFactorMethod) { m.LastUsed = true },
		"id":            func(m *identity.TwoFactorMethod) { m.ID = app.ID },
	} {
		changed := sms
		change(&changed)
		var wrong *identity.FieldError
		if err := user(app, changed).Check(); !errors.As(err, &wrong) || wrong.Field != "twoFactor.methods[1]."+field {
			t.Errorf("%s: Check = %v", field, err)
		}
	}
	wantFault(t, user(identity.TwoFactorMethod{Method: "x"}).Check(), "twoFactor.methods[0].id", identity.TagBlank)
}

// S2-97
func TestCheckMemberships(t *testing.T) {
	t.Parallel()
	u := identity.User{ID: "u", Memberships: []identity.Membership{{}, {UserID: "u"}, {UserID: "v"}}}
	wantFault(t, u.Check(), "memberships[2].userId", identity.TagInvalid)
}

// S3-206: at most one primary identity of a type.
func TestCheckIdentities(t *testing.T) {
	t.Parallel()
	one := identity.UserIdentity{Type: identity.Email, Value: "jared@piedpiper.com", Primary: true}
	other := identity.UserIdentity{Type: identity.Email, Value: "example@fusionauth.io", Primary: true}
	user := func(i ...identity.UserIdentity) identity.User { return identity.User{ID: "u", Identities: i} }
	wantFault(t, user(one, other).Check(), "identities[1].primary", identity.TagDuplicate)
	wantFault(t, user(one, identity.UserIdentity{Type: one.Type, Value: one.Value}).Check(), "identities[1].value", identity.TagDuplicate)
	wantFault(t, user(identity.UserIdentity{Type: identity.Email}).Check(), "identities[0].value", identity.TagBlank)
	wantFault(t, user(identity.UserIdentity{Value: "x"}).Check(), "identities[0].type", identity.TagBlank)
	wantFault(t, identity.User{}.Check(), "id", identity.TagBlank)
	wantFault(t, identity.User{ID: "u", Registrations: []identity.Registration{{}}}.Check(), "registrations[0].applicationId", identity.TagBlank)

	other.Primary = false
	phone := identity.UserIdentity{Type: identity.PhoneNumber, Value: "+13035551212", Primary: true}
	name := identity.UserIdentity{Type: identity.Username, Value: "jared@piedpiper.com", Primary: true}
	if err := user(one, other, phone, name).Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
}

// wantFault wants one *FieldError in err, which shows nothing but its path.
func wantFault(t *testing.T, err error, field, tag string) {
	t.Helper()
	var wrong *identity.FieldError
	if !errors.As(err, &wrong) || wrong.Field != field || wrong.Tag != tag {
		t.Errorf("error %v, want a FieldError [%s]%s", err, tag, field)
	}
}

// Every fault is told, and none of them shows a value.
func TestCheckTellsEveryFault(t *testing.T) {
	t.Parallel()
	err := identity.User{Timezone: "sentinel/zone", PreferredLanguages: []string{"sentinel language"}}.Check()
	if err == nil || strings.Contains(err.Error(), "sentinel") || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("Check = %v, want three faults that show no value", err)
	}
}
