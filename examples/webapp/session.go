package webapp

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/token"
)

// person is who is signed in.
type person struct {
	mfa.Who
	session string // its id
	name    string // that they know themselves by
}

func (p person) owner() session.Who { return session.Who{TenantID: p.TenantID, UserID: p.UserID} }

var errSignedOut = errors.New("webapp: signed out")

func (a *App) sessions() *session.Sessions { return a.c.Login.Sessions() }

// checkSessions says whether the application can keep people signed in.
func (a *App) checkSessions() error {
	t, app, err := a.place(new(http.Request))
	if err != nil {
		return err
	}
	policy := identity.RefreshTokenPolicy(t, app)
	if c := app.LoginConfiguration; !c.GenerateRefreshTokens || !c.AllowTokenRefresh || policy.Usage == identity.OneTimeUse && policy.Grace == 0 {
		return ErrSessions
	}
	return nil
}

// signedIn lets nobody else through, and nobody who may not sign in any more.
func (a *App) signedIn(next func(w http.ResponseWriter, r *http.Request, p person) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := a.person(w, r)
		if err == nil {
			err = next(w, r, p)
		}
		switch {
		case errors.Is(err, errSignedOut) && a.cookies.read(r, refreshCookie).IsZero():
			return see(w, r, "/login")
		case errors.Is(err, errSignedOut), errors.Is(err, mfa.ErrInactive), errors.Is(err, mfa.ErrUnknownUser):
			a.forget(w)
			return a.back(w, r, "/login", "", "", "Your session has ended. Please sign in again.")
		}
		return err
	}
}

// person is who the browser is signed in as, or errSignedOut. An access token that
// has expired is refreshed on the way. That a token was signed is not enough: the
// session is asked for each time, so that signing out elsewhere ends it here now.
func (a *App) person(w http.ResponseWriter, r *http.Request) (person, error) {
	if a.cookies.read(r, accessCookie).IsZero() && a.cookies.read(r, refreshCookie).IsZero() {
		return person{}, errSignedOut
	}
	claims, err := a.c.Verifier.Verify(r.Context(), a.cookies.read(r, accessCookie).Reveal())
	if errors.Is(err, token.ErrInvalid) {
		claims, err = a.refresh(w, r)
	}
	if err != nil {
		return person{}, err
	}
	p := person{
		Who:     mfa.Who{TenantID: claims.TenantID, UserID: claims.Subject, ApplicationID: claims.Audience},
		session: claims.SessionID,
		name:    cmp.Or(claims.Email, claims.PreferredUsername, "your account"),
	}
	if p.session == "" || p.ApplicationID != a.c.ApplicationID {
		return person{}, errSignedOut
	}
	_, err = a.sessions().Get(r.Context(), p.owner(), p.session)
	if errors.Is(err, session.ErrNotFound) {
		a.forget(w)
		return person{}, errSignedOut
	}
	return p, err
}

// refresh takes the refresh token for an access token. Of two tabs that come at
// once both get the same successor, within the grace.
func (a *App) refresh(w http.ResponseWriter, r *http.Request) (token.Claims, error) {
	next, err := a.sessions().Refresh(r.Context(), session.RefreshRequest{
		RefreshToken: a.cookies.read(r, refreshCookie), ApplicationID: a.c.ApplicationID,
	})
	if errors.Is(err, session.ErrRefused) {
		a.forget(w)
		return token.Claims{}, errSignedOut
	}
	if err != nil {
		return token.Claims{}, err
	}
	t, app, err := a.place(r)
	if err != nil {
		return token.Claims{}, err
	}
	a.cookies.set(w, accessCookie, next.Token.Reveal(), next.Expires)
	a.cookies.set(w, refreshCookie, next.RefreshToken.Reveal(), a.now().Add(identity.RefreshTokenLifetime(t, app)))
	return a.c.Verifier.Verify(r.Context(), next.Token.Reveal())
}

// keep begins the session of a login, and ends the one that the browser had.
func (a *App) keep(w http.ResponseWriter, r *http.Request, l passwordless.LoginResponse) error {
	t, app, err := a.place(r)
	if err != nil {
		return err
	}
	if before := a.cookies.read(r, refreshCookie); !before.IsZero() {
		if err := a.sessions().RevokeToken(r.Context(), before); err != nil {
			a.c.Errors(r, err) // the new one stands all the same
		}
	}
	now := a.now()
	a.cookies.set(w, accessCookie, l.Token.Reveal(), l.TokenExpirationInstant.Time())
	a.cookies.set(w, refreshCookie, l.RefreshToken.Reveal(), now.Add(identity.RefreshTokenLifetime(t, app)))
	if !l.TwoFactorTrustID.IsZero() {
		a.cookies.set(w, trustCookie, l.TwoFactorTrustID.Reveal(), now.Add(identity.TrustLifetime(t, app)))
	}
	return nil
}

// forget ends a session in the browser alone. Trust in the device stays.
func (a *App) forget(w http.ResponseWriter) { a.cookies.drop(w, accessCookie, refreshCookie) }

// leave ends it by the person's wish: what they were shown is nobody's to see who
// comes after them.
func (a *App) leave(w http.ResponseWriter) {
	a.forget(w)
	a.cookies.drop(w, walkCookie, linkCookie, enrolCookie, recoveryCookie)
}

func (a *App) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := a.endOwn(r); err != nil {
		return err
	}
	a.leave(w)
	return a.on(w, r, "/login", "You are signed out.")
}

// endOwn ends the session that the browser has, by whichever token of it is left.
func (a *App) endOwn(r *http.Request) error {
	err := a.sessions().RevokeToken(r.Context(), a.cookies.read(r, refreshCookie))
	if err != nil {
		return err
	}
	claims, err := a.c.Verifier.Verify(r.Context(), a.cookies.read(r, accessCookie).Reveal())
	if errors.Is(err, token.ErrInvalid) || err == nil && claims.SessionID == "" {
		return nil
	}
	if err != nil {
		return err
	}
	err = a.sessions().Revoke(r.Context(), session.Who{TenantID: claims.TenantID, UserID: claims.Subject}, claims.SessionID)
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	return err
}

func (a *App) signOutEverywhere(w http.ResponseWriter, r *http.Request, p person) error {
	if err := a.sessions().RevokeAllBut(r.Context(), p.owner(), ""); err != nil {
		return err
	}
	a.leave(w)
	return a.on(w, r, "/login", "You are signed out in every browser.")
}
