package webapp

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/session"
)

// account is what somebody sees of themselves.
type account struct {
	Name     string
	Methods  []identity.TwoFactorMethod
	Kinds    []string // that may be added
	Recovery int      // codes left
	Sessions []shownSession
	Browsers []shownBrowser
}

type shownSession struct {
	ID, Device, Address string
	Started, Used       time.Time
	Here                bool
}

type shownBrowser struct {
	mfa.TrustedDevice
	Here bool
}

func (a *App) showAccount(w http.ResponseWriter, r *http.Request, p person) error {
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	me := account{Name: p.name, Kinds: t.ConfigurableMethods()}
	if me.Methods, err = a.factors().List(r.Context(), p.Who); err != nil {
		return err
	}
	if me.Recovery, err = a.factors().CountRecoveryCodes(r.Context(), p.Who); err != nil {
		return err
	}
	if me.Sessions, err = a.shownSessions(r, p); err != nil {
		return err
	}
	if me.Browsers, err = a.shownBrowsers(r, p); err != nil {
		return err
	}
	return a.show(w, r, "account.html", "Your account", me)
}

func (a *App) factors() *mfa.Factors { return a.c.Login.Factors() }

// shownSessions has this browser first, and then those that were used last.
func (a *App) shownSessions(r *http.Request, p person) ([]shownSession, error) {
	list, err := a.sessions().List(r.Context(), p.owner())
	var shown []shownSession
	for _, s := range list {
		d := s.MetaData.Device
		shown = append(shown, shownSession{
			ID: s.ID, Device: cmp.Or(d.Name, "A browser"), Address: d.LastAccessedAddress,
			Started: s.Started, Used: s.Used, Here: s.ID == p.session,
		})
	}
	slices.SortStableFunc(shown, func(x, y shownSession) int {
		if x.Here != y.Here && x.Here {
			return -1
		}
		if x.Here != y.Here {
			return 1
		}
		return y.Used.Compare(x.Used)
	})
	return shown, err
}

func (a *App) shownBrowsers(r *http.Request, p person) ([]shownBrowser, error) {
	list, err := a.factors().TrustedDevices(r.Context(), p.Who)
	here := mfa.GrantOf(a.cookies.read(r, trustCookie))
	var shown []shownBrowser
	for _, d := range list {
		shown = append(shown, shownBrowser{d, d.ID == here})
	}
	return shown, err
}

// endSession ends a session elsewhere, or this one.
func (a *App) endSession(w http.ResponseWriter, r *http.Request, p person) error {
	id := r.PathValue("id")
	err := a.sessions().Revoke(r.Context(), p.owner(), id)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	if id == p.session {
		a.leave(w)
		return a.on(w, r, "/login", "You are signed out.")
	}
	return a.on(w, r, "/me", "That session has ended.")
}

// forgetBrowsers ends the trust in one browser, or in all.
func (a *App) forgetBrowsers(w http.ResponseWriter, r *http.Request, p person) error {
	err := a.factors().RevokeTrust(r.Context(), p.Who, r.PathValue("id"))
	if err != nil && !errors.Is(err, mfa.ErrRefused) {
		return err
	}
	return a.on(w, r, "/me", "Done. The second step is asked for there again.")
}
