package passwordless_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// unverifiedHouse is one whose user must verify, and whose logins do not.
func unverifiedHouse(t *testing.T) *logintest.House {
	t.Helper()
	h := open(t)
	gated(h)
	h.Tenant.EmailConfiguration.ImplicitEmailVerificationAllowed = identity.Off
	h.Tenant.PhoneConfiguration.ImplicitPhoneVerificationAllowed = identity.Off
	h.Application.VerificationStrategy = identity.FormField
	unverified(h)
	return h
}

// verifying asks to verify the sample user's address.
func verifying(strategy identity.LoginStrategy) passwordless.StartVerificationRequest {
	return passwordless.StartVerificationRequest{
		ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, LoginIDType: identity.Email, VerificationStrategy: strategy,
	}
}

// sendIdentity sends the message of an identity's verification.
func sendIdentity(h *logintest.House, id secret.Issued) messenger.Message {
	h.T.Helper()
	if err := h.Login().SendVerifyIdentity(h.T.Context(), shown(id), ""); err != nil {
		h.T.Fatalf("SendVerifyIdentity: %v", err)
	}
	sent := h.Inbox.Messages()
	return sent[len(sent)-1]
}

// S3-102, S3-104, S0-8: what 212 hands out verifies, once, and then a login succeeds.
func TestFromUnverifiedToSuccess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		loginID string
		channel messenger.Channel
		index   int
	}{
		{logintest.Email, messenger.Email, 0},
		{logintest.Phone, messenger.SMS, 1},
		{logintest.Username, messenger.Email, 0},
	} {
		t.Run(c.loginID, func(t *testing.T) {
			t.Parallel()
			h := unverifiedHouse(t)
			login := func() *passwordless.Result {
				s := start(h, asked(c.loginID, identity.Email, identity.PhoneNumber, identity.Username))
				return h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: send(h, s).Code})
			}
			first := login()
			if first.Outcome != outcome.IdentityUnverified {
				t.Fatalf("outcome %v, want IdentityUnverified", first.Outcome)
			}
			id := first.Response.IdentityVerificationID
			m := sendIdentity(h, id)
			if m.Purpose != messenger.IdentityVerification || m.Channel != c.channel || !m.Link.IsZero() {
				t.Errorf("sent for %s by %s, with a link: %v", m.Purpose, m.Channel, !m.Link.IsZero())
			}
			h.Advance(time.Minute)
			r := passwordless.CompleteVerificationRequest{VerificationID: shown(id), OneTimeCode: m.Code}
			if _, err := h.Login().VerifyIdentity(t.Context(), r); err != nil {
				t.Fatalf("VerifyIdentity: %v", err)
			}
			if i := kept(h).Identities[c.index]; !i.Verified || i.VerifiedReason != identity.ReasonCompleted || i.VerifiedInstant != identity.At(h.Now()) {
				t.Errorf("the identity is verified: %v for %s at %v", i.Verified, i.VerifiedReason, i.VerifiedInstant)
			}
			_, err := h.Login().VerifyIdentity(t.Context(), r)
			wantRefused(t, "the id again", err)
			if got := login().Outcome; got != outcome.Success {
				t.Errorf("then outcome %v, want Success", got)
			}
		})
	}
}

// S3-89, S0-13: and what 213 hands out.
func TestFromUnverifiedRegistrationToSuccess(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Application.VerifyRegistration = true
	h.Application.VerificationStrategy, h.Application.Unverified.Behavior = identity.FormField, identity.Gated
	u := h.User()
	u.Registrations[0].Verified, u.Registrations[0].VerifiedInstant = false, 0
	h.Put(u)
	id := shown(h.Complete(h.Form()).Response.RegistrationVerificationID)
	if err := h.Login().SendVerifyRegistration(t.Context(), id, logintest.TenantID); err != nil {
		t.Fatalf("SendVerifyRegistration: %v", err)
	}
	sent := h.Inbox.Messages()
	m := sent[len(sent)-1]
	if m.Purpose != messenger.RegistrationVerification || len(m.Code.Reveal()) != 6 {
		t.Errorf("sent for %s with a code of %d", m.Purpose, len(m.Code.Reveal()))
	}
	r := passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: m.Code}
	_, err := h.Login().VerifyIdentity(t.Context(), r)
	wantRefused(t, "for an identity", err)
	if _, err := h.Login().VerifyRegistration(t.Context(), r); err != nil {
		t.Fatalf("VerifyRegistration: %v", err)
	}
	// S2-113, S3-182
	if reg := kept(h).Registrations[0]; !reg.Verified || reg.VerifiedInstant != identity.At(h.Now()) {
		t.Errorf("the registration is verified: %v at %v", reg.Verified, reg.VerifiedInstant)
	}
	_, err = h.Login().VerifyRegistration(t.Context(), r)
	wantRefused(t, "the id again", err)
	if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
		t.Errorf("then outcome %v, want Success", got)
	}
}

// By link the id alone completes, once it was sent; by form, with the code that
// was sent, or that the caller delivers. It mints nothing.
func TestStartVerifyIdentity(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	spy := &remote{}
	h.Config.Issuer = spy.issuer(h)

	r := verifying("")
	r.State = identity.Object(`{"state":"CSRF123"}`)
	v, err := h.Login().StartVerifyIdentity(t.Context(), r)
	if err != nil || !v.OneTimeCode.IsZero() || len(v.VerificationID.Reveal()) != 43 {
		t.Fatalf("StartVerifyIdentity: %v, a code: %v", err, !v.OneTimeCode.IsZero())
	}
	form := passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID)}
	_, err = h.Login().VerifyIdentity(t.Context(), form)
	wantRefused(t, "by form, not sent", err)
	form.OneTimeCode = sendIdentity(h, v.VerificationID).Code
	wrong := form
	wrong.OneTimeCode = secret.New("000000") // no code has a zero
	_, err = h.Login().VerifyIdentity(t.Context(), wrong)
	wantRefused(t, "by form, a wrong code", err)
	_, err = h.Login().VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: form.VerificationID})
	wantRefused(t, "by form, no code", err)
	done, err := h.Login().VerifyIdentity(t.Context(), form)
	if err != nil || string(done.State) != string(r.State) {
		t.Errorf("VerifyIdentity by form: %v with state %s", err, done.State)
	}

	unverified(h)
	if v, err = h.Login().StartVerifyIdentity(t.Context(), verifying(identity.ClickableLink)); err != nil {
		t.Fatal(err)
	}
	link := passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID)}
	_, err = h.Login().VerifyIdentity(t.Context(), link)
	wantRefused(t, "by link, not sent", err)
	if m := sendIdentity(h, v.VerificationID); !m.Code.IsZero() || !logintest.CodeOf(t, m.Link.Reveal()).Equal(link.VerificationID) {
		t.Error("the link does not carry the id, or there is a code")
	}
	if _, err := h.Login().VerifyIdentity(t.Context(), link); err != nil {
		t.Errorf("VerifyIdentity by link: %v", err)
	}

	unverified(h)
	disclosed := verifying(identity.FormField)
	disclosed.DiscloseCode = true
	if v, err = h.Login().StartVerifyIdentity(t.Context(), disclosed); err != nil || v.OneTimeCode.IsZero() {
		t.Fatalf("StartVerifyIdentity with DiscloseCode: %v, a code: %v", err, !v.OneTimeCode.IsZero())
	}
	if _, err := h.Login().VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID), OneTimeCode: shown(v.OneTimeCode)}); err != nil {
		t.Errorf("VerifyIdentity by a code that was disclosed: %v", err)
	}
	disclosed.VerificationStrategy = identity.ClickableLink
	if v, err = h.Login().StartVerifyIdentity(t.Context(), disclosed); err != nil || !v.OneTimeCode.IsZero() {
		t.Errorf("by link with DiscloseCode: %v, a code: %v", err, !v.OneTimeCode.IsZero())
	}

	if spy.signed != 0 || len(logins(h)) != 0 || len(grants(h)) != 0 {
		t.Errorf("%d tokens, %d logins and %d sessions, want none", spy.signed, len(logins(h)), len(grants(h)))
	}
	if got := h.Happened(passwordless.VerificationStarted); got != 4 {
		t.Errorf("%d events of a start, want 4", got)
	}
	if got := h.Happened(passwordless.IdentityVerified); got != 3 {
		t.Errorf("%d events of a verification, want 3", got)
	}
	if got := h.Happened(passwordless.VerificationFailed); got != 4 {
		t.Errorf("%d events of a failure, want 4", got)
	}
}

// S3-11, S3-12, S3-33: what is wrong with a verification is told as an Errors object.
func TestStartVerificationIsRefused(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	h.Config.Phones = nil
	for _, c := range []struct {
		change func(r *passwordless.StartVerificationRequest)
		want   string
	}{
		{func(r *passwordless.StartVerificationRequest) { r.ApplicationID = "" }, "[blank]applicationId"},
		{func(r *passwordless.StartVerificationRequest) { r.ApplicationID = "no application" }, "[invalid]applicationId"},
		{func(r *passwordless.StartVerificationRequest) { r.TenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" }, "[invalid]applicationId"},
		{func(r *passwordless.StartVerificationRequest) { r.LoginID = " " }, "[blank]loginId"},
		{func(r *passwordless.StartVerificationRequest) { r.LoginIDType = "" }, "[invalid]loginIdType"},
		{func(r *passwordless.StartVerificationRequest) { r.LoginIDType = identity.Username }, "[invalid]loginIdType"},
		{func(r *passwordless.StartVerificationRequest) { r.LoginIDType = identity.PhoneNumber }, "[notConfigured]loginIdTypes"},
		{func(r *passwordless.StartVerificationRequest) { r.VerificationStrategy = "Carrier" }, "[invalid]verificationStrategy"},
		{func(r *passwordless.StartVerificationRequest) { r.State = stateOf(8<<10 + 1) }, "[tooLong]state"},
	} {
		r := verifying(identity.FormField)
		c.change(&r)
		_, err := h.Login().StartVerifyIdentity(t.Context(), r)
		wantInvalid(t, err, c.want)
		_, err = h.Login().StartVerifyRegistration(t.Context(), r)
		wantInvalid(t, err, c.want)
	}
	_, err := h.Login().VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{OneTimeCode: secret.New("ABC234")})
	wantInvalid(t, err, "[blank]verificationId")
	_, err = h.Login().VerifyRegistration(t.Context(), passwordless.CompleteVerificationRequest{})
	wantInvalid(t, err, "[blank]verificationId")
	wantInvalid(t, h.Login().SendVerifyIdentity(t.Context(), secret.Text{}, ""), "[blank]verificationId")
	wantInvalid(t, h.Login().SendVerifyRegistration(t.Context(), secret.Text{}, ""), "[blank]verificationId")
}

// Nobody's verification is begun and sent like anybody's; only RevealUnknown tells.
// Who is not registered has no registration to verify.
func TestVerificationOfNobody(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	u := logintest.Unverified(h.User())
	u.Registrations = nil
	h.Put(u)
	nobody := verifying(identity.FormField)
	nobody.LoginID = "nobody@piedpiper.com"
	for _, c := range []struct {
		start func(r passwordless.StartVerificationRequest) (passwordless.Verification, error)
		send  func(id secret.Text) error
		r     passwordless.StartVerificationRequest
	}{
		{
			func(r passwordless.StartVerificationRequest) (passwordless.Verification, error) {
				return h.Login().StartVerifyIdentity(t.Context(), r)
			},
			func(id secret.Text) error { return h.Login().SendVerifyIdentity(t.Context(), id, "") },
			nobody,
		},
		{
			func(r passwordless.StartVerificationRequest) (passwordless.Verification, error) {
				return h.Login().StartVerifyRegistration(t.Context(), r)
			},
			func(id secret.Text) error { return h.Login().SendVerifyRegistration(t.Context(), id, "") },
			verifying(identity.FormField),
		},
	} {
		v, err := c.start(c.r)
		if err != nil || len(v.VerificationID.Reveal()) != 43 {
			t.Errorf("start: %v", err)
		}
		if err := c.send(shown(v.VerificationID)); err != nil {
			t.Errorf("send: %v", err)
		}
		c.r.RevealUnknown = true
		if _, err := c.start(c.r); !errors.Is(err, passwordless.ErrUnknownUser) {
			t.Errorf("start under RevealUnknown: %v, want ErrUnknownUser", err)
		}
	}
	if got := recipients(h); got != nil {
		t.Errorf("sent to %v, want nothing sent", got)
	}
}

// A registration that is gone by then is refused like anything that is gone.
func TestVerifyRegistrationThatIsGone(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	r := verifying(identity.FormField)
	r.DiscloseCode = true
	v, err := h.Login().StartVerifyRegistration(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	u := h.User()
	u.Registrations = nil
	h.Put(u)
	_, err = h.Login().VerifyRegistration(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID), OneTimeCode: shown(v.OneTimeCode)})
	wantRefused(t, "a registration that is gone", err)
	if err := h.Login().SendVerifyRegistration(t.Context(), shown(v.VerificationID), ""); err != nil || len(h.Inbox.Messages()) != 0 {
		t.Errorf("send: %v, %d messages, want the usual answer and none", err, len(h.Inbox.Messages()))
	}
}

// A short code is typed in either case: it has no small letters.
func TestVerificationCodeInSmallLetters(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	r := verifying(identity.FormField)
	r.DiscloseCode = true
	v, err := h.Login().StartVerifyIdentity(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	small := []byte(v.OneTimeCode.Reveal())
	for i, c := range small {
		if c >= 'A' && c <= 'Z' {
			small[i] = c + 'a' - 'A'
		}
	}
	if _, err := h.Login().VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID), OneTimeCode: secret.New(string(small))}); err != nil {
		t.Errorf("VerifyIdentity: %v", err)
	}
}

// A verification lives a day, and is for its tenant.
func TestVerificationEnds(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	v, err := h.Login().StartVerifyIdentity(t.Context(), verifying(identity.FormField))
	if err != nil {
		t.Fatal(err)
	}
	id := shown(v.VerificationID)
	wantRefused(t, "another tenant", h.Login().SendVerifyIdentity(t.Context(), id, "f24aca2b-ce4a-4dad-951a-c9d690e71416"))
	code := sendIdentity(h, v.VerificationID).Code
	r := passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: code, TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71416"}
	_, err = h.Login().VerifyIdentity(t.Context(), r)
	wantRefused(t, "another tenant", err)
	h.Advance(24*time.Hour - time.Millisecond)
	sendIdentity(h, v.VerificationID)
	h.Advance(time.Millisecond)
	r.TenantID = logintest.TenantID
	_, err = h.Login().VerifyIdentity(t.Context(), r)
	wantRefused(t, "a day later", err)
	if kept(h).Verified {
		t.Error("the user is verified")
	}
}

// The flags of an identity that is not primary leave the user's alone.
func TestVerifySecondaryIdentity(t *testing.T) {
	t.Parallel()
	h := unverifiedHouse(t)
	u := logintest.Unverified(h.User())
	u.Identities = append(u.Identities, identity.UserIdentity{Type: identity.Email, Value: "example@fusionauth.io", VerifiedReason: identity.ReasonPending})
	h.Put(u)
	r := verifying(identity.FormField)
	r.LoginID = "example@fusionauth.io"
	v, err := h.Login().StartVerifyIdentity(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Login().VerifyIdentity(t.Context(), passwordless.CompleteVerificationRequest{VerificationID: shown(v.VerificationID), OneTimeCode: sendIdentity(h, v.VerificationID).Code}); err != nil {
		t.Fatalf("VerifyIdentity: %v", err)
	}
	u = kept(h)
	if u.Verified || u.Identities[0].Verified || !u.Identities[3].Verified {
		t.Errorf("user %v, primary %v, secondary %v, want the last alone", u.Verified, u.Identities[0].Verified, u.Identities[3].Verified)
	}
	begin(h, asked("example@fusionauth.io"))
	if got := recipients(h); !slices.Equal(got[len(got)-1:], []string{"email example@fusionauth.io"}) {
		t.Errorf("sent to %v, want it a login id now", got)
	}
}
