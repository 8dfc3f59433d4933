package secret

import "errors"

var (
	// ErrUnknownKey means that a value was sealed with a key that the keyring
	// does not hold. It may be whole: add that key again.
	ErrUnknownKey = errors.New("secret: sealed with a key that is not in the keyring")

	// ErrDamaged means that a value was changed or cut short, was sealed for
	// another use or bound to something else, or was never sealed at all.
	ErrDamaged = errors.New("secret: sealed value is damaged or was sealed for something else")
)

// FieldError is a configuration that cannot be used. It never shows the value.
type FieldError struct {
	Field   string // as it is called where it is configured: length, older[0].Secret
	Problem string // what must hold: "must be 4 to 12 characters"
}

// Error returns the field and the problem.
func (e *FieldError) Error() string { return "secret: " + e.Field + " " + e.Problem }
