package passwordless_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// bench is a login without limits that a benchmark would run into.
type bench struct {
	login *passwordless.Login
	store *memstore.Store
	users int
}

func furnish(b *testing.B, users int) *bench {
	b.Helper()
	m := memstore.New()
	for i := range users {
		if err := m.Put(benchUser(i)); err != nil {
			b.Fatal(err)
		}
	}
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		b.Fatal(err)
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com"})
	if err != nil {
		b.Fatal(err)
	}
	ring, err := secret.NewKeyring(secret.GenerateKey("bench"))
	if err != nil {
		b.Fatal(err)
	}
	links, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://www.piedpiper.com/login"})
	if err != nil {
		b.Fatal(err)
	}
	const many = 1 << 30
	l, err := passwordless.New(passwordless.Config{
		Store:     store.Of(m),
		Messenger: discard{},
		Keys:      ring,
		Issuer:    issuer,
		Links:     passwordless.Links{Login: links},
		Limits:    passwordless.Limits{GuessesPerDay: many, SendsPerDay: many, StartsPerHour: many},
		Now:       func() time.Time { return benchNow },
		Applications: identity.Static(
			identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415"},
			identity.Application{
				ID:                        "10000000-0000-0002-0000-000000000001",
				PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
			}),
	})
	if err != nil {
		b.Fatal(err)
	}
	return &bench{login: l, store: m, users: users}
}

// benchNow stands still: a ticket or a code does not end with the time that it
// takes to make many.
var benchNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

type discard struct{}

func (discard) Send(context.Context, messenger.Message) error { return nil }
func (discard) Queues()                                       {}

func benchEmail(i int) string { return fmt.Sprintf("user%07d@piedpiper.com", i) }

func benchUser(i int) identity.User {
	return identity.User{
		ID: fmt.Sprintf("00000000-0000-0001-0000-%012d", i), TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		Active: true, Email: benchEmail(i), Verified: true, FirstName: "John", LastName: "Doe",
		Identities: []identity.UserIdentity{{Type: identity.Email, Value: benchEmail(i), Primary: true, Verified: true, VerifiedReason: identity.ReasonCompleted}},
		Registrations: []identity.Registration{{
			ApplicationID: "10000000-0000-0002-0000-000000000001", Roles: []string{"user"}, Verified: true,
		}},
	}
}

func (f *bench) start(b *testing.B, i int) passwordless.LoginRequest {
	s, err := f.login.Start(b.Context(), passwordless.StartRequest{
		ApplicationID: "10000000-0000-0002-0000-000000000001",
		LoginID:       benchEmail(i % f.users),
	})
	if err != nil {
		b.Fatal(err)
	}
	return passwordless.LoginRequest{ApplicationID: "10000000-0000-0002-0000-000000000001", Code: secret.New(s.Code.Reveal())}
}

func BenchmarkStart(b *testing.B) {
	for _, live := range []int{1e3, 1e5, 1e6} {
		b.Run(fmt.Sprintf("live=%.0e", float64(live)), func(b *testing.B) {
			f := furnish(b, 1000)
			for i := range live {
				f.start(b, i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.start(b, i)
			}
		})
	}
}

// complete measures Complete alone, of logins that were started before.
func complete(b *testing.B, live int, change func(*passwordless.LoginRequest)) {
	f := furnish(b, 1000)
	for i := range live {
		f.start(b, i)
	}
	requests := make([]passwordless.LoginRequest, 0, 4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%cap(requests) == 0 {
			b.StopTimer()
			requests = requests[:0]
			for j := range cap(requests) {
				r := f.start(b, j)
				change(&r)
				requests = append(requests, r)
			}
			runtime.GC()
			b.StartTimer()
		}
		if _, err := f.login.Complete(b.Context(), requests[i%cap(requests)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompleteNoJWT(b *testing.B) {
	for _, live := range []int{1e3, 1e5, 1e6} {
		b.Run(fmt.Sprintf("live=%.0e", float64(live)), func(b *testing.B) {
			complete(b, live, func(r *passwordless.LoginRequest) { r.NoJWT = true })
		})
	}
}

func BenchmarkCompleteEdDSA(b *testing.B) {
	complete(b, 1e3, func(*passwordless.LoginRequest) {})
}

// BenchmarkBareEdDSA is what a login with a token cannot do without: the claims
// as JSON, and one signature.
func BenchmarkBareEdDSA(b *testing.B) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	claims := map[string]any{
		"iss": "https://www.piedpiper.com", "sub": "00000000-0000-0001-0000-000000000000",
		"aud": "10000000-0000-0002-0000-000000000001", "exp": 1742940580, "iat": 1742936980, "jti": "29ac0c18-0b4a-42cf-82fc-03d570318a1d",
		"tid": "f24aca2b-ce4a-4dad-951a-c9d690e71415", "auth_time": 1742936980, "authenticationType": "PASSWORDLESS",
		"applicationId": "10000000-0000-0002-0000-000000000001", "roles": []string{"user"}, "amr": []string{"otp"}, "acr": "1fa",
	}
	b.ReportAllocs()
	for b.Loop() {
		body, err := json.Marshal(claims)
		if err != nil {
			b.Fatal(err)
		}
		ed25519.Sign(key, body)
	}
}

func BenchmarkResponseJSON(b *testing.B) {
	f := furnish(b, 1)
	result, err := f.login.Complete(b.Context(), f.start(b, 0))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(result.Response); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCycleParallel(b *testing.B) {
	f := furnish(b, 1000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := f.login.Complete(b.Context(), f.start(b, i)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCompleteTwoFactor is the whole second step by an authenticator's code,
// and by a recovery code, without a token. Each login is another user's, since a
// code counts once.
func BenchmarkCompleteTwoFactor(b *testing.B) {
	for i, name := range []string{"authenticator", "recovery"} {
		b.Run(name, func(b *testing.B) { completeTwoFactor(b, i) })
	}
}

func completeTwoFactor(b *testing.B, kind int) {
	const users = 4096
	var f *bench
	var requests []passwordless.TwoFactorRequest
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%users == 0 {
			b.StopTimer()
			f = furnish(b, users)
			requests = f.waiting(b, kind)
			runtime.GC() // what was made for it is not the second step's
			b.StartTimer()
		}
		if _, err := f.login.CompleteTwoFactor(b.Context(), requests[i%users]); err != nil {
			b.Fatal(err)
		}
	}
}

// waiting has every user enrol an authenticator and come to its question, which
// its code answers, or one for recovery.
func (f *bench) waiting(b *testing.B, kind int) []passwordless.TwoFactorRequest {
	b.Helper()
	requests := make([]passwordless.TwoFactorRequest, f.users)
	for i := range requests {
		codes := f.enrolled(b, benchUser(i).ID)
		result, err := f.login.Complete(b.Context(), f.start(b, i))
		if err != nil {
			b.Fatal(err)
		}
		requests[i] = passwordless.TwoFactorRequest{
			ApplicationID: "10000000-0000-0002-0000-000000000001", TwoFactorID: result.Response.TwoFactorID.Text,
			Code: codes[kind], NoJWT: true,
		}
	}
	return requests
}

// enrolled gives a user an authenticator, and returns what it shows now and a
// recovery code.
func (f *bench) enrolled(b *testing.B, user string) [2]secret.Text {
	b.Helper()
	who := mfa.Who{UserID: user, ApplicationID: "10000000-0000-0002-0000-000000000001"}
	e, err := f.login.Factors().Enrol(b.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	if err != nil {
		b.Fatal(err)
	}
	code := func(at time.Time) secret.Text {
		c, err := totp.GenerateCode(e.SecretBase32.Reveal(), at)
		if err != nil {
			b.Fatal(err)
		}
		return secret.New(c)
	}
	// The step before is good for the enrolment, and leaves this one for the login.
	r := mfa.ConfirmRequest{MethodID: e.MethodID, Code: code(benchNow.Add(-30 * time.Second))}
	done, err := f.login.Factors().Confirm(b.Context(), who, r)
	if err != nil {
		b.Fatal(err)
	}
	return [2]secret.Text{code(benchNow), done.RecoveryCodes[0].Text}
}
