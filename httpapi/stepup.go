package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// The endpoints of logins serve step-ups too, which are told apart by their id.
// A step-up completes no login, whatever else a request of it says.
const stepUpPrefix = "step-up."

// stepUpOf is the step-up that a twoFactorId names, if it names one.
func stepUpOf(twoFactorID secret.Text) (id secret.Text, ok bool) {
	text, ok := strings.CutPrefix(twoFactorID.Reveal(), stepUpPrefix)
	return secret.New(text), ok
}

// startStepUpRequest is the body of POST /api/two-factor/start.
type startStepUpRequest struct {
	ApplicationID  string                  `json:"applicationId"`
	Code           secret.Text             `json:"code"`
	LoginID        string                  `json:"loginId"`
	LoginIDTypes   []identity.IdentityType `json:"loginIdTypes"`
	State          identity.Object         `json:"state"`
	TrustChallenge secret.Text             `json:"trustChallenge"`
	UserID         string                  `json:"userId"`
}

// startStepUp serves POST /api/two-factor/start: a service asks somebody for a
// second proof. It is given a code that it may deliver itself; one of its own
// choice could be anything.
func (a *API) startStepUp(w http.ResponseWriter, r *http.Request, c caller) error {
	var q startStepUpRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if !q.Code.IsZero() {
		return field("invalid", "code", "It cannot be given. The answer has one.")
	}
	who, err := a.asked(r, c, q)
	if err != nil {
		return err
	}
	s, err := a.factors.StartBearerStepUp(r.Context(), who, mfa.BearerStepUp{
		Purpose: mfa.Purpose{Challenge: q.TrustChallenge, Delivered: true},
		State:   q.State,
	})
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, struct {
		Code        secret.Issued              `json:"code"`
		Methods     []identity.TwoFactorMethod `json:"methods,omitempty"`
		TwoFactorID secret.Issued              `json:"twoFactorId"`
	}{s.Code, s.Methods, secret.Issue(stepUpPrefix + s.ID.Reveal())})
}

// asked is who a step-up is of: by their id or, if there is none, a login id.
func (a *API) asked(r *http.Request, c caller, q startStepUpRequest) (mfa.Who, error) {
	if q.UserID != "" || q.LoginID == "" {
		return a.who(c, q.UserID, q.ApplicationID)
	}
	return a.login.Identify(r.Context(), passwordless.IdentifyRequest{
		ApplicationID: cmp.Or(q.ApplicationID, a.c.DefaultApplicationID),
		LoginID:       q.LoginID, LoginIDTypes: q.LoginIDTypes, TenantID: c.tenantID,
	})
}

// sendStepUp sends the code of a method for a step-up.
func (a *API) sendStepUp(w http.ResponseWriter, r *http.Request, c caller, id secret.Text) error {
	var q passwordless.SendTwoFactorRequest
	if err := wire.Object(w, r, &q); err != nil {
		return err
	}
	if q.MethodID == "" {
		return field("blank", "methodId", "It is required.")
	}
	_, err := a.factors.SendBearerStepUp(r.Context(), c.tenantID, id, q.MethodID)
	return unsendable(err)
}

// completeStepUp answers with a trust token, and signs nobody in. As in a login,
// that guesses have run out is a wrong code.
func (a *API) completeStepUp(w http.ResponseWriter, r *http.Request, id secret.Text, q passwordless.TwoFactorRequest) error {
	if q.Code.IsZero() {
		return field("blank", "code", "It is required.")
	}
	done, err := a.factors.CompleteBearerStepUp(r.Context(), mfa.BearerProof{
		ID: id, Code: q.Code, TenantID: q.TenantID, ApplicationID: q.ApplicationID, UserID: q.UserID,
	})
	if errors.As(err, new(*mfa.ExhaustedError)) {
		err = mfa.ErrWrongCode
	}
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, passwordless.LoginResponse{State: done.State, TrustToken: done.Token})
}
