package messenger

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Purpose says what a message is for. Others than those named here are carried
// unchanged, and need templates of the caller's.
type Purpose string

// The purposes that have built-in templates.
const (
	PasswordlessLogin        Purpose = "passwordless-login"
	IdentityVerification     Purpose = "identity-verification"
	RegistrationVerification Purpose = "registration-verification"
	TwoFactorCode            Purpose = "two-factor-code"

	// Notices carry no code and no link.
	TwoFactorAdded        Purpose = "two-factor-added"
	TwoFactorRemoved      Purpose = "two-factor-removed"
	RecoveryCodeUsed      Purpose = "recovery-code-used"
	RecoveryCodesReplaced Purpose = "recovery-codes-replaced"
)

// Channel is how a message reaches a person.
type Channel string

// The channels that templates and [ByChannel] know.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Ref names a tenant or an application to a person.
type Ref struct {
	ID   string
	Name string
}

// Message is one message to one person.
//
// It prints, logs, marshals and gobs without the address, the code, the link,
// the user and the state. Who keeps messages elsewhere, as a durable outbox
// does, encodes the fields one by one and seals them.
type Message struct {
	// ID stays the same however often the message is tried, so that a gateway
	// may recognise what it has delivered. It is no secret.
	ID      string
	Purpose Purpose
	Channel Channel

	// To is the address on record: an email address or an E.164 number. It is
	// empty in a decoy. See [CheckAddress].
	To secret.Text

	// Tenant and Application are named in the text, from configuration.
	Tenant      Ref
	Application Ref

	// User is the person, without secrets, for a template to greet. Nil: not known.
	User *identity.User

	// Locales are the person's languages, the preferred one first, in the form
	// en-US or en_US: the registration's if it has any, else the user's.
	Locales []string

	// Code is what the person types, Link the complete URL that they open. Either
	// may be empty. Both are secrets.
	Code secret.Text
	Link secret.Text

	// State is what the caller gave at the start: anybody's text. It is never
	// part of the link.
	State identity.Object

	// Lifetime is how long the code or link is accepted, for the text to say.
	Lifetime time.Duration

	// Expires is when it stops being accepted; nothing is delivered after that.
	// Zero: never.
	Expires time.Time

	// Decoy marks a message to nobody. It travels as any other does, so that a
	// person who is not known costs the same work, and is dropped where it
	// would be delivered. Every Messenger of this package drops it.
	Decoy bool
}

// String names the message by id, purpose, channel and application.
func (m Message) String() string {
	return fmt.Sprintf("message %q (%s by %s for application %q)", m.ID, m.Purpose, m.Channel, m.Application.ID)
}

// Format implements [fmt.Formatter]: every verb prints [Message.String].
func (m Message) Format(f fmt.State, _ rune) { io.WriteString(f, m.String()) }

// LogValue implements [slog.LogValuer] with the same fields as [Message.String].
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", m.ID),
		slog.String("purpose", string(m.Purpose)),
		slog.String("channel", string(m.Channel)),
		slog.String("applicationId", m.Application.ID),
	)
}

// MarshalText returns [Message.String].
func (m Message) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// GobEncode returns [Message.String].
func (m Message) GobEncode() ([]byte, error) { return []byte(m.String()), nil }

func (m Message) expired(now time.Time) bool {
	return !m.Expires.IsZero() && !now.Before(m.Expires)
}
