package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// What is revoked, and what stays.
//
// REF-05, S3-109: a refreshTokenId revokes.
func TestRevocations(t *testing.T) {
	t.Parallel()
	const elsewhere = "10000000-0000-0002-0000-000000000002"
	here := who()
	for name, c := range map[string]struct {
		revoke func(s *session.Sessions, t *testing.T, first session.Tokens) error
		want   error
		ends   []int // of: the first session, the second, one of another application, an API key
	}{
		"one": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.Revoke(t.Context(), here, l.RefreshTokenID)
		}, nil, []int{0}},
		"one of the tenant, by an administrator": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.Revoke(t.Context(), session.Who{TenantID: tenant.ID}, l.RefreshTokenID)
		}, nil, []int{0}},
		"one of another user": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.Revoke(t.Context(), session.Who{TenantID: tenant.ID, UserID: "another"}, l.RefreshTokenID)
		}, session.ErrNotFound, nil},
		"one of another tenant": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.Revoke(t.Context(), session.Who{TenantID: "another", UserID: john.ID}, l.RefreshTokenID)
		}, session.ErrNotFound, nil},
		"one of no tenant": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.Revoke(t.Context(), session.Who{}, l.RefreshTokenID)
		}, session.ErrNotFound, nil},
		"one that is no session": {func(s *session.Sessions, t *testing.T, _ session.Tokens) error {
			return s.Revoke(t.Context(), here, "00000000-0000-0000-0000-00000000000a")
		}, session.ErrNotFound, nil},
		"by token": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.RevokeToken(t.Context(), l.RefreshToken.Text)
		}, nil, []int{0}},
		"by a token that is none": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.RevokeToken(t.Context(), secret.New(l.RefreshTokenID+".0."+l.RefreshToken.Reveal()[:43]))
		}, nil, nil},
		"by nothing": {func(s *session.Sessions, t *testing.T, _ session.Tokens) error {
			return s.RevokeToken(t.Context(), secret.Text{})
		}, nil, nil},
		"all but one": {func(s *session.Sessions, t *testing.T, l session.Tokens) error {
			return s.RevokeAllBut(t.Context(), here, l.RefreshTokenID)
		}, nil, []int{1, 2}},
		"all sessions": {func(s *session.Sessions, t *testing.T, _ session.Tokens) error {
			return s.RevokeAllBut(t.Context(), here, "")
		}, nil, []int{0, 1, 2}},
		"an application": {func(s *session.Sessions, t *testing.T, _ session.Tokens) error {
			return s.RevokeApplication(t.Context(), here, elsewhere)
		}, nil, []int{2}},
		"everything": {func(s *session.Sessions, t *testing.T, _ session.Tokens) error {
			return s.RevokeAll(t.Context(), here)
		}, nil, []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			first, second := h.login(), h.login()
			third := h.login(func(a *session.Admission) {
				a.Application.ID, a.Login.Application, a.Application.Open = elsewhere, elsewhere, true
			})
			const key = "00000000-0000-0000-0000-00000000000a"
			h.must(h.engine.CreateGrant(t.Context(), store.Grant{ID: key, Kind: store.APIKey, Tenant: tenant.ID, User: john.ID}, 0, h.now()))
			if err := c.revoke(h.sessions(), t, first); !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%v, want %v", err, c.want)
			}
			for i, id := range []string{first.RefreshTokenID, second.RefreshTokenID, third.RefreshTokenID, key} {
				if ended := !h.lives(id); ended != slices.Contains(c.ends, i) {
					t.Errorf("grant %d ended: %v", i, ended)
				}
			}
			for i, l := range []session.Tokens{first, second} {
				_, err := h.verifier().Verify(t.Context(), l.Token.Reveal())
				if denied := err != nil; denied != slices.Contains(c.ends, i) {
					t.Errorf("the access token of session %d is refused: %v", i, err)
				}
			}
		})
	}
}

// A revocation that names nobody is an error, and ends nothing.
func TestRevocationsOfNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.login()
	s := h.sessions()
	for _, w := range []session.Who{{}, {TenantID: tenant.ID}, {UserID: john.ID}} {
		if s.RevokeAll(t.Context(), w) == nil || s.RevokeAllBut(t.Context(), w, "") == nil || s.RevokeApplication(t.Context(), w, app.ID) == nil {
			t.Errorf("%+v is taken for somebody", w)
		}
	}
	if s.RevokeApplication(t.Context(), who(), "") == nil || !h.lives(l.RefreshTokenID) {
		t.Error("no application is taken for one")
	}
}

// REF-05: the tenant's revocation policy, on lock, password, and first factor.
func TestAfterAChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change session.Change
		policy identity.RevocationPolicy
		ends   bool
		epoch  int64
	}{
		"locked":                       {session.Locked, identity.RevocationPolicy{}, true, 1},
		"locked, off":                  {session.Locked, identity.RevocationPolicy{OnLoginPrevented: identity.Off}, false, 0},
		"password":                     {session.PasswordReplaced, identity.RevocationPolicy{}, true, 0},
		"password, off":                {session.PasswordReplaced, identity.RevocationPolicy{OnPasswordChanged: identity.Off}, false, 0},
		"first factor, on":             {session.FirstFactor, identity.RevocationPolicy{OnMultiFactorEnable: true}, true, 0},
		"first factor":                 {session.FirstFactor, identity.RevocationPolicy{}, false, 0},
		"deleted, whatever the policy": {session.Deleted, identity.RevocationPolicy{OnLoginPrevented: identity.Off}, true, 1},
		"nobody knows":                 {"moved away", identity.RevocationPolicy{}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			login := h.login()
			tn := tenant
			tn.JWTConfiguration.RefreshTokenRevocationPolicy = c.policy
			h.must(h.sessions().After(t.Context(), c.change, tn, john.ID))
			epoch, err := h.engine.Epoch(t.Context(), tenant.ID, john.ID)
			h.must(err)
			if h.lives(login.RefreshTokenID) == c.ends || epoch != c.epoch {
				t.Errorf("ended: %v, want %v; epoch %d, want %d", !c.ends, c.ends, epoch, c.epoch)
			}
		})
	}
}

// IDN-09: a first proof ends the access tokens from before it, and not its own.
func TestFirstProofEndsEarlierAccessTokens(t *testing.T) {
	t.Parallel()
	for _, refresh := range []bool{true, false} {
		h := newHouse(t)
		h.application.LoginConfiguration.GenerateRefreshTokens = refresh
		before := h.login()
		proof := h.login(func(a *session.Admission) { a.Login.First = true })
		if _, err := h.verifier().Verify(t.Context(), before.Token.Reveal()); err == nil {
			t.Error("an access token from before the first proof is believed")
		}
		if _, err := h.verifier().Verify(t.Context(), proof.Token.Reveal()); err != nil || proof.Told != nil {
			t.Errorf("the access token of the first proof: %v, told %v", err, proof.Told)
		}
	}
}

func TestListAndLogins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.sessions()
	var ids []string
	for range 5 {
		ids = append(ids, h.login(func(a *session.Admission) {
			a.SecondFactor = true
			a.MetaData.Device.Name = "iPhone"
		}).RefreshTokenID)
		h.advance(time.Minute)
	}
	infos, err := s.List(t.Context(), who())
	h.must(err)
	for i, info := range infos {
		if info.ID != ids[i] || info.ApplicationID != app.ID || info.UserID != john.ID || info.TenantID != tenant.ID || !info.SecondFactor ||
			info.MetaData.Device.Name != "iPhone" || !info.Started.Equal(opened.Add(time.Duration(i)*time.Minute)) || !slices.Equal(info.Methods, []string{"otp"}) {
			t.Errorf("session %d: %+v", i, info)
		}
	}
	if len(infos) != 5 {
		t.Errorf("%d sessions, want 5", len(infos))
	}
	if _, err := s.Get(t.Context(), session.Who{TenantID: tenant.ID, UserID: "another"}, ids[0]); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another's session: %v", err)
	}
	var seen []time.Time
	var before time.Time
	for {
		page, err := s.Logins(t.Context(), who(), before, 2)
		h.must(err)
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			seen = append(seen, l.At)
		}
		before = page[len(page)-1].At
	}
	if len(seen) != 5 || !slices.IsSortedFunc(seen, func(a, b time.Time) int { return b.Compare(a) }) {
		t.Errorf("logins at %v, want five, latest first", seen)
	}
	if all, err := s.Logins(t.Context(), who(), time.Time{}, -1); err != nil || len(all) != 5 {
		t.Errorf("%d logins, %v", len(all), err)
	}
}
