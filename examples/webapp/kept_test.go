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
	b.keepsAll()
}

// So it would with what an administrator has written.
func TestManyActionsWithLongReasons(t *testing.T) {
	t.Parallel()
	s := open(t, func(h *logintest.House) {
		u := h.User()
		for range 10 {
			u.Actions = append(u.Actions, identity.Action{
				ActionID: logintest.ApplicationID, Name: "Suspended", Reason: strings.Repeat("<", 4000), PreventLogin: true,
			})
		}
		h.Put(u)
	})
	b := s.browser()
	b.signIn().at("/login/over", "Suspended")
	b.keepsAll()
}

// keepsAll says that no cookie is longer than a browser keeps.
func (b *browser) keepsAll() {
	b.t.Helper()
	for name, value := range b.cookies {
		if n := len(name) + len(value); n > 4000 {
			b.t.Errorf("the cookie %s has %d bytes", name, n)
		}
	}
}

// A method that is gone, or waits, proves nothing; asking for it breaks nothing.
func TestAProofByAMethodThatIsNone(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.signIn().at("/me")
	who := mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}
	s.Enrolled(who)
	waiting, err := s.Login().Factors().Enrol(t.Context(), who, mfa.EnrolRequest{
		Kind: identity.MethodSMS, To: logintest.Phone, InsecureSkipProof: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"GONE", waiting.MethodID} {
		for path, fields := range map[string][]string{
			"/me/factors/send":                           {"send", id, "back", "/me/recovery-codes"},
			"/me/factors/new/email":                      {"method", id, "code", "123456", "to", "a@piedpiper.com"},
			"/me/recovery-codes":                         {"method", id, "code", "123456"},
			"/me/factor/" + waiting.MethodID + "/remove": {"method", id, "code", "123456"},
		} {
			p := b.post(path, fields...)
			if p.status != 200 {
				t.Errorf("%s by %s: %d", path, id, p.status)
			}
			if path == "/me/factors/new/email" {
				p.at(path, `id="code-wrong"`, "no longer")
			}
		}
	}
}

// A method that is removed while a login waits for its code leaves the login to the
// others.
func TestAMethodThatGoesDuringALogin(t *testing.T) {
	t.Parallel()
	s := open(t)
	who := mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}
	s.Enrolled(who)
	f := s.Login().Factors()
	e, err := f.Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: logintest.Phone, InsecureSkipProof: true})
	if err == nil {
		_, err = f.Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: secret.New(s.Inbox.LastCode(logintest.Phone))})
	}
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	id := b.signIn().at("/login/factor").find(`name="method" value="([^"]+)"`)
	if err := f.Reset(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	b.post("/login/factor/choose", "method", id).at("/login/factor", "no longer")
	b.post("/login/factor", "code", "123456").at("/login/factor", "no longer")
}
