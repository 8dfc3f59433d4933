package passwordless_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
)

// LOG-01: a request or a factor that is printed or logged, as errors and debug
// lines do, shows no address.
func TestRequestsPrintNoAddress(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		passwordless.StartRequest{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email},
		passwordless.SendRequest{ApplicationID: logintest.ApplicationID, LoginID: logintest.Phone},
		passwordless.StartVerificationRequest{LoginID: logintest.Email},
		store.Factor{Kind: "email", To: logintest.Email},
		store.Opened{Factors: []store.Factor{{Kind: "sms", To: logintest.Phone}}},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&out, verb, v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("asked", "request", v)
		if _, opened := v.(store.Opened); !opened {
			slog.New(slog.NewJSONHandler(&out, nil)).Info("asked", "request", v)
		}
		for _, canary := range []string{logintest.Email, logintest.Phone} {
			if strings.Contains(out.String(), canary) {
				t.Errorf("%T prints an address or number", v)
			}
		}
	}
}
