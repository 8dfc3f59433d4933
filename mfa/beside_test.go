package mfa_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const otherPhone = "+13035550100"

// meanwhile opens a house in which something happens once, just before or after
// a store call.
func meanwhile(t *testing.T, method string, before bool) (h *logintest.House, happen func(func())) {
	t.Helper()
	m := memstore.New()
	var pending func()
	fire := func() {
		if f := pending; f != nil {
			pending = nil
			f()
		}
	}
	tapped := logintest.Tap(store.Of(m), func(c logintest.Call) error {
		if c.Method != method {
			return c.Do()
		}
		if before {
			fire()
			return c.Do()
		}
		err := c.Do()
		fire()
		return err
	})
	h = logintest.Open(t, logintest.Backend{Store: tapped, Put: m.Put})
	h.Tenant.MultiFactorConfiguration.SMS.Enabled = true
	return h, func(f func()) { pending = f }
}

// MFA-13: a second method takes a proof of the first, also of one that was
// confirmed while the second was under way.
func TestNoMethodBesideAnotherWithoutItsProof(t *testing.T) {
	t.Parallel()
	who := mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}
	for name, during := range map[string]struct {
		method string
		before bool
	}{
		"confirmed during the other's Confirm": {"ConfirmFactor", true},
		"confirmed during the other's Enrol":   {"ListFactors", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, happen := meanwhile(t, during.method, during.before)
			factors := h.Login().Factors()
			sms, err := factors.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: otherPhone})
			if err != nil {
				t.Fatal(err)
			}
			confirmSMS := func() { // in the same millisecond as all the rest
				r := mfa.ConfirmRequest{MethodID: sms.MethodID, Code: secret.New(h.Inbox.LastCode(otherPhone))}
				if _, err := factors.Confirm(t.Context(), who, r); err != nil {
					t.Error(err)
				}
			}
			if !during.before {
				happen(confirmSMS)
			}
			app, err := factors.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
			if err != nil {
				t.Fatal(err)
			}
			if during.before {
				happen(confirmSMS)
			}
			code, err := totp.GenerateCode(app.SecretBase32.Reveal(), h.Now())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := factors.Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: app.MethodID, Code: secret.New(code)}); err == nil {
				t.Error("the authenticator was confirmed beside a method that was not proven")
			}
			if l, err := factors.List(t.Context(), who); err != nil || len(l) != 1 {
				t.Errorf("%d methods, want the one that was first: %v", len(l), err)
			}
		})
	}
}

// LOG-01: what is issued stays out of a JSON log.
func TestIssuedIsNotLogged(t *testing.T) {
	t.Parallel()
	shown := secret.Issue("a canary")
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, v := range []any{
		mfa.Enrolment{Secret: shown, SecretBase32: shown, URI: shown},
		mfa.Confirmed{RecoveryCodes: []secret.Issued{shown}},
		mfa.StepUp{ID: shown, Code: shown}, mfa.TrustToken{Token: shown}, mfa.SteppedUp{TrustToken: mfa.TrustToken{Token: shown}},
	} {
		logger.Info("issued", "value", v)
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("logged: %s", log.String())
	}
}
