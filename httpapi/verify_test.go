package httpapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// toVerify has the sample user's addresses verified by a code that is typed.
func toVerify(b *bench) {
	b.Put(logintest.Unverified(b.User()))
	b.Tenant.EmailConfiguration = identity.EmailConfiguration{
		VerifyEmail: true, VerificationStrategy: identity.FormField, ImplicitEmailVerificationAllowed: identity.Off,
		Unverified: identity.Unverified{Behavior: identity.Gated},
	}
}

func verification(id, code string) string {
	return fmt.Sprintf(`{"verificationId":%q,"oneTimeCode":%q}`, id, code)
}

func TestVerifyIdentityTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	toVerify(b)
	const start, send, complete = "POST /api/identity/verify/start", "POST /api/identity/verify/send", "POST /api/identity/verify/complete"
	body := `{"loginId":"jared@piedpiper.com","loginIdType":"email","state":{"return":"/profile"},"existingUserStrategy":"mustExist"}`
	id := b.show(200, "started", start, body, withKey).text("verificationId")
	b.show(401, "started without a key", start, body)
	b.show(400, "of no kind", start, `{"loginId":"jared@piedpiper.com"}`, withKey)
	b.show(404, "of nobody", start, `{"loginId":"example@fusionauth.io","loginIdType":"email"}`, withKey)
	b.show(200, "sent", send, verification(id, ""), withKey)
	b.show(429, "sent too soon after", send, verification(id, ""), withKey)
	b.show(400, "sent without an id", send, `{}`, withKey)
	b.show(404, "sent for none", send, verification("none", ""), withKey)
	b.show(404, "a wrong code", complete, verification(id, "wrong1"), withKey)
	b.show(401, "without a key", complete, verification(id, b.Inbox.LastCode(logintest.Email)))
	b.show(200, "verified", complete, verification(id, b.Inbox.LastCode(logintest.Email)), withKey)
	b.show(404, "again", complete, verification(id, b.Inbox.LastCode(logintest.Email)), withKey)
	b.Advance(time.Hour)
	b.login()
	b.golden("identity-verify")
}

func TestVerifyOlderTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	toVerify(b)
	id := b.post("/api/passwordless/login", b.form("")).text("emailVerificationId")
	b.Advance(time.Hour)
	b.post("/api/identity/verify/send", verification(id, ""), withKey)
	code := b.Inbox.LastCode(logintest.Email)
	b.show(404, "a wrong code", "POST /api/user/verify-email", verification(id, "wrong1"))
	b.show(404, "as a registration", "POST /api/user/verify-registration", verification(id, code))
	b.show(400, "nothing in it", "POST /api/user/verify-email", `{}`)
	b.show(200, "verified", "POST /api/user/verify-email", verification(id, code))
	b.show(404, "again, with the id in the path", "POST /api/user/verify-email/"+id, fmt.Sprintf(`{"oneTimeCode":%q}`, code))
	b.golden("user-verify")
}

func TestVerifyRegistrationTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	u := b.User()
	u.Registrations[0].Verified, u.Registrations[0].VerifiedInstant = false, 0
	b.Put(u)
	b.Application.VerifyRegistration, b.Application.VerificationStrategy = true, identity.FormField
	id := b.post("/api/passwordless/login", b.form("")).text("registrationVerificationId")
	b.Advance(time.Hour)
	b.must(b.Login().SendVerifyRegistration(t.Context(), secret.New(id), ""))
	code := b.Inbox.LastCode(logintest.Email)
	b.show(404, "a wrong code", "POST /api/user/verify-registration/"+id, `{"oneTimeCode":"wrong1"}`)
	b.show(200, "verified", "POST /api/user/verify-registration/"+id, fmt.Sprintf(`{"oneTimeCode":%q}`, code))
	b.show(404, "again", "POST /api/user/verify-registration", verification(id, code))
	b.golden("user-verify-registration")
}

func TestChangePasswordTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.DefaultApplicationID = ""
	b.House.Config.SetPassword = func(_ context.Context, p passwordless.PasswordChange) error {
		u := b.User()
		u.PasswordChangeRequired = false
		return b.Backend.Put(u)
	}
	u := b.User()
	u.PasswordChangeRequired = true
	b.Put(u)
	id := b.post("/api/passwordless/login", b.form("")).text("changePasswordId")
	const change = "POST /api/user/change-password"
	b.show(400, "too short", change+"/"+id, `{"password":"short"}`)
	b.show(404, "an id that is none", change, `{"changePasswordId":"none","password":"piper-net-3000"}`)
	otp := b.show(200, "changed", change, fmt.Sprintf(`{"changePasswordId":%q,"password":"piper-net-3000","state":{"return":"/profile"}}`, id)).text("oneTimePassword")
	b.show(404, "again", change+"/"+id, `{"password":"piper-net-3000"}`)
	b.show(400, "signed in by nothing", "POST /api/login", `{"loginId":"jared@piedpiper.com","password":"piper-net-3000"}`)
	body := fmt.Sprintf(`{"applicationId":%q,"oneTimePassword":%q}`, logintest.ApplicationID, otp)
	b.show(200, "signed in", "POST /api/login", body)
	b.show(404, "signed in again", "POST /api/login", body)
	b.golden("change-password")
}

// Without passwords there is nothing to change.
func TestNoPasswords(t *testing.T) {
	t.Parallel()
	b := open(t)
	if got := b.post("/api/user/change-password", `{"changePasswordId":"none","password":"piper-net-3000"}`); got.StatusCode != 404 {
		t.Errorf("status %d, want 404", got.StatusCode)
	}
}
