package session_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

func (h *house) program() *session.Keys {
	h.t.Helper()
	k, err := session.NewKeys(session.KeysConfig{Store: h.config.Store, Now: h.now})
	h.must(err)
	return k
}

// S1-19: keys are made, listed, renamed and revoked without an interface of their own.
// KEY-01, S1-13, S1-15: prefix, id, 256 bits and a checksum; told once and kept as a hash.
func TestAPIKeyIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	made, err := k.CreateAPIKey(t.Context(), who(), "laptop", []string{"read"})
	h.must(err)
	text := made.Secret.Reveal()
	if !regexp.MustCompile(`^gatehouse_key_[0-9a-f-]{36}_[a-z2-7]{52}_[0-9a-f]{8}$`).MatchString(text) {
		t.Error("an API key has another form than prefix, kind, id, secret and checksum")
	}
	hidden := strings.Split(text, "_")[3]
	g, err := h.engine.Grant(t.Context(), made.ID, h.now())
	h.must(err)
	listed, err := k.ListAPIKeys(t.Context(), who())
	h.must(err)
	renamed, err := k.RenameAPIKey(t.Context(), who(), made.ID, "desktop")
	h.must(err)
	for _, v := range []any{g, listed, renamed, made, fmt.Errorf("%v", made)} {
		if strings.Contains(fmt.Sprintf("%+v %#v", v, v), hidden) {
			t.Errorf("%T shows the secret of a key", v)
		}
	}
	if len(listed) != 1 || listed[0].ID != made.ID || listed[0].Name != "laptop" || !listed[0].Created.Equal(opened) || renamed.Name != "desktop" {
		t.Errorf("listed %+v, renamed %+v", listed, renamed)
	}
	// S1-17, S1-42: the secret and the id stay with a new name. S1-44: and it has no end.
	h.advance(100 * 365 * 24 * time.Hour)
	got, err := k.CheckAPIKey(t.Context(), tenant.ID, made.Secret.Text)
	if err != nil || got.ID != made.ID || got.UserID != john.ID || got.Name != "desktop" || !slices.Equal(got.Permissions, []string{"read"}) || got.User.ID != john.ID || !got.Expires.IsZero() {
		t.Errorf("check: %+v, %v", got.Key, err)
	}
	h.must(k.RevokeAPIKey(t.Context(), who(), made.ID))
	if _, err := k.CheckAPIKey(t.Context(), tenant.ID, made.Secret.Text); !errors.Is(err, session.ErrRefused) {
		t.Errorf("revoked: %v", err)
	}
}

// S1-16, S1-18, S1-20, S1-24, S1-25: the key and the access token of a login.
func TestKeysOfALogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	first, err := k.Login(t.Context(), who(), epochOf(t, h))
	h.must(err)
	if first.APIKey.Secret.IsZero() || first.APIKey.Name != "loginKey" || !strings.Contains(first.Message, "only once") {
		t.Errorf("first login: %+v", first)
	}
	if !first.AccessToken.Expires.Equal(opened.Add(30 * time.Minute)) {
		t.Errorf("the access token expires at %v", first.AccessToken.Expires)
	}
	second, err := k.Login(t.Context(), who(), epochOf(t, h))
	h.must(err)
	if !second.APIKey.Secret.IsZero() || second.APIKey.ID != "" || !strings.Contains(second.Message, "exists already") || second.AccessToken.Secret.IsZero() {
		t.Errorf("second login: %+v", second)
	}
	if second.AccessToken.ID == first.AccessToken.ID || strings.Contains(first.Message+second.Message, first.APIKey.Secret.Reveal()) {
		t.Error("the access token is not fresh, or the message holds the key")
	}
	h.must(k.RevokeAPIKey(t.Context(), who(), first.APIKey.ID))
	third, err := k.Login(t.Context(), who(), epochOf(t, h))
	h.must(err)
	if third.APIKey.Secret.IsZero() || third.APIKey.Secret.Equal(first.APIKey.Secret.Text) {
		t.Error("after the key was revoked the next login makes none")
	}
	if _, err := k.CheckAPIKey(t.Context(), tenant.ID, first.APIKey.Secret.Text); !errors.Is(err, session.ErrRefused) {
		t.Errorf("a revoked key: %v", err)
	}
}

// epochOf is John's epoch, as a login that is admitted now names it.
func epochOf(t *testing.T, h *house) int64 {
	t.Helper()
	epoch, err := h.engine.Epoch(t.Context(), tenant.ID, john.ID)
	h.must(err)
	return epoch
}

// IDN-06: a login that was decided before everything was revoked earns no key.
func TestKeysOfARevokedLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, before := h.program(), epochOf(t, h)
	h.must(h.sessions().RevokeAll(t.Context(), who()))
	if _, err := k.Login(t.Context(), who(), before); !errors.Is(err, session.ErrRefused) {
		t.Errorf("Login: %v, want ErrRefused", err)
	}
	if keys, err := k.ListAPIKeys(t.Context(), who()); err != nil || len(keys) != 0 {
		t.Errorf("%d API keys: %v", len(keys), err)
	}
}

// S1-16: of parallel logins one makes the key.
func TestParallelLoginsMakeOneKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	made := make([]session.LoginKeys, 32)
	together(len(made), func(i int) {
		var err error
		if made[i], err = k.Login(t.Context(), who(), epochOf(t, h)); err != nil {
			t.Errorf("login: %v", err)
		}
	})
	n := 0
	for _, m := range made {
		if !m.APIKey.Secret.IsZero() {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of 32 logins made the key, want 1", n)
	}
}

// S1-24, S1-26, S1-38: valid until 29:59.999, refused at 30:00; using it does not renew it.
func TestAccessTokenEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	made, err := k.CreateAccessToken(t.Context(), who(), 0, nil)
	h.must(err)
	h.advance(30*time.Minute - time.Millisecond)
	got, err := k.CheckAccessToken(t.Context(), tenant.ID, made.Secret.Text)
	if err != nil || !got.Expires.Equal(opened.Add(30*time.Minute)) || !made.Expires.Equal(got.Expires) {
		t.Errorf("just before: %+v, %v", got.Key, err)
	}
	h.advance(time.Millisecond)
	if _, err := k.CheckAccessToken(t.Context(), tenant.ID, made.Secret.Text); !errors.Is(err, session.ErrRefused) {
		t.Errorf("at its end: %v", err)
	}
}

// S1-39: 30 minutes to 6 hours on request.
func TestAccessTokenLifetimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	for d, fine := range map[time.Duration]bool{
		0: true, 30 * time.Minute: true, 6 * time.Hour: true,
		-time.Minute: false, time.Second: false, 30*time.Minute - 1: false, 6*time.Hour + 1: false, 1<<63 - 1: false,
	} {
		made, err := k.CreateAccessToken(t.Context(), who(), d, nil)
		var f *identity.FieldError
		if fine != (err == nil) || !fine && (!errors.As(err, &f) || f.Field != "time" || !made.Secret.IsZero()) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

// S1-43: one call ends all access tokens, and no API key.
func TestRevokeAccessTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	one, err := k.Login(t.Context(), who(), epochOf(t, h))
	h.must(err)
	two, err := k.CreateAccessToken(t.Context(), who(), 6*time.Hour, nil)
	h.must(err)
	h.must(k.RevokeAccessTokens(t.Context(), who()))
	for _, each := range []session.NewKey{one.AccessToken, two} {
		if _, err := k.CheckAccessToken(t.Context(), tenant.ID, each.Secret.Text); !errors.Is(err, session.ErrRefused) {
			t.Errorf("a revoked access token: %v", err)
		}
	}
	if _, err := k.CheckAPIKey(t.Context(), tenant.ID, one.APIKey.Secret.Text); err != nil {
		t.Errorf("the API key: %v", err)
	}
	if k.RevokeAccessTokens(t.Context(), session.Who{}) == nil {
		t.Error("nobody is taken for somebody")
	}
}

// S1-40, S1-17: a name is required, prints, and is unique among a user's keys.
func TestKeyNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	for _, name := range []string{"", strings.Repeat("é", 101), "a\x00b", "a\nb", "a\u202eb", "\xff"} {
		var f *identity.FieldError
		if _, err := k.CreateAPIKey(t.Context(), who(), name, nil); !errors.As(err, &f) || f.Field != "name" {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := k.RenameAPIKey(t.Context(), who(), "any", name); !errors.As(err, &f) || f.Field != "name" {
			t.Errorf("rename to %q: %v", name, err)
		}
	}
	a, err := k.CreateAPIKey(t.Context(), who(), strings.Repeat("é", 100), nil)
	h.must(err)
	_, err = k.CreateAPIKey(t.Context(), who(), "b", nil)
	h.must(err)
	if _, err := k.CreateAPIKey(t.Context(), who(), "b", nil); !errors.Is(err, session.ErrNameTaken) {
		t.Errorf("the same name again: %v", err)
	}
	if _, err := k.RenameAPIKey(t.Context(), who(), a.ID, "b"); !errors.Is(err, session.ErrNameTaken) {
		t.Errorf("rename to a name that is taken: %v", err)
	}
}

// S1-41: another's keys are not listed, renamed or revoked.
func TestKeysAreTheirOwners(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	made, err := k.CreateAPIKey(t.Context(), who(), "laptop", nil)
	h.must(err)
	access, err := k.CreateAccessToken(t.Context(), who(), 0, nil)
	h.must(err)
	login := h.login()
	for _, w := range []session.Who{{TenantID: tenant.ID, UserID: "another"}, {TenantID: "another", UserID: john.ID}, {}} {
		listed, err := k.ListAPIKeys(t.Context(), w)
		h.must(err)
		_, renamed := k.RenameAPIKey(t.Context(), w, made.ID, "mine")
		if len(listed) != 0 || !errors.Is(renamed, session.ErrNotFound) || !errors.Is(k.RevokeAPIKey(t.Context(), w, made.ID), session.ErrNotFound) {
			t.Errorf("%+v has a hand on another's key", w)
		}
	}
	for _, id := range []string{access.ID, login.RefreshTokenID, "", "never made", "00000000-0000-0000-0000-000000000000"} {
		if err := k.RevokeAPIKey(t.Context(), who(), id); !errors.Is(err, session.ErrNotFound) || id == access.ID && !h.lives(id) {
			t.Errorf("%s is no API key: %v", id, err)
		}
	}
	for _, tn := range []string{"", "another"} {
		if _, err := k.CheckAPIKey(t.Context(), tn, made.Secret.Text); !errors.Is(err, session.ErrRefused) {
			t.Errorf("in tenant %q: %v", tn, err)
		}
	}
}

// IDN-09, KEY-01: no key before a verified identity, nor for who may not sign in;
// and a key of one who may no longer is refused.
func TestKeysOfAUser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*identity.User)
		make    error
		refused bool // by a check
	}{
		"unverified": {func(u *identity.User) { u.Verified, u.Identities = false, nil }, session.ErrUnverified, false},
		"only a user name": {func(u *identity.User) {
			u.Email, u.Username, u.Identities = "", "johnny123", nil
		}, session.ErrUnverified, false},
		"locked":    {func(u *identity.User) { u.Active = false }, session.ErrRefused, true},
		"expired":   {func(u *identity.User) { u.Expiry = identity.At(opened) }, session.ErrRefused, true},
		"prevented": {func(u *identity.User) { u.Actions = []identity.Action{{PreventLogin: true}} }, session.ErrRefused, true},
		"nothing":   {func(*identity.User) {}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			k := h.program()
			held, err := k.Login(t.Context(), who(), epochOf(t, h))
			h.must(err)
			h.change(c.change)
			_, err = k.CreateAPIKey(t.Context(), who(), "laptop", nil)
			_, err2 := k.CreateAccessToken(t.Context(), who(), 0, nil)
			if !errors.Is(err, c.make) || !errors.Is(err2, c.make) || c.make == nil && err != nil {
				t.Errorf("made: %v, %v, want %v", err, err2, c.make)
			}
			_, err = k.CheckAPIKey(t.Context(), tenant.ID, held.APIKey.Secret.Text)
			_, err2 = k.CheckAccessToken(t.Context(), tenant.ID, held.AccessToken.Secret.Text)
			if errors.Is(err, session.ErrRefused) != c.refused || errors.Is(err2, session.ErrRefused) != c.refused {
				t.Errorf("checked: %v, %v; refused, want %v", err, err2, c.refused)
			}
		})
	}
}

// A key that was being made when everything was revoked is not made.
func TestRevokeAllBeatsAKeyOnItsWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	h.tap.on(func(method string, do func() error) error {
		if method == "CreateGrant" {
			_, err := h.engine.RevokeGrants(t.Context(), store.Filter{Tenant: tenant.ID, User: john.ID}, h.now())
			h.must(err)
		}
		return do()
	})
	if made, err := k.CreateAPIKey(t.Context(), who(), "laptop", nil); !errors.Is(err, session.ErrRefused) || !made.Secret.IsZero() {
		t.Errorf("%v, want ErrRefused", err)
	}
}

// KEY-01: a key that was mistyped is told by its checksum, without a lookup.
func TestMistypedKeyAsksNoStore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.program()
	made, err := k.CreateAPIKey(t.Context(), who(), "laptop", nil)
	h.must(err)
	text := made.Secret.Reveal()
	h.tap.on(func(method string, do func() error) error {
		t.Errorf("%s was called", method)
		return do()
	})
	for i := range text {
		typo := []byte(text)
		if typo[i]++; typo[i] == '_'+1 || typo[i] > '~' {
			typo[i] = 'q'
		}
		for _, wrong := range []string{string(typo), text[:i] + text[i+1:]} {
			if _, err := k.CheckAPIKey(t.Context(), tenant.ID, secret.New(wrong)); !errors.Is(err, session.ErrRefused) {
				t.Errorf("character %d is wrong: %v", i, err)
			}
		}
	}
	for _, wrong := range []string{"", strings.Repeat("_", 1<<20), strings.ToUpper(text), text + "\n", " " + text, "other" + strings.TrimPrefix(text, "gatehouse")} {
		if _, err := k.CheckAPIKey(t.Context(), tenant.ID, secret.New(wrong)); !errors.Is(err, session.ErrRefused) {
			t.Errorf("another spelling: %v", err)
		}
	}
}

// FLT-02: what a store fails at is a failure, and shows no key.
func TestKeysOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	errFault := errors.New("fault")
	for name, act := range map[string]func(*session.Keys, *testing.T, session.LoginKeys) (secret.Issued, error){
		"Login": func(k *session.Keys, t *testing.T, _ session.LoginKeys) (secret.Issued, error) {
			l, err := k.Login(t.Context(), who(), 0)
			return l.AccessToken.Secret, err
		},
		"CreateAPIKey": func(k *session.Keys, t *testing.T, _ session.LoginKeys) (secret.Issued, error) {
			n, err := k.CreateAPIKey(t.Context(), who(), "laptop", nil)
			return n.Secret, err
		},
		"CheckAPIKey": func(k *session.Keys, t *testing.T, held session.LoginKeys) (secret.Issued, error) {
			c, err := k.CheckAPIKey(t.Context(), tenant.ID, held.APIKey.Secret.Text)
			return secret.Issue(c.ID), err
		},
		"ListAPIKeys": func(k *session.Keys, t *testing.T, _ session.LoginKeys) (secret.Issued, error) {
			_, err := k.ListAPIKeys(t.Context(), who())
			return secret.Issued{}, err
		},
		"RenameAPIKey": func(k *session.Keys, t *testing.T, held session.LoginKeys) (secret.Issued, error) {
			_, err := k.RenameAPIKey(t.Context(), who(), held.APIKey.ID, "new")
			return secret.Issued{}, err
		},
		"RevokeAPIKey": func(k *session.Keys, t *testing.T, held session.LoginKeys) (secret.Issued, error) {
			return secret.Issued{}, k.RevokeAPIKey(t.Context(), who(), held.APIKey.ID)
		},
		"RevokeAccessTokens": func(k *session.Keys, t *testing.T, _ session.LoginKeys) (secret.Issued, error) {
			return secret.Issued{}, k.RevokeAccessTokens(t.Context(), who())
		},
	} {
		// Without a fault at first, to count the calls.
		for fail, calls := -1, 0; fail < calls; fail++ {
			h := newHouse(t)
			k := h.program()
			held, err := k.Login(t.Context(), who(), epochOf(t, h))
			h.must(err)
			n := -1
			h.tap.on(func(_ string, do func() error) error {
				if n++; n == fail {
					return errFault
				}
				return do()
			})
			shown, err := act(k, t, held)
			if fail < 0 {
				calls = n + 1
				h.must(err)
				continue
			}
			if !errors.Is(err, errFault) || errors.Is(err, session.ErrRefused) || !shown.IsZero() {
				t.Errorf("%s, call %d fails: %v, and something is shown: %v", name, fail, err, !shown.IsZero())
			}
		}
	}
}

func TestNewKeysChecks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, prefix := range []string{"With Space", "a_b", "UPPER", strings.Repeat("a", 17)} {
		if _, err := session.NewKeys(session.KeysConfig{Store: h.config.Store, Prefix: prefix}); err == nil {
			t.Errorf("NewKeys takes the prefix %q", prefix)
		}
	}
	if _, err := session.NewKeys(session.KeysConfig{}); err == nil {
		t.Error("NewKeys takes no store")
	}
	k, err := session.NewKeys(session.KeysConfig{Store: h.config.Store, Prefix: "piper", Now: h.now})
	h.must(err)
	made, err := k.CreateAPIKey(t.Context(), who(), "laptop", nil)
	h.must(err)
	if !strings.HasPrefix(made.Secret.Reveal(), "piper_key_") {
		t.Error("the prefix is another than configured")
	}
	if _, err := h.program().CheckAPIKey(t.Context(), tenant.ID, made.Secret.Text); !errors.Is(err, session.ErrRefused) {
		t.Errorf("a key of another prefix: %v", err)
	}
}
