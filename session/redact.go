package session

import "log/slog"

// What is issued is in the clear in JSON, and a JSON log handler encodes what it
// is given: these keep it out of logs. fmt prints it redacted by itself.

// LogValue is the session's id.
func (t Tokens) LogValue() slog.Value { return slog.StringValue("session " + t.RefreshTokenID) }

// LogValue is the session's id.
func (r Refreshed) LogValue() slog.Value { return slog.StringValue("session " + r.RefreshTokenID) }

// LogValue is the key's id.
func (k NewKey) LogValue() slog.Value { return slog.StringValue("key " + k.ID) }

// LogValue is the keys' ids.
func (k LoginKeys) LogValue() slog.Value {
	return slog.StringValue("keys " + k.APIKey.ID + " " + k.AccessToken.ID)
}
