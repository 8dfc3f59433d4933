package httpapi

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// who is the person that a call is about: whom a service names, or the caller.
func (a *API) who(c caller, userID, applicationID string) (mfa.Who, error) {
	if !c.keyed {
		if userID != "" && userID != c.person.Subject {
			return mfa.Who{}, status(http.StatusUnauthorized)
		}
		return mfa.Who{TenantID: c.tenantID, UserID: c.person.Subject, ApplicationID: c.person.Audience}, nil
	}
	applicationID = cmp.Or(applicationID, a.c.DefaultApplicationID)
	switch {
	case userID == "":
		return mfa.Who{}, field("blank", "userId", "It is required.")
	case applicationID == "":
		return mfa.Who{}, field("blank", "applicationId", "It is required.")
	}
	return mfa.Who{TenantID: c.tenantID, UserID: userID, ApplicationID: applicationID}, nil
}

// mayAdd says whether a method may be added. A person who has one already would
// have to prove it, for which FusionAuth's requests have no room: else whoever
// takes over a session keeps the account. A service answers for whom it lets.
func (a *API) mayAdd(r *http.Request, c caller, who mfa.Who) error {
	if c.keyed {
		return nil
	}
	methods, err := a.factors.List(r.Context(), who)
	if err == nil && len(methods) > 0 {
		return general("TrustTokenRequired", "Another method can be added by an API key only.")
	}
	return err
}

// enableRequest is the body of POST /api/user/two-factor.
type enableRequest struct {
	ApplicationID string      `json:"applicationId"`
	Code          secret.Text `json:"code"`
	Email         string      `json:"email"`
	Method        string      `json:"method"`
	MobilePhone   string      `json:"mobilePhone"`
	Name          string      `json:"name"`
	Secret        secret.Text `json:"secret"`
	SecretBase32  secret.Text `json:"secretBase32Encoded"`
	TwoFactorID   secret.Text `json:"twoFactorId"`
}

// enableTwoFactor serves POST /api/user/two-factor/{userId}, and without the id
// for the caller themselves. With a twoFactorId it is a step of that login.
func (a *API) enableTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	var q enableRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	who, err := a.who(c, r.PathValue("userId"), q.ApplicationID)
	switch {
	case err != nil:
		return err
	case q.Code.IsZero():
		return field("blank", "code", "It is required.")
	case q.Method == "":
		return field("blank", "method", "It is required.")
	}
	if !q.TwoFactorID.IsZero() {
		return a.enableInLogin(w, r, c, who, q)
	}
	if err := a.mayAdd(r, c, who); err != nil {
		return err
	}
	if q.Method == identity.MethodAuthenticator {
		e, err := q.authenticator(c)
		if err != nil {
			return err
		}
		if _, err := a.factors.Enrol(r.Context(), who, e); err != nil {
			return err
		}
	}
	return a.confirm(w, r, who, q.confirm(c))
}

// enableInLogin enables the method that a login lacks. The login goes on by the
// code that is the answer.
func (a *API) enableInLogin(w http.ResponseWriter, r *http.Request, c caller, who mfa.Who, q enableRequest) error {
	if q.Method == identity.MethodAuthenticator {
		e, err := q.authenticator(c)
		if err != nil {
			return err
		}
		_, err = a.login.EnrolTwoFactor(r.Context(), passwordless.EnrolTwoFactorRequest{
			TwoFactorID: q.TwoFactorID, Enrol: e, UserID: who.UserID, TenantID: c.tenantID,
		})
		if err != nil {
			return err
		}
	}
	done, err := a.login.EnableTwoFactor(r.Context(), passwordless.EnableTwoFactorRequest{
		TwoFactorID: q.TwoFactorID,
		Confirm:     q.confirm(c),
		UserID:      who.UserID,
		TenantID:    c.tenantID,
		EventInfo:   passwordless.EventInfo{IPAddress: a.client(r), UserAgent: wire.Agent(r)},
	})
	if err != nil {
		return unsent(err)
	}
	return wire.Reply(w, http.StatusOK, enabled{done.Code, done.RecoveryCodes})
}

// enabled is the answer to who enabled a method: ten codes that are shown once,
// with the first, and what a login goes on by, if it was in one.
type enabled struct {
	Code          secret.Issued   `json:"code,omitzero"`
	RecoveryCodes []secret.Issued `json:"recoveryCodes,omitempty"`
}

// authenticator is the enrolment of one, which comes with the request that
// confirms it.
func (q enableRequest) authenticator(c caller) (e mfa.EnrolRequest, err error) {
	e = mfa.EnrolRequest{Kind: q.Method, Name: q.Name, InsecureSkipProof: c.keyed}
	switch {
	case !q.Secret.IsZero():
		e.Secret, err = mfa.ParseSecret(q.Secret, false)
	case !q.SecretBase32.IsZero():
		e.Secret, err = mfa.ParseSecret(q.SecretBase32, true)
	default:
		err = field("blank", "secret", "It is required, or secretBase32Encoded.")
	}
	return e, err
}

// confirm is the confirmation of the method of a kind that waits: an
// authenticator that was just begun, or what a code was sent to before.
func (q enableRequest) confirm(c caller) mfa.ConfirmRequest {
	return mfa.ConfirmRequest{Kind: q.Method, Code: q.Code, Name: q.Name, InsecureSkipProof: c.keyed}
}

// unsent says that no code can be right where none was sent.
func unsent(err error) error {
	if errors.Is(err, mfa.ErrNotConfigured) {
		return mfa.ErrWrongCode
	}
	return err
}

// place is where a person is.
func (a *API) place(r *http.Request, who mfa.Who) (identity.Tenant, identity.Application, error) {
	if a.sessions.Applications == nil {
		return identity.Tenant{}, identity.Application{}, errors.New("httpapi: Config.Login: its sessions have no Applications")
	}
	t, app, err := a.sessions.Applications.Application(r.Context(), who.ApplicationID)
	if errors.Is(err, identity.ErrUnknownApplication) || err == nil && who.TenantID != "" && who.TenantID != t.ID {
		err = field("invalid", "applicationId", "There is no such application.")
	}
	return t, app, err
}

// confirm makes a method count. What the tenant has end with a person's first
// method, ends.
func (a *API) confirm(w http.ResponseWriter, r *http.Request, who mfa.Who, q mfa.ConfirmRequest) error {
	t, _, err := a.place(r, who)
	if err != nil {
		return err
	}
	done, err := a.factors.Confirm(r.Context(), who, q)
	if err != nil {
		return unsent(err)
	}
	if len(done.RecoveryCodes) > 0 {
		if err := a.sessions.After(r.Context(), session.FirstFactor, t, who.UserID); err != nil {
			return err
		}
	}
	return wire.Reply(w, http.StatusOK, enabled{RecoveryCodes: done.RecoveryCodes})
}

// methodRequest names a method, in the query or the body.
type methodRequest struct {
	ApplicationID string      `json:"applicationId"`
	Code          secret.Text `json:"code"`
	MethodID      string      `json:"methodId"`
	Name          string      `json:"name"`
}

func decodeMethod(w http.ResponseWriter, r *http.Request) (methodRequest, error) {
	query := r.URL.Query()
	q := methodRequest{
		ApplicationID: query.Get("applicationId"),
		Code:          secret.New(query.Get("code")),
		MethodID:      query.Get("methodId"),
	}
	err := wire.Object(w, r, &q)
	return q, err
}

// disableTwoFactor serves DELETE /api/user/two-factor/{userId}, and without the id
// for the caller themselves.
func (a *API) disableTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := decodeMethod(w, r)
	if err != nil {
		return err
	}
	who, err := a.who(c, r.PathValue("userId"), q.ApplicationID)
	switch {
	case err != nil:
		return err
	case q.Code.IsZero():
		return field("blank", "code", "It is required.")
	case q.MethodID == "":
		return field("blank", "methodId", "It is required.")
	}
	return a.factors.Remove(r.Context(), who, mfa.RemoveRequest{
		MethodID: q.MethodID, Code: q.Code, ProofID: q.MethodID, AllowNone: c.keyed,
	})
}

// renameTwoFactor serves PUT /api/user/two-factor/{userId}.
func (a *API) renameTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := decodeMethod(w, r)
	if err != nil {
		return err
	}
	who, err := a.who(c, r.PathValue("userId"), q.ApplicationID)
	if err != nil {
		return err
	}
	return a.factors.Rename(r.Context(), who, q.MethodID, q.Name)
}

// replaceRecoveryCodes serves POST /api/user/two-factor/recovery-code/{userId}.
func (a *API) replaceRecoveryCodes(w http.ResponseWriter, r *http.Request, c caller) error {
	who, err := a.who(c, r.PathValue("userId"), "")
	if err != nil {
		return err
	}
	codes, err := a.factors.RegenerateRecoveryCodes(r.Context(), who, mfa.RegenerateRequest{InsecureSkipProof: c.keyed})
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, enabled{RecoveryCodes: codes})
}

// unsendable says in FusionAuth's words that there is nothing to send.
func unsendable(err error) error {
	if errors.Is(err, mfa.ErrNotAllowed) {
		return field("cannotSend", "method", "No code can be sent to this method.")
	}
	return err
}
