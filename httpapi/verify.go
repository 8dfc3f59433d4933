package httpapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// startVerify serves POST /api/identity/verify/start. Who has an API key is told
// who exists, and the short code.
func (a *API) startVerify(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.StartVerificationRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	q.ApplicationID = cmp.Or(q.ApplicationID, a.c.DefaultApplicationID)
	q.TenantID, q.RevealUnknown, q.DiscloseCode = c.tenantID, true, true
	begun, err := a.login.StartVerifyIdentity(r.Context(), q)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, begun)
}

// sendVerify serves POST /api/identity/verify/send.
func (a *API) sendVerify(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.CompleteVerificationRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.VerificationID.IsZero() {
		return field("blank", "verificationId", "It is required.")
	}
	return a.login.SendVerifyIdentity(r.Context(), q.VerificationID, c.tenantID)
}

// completeVerify serves POST /api/identity/verify/complete.
func (a *API) completeVerify(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := decodeVerification(w, r, c)
	if err != nil {
		return err
	}
	verified, err := a.login.VerifyIdentity(r.Context(), q)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, verified)
}

// attest serves POST /api/identity/verify: a service says that a login id is
// verified.
func (a *API) attest(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		ApplicationID string                `json:"applicationId"` // not FusionAuth's
		LoginID       string                `json:"loginId"`
		LoginIDType   identity.IdentityType `json:"loginIdType"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	return a.login.AttestIdentity(r.Context(), passwordless.AttestRequest{
		ApplicationID: cmp.Or(q.ApplicationID, a.c.DefaultApplicationID),
		LoginID:       q.LoginID, LoginIDType: q.LoginIDType, TenantID: c.tenantID,
	})
}

// sendEmailVerification serves PUT /api/user/verify-email.
func (a *API) sendEmailVerification(w http.ResponseWriter, r *http.Request, c caller) error {
	return a.sendAnew(w, r, c, newVerification{a.login.StartVerifyIdentity, a.login.SendVerifyIdentity, "sendVerifyEmail"})
}

// sendRegistrationVerification serves PUT /api/user/verify-registration.
func (a *API) sendRegistrationVerification(w http.ResponseWriter, r *http.Request, c caller) error {
	return a.sendAnew(w, r, c, newVerification{a.login.StartVerifyRegistration, a.login.SendVerifyRegistration, "sendVerifyPasswordEmail"})
}

// newVerification is how a verification begins anew, and the parameter by which
// its message is left to the caller, as FusionAuth's clients spell it.
type newVerification struct {
	start  func(context.Context, passwordless.StartVerificationRequest) (passwordless.Verification, error)
	send   func(context.Context, secret.Text, string) error
	unsent string
}

// sendAnew sends the message of the verification that a login gave the id of, or
// begins another.
func (a *API) sendAnew(w http.ResponseWriter, r *http.Request, c caller, v newVerification) error {
	query := r.URL.Query()
	q := struct {
		ApplicationID  string      `json:"applicationId"`
		Email          string      `json:"email"`
		VerificationID secret.Text `json:"verificationId"`
	}{ApplicationID: query.Get("applicationId"), Email: query.Get("email")}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	switch {
	case !q.VerificationID.IsZero():
		if err := v.send(r.Context(), q.VerificationID, c.tenantID); err != nil {
			return err
		}
		return wire.Reply(w, http.StatusOK, struct{}{})
	case q.Email == "":
		return field("blank", "email", "It is required.")
	}
	start := passwordless.StartVerificationRequest{
		ApplicationID: cmp.Or(q.ApplicationID, a.c.DefaultApplicationID),
		LoginID:       q.Email, LoginIDType: identity.Email,
		TenantID: c.tenantID, RevealUnknown: true, DiscloseCode: true,
	}
	if query.Get(v.unsent) == "false" {
		return v.disclose(w, r, start)
	}
	return v.deliver(w, r, start)
}

// disclose sends nothing, and tells the service what its own message needs. That
// is never a link: an id proves nothing that was in no message of ours.
func (v newVerification) disclose(w http.ResponseWriter, r *http.Request, q passwordless.StartVerificationRequest) error {
	q.VerificationStrategy = identity.FormField
	begun, err := v.start(r.Context(), q)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, begun)
}

// deliver begins a verification and sends its message. Of a link the id is the
// proof, which is in the message alone.
func (v newVerification) deliver(w http.ResponseWriter, r *http.Request, q passwordless.StartVerificationRequest) error {
	begun, err := v.start(r.Context(), q)
	if err != nil {
		return err
	}
	if err := v.send(r.Context(), secret.New(begun.VerificationID.Reveal()), q.TenantID); err != nil {
		return err
	}
	var told struct {
		VerificationID secret.Issued `json:"verificationId,omitzero"`
	}
	if byForm := !begun.OneTimeCode.IsZero(); byForm {
		told.VerificationID = begun.VerificationID
	}
	return wire.Reply(w, http.StatusOK, told)
}

// verifyEmail serves POST /api/user/verify-email and, as FusionAuth did before
// 1.18, with the id in the path.
func (a *API) verifyEmail(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := decodeVerification(w, r, c)
	if err != nil {
		return err
	}
	_, err = a.login.VerifyIdentity(r.Context(), q)
	return err
}

// verifyRegistration serves POST /api/user/verify-registration, as verifyEmail.
func (a *API) verifyRegistration(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := decodeVerification(w, r, c)
	if err != nil {
		return err
	}
	_, err = a.login.VerifyRegistration(r.Context(), q)
	return err
}

func decodeVerification(w http.ResponseWriter, r *http.Request, c caller) (passwordless.CompleteVerificationRequest, error) {
	var q passwordless.CompleteVerificationRequest
	err := wire.Object(w, r, &q)
	if id := r.PathValue("verificationId"); id != "" {
		q.VerificationID = secret.New(id)
	}
	q.TenantID = c.tenantID
	return q, err
}

// checkChangePassword serves GET /api/user/change-password/{changePasswordId}: it
// says whether the id would set a password. It changes nothing.
func (a *API) checkChangePassword(_ http.ResponseWriter, r *http.Request, c caller) error {
	return a.login.CheckChangePassword(r.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: secret.New(r.PathValue("changePasswordId")),
		TwoFactorTrustID: cookieOf(r, trustCookie), TenantID: c.tenantID,
	})
}

// changePassword serves POST /api/user/change-password, with the id in the path
// or the body. It is not served to who has no passwords: 404.
func (a *API) changePassword(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.ChangePasswordRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if id := r.PathValue("changePasswordId"); id != "" {
		q.ChangePasswordID = secret.New(id)
	}
	q.TenantID, q.TwoFactorTrustID = c.tenantID, cookieOf(r, trustCookie)
	changed, err := a.login.ChangePassword(r.Context(), q)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, changed)
}
