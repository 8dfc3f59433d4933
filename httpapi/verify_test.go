package httpapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
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

// An administrator's word, which takes a key.
func TestAttestTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	toVerify(b)
	const verify = "POST /api/identity/verify"
	body := `{"loginId":"jared@piedpiper.com","loginIdType":"email","eventInfo":{"location":{}}}`
	b.show(401, "without a key", verify, body)
	b.show(401, "by a key for another endpoint", verify, body, "Authorization: "+narrowAPIKey)
	b.show(400, "in another tenant", verify, body, withKey, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "of no kind", verify, `{"loginId":"jared@piedpiper.com"}`, withKey)
	b.show(404, "of nobody", verify, `{"loginId":"example@fusionauth.io","loginIdType":"email"}`, withKey)
	if got := b.post("/api/passwordless/login", b.form("")); got.StatusCode != 212 {
		t.Errorf("status %d before, want 212", got.StatusCode)
	}
	b.show(200, "verified", verify, body, withKey)
	b.show(200, "again", verify, body, withKey)
	b.Advance(time.Hour)
	b.login()
	b.golden("identity-attest")
}

// S3-102: after 212, the message comes by HTTP too.
func TestSendEmailVerificationTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	toVerify(b)
	const again = "PUT /api/user/verify-email?email=jared%40piedpiper.com"
	b.show(401, "without a key", again, "")
	b.show(404, "of nobody", "PUT /api/user/verify-email?email=example%40fusionauth.io", "", withKey)
	b.show(400, "of no address", "PUT /api/user/verify-email", "", withKey)
	b.show(400, "in another tenant", again, "", withKey, "X-FusionAuth-TenantId: "+otherTenant)
	unsent := b.show(200, "made, and sent by the service", again+"&sendVerifyEmail=false", "", withKey)
	if b.Inbox.Messages() != nil {
		t.Error("a message went out")
	}
	id := b.show(200, "sent", again, "", withKey).text("verificationId")
	code := b.Inbox.LastCode(logintest.Email)
	b.show(429, "that id's message, too soon after", "PUT /api/user/verify-email", verification(id, ""), withKey)
	b.Advance(time.Minute)
	b.show(200, "that id's message", "PUT /api/user/verify-email", verification(id, ""), withKey)
	if got := b.post("/api/user/verify-email", verification(id, code)); got.StatusCode != 404 {
		t.Errorf("status %d for the code before, want 404", got.StatusCode)
	}
	if got := b.post("/api/user/verify-email", verification(id, b.Inbox.LastCode(logintest.Email))); got.StatusCode != 200 {
		t.Errorf("status %d, want 200", got.StatusCode)
	}
	if got := b.post("/api/user/verify-email", verification(unsent.text("verificationId"), unsent.text("oneTimeCode"))); got.StatusCode != 200 {
		t.Errorf("status %d for the service's own message, want 200", got.StatusCode)
	}
	b.golden("user-verify-email-send")
}

// Of a link the id is the proof: it is in the message, and in no answer.
func TestSendVerificationByLink(t *testing.T) {
	t.Parallel()
	b := open(t)
	toVerify(b)
	b.Tenant.EmailConfiguration.VerificationStrategy = identity.ClickableLink
	got := b.call("PUT /api/user/verify-email?email=jared%40piedpiper.com", "", withKey)
	if got.StatusCode != 200 || got.body != "{}\n" {
		t.Errorf("%d %s, want an empty object", got.StatusCode, got.body)
	}
	if sent := b.Inbox.Messages(); len(sent) != 1 || sent[0].Link.IsZero() {
		t.Errorf("sent %d messages, want one with a link", len(sent))
	}
	own := b.call("PUT /api/user/verify-email?email=jared%40piedpiper.com&sendVerifyEmail=false", "", withKey)
	if got := b.post("/api/user/verify-email", verification(own.text("verificationId"), own.text("oneTimeCode"))); got.StatusCode != 200 {
		t.Errorf("status %d for the service's own message, want 200", got.StatusCode)
	}
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
	const again = "PUT /api/user/verify-registration"
	const query = "?email=jared%40piedpiper.com&applicationId=" + logintest.ApplicationID
	b.show(401, "sent without a key", again, verification(id, ""))
	b.show(200, "the message of that login", again, verification(id, ""), withKey)
	b.show(404, "of one that is none", again, verification("none", ""), withKey)
	b.show(429, "too soon after", again, verification(id, ""), withKey)
	b.show(400, "of no application", again+"?email=jared%40piedpiper.com&applicationId=none", "", withKey)
	b.show(404, "of nobody", again+"?email=example%40fusionauth.io", "", withKey)
	b.show(200, "made, and sent by the service", again+query+"&sendVerifyPasswordEmail=false", "", withKey)
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
	b.show(200, "asked", "GET /api/user/change-password/"+id, "")
	b.show(404, "asked of one that is none", "GET /api/user/change-password/none", "")
	b.show(404, "asked in another tenant", "GET /api/user/change-password/"+id, "", "X-FusionAuth-TenantId: "+otherTenant)
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
