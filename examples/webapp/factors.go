package webapp

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// proving is a form that takes a fresh proof of a second factor.
type proving struct {
	Methods []identity.TwoFactorMethod // none: no proof is asked for
	Back    string                     // its page
	Method  identity.TwoFactorMethod   // that it is about
	Kind    string
}

// prove shows such a form.
func (a *App) prove(w http.ResponseWriter, r *http.Request, p person, file, title string, more proving) error {
	var err error
	if more.Methods, err = a.factors().List(r.Context(), p.Who); err != nil {
		return err
	}
	if id := r.PathValue("id"); id != "" {
		i := slices.IndexFunc(more.Methods, func(m identity.TwoFactorMethod) bool { return m.ID == id })
		if i < 0 {
			return see(w, r, "/me")
		}
		more.Method = more.Methods[i]
	}
	more.Back = r.URL.Path
	return a.show(w, r, file, title, more)
}

// proof is the code that was typed and the method that it is of.
func proof(r *http.Request) (code secret.Text, methodID string) {
	return typed(r), r.PostFormValue("method")
}

// sendProof sends the code of the method that was chosen in such a form, and goes
// back to it.
func (a *App) sendProof(w http.ResponseWriter, r *http.Request, p person) error {
	back := local(r.PostFormValue("back"))
	_, err := a.factors().SendCodeFor(r.Context(), p.Who, r.PostFormValue("send"))
	if wait := waitOf(err); wait > 0 {
		return a.tooSoon(w, r, back, wait)
	}
	if why := whyNot(err); why != "" {
		return a.back(w, r, back, "", "", why)
	}
	if err != nil {
		return err
	}
	return a.on(w, r, back, "A code is on its way. It is good for a minute.")
}

// local is a path among those of the account, whatever a form says.
func local(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.String() != u.Path || u.Path != path.Clean(u.Path) || !strings.HasPrefix(u.Path, "/me/") {
		return "/me"
	}
	return u.Path
}

func (a *App) showNewFactor(w http.ResponseWriter, r *http.Request, p person) error {
	kind := r.PathValue("kind")
	title := map[string]string{
		identity.MethodAuthenticator: "Add an authenticator app",
		identity.MethodEmail:         "Add an email address",
		identity.MethodSMS:           "Add a phone number",
	}[kind]
	if title == "" {
		return see(w, r, "/me")
	}
	return a.prove(w, r, p, "new-factor.html", title, proving{Kind: kind})
}

func (a *App) newFactor(w http.ResponseWriter, r *http.Request, p person) error {
	q := mfa.EnrolRequest{Kind: r.PathValue("kind"), Name: strings.TrimSpace(r.PostFormValue("name")), To: strings.TrimSpace(r.PostFormValue("to"))}
	q.Code, q.MethodID = proof(r)
	e, err := a.factors().Enrol(r.Context(), p.Who, q)
	if text := whyNot(err); text != "" {
		field := "to"
		switch {
		case errors.Is(err, mfa.ErrWrongCode), errors.Is(err, mfa.ErrNotConfigured), errors.Is(err, mfa.ErrNotConfirmed):
			field = "code"
		case errors.Is(err, mfa.ErrNotAllowed), q.Kind == identity.MethodAuthenticator:
			field = "" // there is no such field
		}
		return a.back(w, r, local("/me/factors/new/"+q.Kind), field, q.To, text)
	}
	if err != nil {
		return err
	}
	if err := a.enrolling(w, p.UserID, q.To, e); err != nil {
		return err
	}
	return see(w, r, "/me/factors/confirm")
}

func (a *App) showConfirmNew(w http.ResponseWriter, r *http.Request, p person) error {
	return a.showConfirming(w, r, p.UserID, "/me/factors/confirm", "/me")
}

// confirmNew makes the method count. With the first one come the recovery codes,
// and the end of other sessions if the tenant wants that.
func (a *App) confirmNew(w http.ResponseWriter, r *http.Request, p person) error {
	e, err := a.pending(r, p.UserID)
	if err != nil {
		return see(w, r, "/me")
	}
	done, err := a.factors().Confirm(r.Context(), p.Who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: typed(r)})
	if errors.Is(err, mfa.ErrNotConfigured) || errors.Is(err, mfa.ErrAlreadyConfigured) {
		a.cookies.drop(w, enrolCookie)
		return a.back(w, r, "/me", "", "", "That took too long. Please add it again.")
	}
	if text := whyNot(err); text != "" {
		return a.back(w, r, "/me/factors/confirm", "code", "", text)
	}
	if err != nil {
		return err
	}
	a.cookies.drop(w, enrolCookie)
	if err := a.tell(w, "Added. You are asked for it when you next sign in."); err != nil {
		return err
	}
	if len(done.RecoveryCodes) > 0 {
		t, _, err := a.place(r)
		if err == nil {
			err = a.sessions().After(r.Context(), session.FirstFactor, t, p.UserID)
		}
		if err != nil {
			a.c.Errors(r, err) // the codes are shown all the same: they cannot be had again
		}
	}
	return a.handOut(w, r, done.RecoveryCodes, "/me")
}

func (a *App) showEditFactor(w http.ResponseWriter, r *http.Request, p person) error {
	return a.prove(w, r, p, "edit-factor.html", "Change a second step", proving{})
}

func (a *App) renameFactor(w http.ResponseWriter, r *http.Request, p person) error {
	id, name := r.PathValue("id"), strings.TrimSpace(r.PostFormValue("name"))
	err := a.factors().Rename(r.Context(), p.Who, id, name)
	var invalid *identity.FieldError
	if errors.As(err, &invalid) {
		return a.back(w, r, "/me/factor/"+url.PathEscape(id), "name", "", "That name is too long.")
	}
	if err != nil && !errors.Is(err, mfa.ErrNotConfigured) {
		return err
	}
	return a.on(w, r, "/me", "Renamed.")
}

// removeFactor takes a method away, by the proof of one. A recovery code would
// take all of them: that is another page's to ask for.
func (a *App) removeFactor(w http.ResponseWriter, r *http.Request, p person) error {
	q := mfa.RemoveRequest{MethodID: r.PathValue("id")}
	q.Code, q.ProofID = proof(r)
	const longestCode = 12
	if len(q.Code.Reveal()) > longestCode {
		q.Code = secret.Text{}
	}
	return a.removed(w, r, p, q, "/me/factor/"+url.PathEscape(q.MethodID), "code", "Removed.")
}

func (a *App) removed(w http.ResponseWriter, r *http.Request, p person, q mfa.RemoveRequest, back, field, text string) error {
	err := a.factors().Remove(r.Context(), p.Who, q)
	var invalid *identity.FieldError
	switch why := whyNot(err); {
	case errors.As(err, &invalid), errors.Is(err, mfa.ErrNotConfigured) && q.MethodID == "": // no recovery code
		return a.back(w, r, back, field, "", "That code is not right.")
	case errors.Is(err, mfa.ErrNotConfigured):
		return see(w, r, "/me")
	case errors.Is(err, mfa.ErrLastRequired):
		return a.back(w, r, back, field, "", "A second step is required here, and this is your last. Add another first.")
	case why != "":
		return a.back(w, r, back, field, "", why)
	case err != nil:
		return err
	}
	return a.on(w, r, "/me", text)
}

func (a *App) showLostFactors(w http.ResponseWriter, r *http.Request, p person) error {
	return a.show(w, r, "lost-factors.html", "Remove all second steps", nil)
}

// removeAllFactors is for who has lost them all but a recovery code.
func (a *App) removeAllFactors(w http.ResponseWriter, r *http.Request, p person) error {
	return a.removed(w, r, p, mfa.RemoveRequest{Code: typed(r)}, "/me/factors/lost", "recovery", "All second steps are removed, and the recovery codes with them.")
}

func (a *App) showNewRecovery(w http.ResponseWriter, r *http.Request, p person) error {
	return a.prove(w, r, p, "new-recovery.html", "New recovery codes", proving{})
}

func (a *App) newRecovery(w http.ResponseWriter, r *http.Request, p person) error {
	var q mfa.RegenerateRequest
	q.Code, q.MethodID = proof(r)
	codes, err := a.factors().RegenerateRecoveryCodes(r.Context(), p.Who, q)
	if errors.Is(err, mfa.ErrNotConfigured) {
		return see(w, r, "/me")
	}
	if text := whyNot(err); text != "" {
		return a.back(w, r, "/me/recovery-codes", "code", "", text)
	}
	if err != nil {
		return err
	}
	return a.handOut(w, r, codes, "/me")
}
