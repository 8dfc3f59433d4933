package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// startBody is the request that the documents show.
const startBody = `{
"applicationId": "10000000-0000-0002-0000-000000000001",
"loginId": "jared@piedpiper.com",
"loginIdTypes": [
"email"
],
"state": {
"client_id": "10000000-0000-0002-0000-000000000001",
"redirect_uri": "https://piedpiper.com/callback",
"response_type": "code",
"scope": "openid",
"state": "CSRF123"
}
}`

const formBody = `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"jared@piedpiper.com","loginStrategy":"FormField"}`

// S3-32 S3-33 S3-34 S3-35
func TestStartTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const start = "POST /api/passwordless/start"
	b.show(200, "as documented", start, startBody, withKey)
	b.show(200, "a short code, for who delivers it", start, formBody, withKey)
	b.show(200, "in a tenant", start, startBody, withKey, "X-FusionAuth-TenantId: "+logintest.TenantID)
	b.show(200, "with a key that is locked to the tenant", start, startBody, "Authorization: "+lockedAPIKey)
	b.show(200, "with a key that may do no more", start, startBody, "Authorization: "+narrowAPIKey)
	b.show(400, "nothing in it", start, `{}`, withKey)
	b.show(400, "an unknown application", start, `{"applicationId":"none","loginId":"jared@piedpiper.com"}`, withKey)
	b.show(400, "another tenant's application", start, startBody, withKey, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "a tenant against the key's", start, startBody, "Authorization: "+lockedAPIKey, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "a member of another type", start, `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":["jared@piedpiper.com"]}`, withKey)
	b.show(400, "a strategy that is none", start, `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"jared@piedpiper.com","loginStrategy":"Pigeon"}`, withKey)
	b.show(401, "without a key", start, startBody)
	b.show(401, "an unknown key", start, startBody, "Authorization: bf69486b-4733-4470-a592-f1bfce7af580")
	b.show(401, "a key with a scheme", start, startBody, "Authorization: Bearer "+apiKey)
	b.show(404, "nobody", start, `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":"example@fusionauth.io"}`, withKey)
	b.golden("passwordless-start")
}

// S3-42 S3-56 S3-57
func TestSendTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const send = "POST /api/passwordless/send"
	started := b.post("/api/passwordless/start", startBody, withKey)
	code := fmt.Sprintf(`{"code":%q}`, started.text("code"))
	b.show(200, "what was started", send, code)
	b.show(429, "too soon after", send, code)
	b.show(400, "a code that is none", send, `{"code":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"}`)
	b.show(400, "in another tenant", send, code, "X-FusionAuth-TenantId: "+otherTenant)
	b.show(400, "nothing in it", send, `{}`)
	older := `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":%q}`
	known := b.show(200, "the older form", send, fmt.Sprintf(older, "jared@piedpiper.com"))
	unknown := b.show(200, "the older form, for nobody", send, fmt.Sprintf(older, "example@fusionauth.io"))
	if known.body != unknown.body {
		t.Error("the answer tells who exists")
	}
	b.show(400, "the older form, for a number", send, fmt.Sprintf(older, "+13035551212"))
	b.golden("passwordless-send")
}

// form starts and sends a login by short code over the wire, and returns the
// body that completes it.
func (b *bench) form(more string) string {
	b.T.Helper()
	started := b.post("/api/passwordless/start", formBody, withKey)
	b.post("/api/passwordless/send", fmt.Sprintf(`{"code":%q}`, started.text("code")))
	return fmt.Sprintf(`{"applicationId":%q,"code":%q,"oneTimeCode":%q%s}`,
		logintest.ApplicationID, started.text("code"), b.Inbox.LastCode(logintest.Email), more)
}

const login = "POST /api/passwordless/login"

// S2-2 S2-3 S2-7 S3-60 S3-81 S3-93 S3-94 S3-217 S3-218 S3-219 S3-77
func TestLoginTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	body := b.form("")
	b.show(200, "signed in", login, body)
	b.show(404, "the same code again", login, body)
	b.Advance(time.Hour)
	b.show(200, "no tokens wanted", login, b.form(`,"noJWT":true`))
	b.Advance(time.Hour)
	late := b.form("")
	b.Advance(time.Hour)
	b.show(404, "too late", login, late)
	b.show(404, "a code that is none", login, `{"code":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"}`)
	b.show(400, "without a code", login, `{"applicationId":"10000000-0000-0002-0000-000000000001"}`)
	b.show(400, "a member of another type", login, `{"code":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs","noJWT":"yes"}`)
	b.show(400, "a member of another type, further in", login, `{"code":"CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs","metaData":{"device":{"name":1}}}`)
	b.show(400, "a member twice", login, `{"code":"1","code":"2"}`)
	b.show(400, "more after the object", login, `{"code":"1"}{"code":"2"}`)
	b.show(405, "by GET", "GET /api/passwordless/login", "")
	b.golden("passwordless-login")
}

// S0-56 S3-82 S3-83 S3-84 S3-85 S3-86 S3-87 S3-88 S3-89 S3-90 S3-91 S3-92 S3-95 S3-96 S3-97 S3-98
func TestOutcomeTranscript(t *testing.T) {
	t.Parallel()
	all := open(t)
	for _, o := range []struct {
		status int
		title  string
		change func(*bench, *identity.User)
	}{
		{202, "not registered", func(_ *bench, u *identity.User) { u.Registrations = nil }},
		{203, "must change the password", func(_ *bench, u *identity.User) {
			u.PasswordChangeRequired, u.PasswordChangeReason = true, identity.ChangeExpired
		}},
		{212, "unverified, by form", func(b *bench, u *identity.User) {
			*u = logintest.Unverified(*u)
			b.Tenant.EmailConfiguration = identity.EmailConfiguration{
				VerifyEmail: true, VerificationStrategy: identity.FormField, ImplicitEmailVerificationAllowed: identity.Off,
				Unverified: identity.Unverified{Behavior: identity.Gated},
			}
		}},
		{212, "unverified, by link", func(b *bench, u *identity.User) {
			*u = logintest.Unverified(*u)
			b.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, ImplicitEmailVerificationAllowed: identity.Off}
		}},
		{213, "registration unverified, by form", func(b *bench, u *identity.User) {
			u.Registrations[0].Verified, u.Registrations[0].VerifiedInstant = false, 0
			b.Application.VerifyRegistration, b.Application.VerificationStrategy = true, identity.FormField
		}},
		{242, "a second factor to enrol", func(b *bench, _ *identity.User) {
			b.Tenant.MultiFactorConfiguration.LoginPolicy = identity.MultiFactorRequired
		}},
		{409, "prevented", func(_ *bench, u *identity.User) {
			u.Actions = []identity.Action{{
				ActionID: "00000000-0000-0004-0000-000000000000", Name: "Suspended", Reason: "Spam", ReasonCode: "spam",
				Expiry: identity.At(logintest.Start.Add(time.Hour)), PreventLogin: true,
			}}
		}},
		{410, "expired", func(_ *bench, u *identity.User) { u.Expiry = identity.At(logintest.Start) }},
		{423, "locked", func(_ *bench, u *identity.User) { u.Active = false }},
	} {
		b := open(t)
		u := b.User()
		started := b.form
		o.change(b, &u)
		body := started("")
		b.Put(u)
		b.show(o.status, o.title, login, body)
		all.transcript.WriteString(b.transcript.String())
	}
	all.golden("passwordless-outcomes")
}

// S2-4 S2-5
func TestContentType(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{[]string{"Content-Type: application/json"}, http.StatusOK},
		{[]string{"Content-Type: application/json; charset=utf-8"}, http.StatusOK},
		{[]string{"Content-Type: APPLICATION/JSON"}, http.StatusOK},
		{[]string{jsonType, "Accept: text/html"}, http.StatusOK},
		{[]string{jsonType, "Accept: ,;=\xff"}, http.StatusOK},
		{nil, http.StatusOK},
		{[]string{"Content-Type: text/plain"}, http.StatusUnsupportedMediaType},
		{[]string{"Content-Type: application/x-www-form-urlencoded"}, http.StatusUnsupportedMediaType},
		{[]string{"Content-Type: multipart/form-data; boundary=x"}, http.StatusUnsupportedMediaType},
		{[]string{"Content-Type: ;"}, http.StatusUnsupportedMediaType},
		{[]string{jsonType, jsonType}, http.StatusUnsupportedMediaType},
	} {
		a := b.call("POST /api/passwordless/start", startBody, append(c.headers, withKey)...)
		if a.StatusCode != c.want {
			t.Errorf("%q: status %d, want %d", c.headers, a.StatusCode, c.want)
		}
	}
}
