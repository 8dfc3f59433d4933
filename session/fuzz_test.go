package session_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// Any bytes as a refresh token: refused, unless they are the one there is; and
// nobody's session ends.
func FuzzRefresh(f *testing.F) {
	h := newHouse(f)
	h.grace(10)
	login, s := h.login(), h.sessions()
	f.Add(login.RefreshToken.Reveal())
	f.Add(login.RefreshTokenID + ".0.")
	f.Add(login.RefreshTokenID + ".1" + login.RefreshToken.Reveal()[38:])
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := s.Refresh(t.Context(), session.RefreshRequest{RefreshToken: secret.New(text)})
		if own := text == login.RefreshToken.Reveal(); own != (err == nil) || err != nil && !errors.Is(err, session.ErrRefused) {
			t.Errorf("%v, for our own token: %v", err, own)
		}
		if _, err := h.engine.Grant(t.Context(), login.RefreshTokenID, opened); err != nil {
			t.Errorf("the session ended: %v", err)
		}
	})
}

// Any bytes as a key: refused, unless they are the one there is.
func FuzzCheckAPIKey(f *testing.F) {
	h := newHouse(f)
	k := h.program()
	made, err := k.CreateAPIKey(f.Context(), who(), "laptop", nil)
	h.must(err)
	f.Add(made.Secret.Reveal())
	f.Add(made.Secret.Reveal()[:100])
	f.Add("gatehouse_access" + made.Secret.Reveal()[len("gatehouse_key"):])
	f.Add("____")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := k.CheckAPIKey(t.Context(), tenant.ID, secret.New(text))
		if own := text == made.Secret.Reveal(); own != (err == nil) || err != nil && !errors.Is(err, session.ErrRefused) {
			t.Errorf("%v, for our own key: %v", err, own)
		}
	})
}
