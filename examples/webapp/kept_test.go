package webapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Who is locked, or gone, while signed in is signed out, and nothing failed.
func TestWhoIsLockedIsSignedOut(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/me", "/me/recovery-codes", "/me/factors/new/email"} {
		b := open(t).browser()
		b.signIn().at("/me")
		u := b.site.User()
		u.Active = false
		b.site.Put(u)
		b.get(path).at("/login", "Your session has ended")
	}
}

// A browser drops a cookie of more than 4096 bytes, and with it the login.
func TestManyMethodsWithLongNames(t *testing.T) {
	t.Parallel()
	s := open(t)
	who := mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}
	f := s.Login().Factors()
	for i := range 10 {
		to := fmt.Sprintf("a.rather.long.address.of.someone.%d@mail.piedpiper.com", i)
		e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{
			Kind: identity.MethodEmail, To: to, Name: strings.Repeat("<", 256), InsecureSkipProof: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		r := mfa.ConfirmRequest{MethodID: e.MethodID, Code: secret.New(s.Inbox.LastCode(to)), InsecureSkipProof: true}
		if _, err := f.Confirm(t.Context(), who, r); err != nil {
			t.Fatal(err)
		}
	}
	b := s.browser()
	b.signIn().at("/login/factor")
	for name, value := range b.cookies {
		if n := len(name) + len(value); n > 4000 {
			t.Errorf("the cookie %s has %d bytes", name, n)
		}
	}
}
