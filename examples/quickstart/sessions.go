package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
	"github.com/gatehouse-go/gatehouse/token/bearer"
)

// showSessions refreshes what a login left, shows the same refresh token once
// more, as a thief would, and signs out everywhere.
func showSessions(ctx context.Context, out io.Writer, h *house, login passwordless.LoginResponse) error {
	heading(out, "Sessions")
	sessions, who := h.login.Sessions(), session.Who{TenantID: h.tenant.ID, UserID: h.user.ID}

	next, err := sessions.Refresh(ctx, session.RefreshRequest{RefreshToken: login.RefreshToken.Text})
	if err != nil {
		return err
	}
	line(out, "a refresh token", "a new access token, and the next refresh token")

	if _, err := sessions.Refresh(ctx, session.RefreshRequest{RefreshToken: login.RefreshToken.Text}); !errors.Is(err, session.ErrReused) {
		return fmt.Errorf("a refresh token was taken twice: %w", err)
	}
	line(out, "the same once more: it is in two hands", "refused, and its session has ended")

	if _, err := sessions.Refresh(ctx, session.RefreshRequest{RefreshToken: next.RefreshToken.Text}); !errors.Is(err, session.ErrRefused) {
		return fmt.Errorf("a session outlived its theft: %w", err)
	}
	line(out, "the next one", "refused")

	before, err := sessions.List(ctx, who)
	if err != nil {
		return err
	}
	if err := sessions.RevokeAllBut(ctx, who, ""); err != nil {
		return err
	}
	after, err := sessions.List(ctx, who)
	line(out, "signing out everywhere", fmt.Sprintf("%d sessions before, %d after", len(before), len(after)))
	return err
}

// showKey makes a key for a program and takes it away.
func showKey(ctx context.Context, out io.Writer, h *house) error {
	heading(out, "A key for a program")
	keys, err := session.NewKeys(session.KeysConfig{Store: store.Of(h.users), Prefix: "piper", Now: h.clock})
	if err != nil {
		return err
	}
	who := session.Who{TenantID: h.tenant.ID, UserID: h.user.ID}
	made, err := keys.CreateAPIKey(ctx, who, "deployments", []string{"deploy"})
	if err != nil {
		return err
	}
	shown := made.Secret.Reveal()
	line(out, "an API key, shown once", shortened(shown))

	checked, err := keys.CheckAPIKey(ctx, h.tenant.ID, secret.New(shown))
	if err != nil {
		return err
	}
	line(out, "whose it is", fmt.Sprintf("%s, for %v", checked.User.Email, checked.Permissions))

	if err := keys.RevokeAPIKey(ctx, who, made.ID); err != nil {
		return err
	}
	if _, err := keys.CheckAPIKey(ctx, h.tenant.ID, secret.New(shown)); !errors.Is(err, session.ErrRefused) {
		return fmt.Errorf("a key outlived its end: %w", err)
	}
	line(out, "once it is revoked", "refused")
	return nil
}

// showHandler asks a handler that only lets people with an access token in.
func showHandler(out io.Writer, h *house, login passwordless.LoginResponse) error {
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keys:      h.keys,
		Issuer:    h.tenant.Issuer,
		Audiences: []string{h.application.ID},
		Now:       h.clock,
	})
	if err != nil {
		return err
	}
	guard, err := bearer.New(bearer.Config{Verifier: verifier, Now: h.clock})
	if err != nil {
		return err
	}
	profile := guard.Require(bearer.Requirement{Context: session.TwoFactors}, http.HandlerFunc(greet))

	heading(out, "A handler for those who proved two factors")
	authorization := "Bearer " + login.Token.Reveal()
	line(out, "GET /profile with the access token", get(profile, authorization))
	line(out, "without", get(profile, ""))
	h.later += time.Hour
	line(out, "with it, an hour later", get(profile, authorization))
	return nil
}

// greet is a handler behind the guard: who asks is in the context.
func greet(w http.ResponseWriter, r *http.Request) {
	claims, _ := bearer.ClaimsOf(r.Context())
	fmt.Fprintf(w, "Hello, %s, by %v", claims.Email, claims.Methods)
}

// get is a request that does not leave the process, and what it was answered.
func get(handler http.Handler, authorization string) string {
	request := httptest.NewRequest(http.MethodGet, "/profile", nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return fmt.Sprint(answer.Code, " ", cmp.Or(answer.Body.String(), answer.Header().Get("WWW-Authenticate")))
}
