package webapp

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// home leads to the account, or to the login.
func (a *App) home(w http.ResponseWriter, r *http.Request) error { return see(w, r, a.c.After) }

// showLogin is the page that asks who somebody is. With a code in its query it is
// where a link leads.
func (a *App) showLogin(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("code") {
		return a.landLogin(w, r)
	}
	if _, err := a.person(w, r); err == nil {
		return see(w, r, a.c.After)
	} else if !errors.Is(err, errSignedOut) {
		return err
	}
	_, app, err := a.place(r)
	if err != nil {
		return err
	}
	return a.show(w, r, "login.html", "Sign in", app.EmailLoginStrategy())
}

// begin sends the message of a login, and says the same to everybody: whether
// there is such a person is nobody's business.
func (a *App) begin(w http.ResponseWriter, r *http.Request) error {
	address := strings.TrimSpace(r.PostFormValue("email"))
	// What is no address is nobody's, and is told so before the login conceals it.
	if !mayBeAddress(address) {
		return a.back(w, r, "/login", "email", address, noAddress)
	}
	return a.beginFor(w, r, address, strategy(r.PostFormValue("strategy")))
}

func (a *App) beginFor(w http.ResponseWriter, r *http.Request, loginID string, s identity.LoginStrategy) error {
	from := a.loginRequest(r)
	begun, err := a.c.Login.Begin(r.Context(), passwordless.StartRequest{
		ApplicationID: a.c.ApplicationID,
		LoginID:       loginID,
		LoginStrategy: s,
		IPAddress:     from.IPAddress,
		EventInfo:     from.EventInfo,
		Browser:       from.Browser,
	})
	var invalid *passwordless.ValidationError
	if errors.As(err, &invalid) {
		return a.back(w, r, "/login", "email", loginID, noAddress)
	}
	if wait := waitOf(err); wait > 0 {
		return a.back(w, r, "/login", "email", loginID, "Too many messages were asked for. Try again in "+waiting(wait)+".")
	}
	if err != nil {
		return err
	}
	a.keepBrowser(w, from.Browser)
	k := walk{LoginID: loginID, Message: &message{Strategy: begun.Strategy, Code: begun.Code, Again: a.now().Add(sendEvery)}}
	if err := a.walkOn(w, k, a.now().Add(messageLifetime)); err != nil {
		return err
	}
	return see(w, r, "/login/code")
}

const noAddress = "Enter your email address, such as jared@piedpiper.com."

// mayBeAddress lets an address pass whose domain is not ASCII: the login may be
// configured to read those.
func mayBeAddress(text string) bool {
	name, domain, _ := strings.Cut(text, "@")
	return name != "" && strings.Contains(strings.Trim(domain, "."), ".")
}

// strategy is one that there is, or none: the application's then.
func strategy(s string) identity.LoginStrategy {
	if s := identity.LoginStrategy(s); s == identity.FormField || s == identity.ClickableLink {
		return s
	}
	return ""
}

// What the login does unless it is configured otherwise: see
// passwordless.Limits. A page that has it wrong is corrected by the login's own
// answer.
const (
	guesses         = 5
	sendEvery       = time.Minute
	messageLifetime = 10 * time.Minute
)
