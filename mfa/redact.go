package mfa

import "log/slog"

// What is issued is in the clear in JSON, and a JSON log handler encodes what it
// is given: these keep it out of logs. fmt prints it redacted by itself.

// LogValue is the method alone.
func (e Enrolment) LogValue() slog.Value { return slog.StringValue(e.Kind + " " + e.MethodID) }

// LogValue is the method alone.
func (c Confirmed) LogValue() slog.Value { return slog.StringValue(c.Method.String()) }

// LogValue is nothing of the step-up.
func (StepUp) LogValue() slog.Value { return slog.StringValue("mfa.StepUp") }

// LogValue is nothing of the token.
func (SteppedUp) LogValue() slog.Value { return slog.StringValue("mfa.SteppedUp") }

// LogValue is nothing of the token.
func (TrustToken) LogValue() slog.Value { return slog.StringValue("mfa.TrustToken") }
