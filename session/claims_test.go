package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/token"
)

func TestClaimsHookAdds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var seen []session.Subject
	h.config.Claims = func(_ context.Context, s session.Subject) (map[string]any, error) {
		seen = append(seen, s)
		return map[string]any{"plan": "gold"}, nil
	}
	h.change(func(u *identity.User) { u.Password = secret.New("hash of a password") })
	login := h.login()
	child := h.refreshes(login.RefreshToken)
	for _, text := range []secret.Issued{login.Token, child.Token} {
		if got := h.claims(text).Extra["plan"]; got != "gold" {
			t.Errorf("plan is %v, want gold", got)
		}
	}
	if len(seen) != 2 || seen[0].Refresh || !seen[1].Refresh || !seen[0].Registered || seen[0].SessionID != login.RefreshTokenID || !seen[1].User.Password.IsZero() {
		t.Errorf("the hook saw %+v", seen)
	}
}

// A hook that fails, or names what is reserved, costs nothing: no ticket and no
// refresh token is spent, and nothing is minted.
func TestClaimsHookCannotOverwrite(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "tid", "sid", "auth_time", "roles", "ROLES", "Acr", "amr", "applicationid", "authenticationType", "email"} {
		h := newHouse(t)
		login := h.login()
		h.config.Claims = func(context.Context, session.Subject) (map[string]any, error) {
			return map[string]any{name: "mine"}, nil
		}
		var claim *token.ClaimError
		if tokens, err := h.tryLogin(); !errors.As(err, &claim) || !tokens.Token.IsZero() {
			t.Errorf("%s at a login: %v", name, err)
		}
		if r, err := h.refresh(login.RefreshToken); !errors.As(err, &claim) || !r.Token.IsZero() {
			t.Errorf("%s at a refresh: %v", name, err)
		}
		h.config.Claims = func(context.Context, session.Subject) (map[string]any, error) { return nil, errors.New("fault") }
		if _, err := h.refresh(login.RefreshToken); err == nil || errors.Is(err, session.ErrRefused) {
			t.Errorf("a hook that fails: %v", err)
		}
		h.config.Claims = nil
		h.refreshes(login.RefreshToken)
		if list, err := h.sessions().List(t.Context(), who()); err != nil || len(list) != 1 {
			t.Errorf("%d sessions, want the first login's alone (%v)", len(list), err)
		}
	}
}

// LOG-01: neither an event nor an error nor anything printed holds a token.
func TestNothingShowsAToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var said []any
	h.config.Events = func(_ context.Context, e session.Event) { said = append(said, e) }
	login := h.login()
	secrets := []string{login.Token.Reveal(), login.RefreshToken.Reveal()}
	said = append(said, login)
	child := h.refreshes(login.RefreshToken)
	secrets = append(secrets, child.Token.Reveal(), child.RefreshToken.Reveal())
	said = append(said, child, session.RefreshRequest{RefreshToken: child.RefreshToken.Text})
	_, err := h.refresh(login.RefreshToken)
	_, err2 := h.refresh(secret.Issue(child.RefreshToken.Reveal() + "x"))
	said = append(said, err, err2)
	for _, v := range said {
		text := fmt.Sprintf("%v %+v %#v", v, v, v)
		for _, s := range append(secrets, john.Email) {
			if strings.Contains(text, s) {
				t.Errorf("%T shows a token or an address", v)
			}
		}
	}
}

// The hook that hears of events undoes nothing, whatever it does.
func TestEventsCannotUndo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.config.Events = func(context.Context, session.Event) { panic("no") }
	h.refreshes(h.login().RefreshToken)
}

// A denylist that fails is told of, after what it should have heard was revoked.
func TestDenylistThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.config.Denylist = brokenDenylist{}
	login := h.login()
	if err := h.sessions().Revoke(t.Context(), who(), login.RefreshTokenID); err == nil || h.lives(login.RefreshTokenID) {
		t.Errorf("%v, and the session lives: %v; want an error, and that it ended", err, h.lives(login.RefreshTokenID))
	}
	if tokens := h.login(func(a *session.Admission) { a.Login.First = true }); tokens.Told == nil || tokens.Token.IsZero() {
		t.Errorf("told %v", tokens.Told)
	}
}

type brokenDenylist struct{}

func (brokenDenylist) Deny(context.Context, token.Denial) error { return errors.New("fault") }
func (brokenDenylist) Denied(context.Context, token.Claims) (bool, error) {
	return false, errors.New("fault")
}
