package passwordless

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/gatehouse-go/gatehouse/identity"
)

// What is issued is in the clear in JSON, and a JSON log handler encodes what
// it is given: these keep it out of logs. fmt prints it redacted by itself.

// LogValue is the outcome alone.
func (r Result) LogValue() slog.Value { return slog.StringValue(r.Outcome.String()) }

// LogValue is nothing of the response.
func (LoginResponse) LogValue() slog.Value { return slog.StringValue("passwordless.LoginResponse") }

// LogValue is the strategy alone.
func (b Begun) LogValue() slog.Value { return slog.StringValue(string(b.Strategy)) }

// LogValue is nothing of what was started.
func (Started) LogValue() slog.Value { return slog.StringValue("passwordless.Started") }

// LogValue is nothing of the verification.
func (Verification) LogValue() slog.Value { return slog.StringValue("passwordless.Verification") }

// LogValue is nothing of the response.
func (ChangePasswordResponse) LogValue() slog.Value {
	return slog.StringValue("passwordless.ChangePasswordResponse")
}

// LogValue is nothing of the state.
func (Verified) LogValue() slog.Value { return slog.StringValue("passwordless.Verified") }

// LogValue names the user, the application and the outcome by what is no address.
func (a Attempt) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("user", a.User.ID),
		slog.String("application", a.Application.ID),
		slog.String("outcome", a.Outcome.String()),
	)
}

// What was typed stands in the clear in a request, and whoever logs requests logs
// it: under every verb of fmt, and in slog, these show a mask.

// String is the application and the masked login id.
func (r StartRequest) String() string { return asked(r.ApplicationID, r.LoginID) }

// Format prints String, whatever the verb.
func (r StartRequest) Format(s fmt.State, _ rune) { io.WriteString(s, r.String()) }

// LogValue is String.
func (r StartRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String is the application and the masked login id.
func (r SendRequest) String() string { return asked(r.ApplicationID, r.LoginID) }

// Format prints String, whatever the verb.
func (r SendRequest) Format(s fmt.State, _ rune) { io.WriteString(s, r.String()) }

// LogValue is String.
func (r SendRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String is the application and the masked login id.
func (r StartVerificationRequest) String() string { return asked(r.ApplicationID, r.LoginID) }

// Format prints String, whatever the verb.
func (r StartVerificationRequest) Format(s fmt.State, _ rune) { io.WriteString(s, r.String()) }

// LogValue is String.
func (r StartVerificationRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

func asked(applicationID, loginID string) string {
	return "application " + applicationID + " login " + identity.Mask(loginID)
}
