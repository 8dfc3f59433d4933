package webapp

import (
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// opened is a link that was opened in this browser.
type opened struct {
	Code        secret.Issued
	OneTimeCode secret.Issued `json:",omitzero"` // of a message that has link and code
}

// land takes the code of a link out of the URL, where the history, the next
// Referer and a shared screen would have it, into a cookie. It spends nothing:
// mail scanners land here, too.
func (a *App) land(w http.ResponseWriter, r *http.Request, path string) error {
	q := r.URL.Query()
	const most = 1 << 10
	if r.Method == http.MethodHead {
		return nil
	}
	if len(q.Get("code")) > most || len(q.Get("oneTimeCode")) > most {
		return errLost
	}
	link := opened{secret.Issue(q.Get("code")), secret.Issue(q.Get("oneTimeCode"))}
	if err := a.cookies.put(w, linkCookie, link, a.now().Add(messageLifetime)); err != nil {
		return err
	}
	return see(w, r, path)
}

func (a *App) landLogin(w http.ResponseWriter, r *http.Request) error {
	return a.land(w, r, "/login/link")
}

// mark tells one link from another, so that a form acts on the link that its page
// was about: another site can open another link in the meantime.
func (o opened) mark() string {
	sum := secret.Sum("webapp link", o.Code.Reveal())
	return hex.EncodeToString(sum[:8])
}

// showLink asks, and changes nothing. Where the login was not asked for in this
// browser it says where, and asks more plainly: whoever sends their own link to
// somebody wants them to work in the wrong account.
func (a *App) showLink(w http.ResponseWriter, r *http.Request) error {
	var link opened
	if !a.cookies.get(r, linkCookie, &link) || link.Code.IsZero() {
		return a.linkOver(w, r)
	}
	peeked, err := a.c.Login.Peek(r.Context(), passwordless.PeekRequest{Code: link.Code.Text, Browser: a.loginRequest(r).Browser})
	if errors.Is(err, passwordless.ErrRefused) || err == nil && !a.completes(peeked, link) {
		return a.linkOver(w, r)
	}
	if err != nil {
		return err
	}
	instead, err := a.person(w, r)
	if err != nil && !errors.Is(err, errSignedOut) {
		return err
	}
	file, title := "link.html", "Is it you?"
	if !peeked.SameBrowser {
		file, title = "link-elsewhere.html", "Did you ask for this?"
	}
	return a.show(w, r, file, title, struct {
		passwordless.Peeked
		Mark     string
		Instead  string // who is signed in now
		Left     time.Duration
		HereOnly bool // only the other browser will do
	}{peeked, link.mark(), instead.name, peeked.Expires.Time().Sub(a.now()), a.c.SameBrowserOnly})
}

// completes says whether a link has all that its login takes, and is for here.
func (a *App) completes(p passwordless.Peeked, link opened) bool {
	return p.ApplicationID == a.c.ApplicationID && (p.Strategy == identity.ClickableLink || !link.OneTimeCode.IsZero())
}

func (a *App) linkOver(w http.ResponseWriter, r *http.Request) error {
	a.cookies.drop(w, linkCookie)
	return a.render(w, r, http.StatusNotFound, "link-over.html", "This link no longer works", notice{}, nil)
}

func (a *App) otherLink(w http.ResponseWriter, r *http.Request, path string) error {
	return a.back(w, r, path, "", "", "Another link was opened meanwhile. Look again.")
}

// completeLink is the person's explicit act.
func (a *App) completeLink(w http.ResponseWriter, r *http.Request) error {
	var link opened
	if !a.cookies.get(r, linkCookie, &link) {
		return a.linkOver(w, r)
	}
	if r.PostFormValue("link") != link.mark() {
		return a.otherLink(w, r, "/login/link")
	}
	q := a.loginRequest(r)
	q.Code, q.OneTimeCode = link.Code.Text, link.OneTimeCode.Text
	q.OtherBrowser = r.PostFormValue("elsewhere") == "mine" && !a.c.SameBrowserOnly
	result, err := a.c.Login.Complete(r.Context(), q)
	switch {
	case errors.Is(err, passwordless.ErrOtherBrowser):
		return see(w, r, "/login/link")
	case errors.Is(err, passwordless.ErrRefused):
		return a.linkOver(w, r)
	case err != nil:
		return err
	}
	a.keepBrowser(w, q.Browser) // to which the login belongs from here
	return a.follow(w, r, "", result)
}
