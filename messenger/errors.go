package messenger

import "errors"

var (
	// ErrExpired: the message was not delivered before it expired. It is permanent.
	ErrExpired = Permanent(errors.New("messenger: message expired"))
	// ErrFull: the outbox has no room. It is not permanent.
	ErrFull = errors.New("messenger: outbox is full")
	// ErrClosed: the outbox was closed. It is not permanent: another may take
	// the message.
	ErrClosed = errors.New("messenger: outbox is closed")
)

// FieldError says which field of a [Message] or of a configuration is refused,
// and why, without its value. It is permanent.
type FieldError struct {
	Field  string // such as "To" or "Application.Name"
	Reason string // such as "is required"
}

func (e *FieldError) Error() string { return "messenger: " + e.Field + " " + e.Reason }

// Permanent reports true.
func (e *FieldError) Permanent() bool { return true }

// ChannelError says that nobody delivers messages of a channel. It is permanent.
type ChannelError struct {
	Channel Channel
}

func (e *ChannelError) Error() string {
	return "messenger: no messenger for channel " + string(e.Channel)
}

// Permanent reports true.
func (e *ChannelError) Permanent() bool { return true }

// PanicError says that a Messenger panicked: where, and with a value of which
// type. The value itself is not kept, since it may hold anything, a secret too.
type PanicError struct {
	Type  string
	Stack []byte
}

func (e *PanicError) Error() string { return "messenger: panic with a " + e.Type }

// Permanent marks err as a failure that another try cannot mend, such as an
// address that does not exist. A nil err stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error it wraps, has a method
// Permanent() bool that says so, as the errors made by [Permanent] have.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

type permanentError struct{ err error }

func (e *permanentError) Error() string   { return e.err.Error() }
func (e *permanentError) Unwrap() error   { return e.err }
func (e *permanentError) Permanent() bool { return true }
