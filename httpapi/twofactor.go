package httpapi

import (
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// completeTwoFactor serves POST /api/two-factor/login, for a login or a step-up.
func (a *API) completeTwoFactor(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := a.decodeTwoFactor(w, r, c)
	if err != nil {
		return err
	}
	if id, ok := stepUpOf(q.TwoFactorID); ok {
		return a.completeStepUp(w, r, id, q)
	}
	return a.finishTwoFactor(w, r, q, whole)
}

func (a *API) decodeTwoFactor(w http.ResponseWriter, r *http.Request, c caller) (passwordless.TwoFactorRequest, error) {
	var q passwordless.TwoFactorRequest
	err := wire.Object(w, r, &q)
	q.TenantID = c.tenantID
	if q.IPAddress == "" && q.EventInfo.IPAddress == "" {
		q.IPAddress = a.client(r)
	}
	return q, err
}

// finishTwoFactor completes a login, in the browser that it belongs to.
func (a *API) finishTwoFactor(w http.ResponseWriter, r *http.Request, q passwordless.TwoFactorRequest, tell told) error {
	result, err := a.login.CompleteTwoFactor(r.Context(), q)
	if err != nil {
		return err
	}
	a.keepBrowser(w, q.Browser, result)
	return a.conclude(w, r, q.ApplicationID, result, tell(result.Response))
}

// sendSecond serves POST /api/two-factor/send/{twoFactorId}, for a login or a
// step-up.
func (a *API) sendSecond(w http.ResponseWriter, r *http.Request, c caller) error {
	if id, ok := stepUpOf(secret.New(r.PathValue("twoFactorId"))); ok {
		return a.sendStepUp(w, r, c, id)
	}
	return a.sendTwoFactor(w, r, c, secret.Text{})
}

// sendTwoFactor sends the code of a login, for the browser that calls; none, for
// whoever holds its id.
func (a *API) sendTwoFactor(w http.ResponseWriter, r *http.Request, c caller, browser secret.Text) error {
	var q passwordless.SendTwoFactorRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	q.TwoFactorID, q.TenantID, q.Browser = secret.New(r.PathValue("twoFactorId")), c.tenantID, browser
	return unsendable(a.login.SendTwoFactor(r.Context(), q))
}

// sendToManage serves POST /api/two-factor/send: the code that enables a method,
// which enrols it, or the one that disables one.
func (a *API) sendToManage(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		ApplicationID string      `json:"applicationId"`
		Email         string      `json:"email"`
		Method        string      `json:"method"`
		MethodID      string      `json:"methodId"`
		MobilePhone   string      `json:"mobilePhone"`
		TwoFactorID   secret.Text `json:"twoFactorId"` // not FusionAuth's: inside a login
		UserID        string      `json:"userId"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	who, err := a.who(c, q.UserID, q.ApplicationID)
	if err != nil {
		return err
	}
	if q.MethodID != "" {
		_, err := a.factors.SendCodeFor(r.Context(), who, q.MethodID)
		return unsendable(err)
	}
	e := mfa.EnrolRequest{Kind: q.Method, To: destination(q.Method, q.Email, q.MobilePhone), InsecureSkipProof: c.keyed}
	switch {
	case q.Method == "":
		return field("blank", "method", "It is required, or methodId.")
	case q.Method == identity.MethodAuthenticator:
		return unsendable(mfa.ErrNotAllowed)
	case !q.TwoFactorID.IsZero():
		_, err = a.login.EnrolTwoFactor(r.Context(), passwordless.EnrolTwoFactorRequest{
			TwoFactorID: q.TwoFactorID, Enrol: e, UserID: who.UserID, TenantID: c.tenantID,
		})
		return err
	}
	if err := a.mayAdd(r, c, who); err != nil {
		return err
	}
	_, err = a.factors.Enrol(r.Context(), who, e)
	return err
}

func destination(method, email, mobilePhone string) string {
	if method == identity.MethodSMS {
		return mobilePhone
	}
	return email
}

// twoFactorSecret serves GET /api/two-factor/secret. The secret is nobody's until
// it is enabled.
func (a *API) twoFactorSecret(w http.ResponseWriter, r *http.Request, c caller) error {
	applicationID := a.c.DefaultApplicationID
	if !c.keyed {
		applicationID = c.person.Audience
	}
	t, _ := a.configured(r, applicationID)
	s := mfa.NewSecret(t.Authenticator())
	return wire.Reply(w, http.StatusOK, struct {
		Secret secret.Issued `json:"secret"`
		Base32 secret.Issued `json:"secretBase32Encoded"`
	}{s.Base64(), s.Base32()})
}

// trust is a device that may skip the second factor, as a status tells of it.
type trust struct {
	ApplicationID string           `json:"applicationId"`
	Expiration    identity.Instant `json:"expiration"`
	StartInstant  identity.Instant `json:"startInstant"`
}

// twoFactorStatus serves GET /api/two-factor/status/{twoFactorTrustId}: 200 if the
// device may skip the second factor of userId, 242 if not.
func (a *API) twoFactorStatus(w http.ResponseWriter, r *http.Request, c caller) error {
	query := r.URL.Query()
	who, err := a.who(c, query.Get("userId"), query.Get("applicationId"))
	if err != nil {
		return err
	}
	return a.tellTrust(w, r, who, secret.New(r.PathValue("twoFactorTrustId")))
}

// twoFactorStatusOf serves POST /api/two-factor/status: the same of a login. A
// step-up, or a change of password, is asked for whatever device it is.
func (a *API) twoFactorStatusOf(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		Action           string      `json:"action"`
		ApplicationID    string      `json:"applicationId"`
		TwoFactorTrustID secret.Text `json:"twoFactorTrustId"`
		UserID           string      `json:"userId"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	who, err := a.who(c, q.UserID, q.ApplicationID)
	if err != nil {
		return err
	}
	switch q.Action {
	case "", "login":
	case "stepUp", "changePassword":
		q.TwoFactorTrustID = secret.Text{}
	default:
		return field("invalid", "action", "It must be login, stepUp or changePassword.")
	}
	return a.tellTrust(w, r, who, q.TwoFactorTrustID)
}

func (a *API) tellTrust(w http.ResponseWriter, r *http.Request, who mfa.Who, handle secret.Text) error {
	trusted, err := a.factors.CheckTrust(r.Context(), who, handle)
	if err != nil {
		return err
	}
	if !trusted {
		return wire.Reply(w, 242, struct{}{})
	}
	devices, err := a.factors.TrustedDevices(r.Context(), who)
	if err != nil {
		return err
	}
	answer := struct {
		Trusts  []trust       `json:"trusts"`
		TrustID secret.Issued `json:"twoFactorTrustId"`
	}{TrustID: secret.Issue(handle.Reveal())}
	for _, d := range devices {
		if d.ID == mfa.GrantOf(handle) {
			answer.Trusts = append(answer.Trusts, trust{d.ApplicationID, identity.At(d.Expires), identity.At(d.Start)})
		}
	}
	return wire.Reply(w, http.StatusOK, answer)
}
