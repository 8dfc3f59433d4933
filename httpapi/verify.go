package httpapi

import (
	"cmp"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
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
