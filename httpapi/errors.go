package httpapi

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/session"
)

// PanicError is a panic in a request, for [Config.Errors]. Its text tells only
// that there was one, since its Value may hold anything; Stack says where.
type PanicError = wire.PanicError

// status is an answer that is no more than its status.
type status int

func (s status) Error() string { return "httpapi: " + http.StatusText(int(s)) }

// field is a 400 about one member of a request.
func field(tag, name, message string) error {
	return &passwordless.ValidationError{FieldErrors: map[string][]passwordless.ErrorDetail{
		name: {{Code: "[" + tag + "]" + name, Message: message}},
	}}
}

// general is a 400 about a request as a whole.
func general(name, message string) *passwordless.ValidationError {
	return &passwordless.ValidationError{GeneralErrors: []passwordless.ErrorDetail{{Code: "[" + name + "]", Message: message}}}
}

// fail answers with what an error stands for.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	var (
		plain   status
		body    *wire.BodyError
		invalid *passwordless.ValidationError
		faulty  *identity.FieldError
	)
	switch {
	case errors.As(err, &plain):
		w.WriteHeader(int(plain))
	case errors.As(err, &body):
		wire.Reply(w, body.Status, unreadable(body))
	case errors.As(err, &invalid):
		wire.Reply(w, http.StatusBadRequest, invalid)
	case errors.As(err, &faulty):
		wire.Reply(w, http.StatusBadRequest, field(faulty.Tag, faulty.Field, "The value "+faulty.Reason+"."))
	case errors.Is(err, wire.ErrMethod):
		w.WriteHeader(http.StatusMethodNotAllowed)
	case errors.Is(err, wire.ErrCrossOrigin):
		w.WriteHeader(http.StatusForbidden)
	case errors.Is(err, passwordless.ErrOtherBrowser):
		wire.Reply(w, http.StatusBadRequest, general("OtherBrowser", "The login was not asked for in this browser."))
	case errors.Is(err, mfa.ErrWrongCode):
		w.WriteHeader(http.StatusMisdirectedRequest)
	case errors.Is(err, wire.ErrNowhere), errors.Is(err, passwordless.ErrRefused), errors.Is(err, passwordless.ErrUnknownUser),
		errors.Is(err, passwordless.ErrNoPasswords), errors.Is(err, mfa.ErrUnknownUser),
		errors.Is(err, mfa.ErrRefused), errors.Is(err, session.ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
	default:
		a.limitOrBreak(w, r, err)
	}
}

// unreadable says what is wrong with a body.
func unreadable(e *wire.BodyError) error {
	switch {
	case e.Field != "":
		return field("couldNotConvert", e.Field, "The value is not of the type that is expected.")
	case e.Status == http.StatusRequestEntityTooLarge:
		return general("TooLarge", "The body "+e.Reason+".")
	case e.Status == http.StatusUnsupportedMediaType:
		return general("InvalidContentType", "The body "+e.Reason+".")
	}
	return general("InvalidJSON", "The body "+e.Reason+".")
}

func (a *API) limitOrBreak(w http.ResponseWriter, r *http.Request, err error) {
	if after, ok := wire.Exhausted(err); ok {
		wire.RetryAfter(w, after)
		wire.Reply(w, http.StatusTooManyRequests, general("RateLimitedException", "Too many requests. Try again later."))
		return
	}
	if m, ok := factorError(err); ok {
		wire.Reply(w, http.StatusBadRequest, m)
		return
	}
	a.broken(w, r, err)
}

// factorError is what a caller is told of a second factor that cannot be managed
// so.
func factorError(err error) (error, bool) {
	for _, e := range []struct{ is, told error }{
		{mfa.ErrNotConfigured, field("invalid", "methodId", "The user has no such method.")},
		{mfa.ErrNotConfirmed, field("invalid", "methodId", "The method is yet to be confirmed.")},
		{mfa.ErrNotAllowed, field("disabled", "method", "The method cannot be used for this.")},
		{mfa.ErrAlreadyConfigured, field("configured", "method", "The user has that method.")},
		{mfa.ErrTooMany, field("tooMany", "method", "The user has as many methods as can be.")},
		{mfa.ErrLastRequired, general("TwoFactorRequired", "The last method cannot be removed: one is required.")},
		{mfa.ErrUnverified, general("UnverifiedIdentity", "The user has no verified identity.")},
		{mfa.ErrInactive, general("UserInactive", "The user is locked, expired or prevented from signing in.")},
	} {
		if errors.Is(err, e.is) {
			return e.told, true
		}
	}
	return nil, false
}

// broken answers that something failed, and reports it. A hook's veto, as a
// webhook of FusionAuth's, is a 504; a store that cannot be reached a 503, which
// clients try again.
func (a *API) broken(w http.ResponseWriter, r *http.Request, err error) {
	a.report(r, err)
	switch {
	case errors.Is(err, passwordless.ErrVetoed):
		w.WriteHeader(http.StatusGatewayTimeout)
	case unreachable(err):
		wire.Reply(w, http.StatusServiceUnavailable, general("ServiceUnavailable", "Try again later."))
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func unreachable(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.DeadlineExceeded)
}

func (a *API) report(r *http.Request, err error) {
	if a.c.Errors == nil {
		return
	}
	hear := func(r *http.Request, _ string, err error) { a.c.Errors(r, err) }
	wire.Report(hear, r, "", fmt.Errorf("httpapi: %s: %w", r.Pattern, err))
}
