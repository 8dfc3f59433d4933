package gatehouse_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/pquerna/otp/hotp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
	"github.com/gatehouse-go/gatehouse/token"
	"github.com/gatehouse-go/gatehouse/token/bearer"
)

// home is a login over a memory store with one user in it.
func home(issuer *token.Issuer, now func() time.Time) (*passwordless.Login, *messenger.Inbox) {
	users, inbox := memstore.New(), &messenger.Inbox{}
	err := users.Put(identity.User{ID: "1", TenantID: "home", Active: true, Email: "jared@piedpiper.com", Verified: true})
	check(err)
	web := identity.Application{ID: "web", Open: true}
	web.PasswordlessConfiguration = identity.PasswordlessConfiguration{Enabled: true, EmailLoginStrategy: identity.FormField}
	web.LoginConfiguration = identity.LoginConfiguration{GenerateRefreshTokens: true, AllowTokenRefresh: true}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	check(err)
	login, err := passwordless.New(passwordless.Config{
		Store:        store.Of(users),
		Messenger:    inbox,
		Applications: identity.Static(identity.Tenant{ID: "home"}, web),
		Keys:         keys,
		Issuer:       issuer,
		Now:          now,
	})
	check(err)
	return login, inbox
}

// signIn is a login by the code in the mail.
func signIn(login *passwordless.Login, inbox *messenger.Inbox) *passwordless.Result {
	begun, err := login.Begin(context.Background(), passwordless.StartRequest{ApplicationID: "web", LoginID: "jared@piedpiper.com"})
	check(err)
	result, err := login.Complete(context.Background(), passwordless.LoginRequest{
		ApplicationID: "web",
		Code:          begun.Code.Text,
		OneTimeCode:   secret.New(inbox.LastCode("jared@piedpiper.com")),
	})
	check(err)
	return result
}

func clock() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// shown is what an authenticator app shows, some steps of 30 seconds from now.
func shown(e mfa.Enrolment, steps int64) secret.Text {
	code, err := hotp.GenerateCode(e.SecretBase32.Reveal(), uint64(clock().Unix()/30+steps))
	check(err)
	return secret.New(code)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A signed-in user adds an authenticator app, and their next login asks for it.
func Example_secondFactor() {
	ctx := context.Background()
	login, inbox := home(nil, clock)

	factors := login.Factors()
	who := mfa.Who{UserID: "1", ApplicationID: "web"} // from your session, never from the request
	enrolment, err := factors.Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	check(err)
	image, err := enrolment.QR(300) // the person scans it, and types what their app shows
	check(err)
	fmt.Println(len(image) > 0)
	typed := shown(enrolment, -1)
	confirmed, err := factors.Confirm(ctx, who, mfa.ConfirmRequest{MethodID: enrolment.MethodID, Code: typed})
	check(err) // confirmed.RecoveryCodes are shown once
	fmt.Println(len(confirmed.RecoveryCodes))

	result := signIn(login, inbox)
	fmt.Println(result.Outcome)
	typed = shown(enrolment, 0)
	// the next login ends in outcome.TwoFactorRequired, and goes on:
	id := result.Response.TwoFactorID.Text
	result, err = login.CompleteTwoFactor(ctx, passwordless.TwoFactorRequest{TwoFactorID: id, Code: typed})
	check(err) // mfa.ErrWrongCode: it can be tried again
	fmt.Println(result.Outcome)
	// Output:
	// true
	// 10
	// TwoFactorRequired
	// Success
}

// A login leaves an access token, which a handler asks for, and a refresh token,
// which gets the next one.
func Example_sessions() {
	ctx := context.Background()
	key, err := token.GenerateKey(token.EdDSA)
	check(err)
	signing, err := token.NewKeySet(key) // of token.GenerateKey; in production: a key that you keep
	check(err)
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: signing, Issuer: "https://www.piedpiper.com"})
	check(err) // it goes into passwordless.Config.Issuer

	login, inbox := home(issuer, time.Now)
	response := signIn(login, inbox).Response

	next, err := login.Sessions().Refresh(ctx, session.RefreshRequest{RefreshToken: response.RefreshToken.Text})
	check(err) // session.ErrRefused: the person signs in again
	fmt.Println(next.Rotated)

	verifier, err := token.NewVerifier(token.VerifierConfig{Keys: signing, Issuer: "https://www.piedpiper.com", Audiences: []string{"web"}})
	check(err)
	guard, err := bearer.New(bearer.Config{Verifier: verifier})
	check(err)
	mux := http.NewServeMux()
	profile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := bearer.ClaimsOf(r.Context())
		fmt.Fprint(w, "user ", claims.Subject)
	})
	mux.Handle("GET /profile", guard.Require(bearer.Requirement{}, profile)) // who asks: bearer.ClaimsOf(r.Context())

	request := httptest.NewRequest(http.MethodGet, "/profile", nil)
	for _, authorization := range []string{"Bearer " + next.Token.Reveal(), "Bearer made-up"} {
		request.Header.Set("Authorization", authorization)
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body.Len())
	}
	_, err = login.Sessions().Refresh(ctx, session.RefreshRequest{RefreshToken: response.RefreshToken.Text})
	fmt.Println(errors.Is(err, session.ErrReused))
	// Output:
	// true
	// 200 6
	// 401 0
	// true
}

// A service keeps its own users, and has the rest kept for it.
func Example_ownUsers() {
	var mine store.Users = memstore.New()
	s := store.Of(memstore.New())
	s.Users = mine // FindUser, User, RecordLogin, Verify
	fmt.Println(s.Check())
	// Output: <nil>
}

// The parts of a store may be on one engine or on several.
func Example_stores() {
	var (
		ctx  context.Context
		dsn  string
		eval func(ctx context.Context, script, key string, args []string) (any, error)
	)
	db, err := sql.Open("pgx", dsn) // whatever driver you import
	check(err)
	config := sqlstore.Config{Dialect: sqlstore.PostgreSQL}
	check(sqlstore.Migrate(ctx, db, config))
	kept, err := sqlstore.Open(ctx, db, config)
	check(err)
	all := store.Of(kept) // for passwordless.Config.Store

	tickets, err := redisstore.New(redisstore.Config{Eval: eval}) // eval runs a script: three lines over any client
	check(err)
	check(tickets.Check(ctx))
	all.Tickets = tickets
	check(all.Check())
}
