package mfa

import (
	"errors"
	"time"
)

// What a person, or the page before them, can do something about. Everything
// else that is no *[ExhaustedError] and no *[identity.FieldError] means that
// the store or the messenger failed.
//
// [identity.FieldError]: https://pkg.go.dev/github.com/gatehouse-go/gatehouse/identity#FieldError
var (
	// ErrAlreadyConfigured: the method is confirmed already.
	ErrAlreadyConfigured = errors.New("mfa: already configured")

	// ErrNotConfigured: the user has no such method, or none at all.
	ErrNotConfigured = errors.New("mfa: not configured")

	// ErrNotConfirmed: the user has the method, and has yet to confirm it.
	ErrNotConfirmed = errors.New("mfa: not confirmed")

	// ErrNotAllowed: the method may not be used for this: the tenant does not
	// allow it, there is nothing to send for it, or it goes where the code of
	// this very login went.
	ErrNotAllowed = errors.New("mfa: method not allowed")

	// ErrTooMany: the user has as many methods as anyone may.
	ErrTooMany = errors.New("mfa: too many methods")

	// ErrLastRequired: the method is the last one, and policy demands one.
	ErrLastRequired = errors.New("mfa: the last method is required")

	// ErrWrongCode is the one answer to a code that is wrong, expired, used,
	// malformed or another method's. It is FusionAuth's 421.
	ErrWrongCode = errors.New("mfa: wrong code")

	// ErrRefused is the one answer to a step-up, trust token or trusted device
	// that is unknown, expired, spent, exhausted or another's.
	ErrRefused = errors.New("mfa: refused")

	// ErrUnverified: nothing that the user signs in by is verified, so that a
	// factor could be somebody else's on their account.
	ErrUnverified = errors.New("mfa: no verified identity")

	// ErrUnknownUser: the tenant has no such user.
	ErrUnknownUser = errors.New("mfa: unknown user")

	// ErrInactive: the user is locked, has expired, or is kept out by an
	// administrator's action.
	ErrInactive = errors.New("mfa: inactive user")
)

// ExhaustedError says that guesses or messages have run out for now. Guesses of
// one kind running out leaves the other kinds open.
type ExhaustedError struct {
	// RetryAfter is how long until there are more; zero if it takes another
	// login or step-up.
	RetryAfter time.Duration
}

func (e *ExhaustedError) Error() string { return "mfa: too many attempts" }
