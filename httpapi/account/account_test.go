package account_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/session"
)

const phone = "+13035551212"

const noMethods = `{"email":"j***@piedpiper.com","hasValidatedEmail":true,"emailVerificationDate":"2026-11-22T09:00:00.000Z",` +
	`"hasValidatedSecret":false,"phoneNumber":"+***12","hasValidatedPhone":true,"phoneVerificationDate":"2026-11-22T09:00:00.000Z",` +
	`"lastLoggedDate":"2026-11-23T09:00:00.000Z","status":"ACTIVE","lastLoggedDevice":"Mozilla/5.0"}`

// The seven operations, in the order of the page.
//
// S4-3, S4-4, S4-7, S4-10, S4-11, S4-12, S4-13, S4-17, S4-18, S4-22, S4-23,
// S4-28, S4-36, S4-37, S4-42, S4-43, S4-44, S4-45, S4-46, S4-47, S4-48, S4-49,
// S4-50, S4-51, S4-52.
func TestSevenOperations(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, login := b.signIn("User-Agent: Mozilla/5.0")
	if got := login.Members(); !slices.Equal(got, []string{"idToken", "refreshToken"}) {
		t.Errorf("login: %v", got)
	}
	b.Advance(time.Minute)
	next := b.Call("POST /auth/login/refresh", fmt.Sprintf(`{"refreshToken":%q}`, login.Text("refreshToken")), bearer, "User-Agent: another")
	if got := next.Members(); next.Status != 200 || !slices.Equal(got, []string{"idToken"}) || next.Text("idToken") == login.Text("idToken") {
		t.Fatalf("refresh: %d %s", next.Status, next.Body)
	}
	bearer = "Authorization: Bearer " + next.Text("idToken")

	pendingPhone := profile(t, noMethods, "hasValidatedPhone", false, "phoneVerificationDate", nil)
	added := b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551212","country":"US"}`, bearer)
	if added.Status != 200 || added.Body != pendingPhone {
		t.Errorf("add SMS: %d %s\nwant %s", added.Status, added.Body, pendingPhone)
	}
	if n := len(b.Inbox.Messages()); n != 1 {
		t.Errorf("%d messages, want one", n)
	}
	// Until it is verified it is no second factor.
	if a := b.Call("POST /auth/login", john, "User-Agent: Mozilla/5.0"); a.Status != 200 {
		t.Errorf("a login beside a number that waits: %d %s", a.Status, a.Body)
	}
	const date = "2026-11-23T09:01:00.000Z"
	withPhone := profile(t, noMethods, "phoneVerificationDate", date, "lastLoggedDate", date)
	verified := b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, b.sent(phone))
	if got := onlyProfile(t, verified.Body); verified.Status != 200 || got != withPhone || len(verified.Member("recoveryCodes").([]any)) != 10 {
		t.Errorf("verify SMS: %d %s\nwant %s", verified.Status, verified.Body, withPhone)
	}

	b.Advance(time.Minute)
	asked := b.Call("GET /auth/otp/code?method=SMS", "", bearer)
	if want := `{"validUntil":"2026-11-23T09:03:00.000Z","channel":"SMS","validated":true}` + "\n"; asked.Status != 200 || asked.Body != want {
		t.Errorf("request: %d %s, want %s", asked.Status, asked.Body, want)
	}
	created := b.Call("POST /auth/otp/methods/totp?method=SMS", `{}`, bearer, b.sent(phone))
	if got := onlyProfile(t, created.Body); created.Status != 200 || got != withPhone || len(created.Text("secret")) != 32 || !strings.HasPrefix(created.Text("uri"), "otpauth://totp/") {
		t.Fatalf("create TOTP: %d %s", created.Status, created.Body)
	}
	withSecret := profile(t, withPhone, "hasValidatedSecret", true, "secretVerificationDate", "2026-11-23T09:02:00.000Z")
	totp := created.Text("secret")
	verified = b.Call("POST /auth/otp/code", `{"channel":"TOTP"}`, bearer, b.otp(totp))
	if verified.Status != 200 || verified.Body != withSecret {
		t.Errorf("verify TOTP: %d %s\nwant %s", verified.Status, verified.Body, withSecret)
	}
	b.Advance(30 * time.Second)
	deleted := b.Call("DELETE /auth/otp/methods/totp", "", bearer, b.otp(totp))
	if deleted.Status != 200 || deleted.Body != withPhone {
		t.Errorf("delete TOTP: %d %s\nwant %s", deleted.Status, deleted.Body, withPhone)
	}
	if a := b.Call("DELETE /auth/otp/methods/totp", "", bearer, b.otp(totp)); a.Status != 400 {
		t.Errorf("delete TOTP again: %d %s", a.Status, a.Body)
	}
	b.Advance(time.Minute)
	b.Call("GET /auth/otp/code?method=SMS", "", bearer)
	if a := b.Call("POST /auth/otp/methods/totp?method=SMS", `{}`, bearer, b.sent(phone)); a.Status != 200 || a.Text("secret") == totp {
		t.Errorf("create TOTP anew: %d %s", a.Status, a.Body)
	}
}

// profile changes members of a profile, in the order that they have there.
func profile(t *testing.T, body string, changes ...any) string {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		p[changes[i].(string)] = changes[i+1]
	}
	return encode(t, p)
}

// onlyProfile is a body without what is shown once.
func onlyProfile(t *testing.T, body string) string {
	t.Helper()
	return profile(t, body, "secret", nil, "uri", nil, "recoveryCodes", nil)
}

func encode(t *testing.T, p map[string]any) string {
	t.Helper()
	var out strings.Builder
	for _, name := range []string{
		"email", "hasValidatedEmail", "emailVerificationDate", "hasValidatedSecret", "secretVerificationDate", "phoneNumber",
		"hasValidatedPhone", "phoneVerificationDate", "lastLoggedDate", "status", "lastLoggedDevice", "lastPasswordChangeDate",
	} {
		if v, ok := p[name]; ok && v != nil {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, ",%q:%s", name, text)
		}
	}
	return "{" + strings.TrimPrefix(out.String(), ",") + "}\n"
}

// What each operation is refused for, and that it leaves everything as it was.
//
// S4-14, S4-19, S4-24, S4-25, S4-29, S4-33, S4-34, S4-35, S4-38, S4-39.
func TestOperationsRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	try := func(name, line, body string, status int, want string, headers ...string) {
		t.Helper()
		if a := b.Call(line, body, append(headers, bearer)...); a.Status != status || !strings.Contains(a.Body, want) {
			t.Errorf("%s: %d %s, want %d with %s", name, a.Status, a.Body, status, want)
		}
	}
	const sms, totp, code = "/auth/otp/methods/sms", "/auth/otp/methods/totp", "/auth/otp/code"
	try("no number", "POST "+sms, `{}`, 400, "phone: is not a phone number")
	try("what is no number", "POST "+sms, `{"phone":"12"}`, 400, "phone: is not a phone number")
	try("no country", "POST "+sms, `{"phone":"+13035551212","country":"usa"}`, 400, "country: is not")
	try("no secret to delete", "DELETE "+totp, ``, 400, "doesn't have a secret", "X-Otp: 123456")
	try("a code of nothing", "GET "+code, ``, 400, "not allowed")
	try("a code of TOTP", "GET "+code+"?method=TOTP", ``, 400, "not allowed")
	try("a code of SMS, unknown", "GET "+code+"?method=SMS", ``, 400, "not allowed")
	try("two codes", "GET "+code+"?method=SMS&method=EMAIL", ``, 400, "not allowed")
	try("no channel", "POST "+code, `{}`, 400, "channel", "X-Otp: 123456")
	try("a channel that is not there", "POST "+code, `{"channel":"SMS"}`, 400, "not configured", "X-Otp: 123456")
	if len(b.Inbox.Messages()) != 0 {
		t.Error("a message was sent")
	}

	b.Call("POST "+sms, `{"phone":"+13035551212","country":"US"}`, bearer)
	right := b.sent(phone)
	b.Call("POST "+totp, `{}`, bearer)
	try("a code of another channel", "POST "+code, `{"channel":"TOTP"}`, 401, "OTP is not valid", right)
	try("no code", "POST "+code, `{"channel":"SMS"}`, 401, "OTP is not valid")
	try("what is no code", "POST "+code, `{"channel":"SMS"}`, 401, "OTP is not valid", "X-Otp: abcdef")
	try("two codes at once", "POST "+code, `{"channel":"SMS"}`, 401, "OTP is not valid", right, right)
	b.Advance(time.Second)
	try("the right one", "POST "+code, `{"channel":"SMS"}`, 200, "recoveryCodes", right+" ")
	try("the right one again", "POST "+code, `{"channel":"SMS"}`, 400, "SMS is already configured", right)
	try("another number", "POST "+sms, `{"phone":"+13035551213","country":"US"}`, 400, "The user already has a valid SMS phone added.")

	// TOTP was begun before SMS counted, so that it is begun anew, with a proof.
	try("TOTP from before", "POST "+code, `{"channel":"TOTP"}`, 400, "not configured", "X-Otp: 123456")
	try("TOTP without a proof", "POST "+totp, `{}`, 401, "OTP is not valid")
	try("TOTP with the proof of a method that is not there", "POST "+totp+"?method=EMAIL", `{}`, 400, "not allowed")
}

// A number that waits can be given anew, and a code sent once more.
//
// S4-14.
func TestPendingNumberIsReplaced(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551213","country":"US"}`, bearer)
	b.Advance(time.Minute)
	if a := b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551212","country":"US"}`, bearer); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.Advance(time.Minute)
	first := b.sent(phone)
	a := b.Call("GET /auth/otp/code?method=SMS", "", bearer)
	if a.Status != 200 || a.Member("validated") != false {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, "X-Otp: "+b.Inbox.LastCode("+13035551213")); a.Status != 401 {
		t.Errorf("the code of the other number: %d", a.Status)
	}
	if b.sent(phone) != first {
		if a := b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, first); a.Status != 401 {
			t.Errorf("the code before: %d", a.Status)
		}
	}
	if a := b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, b.sent(phone)); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// Beside a password the user's own mailbox is a second factor, which is verified
// by what is sent there.
func TestEmailChannel(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	a := b.Call("GET /auth/otp/code?method=EMAIL", "", bearer)
	if a.Status != 200 || a.Text("channel") != "EMAIL" || a.Member("validated") != false {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := b.Call("POST /auth/otp/code", `{"channel":"EMAIL"}`, bearer, b.sent(logintest.Email)); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	first := b.Call("POST /auth/login", john)
	if first.Status != 401 || !strings.Contains(first.Body, `"channel":"EMAIL"`) {
		t.Errorf("%d %s", first.Status, first.Body)
	}
}

// S4-30: messages run out, and the wait is told; by the switch otherwise.
func TestExhausted(t *testing.T) {
	t.Parallel()
	for configured, want := range map[int]int{0: 429, 429: 429, 401: 401, 402: 402} {
		b := open(t, func(b *bench) { b.Config.ExhaustedStatus = configured })
		bearer, _ := b.signIn()
		b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551212","country":"US"}`, bearer)
		n := len(b.Inbox.Messages())
		a := b.Call("GET /auth/otp/code?method=SMS", "", bearer)
		if a.Status != want || a.Header.Get("Retry-After") != "60" || !strings.Contains(a.Body, "must wait before requesting another") {
			t.Errorf("%d: %d %s, Retry-After %q", configured, a.Status, a.Body, a.Header.Get("Retry-After"))
		}
		if len(b.Inbox.Messages()) != n {
			t.Error("a message was sent")
		}
		b.Advance(time.Minute)
		if a := b.Call("GET /auth/otp/code?method=SMS", "", bearer); a.Status != 200 {
			t.Errorf("after the wait: %d %s", a.Status, a.Body)
		}
	}
}

// S4-39: a code is dead after five guesses, the right one too.
func TestCodeDies(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	b.Call("POST /auth/otp/methods/sms", `{"phone":"+13035551212","country":"US"}`, bearer)
	for range 5 {
		b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, "X-Otp: abcdef")
	}
	if a := b.Call("POST /auth/otp/code", `{"channel":"SMS"}`, bearer, b.sent(phone)); a.Status != 401 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// S4-17, S4-19: a secret that counts is not told again, one that waits is replaced.
func TestSecretIsToldOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	bearer, _ := b.signIn()
	first := b.Call("POST /auth/otp/methods/totp", `{}`, bearer).Text("secret")
	second := b.Call("POST /auth/otp/methods/totp", ``, bearer).Text("secret")
	if first == "" || second == "" || first == second {
		t.Error("a secret that waits was told twice, or none was")
	}
	b.Call("POST /auth/otp/code", `{"channel":"TOTP"}`, bearer, b.otp(second))
	b.Advance(30 * time.Second)
	a := b.Call("POST /auth/otp/methods/totp", `{}`, bearer, b.otp(second))
	if a.Status != 400 || !strings.Contains(a.Body, "The TOTP secret is already configured") || strings.Contains(a.Body, second) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// S4-53: told where there is one.
func TestPasswordChangeDate(t *testing.T) {
	t.Parallel()
	b := open(t)
	u := b.User()
	u.PasswordLastUpdateInstant = identity.At(time.Date(2025, 6, 9, 5, 45, 44, 994e6, time.UTC))
	b.Put(u)
	bearer, _ := b.signIn()
	a := b.Call("POST /auth/otp/methods/totp", `{}`, bearer)
	if a.Text("lastPasswordChangeDate") != "2025-06-09T05:45:44.994Z" {
		t.Errorf("%s", a.Body)
	}
}

// Where the tenant has it so, a first method ends the sessions from before it.
func TestFirstMethodEndsSessions(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		b := open(t, func(b *bench) {
			b.Tenant.JWTConfiguration.RefreshTokenRevocationPolicy.OnMultiFactorEnable = ends
		})
		bearer, login := b.signIn()
		b.totp(bearer)
		// Nothing is refreshed without the second factor, whether or not the session lives.
		a := b.Call("POST /auth/login/refresh", fmt.Sprintf(`{"refreshToken":%q}`, login.Text("refreshToken")))
		sessions, err := b.Login().Sessions().List(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID})
		b.must(err)
		if a.Status != 403 || (len(sessions) == 0) != ends {
			t.Errorf("ends %v: %d, %d sessions", ends, a.Status, len(sessions))
		}
	}
}

// A number is read as it is dialled in the country that the person says.
//
// S4-10
func TestNationalNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ phone, country, sentTo string }{
		{"(303) 555-1212", "US", "+13035551212"},
		{"07911 123456", "GB", "+447911123456"},
		{"07911 123456", "US", ""},
		{"+44 7911 123456", "US", "+447911123456"},
		{"+44 7911 123456", "", "+447911123456"},
		{"07911 123456", "XX", ""},
		{"07911 123456", "gb", ""},
	} {
		b := open(t)
		bearer, _ := b.signIn()
		a := b.Call("POST /auth/otp/methods/sms", fmt.Sprintf(`{"phone":%q,"country":%q}`, c.phone, c.country), bearer)
		if c.sentTo == "" {
			if a.Status != 400 {
				t.Errorf("%s in %q: %d %s, want 400", c.phone, c.country, a.Status, a.Body)
			}
			continue
		}
		if a.Status != 200 || b.Inbox.LastCode(c.sentTo) == "" {
			t.Errorf("%s in %q: %d %s, and nothing was sent to %s", c.phone, c.country, a.Status, a.Body, c.sentTo)
		}
	}
}
