package mfa_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// S4-13 S4-18 S4-23 S4-37 S4-42..53
func TestProfile(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.factors()
	u := sample()
	u.Identities[1].Verified = false
	u.PasswordLastUpdateInstant = identity.At(start.Add(-time.Hour))
	h.put(u)
	profile := func() mfa.Profile {
		p, err := f.Profile(t.Context(), who)
		h.must(err)
		return p
	}
	want := mfa.Profile{
		Email: "j***@piedpiper.com", EmailValidated: true, EmailValidatedAt: start.Add(-24 * time.Hour),
		Phone: "+***12", Status: mfa.StatusActive, PasswordChanged: start.Add(-time.Hour),
	}
	if got := profile(); got != want {
		t.Errorf("at first: %+v", got)
	}

	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: "+13035551399"})
	h.must(err)
	if want.Phone = "+***99"; profile() != want {
		t.Errorf("with a number that waits: %+v", profile())
	}
	h.advance(time.Second)
	h.must(confirm(h, who, e.MethodID, h.sent("+13035551399")))
	if want.PhoneValidated, want.PhoneValidatedAt = true, h.now(); profile() != want {
		t.Errorf("with a number: %+v", profile())
	}

	h.advance(time.Second)
	a, _ := h.enrol(who, mfa.EnrolRequest{InsecureSkipProof: true})
	if profile() != want {
		t.Errorf("with an authenticator that waits: %+v", profile())
	}
	h.must(confirm(h, who, a.id, a.shows()))
	if want.AuthenticatorValid, want.AuthenticatorSince = true, h.now(); profile() != want {
		t.Errorf("with an authenticator: %+v", profile())
	}

	h.must(h.config.Store.Admit(t.Context(), store.Login{
		Walk: "a walk", Tenant: tenantID, User: userID, At: h.now(), Agent: "Mozilla/5.0",
	}, nil))
	if want.LastLogin, want.LastDevice = h.now(), "Mozilla/5.0"; profile() != want {
		t.Errorf("after a login: %+v", profile())
	}
	h.must(f.Remove(t.Context(), who, mfa.RemoveRequest{MethodID: a.id, Code: a.wait()}))
	if want.AuthenticatorValid, want.AuthenticatorSince = false, (time.Time{}); profile() != want {
		t.Errorf("without the authenticator: %+v", profile())
	}
}

// S4-51
func TestStatus(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, c := range []struct {
		change func(*identity.User)
		want   mfa.Status
	}{
		{func(*identity.User) {}, mfa.StatusActive},
		{func(u *identity.User) { u.Active = false }, mfa.StatusLocked},
		{func(u *identity.User) { u.Expiry = identity.At(start) }, mfa.StatusExpired},
		{func(u *identity.User) { u.Actions = []identity.Action{{PreventLogin: true}} }, mfa.StatusSuspended},
	} {
		u := sample()
		c.change(&u)
		h.put(u)
		if p, err := h.factors().Profile(t.Context(), who); err != nil || p.Status != c.want {
			t.Errorf("%v, %v, want %v", p.Status, err, c.want)
		}
	}
	nobody := who
	nobody.UserID = ""
	if _, err := h.factors().Profile(t.Context(), nobody); !errors.Is(err, mfa.ErrUnknownUser) {
		t.Errorf("nobody: %v", err)
	}
}

// Whatever the address, a profile shows no more of it than its first character
// and domain, and nothing of one of a single character.
//
// S4-42
func FuzzMasks(f *testing.F) {
	f.Add("jared@piedpiper.com")
	f.Add("j@piedpiper.com")
	f.Add("@")
	f.Add("0@@")
	f.Add("é@x")
	f.Add("\"a@b\"@c.com")
	f.Fuzz(func(t *testing.T, address string) {
		h := open(t)
		u := sample()
		u.Identities, u.Email = nil, address
		h.put(u)
		p, err := h.factors().Profile(t.Context(), who)
		h.must(err)
		at := strings.LastIndexByte(p.Email, '@')
		if at < 0 {
			return
		}
		local, whole := p.Email[:at], address[:strings.LastIndexByte(address, '@')]
		if utf8.RuneCountInString(local) > 4 || utf8.RuneCountInString(whole) < 2 && local != "***" {
			t.Errorf("%q shows as %q", address, p.Email)
		}
	})
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mfa.Config){
		"Store":                             func(c *mfa.Config) { c.Store.Factors = nil },
		"Keys":                              func(c *mfa.Config) { c.Keys = nil },
		"Keys: holds no key":                func(c *mfa.Config) { c.Keys = &secret.Keyring{} },
		"Messenger":                         func(c *mfa.Config) { c.Messenger = nil },
		"Applications":                      func(c *mfa.Config) { c.Applications = nil },
		"Limits.GuessesPerTicket":           func(c *mfa.Config) { c.Limits.GuessesPerTicket = 6 },
		"Limits.AuthenticatorGuessesPerDay": func(c *mfa.Config) { c.Limits.AuthenticatorGuessesPerDay = 11 },
		"Limits.SendEvery":                  func(c *mfa.Config) { c.Limits.SendEvery = -1 },
		"Limits.SendsPerDay":                func(c *mfa.Config) { c.Limits.SendsPerDay = -1 },
	} {
		h := open(t)
		h.config.Applications = identity.Static(h.tenant, h.application)
		c := h.config
		change(&c)
		if _, err := mfa.New(c); err == nil || !strings.Contains(err.Error(), "mfa: Config."+name+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := open(t)
	h.config.Applications = identity.Static(identity.Tenant{}, h.application)
	if _, err := mfa.New(h.config); err == nil {
		t.Error("a tenant without an id was taken")
	}
}

func TestASecretOfTheCallersIsChecked(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "AAAA", "not base64!", strings.Repeat("A", 300)} {
		var field *identity.FieldError
		if _, err := mfa.ParseSecret(secret.New(s), false); !errors.As(err, &field) || field.Field != "secret" {
			t.Errorf("%q: %v", s, err)
		}
	}
	for algorithm, want := range map[identity.TOTPAlgorithm]int{identity.HmacSHA1: 20, identity.HmacSHA256: 32, identity.HmacSHA512: 64} {
		s := mfa.NewSecret(identity.Authenticator{Algorithm: algorithm})
		if got := len(s.Base32().Reveal()); got != (want*8+4)/5 {
			t.Errorf("%s: %d characters for %d bytes", algorithm, got, want)
		}
	}
}
