package passwordless_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// A page may ask before it acts: looking tells what Complete will ask for, and
// whose login it is only to who holds the link.
func TestPeek(t *testing.T) {
	t.Parallel()
	h := open(t)
	link, form := h.Link(), h.Form()
	for _, c := range []struct {
		code    secret.Text
		want    passwordless.Peeked
		members []string
	}{
		{link.Code, passwordless.Peeked{Strategy: identity.ClickableLink, LoginID: "j***@piedpiper.com"}, []string{"applicationId", "expiry", "loginId", "loginStrategy", "sameBrowser", "startInstant"}},
		{form.Code, passwordless.Peeked{Strategy: identity.FormField}, []string{"applicationId", "expiry", "loginStrategy", "sameBrowser", "startInstant"}},
	} {
		c.want.Started = identity.At(logintest.Start)
		c.want.ApplicationID, c.want.Expires = logintest.ApplicationID, identity.At(logintest.Start.Add(3*time.Minute))
		got, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: c.code})
		if err != nil || got != c.want {
			t.Errorf("Peek: %+v, %v, want %+v", got, err, c.want)
		}
		if got := fields(t, got); !slices.Equal(got, c.members) {
			t.Errorf("encoded with %v, want %v", got, c.members)
		}
	}
	for range 10 {
		if _, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: form.Code}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []passwordless.LoginRequest{link, form} {
		if got := h.Complete(r).Outcome; got != outcome.Success {
			t.Errorf("outcome %v, want Success", got)
		}
		_, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code})
		wantRefused(t, "Peek at a code that is spent", err)
	}
}

func TestPeekIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: secret.Text{}})
	wantInvalid(t, err, "[blank]code")
	_, err = h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: secret.New("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs")})
	wantRefused(t, "Peek at an unknown code", err)
	r := h.Link()
	h.Advance(3 * time.Minute)
	_, err = h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code})
	wantRefused(t, "Peek at an expired code", err)
}
