package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// startPasswordless serves POST /api/passwordless/start. Who has an API key is
// told who exists, and the short code.
func (a *API) startPasswordless(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.StartRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	// Not the address of the client: that is the service, whoever asks it.
	q.TenantID, q.RevealUnknown, q.DiscloseCode = c.tenantID, true, true
	started, err := a.login.Start(r.Context(), q)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, started)
}

// sendPasswordless serves POST /api/passwordless/send.
func (a *API) sendPasswordless(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.SendRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	q.TenantID, q.IPAddress = c.tenantID, a.client(r)
	err := a.login.Send(r.Context(), q)
	if errors.Is(err, passwordless.ErrRefused) {
		return field("invalid", "code", "There is no such login, or no longer.")
	}
	return err
}

// completePasswordless serves POST /api/passwordless/login.
func (a *API) completePasswordless(w http.ResponseWriter, r *http.Request, c caller) error {
	var q passwordless.LoginRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	return a.complete(w, r, c, q, whole)
}

// completeLogin serves POST /api/login, with the one-time password that a change
// of password gave. There are no other passwords.
func (a *API) completeLogin(w http.ResponseWriter, r *http.Request, c caller) error {
	var q struct {
		passwordless.LoginRequest
		OneTimePassword secret.Text `json:"oneTimePassword"`
	}
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.OneTimePassword.IsZero() {
		return field("blank", "oneTimePassword", "It is required.")
	}
	q.LoginRequest.Code = q.OneTimePassword
	return a.complete(w, r, c, q.LoginRequest, whole)
}

// told is what of a login's response is told.
type told func(passwordless.LoginResponse) passwordless.LoginResponse

func (a *API) complete(w http.ResponseWriter, r *http.Request, c caller, q passwordless.LoginRequest, tell told) error {
	q.TenantID = c.tenantID
	if q.IPAddress == "" && q.EventInfo.IPAddress == "" {
		q.IPAddress = a.client(r)
	}
	if trust := cookieOf(r, trustCookie); !trust.IsZero() {
		q.TwoFactorTrustID = trust
	}
	result, err := a.login.Complete(r.Context(), q)
	if err != nil {
		return err
	}
	a.keepBrowser(w, q.Browser, result)
	return a.conclude(w, r, q.ApplicationID, result, tell(result.Response))
}

// conclude answers with how a login ended, which body says.
func (a *API) conclude(w http.ResponseWriter, r *http.Request, applicationID string, result *passwordless.Result, body any) error {
	switch result.Outcome {
	case outcome.UserLocked, outcome.UserExpired:
		return status(result.Status())
	}
	a.keepLogin(w, r, applicationID, result.Response)
	return wire.Reply(w, result.Status(), body)
}
