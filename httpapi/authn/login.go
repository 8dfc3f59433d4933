package authn

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// authenticate takes the first step.
func (a *api) authenticate(w http.ResponseWriter, r *http.Request) error {
	c, err := basicOf(r)
	if err != nil {
		return err
	}
	result, err := a.signIn(r, c)
	if err != nil {
		return err
	}
	return a.answer(w, r, result)
}

// answer tells how a step ended.
func (a *api) answer(w http.ResponseWriter, r *http.Request, result *passwordless.Result) error {
	switch {
	case result.Outcome == outcome.TwoFactorRequired:
		response, err := required(result)
		if err != nil {
			return err
		}
		return wire.Reply(w, http.StatusOK, response)
	case !result.Admitted:
		return unadmitted(result.Outcome)
	}
	user := *result.Response.User
	keys, err := a.Keys.Login(r.Context(), session.Who{TenantID: a.TenantID, UserID: user.ID}, result.Epoch)
	if err != nil {
		return unverified(err)
	}
	return wire.Reply(w, http.StatusOK, succeeded(user, keys))
}

// unverified tells who has proven no address that they may have no key.
func unverified(err error) error {
	if errors.Is(err, session.ErrUnverified) {
		return first("An address must be verified.")
	}
	return err
}

// VerifyBody is the request of the second step. PassCode is text, so that leading
// zeros stay.
type VerifyBody struct {
	StateToken secret.Text `json:"stateToken,omitzero"`
	PassCode   secret.Text `json:"passCode,omitzero"`
}

// transaction is a second step, with who takes it.
type transaction struct {
	VerifyBody
	factorID string
	userID   string // empty: whose it is
}

// transactionOf reads the second step. What is secret comes in the body: what is
// in a URL ends up in logs.
func (a *api) transactionOf(w http.ResponseWriter, r *http.Request) (transaction, error) {
	t := transaction{factorID: r.PathValue("factorId")}
	if a.Password != nil {
		c, err := basicOf(r)
		if err != nil {
			return t, err
		}
		if t.userID, err = a.password(r.Context(), c); err != nil {
			return t, err
		}
	}
	if err := wire.Object(w, r, &t.VerifyBody); err != nil {
		return t, err
	}
	switch {
	case r.URL.RawQuery != "":
		return t, invalid("stateToken and passCode belong in the body.")
	case t.StateToken.IsZero():
		return t, invalid("stateToken: is required")
	}
	return t, nil
}

// verify takes the second step.
func (a *api) verify(w http.ResponseWriter, r *http.Request) error {
	t, err := a.transactionOf(w, r)
	switch {
	case err != nil:
		return err
	case t.PassCode.IsZero():
		return invalid("passCode: is required")
	}
	request := passwordless.TwoFactorRequest{
		TwoFactorID:   t.StateToken,
		Code:          t.PassCode,
		MethodID:      t.factorID,
		UserID:        t.userID,
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		NoJWT:         true,
		EventInfo:     a.info(r),
	}
	if t.factorID == FactorRecovery {
		request.MethodID = ""
		if len(t.PassCode.Reveal()) < leastRecovery {
			return errPassCode // not a recovery code, and no factor was named
		}
	}
	result, err := a.Login.CompleteTwoFactor(r.Context(), request)
	if err != nil {
		return ended(err)
	}
	return a.answer(w, r, result)
}

// leastRecovery is more characters than a passcode has, and no more than a
// recovery code has.
const leastRecovery = 15

// challenge sends the passcode of a factor that needs one sent.
func (a *api) challenge(w http.ResponseWriter, r *http.Request) error {
	t, err := a.transactionOf(w, r)
	if err != nil {
		return err
	}
	err = a.Login.SendTwoFactor(r.Context(), passwordless.SendTwoFactorRequest{
		TwoFactorID: t.StateToken,
		MethodID:    t.factorID,
		TenantID:    a.TenantID,
	})
	if errors.Is(err, mfa.ErrNotAllowed) {
		return first("There is nothing to send for the factor.")
	}
	if err != nil {
		return ended(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// ended is what is told of a second step that cannot be taken: of a stateToken
// and factor that do not belong together, not which is wrong.
func ended(err error) error {
	switch {
	case errors.Is(err, mfa.ErrWrongCode):
		return errPassCode
	case errors.Is(err, passwordless.ErrRefused), errors.Is(err, mfa.ErrNotConfigured),
		errors.Is(err, mfa.ErrNotConfirmed), errors.Is(err, mfa.ErrNotAllowed):
		return errTransaction
	}
	return err
}
