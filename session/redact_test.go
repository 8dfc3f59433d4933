package session_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// LOG-01: what is issued stays out of a JSON log.
func TestIssuedIsNotLogged(t *testing.T) {
	t.Parallel()
	shown := secret.Issue("a canary")
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, v := range []any{
		session.Tokens{Token: shown, RefreshToken: shown}, session.Refreshed{Token: shown, RefreshToken: shown},
		session.NewKey{Secret: shown}, session.LoginKeys{APIKey: session.NewKey{Secret: shown}},
	} {
		logger.Info("issued", "value", v)
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("logged: %s", log.String())
	}
}
