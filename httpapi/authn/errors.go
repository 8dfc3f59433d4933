package authn

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
)

// Error is the body of every answer that is not a success, in the shape of Okta's
// API, which the two steps come from.
type Error struct {
	Code    string  `json:"errorCode"`
	Summary string  `json:"errorSummary"`
	ID      string  `json:"errorId,omitempty"` // of a failure or veto, as Config.Errors was told
	Causes  []Cause `json:"errorCauses,omitempty"`
}

// Cause is one thing that is wrong.
type Cause struct {
	Summary string `json:"errorSummary"`
}

// problem is an answer that is an error.
type problem struct {
	status  int
	code    string
	summary string
	cause   string // empty: none
}

func (p *problem) Error() string { return "authn: " + p.summary }

func (p *problem) body() Error {
	e := Error{Code: p.code, Summary: p.summary}
	if p.cause != "" {
		e.Causes = []Cause{{p.cause}}
	}
	return e
}

var (
	errCredentials = &problem{http.StatusUnauthorized, "E0000004", "Authentication failed.", ""}
	errTransaction = &problem{http.StatusUnauthorized, "E0000011", "Invalid token provided.", ""}
	errForbidden   = &problem{http.StatusForbidden, "E0000006", "You are not permitted to perform the requested action.", ""}
	errPassCode    = &problem{http.StatusForbidden, "E0000068", "Invalid passcode.", "The passcode does not match."}
	errNowhere     = &problem{http.StatusNotFound, "E0000007", "Not found.", ""}
	errMethod      = &problem{http.StatusMethodNotAllowed, "E0000022", "The endpoint does not support the method.", ""}
	errNameTaken   = &problem{http.StatusConflict, "E0000001", "API validation failed.", "name: is another key's"}
	errTooMany     = &problem{http.StatusTooManyRequests, "E0000047", "Too many requests. Try again later.", ""}
	errFailure     = &problem{http.StatusInternalServerError, "E0000009", "Internal error.", ""}
)

// invalid is an answer to what a member, or the request as a whole, lacks.
func invalid(cause string) error {
	return &problem{http.StatusBadRequest, "E0000001", "API validation failed.", cause}
}

// first is an answer to who has something else to do first.
func first(cause string) error {
	return &problem{http.StatusForbidden, "E0000079", "The operation is not allowed in the current state.", cause}
}

// unadmitted is the answer to a login that signed nobody in. An account that is
// closed is told like a wrong password.
func unadmitted(o outcome.Outcome) error {
	switch o {
	case outcome.TwoFactorRequired:
		return first("A second factor is required. Sign in at /auth.")
	case outcome.ChangePasswordRequired:
		return first("The password must be changed.")
	case outcome.IdentityUnverified:
		return first("The login id must be verified.")
	case outcome.RegistrationUnverified:
		return first("The registration must be verified.")
	}
	return errCredentials
}

// fail answers with what an error stands for.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(w, err)
	if p == nil {
		a.broken(w, r, err)
		return
	}
	if p == errCredentials {
		w.Header().Set("WWW-Authenticate", `Basic realm="Gatehouse", charset="UTF-8"`)
	}
	body := p.body()
	if errors.Is(err, passwordless.ErrVetoed) {
		body.ID = wire.NewErrorID()
		wire.Report(a.Errors, r, body.ID, err)
	}
	_ = wire.Reply(w, p.status, body)
}

// problem is what an error is told as; nil: it is a failure.
func (a *api) problem(w http.ResponseWriter, err error) *problem {
	var (
		told  *problem
		body  *wire.BodyError
		field *identity.FieldError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &body):
		return &problem{body.Status, "E0000003", "The request body was not well-formed.", described(body.Field, body.Reason)}
	case errors.As(err, &field):
		return &problem{http.StatusBadRequest, "E0000001", "API validation failed.", described(field.Field, field.Reason)}
	}
	if after, ok := wire.Exhausted(err); ok {
		wire.RetryAfter(w, after)
		return errTooMany
	}
	for _, e := range []struct {
		is   error
		told *problem
	}{
		{wire.ErrNowhere, errNowhere},
		{wire.ErrMethod, errMethod},
		{wire.ErrCrossOrigin, errForbidden},
		{passwordless.ErrVetoed, errForbidden},
		{session.ErrRefused, errCredentials},
		{session.ErrNotFound, errNowhere},
		{session.ErrNameTaken, errNameTaken},
	} {
		if errors.Is(err, e.is) {
			return e.told
		}
	}
	return nil
}

func described(field, reason string) string {
	if field == "" {
		return "The body " + reason + "."
	}
	return field + ": " + reason
}

// broken answers that something failed, and reports it.
func (a *api) broken(w http.ResponseWriter, r *http.Request, err error) {
	e := errFailure.body()
	e.ID = wire.NewErrorID()
	wire.Report(a.Errors, r, e.ID, err)
	_ = wire.Reply(w, errFailure.status, e)
}
