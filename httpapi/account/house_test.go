package account_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

const password = "correct horse"

// bench is the handler over the house of the login's own tests.
type bench struct {
	*logintest.House
	*wiretest.Recorder
	Config   account.Config
	Denylist *token.MemoryDenylist
	failed   []error
}

func open(t *testing.T, changes ...func(*bench)) *bench {
	t.Helper()
	m := memstore.New()
	b := &bench{House: logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})}
	b.Recorder = &wiretest.Recorder{T: t}
	b.Application.LoginConfiguration.AllowTokenRefresh = true
	b.Tenant.MultiFactorConfiguration.SMS.Enabled = true
	b.Tenant.MultiFactorConfiguration.Email.Enabled = true
	b.Tenant.JWTConfiguration.RefreshTokenUsagePolicy = identity.Reusable // as the source has it
	b.Denylist = &token.MemoryDenylist{Now: b.Now}
	b.Config = account.Config{
		TenantID: logintest.TenantID, ApplicationID: logintest.ApplicationID,
		Password: checkPassword,
		Errors:   func(_ *http.Request, _ string, err error) { b.failed = append(b.failed, err) },
	}
	for _, change := range changes {
		change(b)
	}
	var err error
	b.Config.Verifier, err = token.NewVerifier(token.VerifierConfig{
		Keys: b.Keys, Issuer: b.Tenant.Issuer, Audiences: []string{logintest.ApplicationID, "another"}, Denylist: b.Denylist, Now: b.Now,
	})
	b.must(err)
	issuer := b.House.Config.Issuer
	b.House.Config.Issuer = nil
	b.House.Config.Applications = identity.Static(b.Tenant, b.Application)
	b.House.Config.Sessions, err = session.New(session.Config{
		Store: b.Backend.Store, Keys: b.House.Config.Keys, Issuer: issuer, Applications: b.House.Config.Applications,
		Denylist: b.Denylist, Now: b.Now,
	})
	b.must(err)
	b.Config.Login = b.Login()
	b.Recorder.Handler, err = account.New(b.Config)
	b.must(err)
	return b
}

// checkPassword knows the sample user.
func checkPassword(_ context.Context, email string, typed secret.Text) (string, error) {
	if email != logintest.Email || !typed.Equal(secret.New(password)) {
		return "", account.ErrWrongPassword
	}
	return logintest.UserID, nil
}

func (b *bench) must(err error) {
	b.House.T.Helper()
	if err != nil {
		b.House.T.Fatal(err)
	}
}

var john = fmt.Sprintf(`{"email":%q,"password":%q}`, logintest.Email, password)

// signIn signs the sample user in, and returns the header that says so.
func (b *bench) signIn(headers ...string) (bearer string, a wiretest.Answer) {
	b.House.T.Helper()
	a = b.Call("POST /auth/login", john, headers...)
	if a.Status != 200 {
		b.House.T.Fatalf("login: %d %s", a.Status, a.Body)
	}
	return "Authorization: Bearer " + a.Text("idToken"), a
}

// totp gives the sample user an authenticator, and waits for its next code.
func (b *bench) totp(bearer string, headers ...string) (secret string) {
	b.House.T.Helper()
	a := b.Call("POST /auth/otp/methods/totp", `{}`, append(headers, bearer)...)
	secret = a.Text("secret")
	if v := b.Call("POST /auth/otp/code", `{"channel":"TOTP"}`, bearer, b.otp(secret)); v.Status != 200 {
		b.House.T.Fatalf("totp: %d %s, %d %s", a.Status, a.Body, v.Status, v.Body)
	}
	b.Advance(30 * time.Second)
	return secret
}

// otp is the header with what an authenticator shows now.
func (b *bench) otp(secret string) string {
	return "X-Otp: " + wiretest.TOTP(b.House.T, secret, b.Now())
}

// sent is the header with the code that was last sent to an address or number.
func (b *bench) sent(to string) string { return "X-Otp: " + b.Inbox.LastCode(to) }

// faulty is a store of factors that breaks.
type faulty struct {
	store.Factors
	broken *bool
}

func (s faulty) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	if *s.broken {
		return nil, errBroken
	}
	return s.Factors.ListFactors(ctx, tenant, user)
}
