package passwordless

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

var (
	// ErrRefused is the one answer to a code, handle or id that is wrong,
	// expired, spent, exhausted or unknown, and to a person who is no longer
	// there. It is FusionAuth's 404.
	ErrRefused = errors.New("passwordless: refused")

	// ErrOtherBrowser is a login that was not asked for in the browser that shows
	// its code. The code is right, and not spent: if the person accepts it, having
	// seen where it was asked for, LoginRequest.OtherBrowser goes on.
	ErrOtherBrowser = errors.New("passwordless: not asked for in this browser")

	// ErrUnknownUser is Start's answer under RevealUnknown.
	ErrUnknownUser = errors.New("passwordless: unknown user")

	// ErrVetoed is the caller's own hook refusing a login, failing, or taking
	// too long. The error that wraps it also wraps what the hook returned.
	ErrVetoed = errors.New("passwordless: vetoed")
)

// RateLimitError says that starts or sends have run out for now. It is told
// alike for people who exist and people who do not. Guesses are never told.
type RateLimitError struct {
	// RetryAfter is how long until there are more.
	RetryAfter time.Duration
}

func (e *RateLimitError) Error() string { return "passwordless: too many starts or sends" }

// ValidationError says what is wrong with a request, in the shape of
// FusionAuth's Errors object. It is a 400.
type ValidationError struct {
	FieldErrors   map[string][]ErrorDetail `json:"fieldErrors,omitempty"`
	GeneralErrors []ErrorDetail            `json:"generalErrors,omitempty"`
}

// ErrorDetail is one thing that is wrong. Code is "[tag]field" for a field and
// "[Name]" for the request as a whole.
type ErrorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error names the codes, never a value.
func (e *ValidationError) Error() string {
	var codes []string
	for _, details := range e.FieldErrors {
		for _, d := range details {
			codes = append(codes, d.Code)
		}
	}
	slices.Sort(codes)
	for _, d := range e.GeneralErrors {
		codes = append(codes, d.Code)
	}
	return "passwordless: invalid request: " + strings.Join(codes, " ")
}

// field is a ValidationError about one field.
func field(tag, name, message string) *ValidationError {
	return &ValidationError{FieldErrors: map[string][]ErrorDetail{
		name: {{Code: fmt.Sprintf("[%s]%s", tag, name), Message: message}},
	}}
}

// general is a ValidationError about the request as a whole.
func general(name, message string) *ValidationError {
	return &ValidationError{GeneralErrors: []ErrorDetail{{Code: "[" + name + "]", Message: message}}}
}
