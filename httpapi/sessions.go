package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// refreshToken is a session as FusionAuth's RefreshToken: all but the token.
type refreshToken struct {
	ApplicationID string           `json:"applicationId"`
	ID            string           `json:"id"`
	InsertInstant identity.Instant `json:"insertInstant"`
	MetaData      session.MetaData `json:"metaData,omitzero"`
	StartInstant  identity.Instant `json:"startInstant"`
	TenantID      string           `json:"tenantId"`
	UserID        string           `json:"userId"`
}

func shown(s session.Info) refreshToken {
	return refreshToken{
		ApplicationID: s.ApplicationID,
		ID:            s.ID,
		InsertInstant: identity.At(s.Started),
		MetaData:      s.MetaData,
		StartInstant:  identity.At(s.Started),
		TenantID:      s.TenantID,
		UserID:        s.UserID,
	}
}

// getSession serves GET /api/jwt/refresh/{tokenId}.
func (a *API) getSession(w http.ResponseWriter, r *http.Request, c caller) error {
	who, err := a.holder(r, c, "")
	if err != nil {
		return err
	}
	s, err := a.sessions.Get(r.Context(), who, r.PathValue("tokenId"))
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, struct {
		RefreshToken refreshToken `json:"refreshToken"`
	}{shown(s)})
}

// listSessions serves GET /api/jwt/refresh?userId=.
func (a *API) listSessions(w http.ResponseWriter, r *http.Request, c caller) error {
	userID := r.URL.Query().Get("userId")
	if userID == "" {
		return field("blank", "userId", "It is required.")
	}
	who, err := a.holder(r, c, userID)
	if err != nil {
		return err
	}
	all, err := a.sessions.List(r.Context(), who)
	if err != nil {
		return err
	}
	tokens := make([]refreshToken, 0, len(all))
	for _, s := range all {
		tokens = append(tokens, shown(s))
	}
	return wire.Reply(w, http.StatusOK, struct {
		RefreshTokens []refreshToken `json:"refreshTokens"`
	}{tokens})
}

// revokeSession serves DELETE /api/jwt/refresh/{tokenId}. What is not there, or
// not the caller's, is revoked already, for all they are told.
func (a *API) revokeSession(_ http.ResponseWriter, r *http.Request, c caller) error {
	who, err := a.holder(r, c, "")
	if err != nil {
		return err
	}
	err = a.sessions.Revoke(r.Context(), who, r.PathValue("tokenId"))
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	return err
}

// revokeSessions serves DELETE /api/jwt/refresh: of a token, or of a user, or of a
// user in an application. Those of everybody in an application end with it.
func (a *API) revokeSessions(w http.ResponseWriter, r *http.Request, c caller) error {
	query := r.URL.Query()
	q := struct {
		ApplicationID string      `json:"applicationId"`
		Token         secret.Text `json:"token"`
		UserID        string      `json:"userId"`
	}{query.Get("applicationId"), secret.New(query.Get("token")), query.Get("userId")}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	switch {
	case !q.Token.IsZero():
		return a.sessions.RevokeToken(r.Context(), q.Token)
	case !c.keyed:
		return status(http.StatusUnauthorized)
	case q.UserID == "":
		return field("blank", "userId", "It is required, or token.")
	}
	who, err := a.holder(r, c, q.UserID)
	switch {
	case err != nil:
		return err
	case q.ApplicationID != "":
		return a.sessions.RevokeApplication(r.Context(), who, q.ApplicationID)
	}
	return a.sessions.RevokeAllBut(r.Context(), who, "")
}

// holder is whose sessions a call is about: the caller's own, or those of a user
// whom a service names, in the tenant that the call is about or the default
// application's.
func (a *API) holder(r *http.Request, c caller, userID string) (session.Who, error) {
	if !c.keyed {
		return session.Who{TenantID: c.tenantID, UserID: c.person.Subject}, nil
	}
	tenantID := c.tenantID
	if tenantID == "" && a.c.DefaultApplicationID != "" {
		t, _, err := a.place(r, mfa.Who{ApplicationID: a.c.DefaultApplicationID})
		if err != nil {
			return session.Who{}, err
		}
		tenantID = t.ID
	}
	if tenantID == "" {
		return session.Who{}, general("TenantIdRequired", "The header X-FusionAuth-TenantId is required.")
	}
	return session.Who{TenantID: tenantID, UserID: userID}, nil
}
