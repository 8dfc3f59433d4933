package webapp

import (
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// walk is what a browser remembers of a login that is under way: where it stands,
// which is one of the steps, and the right to take the next.
type walk struct {
	LoginID string // as it was typed; empty in a browser that opened a link only

	Message  *message  `json:",omitempty"` // waits for a code or a link
	Factor   *factor   `json:",omitempty"` // waits for a second factor
	Password *password `json:",omitempty"` // waits for a new password
	Verify   *verify   `json:",omitempty"` // waits for an address to be verified
	Over     *over     `json:",omitempty"` // ended, and not with a session
}

// message is a login that was begun.
type message struct {
	Strategy identity.LoginStrategy
	Code     secret.Issued `json:",omitzero"` // the handle; a link's code is in the link alone
	Again    time.Time     // when it can be sent once more
	Wrong    int           // codes that were wrong
}

// factor is outcome 242.
type factor struct {
	ID      secret.Issued
	Methods []identity.TwoFactorMethod
	Kinds   []string // that can be enrolled, where one is required and there is none
	Chosen  string   // the id of the method whose code is asked for
	Again   time.Time
}

// password is outcome 203.
type password struct {
	ID     secret.Issued
	Reason identity.ChangePasswordReason
}

// over is an outcome that the person cannot cure here.
type over struct {
	Outcome outcome.Outcome
	Actions []identity.Action
}

// told are the first of the actions that prevent a login, as the page tells of
// them, within what fits into a cookie.
func told(actions []identity.Action) []identity.Action {
	var short []identity.Action
	for _, x := range actions[:min(len(actions), 3)] {
		short = append(short, identity.Action{
			LocalizedName: cut(x.LocalizedName, 30), LocalizedReason: cut(x.LocalizedReason, 100), Expiry: x.Expiry,
		})
	}
	return short
}

// step reads the walk, which must have what of says.
func (a *App) step(r *http.Request, of func(walk) bool) (walk, error) {
	var k walk
	if !a.cookies.get(r, walkCookie, &k) || !of(k) {
		return walk{}, errLost
	}
	return k, nil
}

// walkOn keeps the walk for as long as its next step can be taken.
func (a *App) walkOn(w http.ResponseWriter, k walk, until time.Time) error {
	return a.cookies.put(w, walkCookie, k, until)
}

// path is the page of the step.
func (k walk) path() string {
	switch {
	case k.Message != nil:
		return "/login/code"
	case k.Factor != nil && len(k.Factor.Kinds) > 0:
		return "/login/enrol"
	case k.Factor != nil:
		return "/login/factor"
	case k.Password != nil:
		return "/login/password"
	case k.Verify != nil:
		return "/login/verify"
	}
	return "/login/over"
}

// follow leads to where a login goes on: each outcome has its page.
func (a *App) follow(w http.ResponseWriter, r *http.Request, loginID string, result *passwordless.Result) error {
	path, err := a.advance(w, r, loginID, result)
	if err != nil {
		return err
	}
	return see(w, r, path)
}

// advance keeps what an outcome gives, and says which page is next.
func (a *App) advance(w http.ResponseWriter, r *http.Request, loginID string, result *passwordless.Result) (string, error) {
	a.cookies.drop(w, linkCookie, enrolCookie, recoveryCookie)
	if result.Admitted && result.Outcome != outcome.NotRegistered {
		if err := a.keep(w, r, result.Response); err != nil {
			return "", err
		}
	}
	next, until, answer := walk{LoginID: loginID}, result.Expires, result.Response
	switch result.Outcome {
	case outcome.Success:
		a.cookies.drop(w, walkCookie)
		return a.c.After, nil
	case outcome.TwoFactorRequired:
		next.Factor = &factor{
			ID: answer.TwoFactorID, Methods: brief(answer.Methods), Kinds: answer.ConfigurableMethods,
			Chosen: firstAuthenticator(answer.Methods),
		}
	case outcome.ChangePasswordRequired:
		next.Password = &password{answer.ChangePasswordID, answer.ChangePasswordReason}
	case outcome.IdentityUnverified, outcome.RegistrationUnverified:
		v, err := a.mustVerify(r, loginID, result)
		if err != nil {
			return "", err
		}
		next.Verify = v
	default: // 202, 409, 410, 423
		next.Over = &over{result.Outcome, told(answer.Actions)}
	}
	if until.IsZero() {
		until = a.now().Add(10 * time.Minute)
	}
	return next.path(), a.walkOn(w, next, until)
}

// showOver is the page of 202, 409, 410 and 423.
func (a *App) showOver(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, func(k walk) bool { return k.Over != nil })
	if err != nil {
		return err
	}
	title := map[outcome.Outcome]string{
		outcome.NotRegistered:  "You have no account here yet",
		outcome.LoginPrevented: "Your account is suspended",
		outcome.UserExpired:    "Your account has ended",
		outcome.UserLocked:     "Your account is locked",
	}[k.Over.Outcome]
	return a.show(w, r, "over.html", title, k.Over)
}
