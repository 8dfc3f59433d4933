package passwordless_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// secondSteps are the calls that go on from 242, or begin without a message.
var secondSteps = map[string]func(*logintest.House) func(context.Context) (*passwordless.Result, error){
	"CompleteTwoFactor by an authenticator": func(h *logintest.House) func(context.Context) (*passwordless.Result, error) {
		app := h.Enrolled(who)
		r := second(challenged(h), app.Code())
		r.TrustComputer = true
		return func(ctx context.Context) (*passwordless.Result, error) { return h.Login().CompleteTwoFactor(ctx, r) }
	},
	"CompleteTwoFactor by a recovery code": func(h *logintest.House) func(context.Context) (*passwordless.Result, error) {
		app := h.Enrolled(who)
		r := second(challenged(h), secret.New(app.Recovery[0].Reveal()))
		return func(ctx context.Context) (*passwordless.Result, error) { return h.Login().CompleteTwoFactor(ctx, r) }
	},
	"CompleteTwoFactor by message": func(h *logintest.House) func(context.Context) (*passwordless.Result, error) {
		const number = "+13035550100"
		h.Enrol(identity.MethodSMS, number)
		first := challenged(h)
		if err := h.Login().SendTwoFactor(h.T.Context(), passwordless.SendTwoFactorRequest{
			TwoFactorID: secret.New(first.Response.TwoFactorID.Reveal()), MethodID: "35VW",
		}); err != nil {
			h.T.Fatal(err)
		}
		r := second(first, secret.New(h.Inbox.LastCode(number)))
		return func(ctx context.Context) (*passwordless.Result, error) { return h.Login().CompleteTwoFactor(ctx, r) }
	},
	"ConfirmTwoFactor": func(h *logintest.House) func(context.Context) (*passwordless.Result, error) {
		h.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		first := challenged(h)
		id := secret.New(first.Response.TwoFactorID.Reveal())
		e, err := h.Login().EnrolTwoFactor(h.T.Context(), passwordless.EnrolTwoFactorRequest{
			TwoFactorID: id, Enrol: mfa.EnrolRequest{Kind: identity.MethodAuthenticator},
		})
		if err != nil {
			h.T.Fatal(err)
		}
		r := second(first, (&logintest.Authenticator{House: h, Secret: e.SecretBase32.Reveal()}).Code())
		r.MethodID = e.MethodID
		return func(ctx context.Context) (*passwordless.Result, error) {
			c, err := h.Login().ConfirmTwoFactor(ctx, r)
			return c.Result, err
		}
	},
}

// FLT-02, SEC-04: every call of the store fails, one at a time, before and after
// it was carried out, in every call that ends a login by a second factor: no token
// comes with an error or without a login, and another try makes no second one.
func TestFaultsInTheSecondStep(t *testing.T) {
	t.Parallel()
	for _, shape := range []struct {
		name string
		of   func(store.Store) store.Store
	}{{"one engine", func(s store.Store) store.Store { return s }}, {"four engines", logintest.Split}} {
		for name, set := range secondSteps {
			for k := 1; ; k++ {
				calls := 0
				for _, after := range []bool{false, true} {
					calls = faulty(t, fmt.Sprintf("%s, %s, call %d, after %v", shape.name, name, k, after), shape.of, set, k, after)
				}
				if calls < k {
					break
				}
			}
		}
	}
}

// faulty plays a step in which the kth call of the store fails, and says how many there were.
func faulty(
	t *testing.T, what string, shape func(store.Store) store.Store,
	set func(*logintest.House) func(context.Context) (*passwordless.Result, error), k int, after bool,
) int {
	t.Helper()
	broken := errors.New("fault")
	armed, calls, failed := false, 0, ""
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(shape(store.Of(m)), func(c logintest.Call) error {
		if !armed {
			return c.Do()
		}
		if calls++; calls != k {
			return c.Do()
		}
		failed = c.Method
		if after {
			c.Do()
		}
		return broken
	})})
	try := set(h)
	armed = true
	first, err := try(t.Context())
	armed = false
	minted := 0
	if err == nil && !first.Response.Token.IsZero() {
		minted++
	}
	// The login stands once it is admitted: what fails after that, as trusting the
	// device and telling Users does, is told by an event.
	if err == nil && failed != "" && failed != "RecordLogin" && failed != "CreateGrant" {
		t.Errorf("%s: succeeded though %s failed", what, failed)
	}
	if err != nil && first != nil {
		t.Errorf("%s: an error came with a result", what)
	}
	if again, err := try(t.Context()); err == nil && !again.Response.Token.IsZero() {
		minted++
	}
	if logins := h.LoginsAt(h.Now()); minted > 1 || logins > 1 || minted > logins {
		t.Errorf("%s, %s failed: %d tokens and %d logins", what, failed, minted, logins)
	}
	return calls
}
