package passwordless_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/url"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const (
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	applicationID = "10000000-0000-0002-0000-000000000001"
	userID        = "00000000-0000-0001-0000-000000000000"
)

// sampleUser is the one in every example.
func sampleUser() identity.User {
	return identity.User{
		ID: userID, TenantID: tenantID, Active: true, Email: "jared@piedpiper.com", FullName: "John Doe",
		Registrations: []identity.Registration{{ApplicationID: applicationID, Roles: []string{"user"}}},
	}
}

// setUp makes a login over a fresh memory store with one user in it. It has no
// Issuer, so it carries no tokens; see the token package.
func setUp(user identity.User, change func(*passwordless.Config)) (*passwordless.Login, *messenger.Inbox) {
	users, inbox := memstore.New(), &messenger.Inbox{}
	keys, err := secret.NewKeyring(secret.GenerateKey("2026-11"))
	if err != nil {
		log.Fatal(err)
	}
	page, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://www.piedpiper.com/login"})
	if err != nil {
		log.Fatal(err)
	}
	c := passwordless.Config{
		Store:     store.Of(users),
		Messenger: inbox,
		Keys:      keys,
		Links:     passwordless.Links{Login: page, VerifyIdentity: page, VerifyRegistration: page},
		Applications: identity.Static(
			identity.Tenant{ID: tenantID},
			identity.Application{ID: applicationID, PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true}}),
		Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
	}
	if change != nil {
		change(&c)
	}
	if err := users.Put(user); err != nil {
		log.Fatal(err)
	}
	login, err := passwordless.New(c)
	if err != nil {
		log.Fatal(err)
	}
	return login, inbox
}

// codeIn is what the page at a link finds in its own URL.
func codeIn(link string) secret.Text {
	u, err := url.Parse(link)
	if err != nil {
		log.Fatal(err)
	}
	return secret.New(u.Query().Get("code"))
}

// A handler that answers a browser begins a login. The browser keeps the handle,
// and the person types the code from the message.
func ExampleLogin_Begin() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()

	begun, err := login.Begin(ctx, passwordless.StartRequest{
		ApplicationID: applicationID,
		LoginID:       "jared@piedpiper.com",
		LoginStrategy: identity.FormField,
	})
	if err != nil {
		log.Fatal(err)
	}
	typed := inbox.LastCode("jared@piedpiper.com")

	result, err := login.Complete(ctx, passwordless.LoginRequest{
		Code:        secret.New(begun.Code.Reveal()),
		OneTimeCode: secret.New(typed),
	})
	switch {
	case errors.Is(err, passwordless.ErrRefused):
		fmt.Println("wrong, expired or used: one answer")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(result.Status(), result.Outcome, result.Response.User.FullName)
	}
	// Output: 200 Success John Doe
}

// A service that is trusted with the code starts a login and has it sent.
func ExampleLogin_Start() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()

	var request passwordless.StartRequest
	body := `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"jared@piedpiper.com","state":{"redirect_uri":"https://piedpiper.com/callback"}}`
	if err := json.Unmarshal([]byte(body), &request); err != nil {
		log.Fatal(err)
	}
	started, err := login.Start(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	if err := login.Send(ctx, passwordless.SendRequest{Code: secret.New(started.Code.Reveal())}); err != nil {
		log.Fatal(err)
	}

	result, err := login.Complete(ctx, passwordless.LoginRequest{Code: codeIn(inbox.LastLink("jared@piedpiper.com"))})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome, string(result.Response.State))
	// Output: Success {"redirect_uri":"https://piedpiper.com/callback"}
}

// A trusted caller may be told that there is nobody by that login id.
func ExampleStartRequest_revealUnknown() {
	login, _ := setUp(sampleUser(), nil)
	for _, reveal := range []bool{false, true} {
		_, err := login.Start(context.Background(), passwordless.StartRequest{
			ApplicationID: applicationID,
			LoginID:       "nobody@piedpiper.com",
			RevealUnknown: reveal,
		})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// passwordless: unknown user
}

// The page that a link leads to looks on GET, and acts on POST.
func ExampleLogin_Peek() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()
	_, err := login.Begin(ctx, passwordless.StartRequest{ApplicationID: applicationID, LoginID: "jared@piedpiper.com"})
	if err != nil {
		log.Fatal(err)
	}
	code := codeIn(inbox.LastLink("jared@piedpiper.com"))

	for range 3 { // GET, by a mail scanner too
		peeked, err := login.Peek(ctx, passwordless.PeekRequest{Code: code})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("Continue as", peeked.LoginID)
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{Code: code}) // POST
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome)
	// Output:
	// Continue as j***@piedpiper.com
	// Continue as j***@piedpiper.com
	// Continue as j***@piedpiper.com
	// Success
}

// A login belongs to the browser that asked for it. In another, the page shows
// what Peek tells of that, and goes on if the person accepts it.
func ExampleBrowserSecret() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()
	asked := passwordless.BrowserSecret(secret.Text{}) // this browser had no cookie
	_, err := login.Begin(ctx, passwordless.StartRequest{
		ApplicationID: applicationID, LoginID: "jared@piedpiper.com",
		Browser: asked, EventInfo: passwordless.EventInfo{IPAddress: "192.0.2.7", DeviceName: "Firefox on Linux"},
	})
	if err != nil {
		log.Fatal(err)
	}
	code := codeIn(inbox.LastLink("jared@piedpiper.com"))

	here := passwordless.BrowserSecret(secret.Text{}) // the link is opened on a phone
	_, err = login.Complete(ctx, passwordless.LoginRequest{Code: code, Browser: here})
	fmt.Println(err)
	peeked, err := login.Peek(ctx, passwordless.PeekRequest{Code: code, Browser: here})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(peeked.LoginID, peeked.SameBrowser, peeked.Origin.Device, peeked.Origin.IPAddress)
	result, err := login.Complete(ctx, passwordless.LoginRequest{Code: code, Browser: here, OtherBrowser: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome)
	// Output:
	// passwordless: not asked for in this browser
	// j***@piedpiper.com false Firefox on Linux 192.0.2.7
	// Success
}

// Somebody who was told to change their password does, and the login goes on.
func ExampleLogin_ChangePassword() {
	user := sampleUser()
	user.PasswordChangeRequired, user.PasswordChangeReason = true, identity.ChangeExpired
	login, inbox := setUp(user, func(c *passwordless.Config) {
		c.SetPassword = func(_ context.Context, p passwordless.PasswordChange) error {
			fmt.Println("hash and store", p.Password, "of", p.UserID) // and clear the mark
			return nil
		}
	})
	ctx := context.Background()
	_, err := login.Begin(ctx, passwordless.StartRequest{ApplicationID: applicationID, LoginID: "jared@piedpiper.com"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{Code: codeIn(inbox.LastLink("jared@piedpiper.com"))})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status(), result.Response.ChangePasswordReason)

	changed, err := login.ChangePassword(ctx, passwordless.ChangePasswordRequest{
		ChangePasswordID: secret.New(result.Response.ChangePasswordID.Reveal()),
		Password:         secret.New("correct horse battery staple"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("complete within a minute:", len(changed.OneTimePassword.Reveal()), "characters")
	// Output:
	// 203 Expired
	// hash and store [redacted] of 00000000-0000-0001-0000-000000000000
	// complete within a minute: 43 characters
}

// An address is verified apart from any login, as after signing up.
func ExampleLogin_VerifyIdentity() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()
	started, err := login.StartVerifyIdentity(ctx, passwordless.StartVerificationRequest{
		ApplicationID:        applicationID,
		LoginID:              "jared@piedpiper.com",
		LoginIDType:          identity.Email,
		VerificationStrategy: identity.FormField,
	})
	if err != nil {
		log.Fatal(err)
	}
	id := secret.New(started.VerificationID.Reveal())
	if err := login.SendVerifyIdentity(ctx, id, tenantID); err != nil {
		log.Fatal(err)
	}
	_, err = login.VerifyIdentity(ctx, passwordless.CompleteVerificationRequest{
		VerificationID: id,
		OneTimeCode:    secret.New(inbox.LastCode("jared@piedpiper.com")),
	})
	fmt.Println(err)
	// Output: <nil>
}

// A registration is verified where the application asks for it: by outcome 213,
// or as here by link, whenever the service likes.
func ExampleLogin_VerifyRegistration() {
	login, inbox := setUp(sampleUser(), nil)
	ctx := context.Background()
	started, err := login.StartVerifyRegistration(ctx, passwordless.StartVerificationRequest{
		ApplicationID: applicationID,
		LoginID:       "jared@piedpiper.com",
		LoginIDType:   identity.Email,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := login.SendVerifyRegistration(ctx, secret.New(started.VerificationID.Reveal()), tenantID); err != nil {
		log.Fatal(err)
	}
	_, err = login.VerifyRegistration(ctx, passwordless.CompleteVerificationRequest{
		VerificationID: codeIn(inbox.LastLink("jared@piedpiper.com")),
	})
	fmt.Println(err)
	// Output: <nil>
}

// A hook may keep a login out that has been decided. It cannot let one in.
func ExampleConfig_veto() {
	login, inbox := setUp(sampleUser(), func(c *passwordless.Config) {
		c.Veto = func(_ context.Context, a passwordless.Attempt) error {
			if a.Outcome != outcome.Success || a.IPAddress == "192.0.2.7" {
				return errors.New("not from there")
			}
			return nil
		}
	})
	ctx := context.Background()
	_, err := login.Begin(ctx, passwordless.StartRequest{ApplicationID: applicationID, LoginID: "jared@piedpiper.com"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = login.Complete(ctx, passwordless.LoginRequest{
		Code:      codeIn(inbox.LastLink("jared@piedpiper.com")),
		IPAddress: "192.0.2.7",
	})
	fmt.Println(errors.Is(err, passwordless.ErrVetoed), err)
	// Output: true passwordless: vetoed: not from there
}
