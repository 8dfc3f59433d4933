package webapp

import (
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// enrolment is a second factor that waits to be confirmed. Its secret cannot be
// had again, so the browser keeps it, sealed, until then.
type enrolment struct {
	For      string // whose it is: of a user, or of a login
	MethodID string
	Kind     string
	To       string
	Secret   secret.Issued `json:",omitzero"` // base32, for a person to type
	URI      secret.Issued `json:",omitzero"`
}

// Groups is the secret in fours, as it is easier to type.
func (e enrolment) Groups() []string {
	var groups []string
	for chunk := range slices.Chunk([]byte(strings.TrimRight(e.Secret.Reveal(), "=")), 4) {
		groups = append(groups, string(chunk))
	}
	return groups
}

func (a *App) enrolling(w http.ResponseWriter, whose, to string, e mfa.Enrolment) error {
	return a.cookies.put(w, enrolCookie, enrolment{
		For: whose, MethodID: e.MethodID, Kind: e.Kind, To: to, Secret: e.SecretBase32, URI: e.URI,
	}, e.Expires)
}

// qr is the image of an enrolment that this browser began.
func (a *App) qr(w http.ResponseWriter, r *http.Request) error {
	var e enrolment
	if !a.cookies.get(r, enrolCookie, &e) || e.URI.IsZero() {
		return errLost
	}
	image, err := mfa.Enrolment{URI: e.URI}.QR(400)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(image)
	return nil
}

func mustEnrol(k walk) bool { return k.Factor != nil && len(k.Factor.Kinds) > 0 }

// whose is the login that an enrolment belongs to.
func (f factor) whose() string {
	sum := secret.Sum("webapp enrolment", f.ID.Reveal())
	return "login " + hex.EncodeToString(sum[:8])
}

// showEnrol asks somebody who must have a second factor and has none for one.
func (a *App) showEnrol(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustEnrol)
	if err != nil {
		return err
	}
	return a.show(w, r, "enrol.html", "Add a second step", k.Factor)
}

func (a *App) enrol(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustEnrol)
	if err != nil {
		return err
	}
	kind, to := r.PostFormValue("kind"), strings.TrimSpace(r.PostFormValue("to"))
	e, err := a.c.Login.EnrolTwoFactor(r.Context(), passwordless.EnrolTwoFactorRequest{
		TwoFactorID: k.Factor.ID.Text, Browser: a.loginRequest(r).Browser, Enrol: mfa.EnrolRequest{Kind: kind, To: to},
	})
	if errors.Is(err, passwordless.ErrRefused) || errors.Is(err, mfa.ErrAlreadyConfigured) {
		return a.startAgain(w, r, k)
	}
	if text := whyNot(err); text != "" {
		field := kind
		if errors.Is(err, mfa.ErrNotAllowed) {
			field = "" // there may be no such field
		}
		return a.back(w, r, "/login/enrol", field, to, text)
	}
	if err != nil {
		return err
	}
	if err := a.enrolling(w, k.Factor.whose(), to, e); err != nil {
		return err
	}
	return see(w, r, "/login/enrol/confirm")
}

// whyNot is what a person can do about a second factor that was refused; empty if
// that is nothing, or err is nil.
func whyNot(err error) string {
	var invalid *identity.FieldError
	switch {
	case errors.As(err, &invalid) && invalid.Field == "email":
		return "Enter an email address, such as jared@piedpiper.com."
	case errors.As(err, &invalid):
		return "Enter a mobile number with its country, such as +1 303 555 1212."
	case errors.Is(err, mfa.ErrAlreadyConfigured):
		return "You have added that already."
	case errors.Is(err, mfa.ErrNotAllowed):
		return "That cannot be your second step here. Choose another."
	case errors.Is(err, mfa.ErrNotConfigured), errors.Is(err, mfa.ErrNotConfirmed):
		return "That is no second step of yours, or no longer. Choose another."
	case errors.Is(err, mfa.ErrTooMany):
		return "You have as many as there can be. Remove one first."
	case errors.Is(err, mfa.ErrUnverified):
		return "Verify your address first."
	case errors.Is(err, mfa.ErrWrongCode):
		return "That code is not right. A code counts once: wait for the next one if you have used it."
	case waitOf(err) > 0:
		return "Too many messages or tries. Try again in " + waiting(waitOf(err)) + "."
	}
	return ""
}

// confirming is what a page shows to confirm a method.
type confirming struct {
	enrolment
	Code   field
	Action string // where its form goes
	Cancel string // the way back
}

func (a *App) showConfirming(w http.ResponseWriter, r *http.Request, whose, action, cancel string) error {
	e, err := a.pending(r, whose)
	if err != nil {
		return see(w, r, cancel)
	}
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	code, title := codeField(t.TwoFactorCodeGenerator()), "Enter the code we sent"
	if e.Kind == identity.MethodAuthenticator {
		code, title = field{Length: t.Authenticator().CodeLength, Numeric: true}, "Set up your authenticator app"
	}
	return a.show(w, r, "confirm.html", title, confirming{e, code, action, cancel})
}

func (a *App) pending(r *http.Request, whose string) (e enrolment, err error) {
	if !a.cookies.get(r, enrolCookie, &e) || e.For != whose {
		return enrolment{}, errLost
	}
	return e, nil
}

func (a *App) showConfirm(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustEnrol)
	if err != nil {
		return err
	}
	return a.showConfirming(w, r, k.Factor.whose(), "/login/enrol/confirm", "/login/enrol")
}

// confirm completes the login with the first code of the new factor.
func (a *App) confirm(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustEnrol)
	if err != nil {
		return err
	}
	e, err := a.pending(r, k.Factor.whose())
	if err != nil {
		return err
	}
	q := a.twoFactorRequest(r, k)
	if q.Code, q.MethodID = typed(r), e.MethodID; q.Code.IsZero() {
		return a.back(w, r, "/login/enrol/confirm", "code", "", "Enter the code.")
	}
	done, err := a.c.Login.ConfirmTwoFactor(r.Context(), q)
	switch {
	case errors.Is(err, mfa.ErrWrongCode):
		return a.back(w, r, "/login/enrol/confirm", "code", "", whyNot(err))
	case errors.Is(err, passwordless.ErrRefused), errors.Is(err, mfa.ErrAlreadyConfigured):
		return a.startAgain(w, r, k)
	case err != nil:
		return err
	}
	path, err := a.advance(w, r, k.LoginID, done.Result)
	if err != nil {
		return err
	}
	return a.handOut(w, r, done.RecoveryCodes, path)
}
