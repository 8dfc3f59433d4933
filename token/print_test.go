package token_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/token"
)

// LOG-01: claims print and log without the address in them.
func TestClaimsPrintNoAddress(t *testing.T) {
	t.Parallel()
	c := token.Claims{Subject: "00000000-0000-0001-0000-000000000000", Email: "jared@piedpiper.com"}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("claims", "c", c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, verb, c)
	}
	if s := out.String(); strings.Contains(s, "jared") || !strings.Contains(s, c.Subject) {
		t.Errorf("printed %s", s)
	}
}
