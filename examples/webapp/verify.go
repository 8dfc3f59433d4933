package webapp

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// verify is outcome 212 or 213.
type verify struct {
	What  verification
	ID    secret.Issued `json:",omitzero"` // what the code completes; a link's id is in the link alone
	Later bool          // the login has let them in all the same
	Again time.Time
}

// verification is what is verified: where its links lead.
type verification string

const (
	identityLink     verification = "/verify-identity"
	registrationLink verification = "/verify-registration"
)

func (v verification) registration() bool { return v == registrationLink }

// mustVerify sends what verifies, with the id that the outcome gave or, where that
// is by link, a new one.
func (a *App) mustVerify(r *http.Request, loginID string, result *passwordless.Result) (*verify, error) {
	v := &verify{What: identityLink, ID: result.Response.IdentityVerificationID, Later: result.Admitted, Again: a.now().Add(sendEvery)}
	if result.Outcome == outcome.RegistrationUnverified {
		v.What, v.ID = registrationLink, result.Response.RegistrationVerificationID
	}
	err := a.sendFor(r, *v, loginID, result.Response.User)
	if waitOf(err) > 0 {
		err = nil // the page says so when it is asked for another
	}
	return v, err
}

// sendFor sends the message of a verification, which without an id begins here.
func (a *App) sendFor(r *http.Request, v verify, loginID string, u *identity.User) error {
	id := v.ID.Text
	if id.IsZero() {
		q := passwordless.StartVerificationRequest{
			ApplicationID: a.c.ApplicationID, LoginID: u.Email, LoginIDType: identity.Email,
			VerificationStrategy: identity.ClickableLink, IPAddress: a.c.ClientAddress(r),
		}
		if u.Email == "" || loginID != "" && !strings.Contains(loginID, "@") && u.PhoneNumber != "" {
			q.LoginID, q.LoginIDType = u.PhoneNumber, identity.PhoneNumber
		}
		start := a.c.Login.StartVerifyIdentity
		if v.What.registration() {
			start = a.c.Login.StartVerifyRegistration
		}
		begun, err := start(r.Context(), q)
		if err != nil {
			return err
		}
		id = begun.VerificationID.Text
	}
	send := a.c.Login.SendVerifyIdentity
	if v.What.registration() {
		send = a.c.Login.SendVerifyRegistration
	}
	return send(r.Context(), id, "")
}

func mustVerify(k walk) bool { return k.Verify != nil }

func verifiesByCode(k walk) bool { return k.Verify != nil && !k.Verify.ID.IsZero() }

func (a *App) showVerify(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustVerify)
	if err != nil {
		return err
	}
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	code, title := t.VerificationCodeGenerator(identity.Email), "Verify your address"
	if k.Verify.What.registration() {
		code, title = t.RegistrationVerificationCodeGenerator(), "Confirm your registration"
	}
	return a.show(w, r, "verify.html", title, struct {
		ByLink, Later, Registration bool
		Code                        field
		Wait                        time.Duration
		After                       string
	}{
		k.Verify.ID.IsZero(), k.Verify.Later, k.Verify.What.registration(),
		codeField(code), max(0, k.Verify.Again.Sub(a.now())), a.c.After,
	})
}

// sendVerify sends the code once more.
func (a *App) sendVerify(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, verifiesByCode)
	if err != nil {
		return err
	}
	err = a.sendFor(r, *k.Verify, k.LoginID, nil)
	wait := waitOf(err)
	if err != nil && wait == 0 {
		return err
	}
	k.Verify.Again = a.now().Add(cmp.Or(wait, sendEvery))
	if err := a.walkOn(w, k, a.now().Add(messageLifetime)); err != nil {
		return err
	}
	if wait > 0 {
		return a.tooSoon(w, r, "/login/verify", wait)
	}
	return a.on(w, r, "/login/verify", "Another message is on its way. Only its code counts now.")
}

// completeVerify takes the code that was typed.
func (a *App) completeVerify(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, verifiesByCode)
	if err != nil {
		return err
	}
	q := passwordless.CompleteVerificationRequest{VerificationID: k.Verify.ID.Text, OneTimeCode: typed(r)}
	if q.OneTimeCode.IsZero() {
		return a.back(w, r, "/login/verify", "code", "", "Enter the code from the message.")
	}
	err = a.verified(r, k.Verify.What, q)
	if errors.Is(err, passwordless.ErrRefused) {
		return a.back(w, r, "/login/verify", "code", "", "That code is not right, or no longer. Use the latest message.")
	}
	if err != nil {
		return err
	}
	a.cookies.drop(w, walkCookie)
	return a.verifiedNow(w, r)
}

func (a *App) verified(r *http.Request, what verification, q passwordless.CompleteVerificationRequest) error {
	complete := a.c.Login.VerifyIdentity
	if what.registration() {
		complete = a.c.Login.VerifyRegistration
	}
	_, err := complete(r.Context(), q)
	return err
}

// verifiedNow: a verification signs nobody in.
func (a *App) verifiedNow(w http.ResponseWriter, r *http.Request) error {
	return a.on(w, r, "/login", "That is verified. Please sign in once more.")
}

// landVerify is where the link of a verification leads: it asks, like the link of
// a login.
func (a *App) landVerify(what verification) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("code") {
			return a.land(w, r, string(what))
		}
		var link opened
		if !a.cookies.get(r, linkCookie, &link) || link.Code.IsZero() {
			return a.linkOver(w, r)
		}
		return a.show(w, r, "verify-link.html", "Verify your address", struct{ Action, Mark string }{string(what), link.mark()})
	}
}

func (a *App) completeVerifyLink(what verification) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var link opened
		if !a.cookies.get(r, linkCookie, &link) {
			return a.linkOver(w, r)
		}
		if r.PostFormValue("link") != link.mark() {
			return a.otherLink(w, r, string(what))
		}
		a.cookies.drop(w, linkCookie)
		err := a.verified(r, what, passwordless.CompleteVerificationRequest{VerificationID: link.Code.Text, OneTimeCode: link.OneTimeCode.Text})
		if errors.Is(err, passwordless.ErrRefused) {
			return a.linkOver(w, r)
		}
		if err != nil {
			return err
		}
		return a.verifiedNow(w, r)
	}
}
