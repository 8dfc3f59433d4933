package authn_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const password = "correct horse"

// bench is the handler over the house of the login's own tests.
type bench struct {
	*logintest.House
	*wiretest.Recorder
	Config authn.Config
	Keys   *session.Keys
	failed []error
}

func open(t *testing.T, changes ...func(*bench)) *bench {
	t.Helper()
	m := memstore.New()
	b := &bench{House: logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})}
	b.Recorder = &wiretest.Recorder{T: t}
	var err error
	b.Keys, err = session.NewKeys(session.KeysConfig{Store: b.Backend.Store, Now: b.Now})
	b.must(err)
	b.Config = authn.Config{
		Keys: b.Keys, TenantID: logintest.TenantID, ApplicationID: logintest.ApplicationID,
		Password: checkPassword,
		Errors:   func(_ *http.Request, _ string, err error) { b.failed = append(b.failed, err) },
	}
	for _, change := range changes {
		change(b)
	}
	b.Config.Login = b.Login()
	b.Recorder.Handler, err = authn.New(b.Config)
	b.must(err)
	return b
}

// checkPassword knows the sample user.
func checkPassword(_ context.Context, username string, typed secret.Text) (string, error) {
	if (username != logintest.Username && username != logintest.Email) || !typed.Equal(secret.New(password)) {
		return "", authn.ErrWrongPassword
	}
	return logintest.UserID, nil
}

func (b *bench) must(err error) {
	b.House.T.Helper()
	if err != nil {
		b.House.T.Fatal(err)
	}
}

func basic(username, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// john is the sample user's Basic.
var john = basic(logintest.Username, password)

var who = mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}

// authenticator is an enrolled authenticator app.
type authenticator struct {
	b        *bench
	id       string
	secret   string
	recovery []secret.Issued
}

// enrolled gives the sample user an authenticator, and waits for its next code.
func enrolled(b *bench) *authenticator {
	t := b.House.T
	t.Helper()
	e, err := b.Login().Factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	b.must(err)
	app := &authenticator{b: b, id: e.MethodID, secret: e.SecretBase32.Reveal()}
	c, err := b.Login().Factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: secret.New(app.code())})
	b.must(err)
	app.recovery = c.RecoveryCodes
	b.Advance(30 * time.Second)
	return app
}

func (a *authenticator) code() string { return wiretest.TOTP(a.b.House.T, a.secret, a.b.Now()) }

// sms gives the sample user a factor by SMS.
func sms(b *bench) (id string) {
	t := b.House.T
	t.Helper()
	e, err := b.Login().Factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: logintest.Phone})
	b.must(err)
	_, err = b.Login().Factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: secret.New(b.Inbox.LastCode(logintest.Phone))})
	b.must(err)
	b.Advance(time.Minute)
	return e.MethodID
}

// verifyBody is a request of the second step.
func verifyBody(stateToken, passCode string) string {
	return `{"stateToken":"` + stateToken + `","passCode":"` + passCode + `"}`
}

// another gives a user who has a factor an authenticator too.
func another(b *bench) (id string) {
	t := b.House.T
	t.Helper()
	e, err := b.Login().Factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator, InsecureSkipProof: true})
	b.must(err)
	_, err = b.Login().Factors().Confirm(t.Context(), who, mfa.ConfirmRequest{
		MethodID: e.MethodID, Code: secret.New(wiretest.TOTP(t, e.SecretBase32.Reveal(), b.Now())), InsecureSkipProof: true,
	})
	b.must(err)
	return e.MethodID
}
