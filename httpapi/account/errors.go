package account

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
)

// ErrorBody is the body of every answer that is not a success.
type ErrorBody struct {
	Error Error `json:"error"`
}

// Error says what is wrong: Type for programs, Message for people.
type Error struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	ID      string `json:"id,omitempty"` // of a failure or veto, as Config.Errors was told
}

// problem is an answer that is an error. A status of zero is configured.
type problem struct {
	status int
	body   Error
}

func (p *problem) Error() string { return "account: " + p.body.Type }

func tell(status int, kind, message string) *problem {
	return &problem{status, Error{Type: kind, Message: message}}
}

var (
	errAuthentication = tell(0, "authentication", "Authentication error")
	errExhausted      = tell(0, "attempts_exhausted", "The user has exhausted its available attempts and must wait before requesting another")
	errOTP            = tell(http.StatusUnauthorized, "otp_invalid", "OTP is not valid")
	errRefreshToken   = tell(http.StatusForbidden, "invalid_refresh_token", "Invalid refresh token")
	errForbidden      = tell(http.StatusForbidden, "forbidden", "Forbidden")
	errNotAllowed     = tell(http.StatusBadRequest, "method_not_allowed", "The MFA method is not allowed to be used")
	errNotConfigured  = tell(http.StatusBadRequest, "not_configured", "The MFA method is not configured")
	errNoSecret       = tell(http.StatusBadRequest, "not_configured", "User doesn't have a secret configured")
	errHasPhone       = tell(http.StatusBadRequest, "already_configured", "The user already has a valid SMS phone added.")
	errHasSecret      = tell(http.StatusBadRequest, "already_configured", "The TOTP secret is already configured")
	errRequired       = tell(http.StatusBadRequest, "method_not_allowed", "The last MFA method is required")
	errUnverified     = tell(http.StatusBadRequest, "unverified", "An address must be verified first")
	errNowhere        = tell(http.StatusNotFound, "not_found", "Not found")
	errMethod         = tell(http.StatusMethodNotAllowed, "method", "Method not allowed")
	errFailure        = tell(http.StatusInternalServerError, "internal", "Internal error")
)

// invalid is an answer to what a member of a request is not.
func invalid(message string) *problem {
	return tell(http.StatusBadRequest, "invalid_request", message)
}

// configured is the answer to who has a channel already.
func configured(c Channel) *problem {
	message := string(c) + " is already configured"
	return tell(http.StatusBadRequest, "already_configured", message)
}

// fail answers with what an error stands for.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p == nil {
		body := errFailure.body
		body.ID = wire.NewErrorID()
		wire.Report(a.Errors, r, body.ID, err)
		_ = wire.Reply(w, errFailure.status, ErrorBody{body})
		return
	}
	status := p.status
	switch p {
	case errAuthentication:
		status = a.AuthenticationStatus
	case errExhausted:
		status = a.ExhaustedStatus
		wait, _ := wire.Exhausted(err)
		wire.RetryAfter(w, wait)
	}
	if p == errAuthentication && status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body := p.body
	if errors.Is(err, passwordless.ErrVetoed) {
		body.ID = wire.NewErrorID()
		wire.Report(a.Errors, r, body.ID, err)
	}
	_ = wire.Reply(w, status, ErrorBody{body})
}

// problemOf is what an error is told as; nil: it is a failure.
func problemOf(err error) *problem {
	var (
		told  *problem
		body  *wire.BodyError
		field *identity.FieldError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &body):
		return tell(body.Status, "invalid_request", described(body.Field, body.Reason))
	case errors.As(err, &field):
		return invalid(described(field.Field, field.Reason))
	}
	if _, ok := wire.Exhausted(err); ok {
		return errExhausted
	}
	for _, e := range []struct {
		is   error
		told *problem
	}{
		{wire.ErrNowhere, errNowhere},
		{wire.ErrMethod, errMethod},
		{wire.ErrCrossOrigin, errForbidden},
		{passwordless.ErrVetoed, errForbidden},
		{session.ErrRefused, errRefreshToken},
		{mfa.ErrWrongCode, errOTP},
		{mfa.ErrUnknownUser, errAuthentication},
		{mfa.ErrInactive, errAuthentication},
		{mfa.ErrNotAllowed, errNotAllowed},
		{mfa.ErrTooMany, errNotAllowed},
		{mfa.ErrNotConfigured, errNotConfigured},
		{mfa.ErrNotConfirmed, errNotConfigured},
		{mfa.ErrAlreadyConfigured, tell(http.StatusBadRequest, "already_configured", "The MFA method is already configured")},
		{mfa.ErrLastRequired, errRequired},
		{mfa.ErrUnverified, errUnverified},
	} {
		if errors.Is(err, e.is) {
			return e.told
		}
	}
	return nil
}

func described(field, reason string) string {
	if field == "" {
		return "The body " + reason
	}
	return field + ": " + reason
}
