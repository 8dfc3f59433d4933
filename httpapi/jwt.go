package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/token"
)

// refresh serves POST /api/jwt/refresh.
func (a *API) refresh(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		RefreshToken secret.Text `json:"refreshToken"`
		TimeToLive   int64       `json:"timeToLiveInSeconds"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if kept := cookieOf(r, refreshCookie); !kept.IsZero() {
		q.RefreshToken = kept
	}
	done, err := a.renew(w, r, session.RefreshRequest{
		RefreshToken: q.RefreshToken,
		TenantID:     c.tenantID,
		TimeToLive:   seconds(q.TimeToLive),
	})
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, struct {
		RefreshToken   secret.Issued `json:"refreshToken"`
		RefreshTokenID string        `json:"refreshTokenId"`
		Token          secret.Issued `json:"token"`
	}{done.RefreshToken, done.RefreshTokenID, done.Token})
}

// publicRefresh serves POST /public/jwt/refresh: from cookie to cookie.
func (a *API) publicRefresh(w http.ResponseWriter, r *http.Request, c caller) error {
	if err := wire.Object(w, r, &struct{}{}); err != nil {
		return err
	}
	_, err := a.renew(w, r, session.RefreshRequest{RefreshToken: cookieOf(r, refreshCookie), TenantID: c.tenantID})
	return err
}

// renew refreshes a session, and its cookies.
func (a *API) renew(w http.ResponseWriter, r *http.Request, q session.RefreshRequest) (session.Refreshed, error) {
	if q.RefreshToken.IsZero() {
		return session.Refreshed{}, field("blank", "refreshToken", "It is required.")
	}
	done, err := a.sessions.Refresh(r.Context(), q)
	if errors.Is(err, session.ErrRefused) {
		err = field("invalid", "refreshToken", "It cannot be used, or no longer.")
	}
	if err != nil {
		return session.Refreshed{}, err
	}
	a.setCookie(w, accessCookie, done.Token.Reveal(), 0)
	t, app := a.configured(r, audienceOf(done.Token.Reveal()))
	a.setCookie(w, refreshCookie, done.RefreshToken.Reveal(), identity.RefreshTokenLifetime(t, app))
	return done, nil
}

// seconds is n seconds, or more than any token lives.
func seconds(n int64) time.Duration {
	const most = 1 << 31
	return time.Duration(max(-1, min(n, most))) * time.Second
}

// audienceOf is the application of an access token that was signed a moment ago,
// here, so that nobody needs to verify it.
func audienceOf(signed string) string {
	var claims struct {
		Audience string `json:"aud"`
	}
	if parts := strings.Split(signed, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims)
	}
	return claims.Audience
}

// validate serves GET /api/jwt/validate.
func (a *API) validate(w http.ResponseWriter, r *http.Request, c caller) error {
	claims, err := a.claims(r)
	if err == nil && c.tenantID != "" && c.tenantID != claims.TenantID {
		err = status(http.StatusUnauthorized)
	}
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, struct {
		JWT token.Claims `json:"jwt"`
	}{claims})
}

// logout serves POST /api/logout. It ends the session of the refresh token, if it
// is one, and all others of its user if they are to end too.
func (a *API) logout(w http.ResponseWriter, r *http.Request, _ caller) error {
	query := r.URL.Query()
	q := struct {
		Global       bool        `json:"global"`
		RefreshToken secret.Text `json:"refreshToken"`
	}{Global: query.Get("global") == "true", RefreshToken: secret.New(query.Get("refreshToken"))}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.RefreshToken.IsZero() {
		q.RefreshToken = cookieOf(r, refreshCookie)
	}
	if q.Global {
		if err := a.logoutEverywhere(r, q.RefreshToken); err != nil {
			return err
		}
	}
	if err := a.sessions.RevokeToken(r.Context(), q.RefreshToken); err != nil {
		return err
	}
	a.dropCookie(w, accessCookie)
	a.dropCookie(w, refreshCookie)
	return nil
}

// logoutEverywhere ends all sessions of whoever the access token or, if that is
// not valid any more, the refresh token is of.
func (a *API) logoutEverywhere(r *http.Request, refreshToken secret.Text) error {
	claims, err := a.claims(r)
	if errors.As(err, new(status)) {
		claims, err = a.owner(r, refreshToken)
	}
	if err != nil || claims.Subject == "" {
		return err
	}
	return a.sessions.RevokeAllBut(r.Context(), session.Who{TenantID: claims.TenantID, UserID: claims.Subject}, "")
}

// owner is whoever a refresh token is of, by the access token that it yields;
// nobody if it yields none, as one that has ended.
func (a *API) owner(r *http.Request, refreshToken secret.Text) (token.Claims, error) {
	if a.c.Verifier == nil {
		return token.Claims{}, nil
	}
	done, err := a.sessions.Refresh(r.Context(), session.RefreshRequest{RefreshToken: refreshToken})
	if errors.Is(err, session.ErrRefused) {
		return token.Claims{}, nil
	}
	if err != nil {
		return token.Claims{}, err
	}
	return a.c.Verifier.Verify(r.Context(), done.Token.Reveal())
}
