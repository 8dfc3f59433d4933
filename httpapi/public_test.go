package httpapi_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

const (
	handle  = "__Host-gatehouse.login"
	browser = "__Host-gatehouse.browser"
)

func TestPublicTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	const start, send, peek, login = "POST /public/passwordless/start", "POST /public/passwordless/send", "POST /public/passwordless/peek", "POST /public/passwordless/login"
	someone := `{"applicationId":"10000000-0000-0002-0000-000000000001","loginId":%q,"loginStrategy":%q}`
	known := b.show(200, "by code", start, fmt.Sprintf(someone, logintest.Email, "FormField"))
	nobody := b.show(200, "by code, for nobody", start, fmt.Sprintf(someone, "example@fusionauth.io", "FormField"))
	if known.body != nobody.body || len(known.cookie(handle)) != len(nobody.cookie(handle)) || len(known.cookie(browser)) != len(nobody.cookie(browser)) {
		t.Error("the answer tells who exists")
	}
	mine := browser + "=" + known.cookie(browser)
	cookie := "Cookie: " + handle + "=" + known.cookie(handle) + "; " + mine
	b.show(429, "sent too soon after", send, "{}", cookie)
	b.Advance(time.Minute)
	b.show(200, "sent", send, "{}", cookie)
	b.show(404, "sent for no login", send, "{}")
	b.show(200, "what may be shown", peek, "{}", cookie)
	b.show(404, "a wrong code", login, `{"oneTimeCode":"wrong1"}`, cookie)
	code := fmt.Sprintf(`{"applicationId":%q,"oneTimeCode":%q}`, logintest.ApplicationID, b.Inbox.LastCode(logintest.Email))
	b.show(404, "a code without its login", login, code)
	b.show(403, "from another site", login, code, cookie, "Sec-Fetch-Site: cross-site")
	b.show(403, "from another origin", login, code, cookie, "Origin: https://piedpiper.example")
	done := b.show(200, "signed in", login, code, cookie, "Sec-Fetch-Site: same-origin")
	if done.text("token") != "" || done.text("refreshToken") != "" || done.cookie("access_token") == "" || done.cookie("refresh_token") == "" {
		t.Error("tokens belong into cookies, which scripts do not read, and nowhere else")
	}
	b.show(404, "signed in again", login, code, cookie)
	const refresh = "POST /public/jwt/refresh"
	kept := "Cookie: refresh_token=" + done.cookie("refresh_token")
	renewed := b.show(200, "refreshed", refresh, "", kept)
	if renewed.body != "" || renewed.cookie("access_token") == "" || renewed.cookie("refresh_token") == "" {
		t.Error("a refresh leaves its tokens elsewhere than in cookies")
	}
	b.show(400, "refreshed by a body", refresh, refreshBody(renewed.cookie("refresh_token")))
	b.show(400, "refreshed by a token that is none", refresh, "", "Cookie: refresh_token=nonsense")
	b.show(403, "refreshed from another site", refresh, "", "Cookie: refresh_token="+renewed.cookie("refresh_token"), "Sec-Fetch-Site: cross-site")
	b.Advance(time.Hour)
	began := b.show(200, "by link", start, fmt.Sprintf(someone, logintest.Email, "ClickableLink"), "Cookie: "+mine, "User-Agent: Mozilla/5.0 (iPhone)")
	if began.cookie(browser) != known.cookie(browser) {
		t.Error("a browser belongs to itself no longer than until it asks again")
	}
	link, err := url.Parse(b.Inbox.LastLink(logintest.Email))
	b.must(err)
	code = fmt.Sprintf(`{"applicationId":%q,"code":%q}`, logintest.ApplicationID, link.Query().Get("code"))
	b.show(200, "what may be shown of a link", peek, code, "Cookie: "+mine)
	b.show(200, "what may be shown of a link in another browser", peek, code)
	b.show(400, "a link in another browser", login, code)
	b.show(400, "a link where FusionAuth's clients sign in", "POST /api/passwordless/login", code)
	b.show(405, "a link is not for GET", "GET /public/passwordless/login?code=CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs", "")
	b.show(200, "signed in by the link", login, code, "Cookie: "+mine)
	b.show(404, "what may be shown of one that is spent", peek, code)
	b.show(200, "by another link", start, fmt.Sprintf(someone, logintest.Email, "ClickableLink"))
	link, err = url.Parse(b.Inbox.LastLink(logintest.Email))
	b.must(err)
	code = fmt.Sprintf(`{"applicationId":%q,"code":%q,"otherBrowser":true}`, logintest.ApplicationID, link.Query().Get("code"))
	b.show(200, "signed in by a link that was accepted in another browser", login, code)
	b.golden("public")
}

// The second factor of a browser leaves its tokens in cookies, too.
func TestPublicTwoFactorTranscript(t *testing.T) {
	t.Parallel()
	b := open(t)
	key, _ := b.enrol()
	id, _ := b.challenged("")
	const login = "POST /public/two-factor/login"
	b.show(400, "nothing to send", "POST /public/two-factor/send/"+id, fmt.Sprintf(`{"methodId":%q}`, b.methods()[0]))
	b.show(404, "sent in no login", "POST /public/two-factor/send/none", `{"methodId":"V7SH"}`)
	b.show(400, "without a code", login, fmt.Sprintf(`{"twoFactorId":%q}`, id))
	b.show(421, "a wrong code", login, second(id, "nonsense", ""))
	body := second(id, b.totp(key), `,"trustComputer":true`)
	done := b.show(200, "signed in", login, body)
	b.show(404, "signed in again", login, body)
	for member, cookie := range map[string]string{"token": "access_token", "refreshToken": "refresh_token", "twoFactorTrustId": "fusionauth.trust"} {
		if done.text(member) != "" || done.cookie(cookie) == "" {
			t.Errorf("%s is in the body, or not in the cookie %s", member, cookie)
		}
	}
	b.golden("public-two-factor")
}

// SEC-16: looking at a link, however often and by whichever safe method, leaves it
// as it was.
func TestLooksDoNotSpend(t *testing.T) {
	t.Parallel()
	b := open(t)
	r := b.Link()
	code := r.Code.Reveal()
	for i := range 100 {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for _, path := range []string{"/public/passwordless/login", "/public/passwordless/peek", "/api/passwordless/login", "/api/login"} {
				got := b.call(method+" "+path+"?code="+code, "", "Sec-Purpose: prefetch")
				if got.StatusCode != 405 && method != "OPTIONS" {
					t.Fatalf("look %d: %s %s: %d, want 405", i, method, path, got.StatusCode)
				}
			}
		}
	}
	if got := b.post("/public/passwordless/peek", fmt.Sprintf(`{"code":%q}`, code)); got.StatusCode != 200 {
		t.Errorf("peek: %d, want 200", got.StatusCode)
	}
	if got := b.post("/public/passwordless/login", fmt.Sprintf(`{"code":%q,"otherBrowser":true}`, code)); got.StatusCode != 200 {
		t.Errorf("login: %d, want 200", got.StatusCode)
	}
}
