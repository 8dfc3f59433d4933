package mfa_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// clock is an hour that has come.
var clock = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// furnished are second factors over one verified user.
func furnished(inbox *messenger.Inbox) (*mfa.Factors, mfa.Who) {
	users := memstore.New()
	err := users.Put(identity.User{ID: "1", TenantID: "home", Active: true, Email: "jared@piedpiper.com", Verified: true})
	check(err)
	keys, err := secret.NewKeyring(secret.GenerateKey("2026"))
	check(err)
	home := identity.Tenant{ID: "home", Name: "Pied Piper"}
	home.MultiFactorConfiguration.SMS.Enabled = true
	factors, err := mfa.New(mfa.Config{
		Store:        store.Of(users),
		Keys:         keys,
		Messenger:    inbox,
		Applications: identity.Static(home, identity.Application{ID: "web", Open: true}),
		Phones:       func(country string) identity.PhoneParser { return phone.Parser{Region: country} },
		Now:          func() time.Time { return clock },
	})
	check(err)
	return factors, mfa.Who{UserID: "1", ApplicationID: "web"}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A signed-in user adds an authenticator.
func ExampleFactors_Enrol() {
	ctx := context.Background()
	factors, who := furnished(&messenger.Inbox{})
	enrolment, err := factors.Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator, Name: "my phone"})
	check(err)
	image, err := enrolment.QR(300) // for the page; the person scans it
	check(err)
	fmt.Println(len(image) > 0, strings.HasPrefix(enrolment.URI.Reveal(), "otpauth://totp/Pied%20Piper:jared@piedpiper.com?"))

	shown, err := totp.GenerateCode(enrolment.SecretBase32.Reveal(), clock) // what their app shows
	check(err)
	confirmed, err := factors.Confirm(ctx, who, mfa.ConfirmRequest{MethodID: enrolment.MethodID, Code: secret.New(shown)})
	check(err)
	fmt.Println(confirmed.Method.Name, len(confirmed.RecoveryCodes))

	_, err = factors.StartStepUp(ctx, who, mfa.Purpose{Action: "pay"})
	fmt.Println(err)
	// Output:
	// true true
	// my phone 10
	// <nil>
}

// A signed-in user adds a number, which a code is sent to at once.
func ExampleFactors_Confirm() {
	ctx := context.Background()
	var inbox messenger.Inbox
	factors, who := furnished(&inbox)
	enrolment, err := factors.Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: "(303) 555-1212", Country: "US"})
	check(err)
	_, err = factors.Confirm(ctx, who, mfa.ConfirmRequest{
		MethodID: enrolment.MethodID,
		Code:     secret.New(inbox.LastCode("+13035551212")),
	})
	check(err)
	methods, err := factors.List(ctx, who)
	fmt.Println(methods[0].Method, methods[0].MobilePhone, err)
	// Output: sms +***12 <nil>
}

// Something that deserves it is done only after a second proof a moment ago.
func ExampleFactors_StartStepUp() {
	ctx := context.Background()
	factors, who := furnished(&messenger.Inbox{})
	enrolment, err := factors.Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	check(err)
	step := uint64(clock.Unix()) / 30
	before, err := hotp.GenerateCode(enrolment.SecretBase32.Reveal(), step-1)
	check(err)
	_, err = factors.Confirm(ctx, who, mfa.ConfirmRequest{MethodID: enrolment.MethodID, Code: secret.New(before)})
	check(err)

	pay := mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 1")}
	stepUp, err := factors.StartStepUp(ctx, who, pay)
	check(err)
	now, err := hotp.GenerateCode(enrolment.SecretBase32.Reveal(), step)
	check(err)
	token, err := factors.CompleteStepUp(ctx, who, stepUp.ID.Text, pay, secret.New(now))
	check(err)

	fmt.Println(factors.TakeTrustToken(ctx, who, token.Token.Text, pay))
	fmt.Println(errors.Is(factors.TakeTrustToken(ctx, who, token.Token.Text, pay), mfa.ErrRefused))
	// Output:
	// <nil>
	// true
}

// A service that delivers the code itself has no session at hand when it comes in:
// the id says whose it is, and the token says that the code was delivered so.
func ExampleFactors_StartBearerStepUp() {
	ctx := context.Background()
	factors, who := furnished(&messenger.Inbox{})
	pay := mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 1"), Delivered: true}
	stepUp, err := factors.StartBearerStepUp(ctx, who, mfa.BearerStepUp{Purpose: pay, State: identity.Object(`{"page":"/pay"}`)})
	check(err)

	done, err := factors.CompleteBearerStepUp(ctx, mfa.BearerProof{ID: stepUp.ID.Text, Code: stepUp.Code.Text})
	check(err)
	fmt.Println(string(done.State))

	own := mfa.Purpose{Action: "pay", Challenge: secret.New("invoice 1")}
	fmt.Println(errors.Is(factors.TakeTrustToken(ctx, who, done.Token.Text, own), mfa.ErrRefused))
	fmt.Println(factors.TakeTrustToken(ctx, who, done.Token.Text, pay))
	// Output:
	// {"page":"/pay"}
	// true
	// <nil>
}

// Who lost their phone gets on with a recovery code, and makes new ones.
func ExampleFactors_RegenerateRecoveryCodes() {
	ctx := context.Background()
	var inbox messenger.Inbox
	factors, who := furnished(&inbox)
	enrolment, err := factors.Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: "+13035551212"})
	check(err)
	confirmed, err := factors.Confirm(ctx, who, mfa.ConfirmRequest{
		MethodID: enrolment.MethodID,
		Code:     secret.New(inbox.LastCode("+13035551212")),
	})
	check(err)
	codes, err := factors.RegenerateRecoveryCodes(ctx, who, mfa.RegenerateRequest{Code: confirmed.RecoveryCodes[0].Text})
	fmt.Println(len(codes), err)
	_, err = factors.RegenerateRecoveryCodes(ctx, who, mfa.RegenerateRequest{Code: confirmed.RecoveryCodes[1].Text})
	fmt.Println(err)
	// Output:
	// 10 <nil>
	// mfa: wrong code
}
