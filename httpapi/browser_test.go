package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// jar is a browser: it keeps the cookies that it is given, and sends them back
// over TLS.
type jar struct {
	t      *testing.T
	server *httptest.Server
	client *http.Client
}

// jars are browsers at one API.
func (b *bench) jars() (mine, another jar) {
	b.T.Helper()
	server := httptest.NewTLSServer(b.API())
	b.T.Cleanup(server.Close)
	open := func() jar {
		cookies, err := cookiejar.New(nil)
		b.must(err)
		client := *server.Client()
		client.Jar = cookies
		return jar{b.T, server, &client}
	}
	return open(), open()
}

func (j jar) post(path, body string) answer {
	j.t.Helper()
	got, err := j.client.Post(j.server.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		j.t.Fatal(err)
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		j.t.Fatal(err)
	}
	return answer{got, string(content)}
}

func (j jar) wants(status int, path, body string) answer {
	j.t.Helper()
	got := j.post(path, body)
	if got.StatusCode != status {
		j.t.Errorf("%s: %d %s, want %d", path, got.StatusCode, got.body, status)
	}
	return got
}

// signedIn says whether a browser holds a session.
func (j jar) signedIn() bool {
	u, _ := url.Parse(j.server.URL)
	for _, c := range j.client.Jar.Cookies(u) {
		if c.Name == "access_token" || c.Name == "refresh_token" {
			return true
		}
	}
	return false
}

// begin begins a login of the sample user in a browser, and returns the code of
// the message that it causes.
func (b *bench) begin(in jar, strategy identity.LoginStrategy) string {
	b.T.Helper()
	in.wants(200, "/public/passwordless/start", fmt.Sprintf(`{"applicationId":%q,"loginId":%q,"loginStrategy":%q}`, logintest.ApplicationID, logintest.Email, strategy))
	if strategy == identity.FormField {
		return b.Inbox.LastCode(logintest.Email)
	}
	return logintest.CodeOf(b.T, b.Inbox.LastLink(logintest.Email)).Reveal()
}

const (
	publicLogin = "/public/passwordless/login"
	publicPeek  = "/public/passwordless/peek"
)

func linked(code string, more ...string) string {
	return fmt.Sprintf(`{"applicationId":%q,"code":%q%s}`, logintest.ApplicationID, code, strings.Join(more, ""))
}

const accepted = `,"otherBrowser":true`

// SEC-17: with two cookie jars, the link of one signs in there and, unless its
// person accepts it, not in the other. Nobody is signed in but who showed the code.
func TestALinkBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine, another := b.jars()
	code := b.begin(mine, identity.ClickableLink)
	refused := another.wants(400, publicLogin, linked(code))
	var errs struct{ GeneralErrors []struct{ Code string } }
	b.must(json.Unmarshal([]byte(refused.body), &errs))
	if len(errs.GeneralErrors) != 1 || errs.GeneralErrors[0].Code != "[OtherBrowser]" || len(refused.Cookies()) > 0 {
		t.Errorf("refused with %s and %d cookies", refused.body, len(refused.Cookies()))
	}
	for range 10 {
		another.wants(400, publicLogin, linked(code, `,"otherBrowser":false`))
		for _, j := range []jar{mine, another} {
			if looked := j.wants(200, publicPeek, linked(code)); len(looked.Cookies()) > 0 {
				t.Error("a look sets cookies")
			}
		}
	}
	mine.wants(200, publicLogin, linked(code))
	another.wants(404, publicLogin, linked(code, accepted))
	if !mine.signedIn() || another.signedIn() {
		t.Errorf("signed in: where it was asked for %v, elsewhere %v", mine.signedIn(), another.signedIn())
	}
}

// SEC-17: a page is told whose browser it is, and what to show of the other.
func TestPeekTellsBrowsersApart(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine, another := b.jars()
	code := b.begin(mine, identity.ClickableLink)
	for want, j := range map[bool]jar{true: mine, false: another} {
		var got struct {
			SameBrowser  *bool
			StartInstant int64
			LoginID      string
			Origin       struct{ IPAddress, UserAgent string }
		}
		b.must(json.Unmarshal([]byte(j.wants(200, publicPeek, linked(code)).body), &got))
		if got.SameBrowser == nil || *got.SameBrowser != want || got.StartInstant != logintest.Start.UnixMilli() ||
			got.LoginID != "j***@piedpiper.com" || got.Origin.IPAddress != "127.0.0.1" || got.Origin.UserAgent != "Go-http-client/1.1" {
			t.Errorf("%+v, want sameBrowser %v", got, want)
		}
	}
}

// SEC-17: what the person accepts signs in there, and not where it was asked for.
func TestALinkIsAcceptedInAnotherBrowser(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine, another := b.jars()
	another.wants(200, publicLogin, linked(b.begin(mine, identity.ClickableLink), accepted))
	if mine.signedIn() || !another.signedIn() {
		t.Errorf("signed in: where it was asked for %v, where it was accepted %v", mine.signedIn(), another.signedIn())
	}
}

// SEC-17: a link of nobody's browser, such as one that an attacker had sent by the
// API, is accepted or nothing.
func TestALinkOfNoBrowserIsAcceptedOrNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine, _ := b.jars()
	b.post("/api/passwordless/send", fmt.Sprintf(`{"applicationId":%q,"loginId":%q}`, logintest.ApplicationID, logintest.Email))
	code := logintest.CodeOf(t, b.Inbox.LastLink(logintest.Email)).Reveal()
	mine.wants(400, publicLogin, linked(code))
	if mine.signedIn() {
		t.Error("a link that was sent along signed a browser in")
	}
	mine.wants(200, publicLogin, linked(code, accepted))
}

// SEC-17: where only the same browser will do, nothing is accepted elsewhere.
func TestSameBrowserOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Config.SameBrowserOnly = true
	mine, another := b.jars()
	code := b.begin(mine, identity.ClickableLink)
	another.wants(400, publicLogin, linked(code, accepted))
	another.wants(400, "/api/passwordless/login", linked(code, accepted))
	mine.wants(200, publicLogin, linked(code))
}

// SEC-17: a browser that asks twice may use either message.
func TestABrowserAsksTwice(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine, _ := b.jars()
	first := b.begin(mine, identity.ClickableLink)
	second := b.begin(mine, identity.ClickableLink)
	typed := b.begin(mine, identity.FormField)
	for _, body := range []string{linked(first), linked(second), fmt.Sprintf(`{"oneTimeCode":%q}`, typed)} {
		mine.wants(200, publicLogin, body)
	}
}

// SEC-17: the second factor is asked for, and shown, where the first one was.
func TestTheSecondFactorBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	for _, elsewhere := range []bool{false, true} {
		b := open(t)
		key, _ := b.enrol()
		mine, another := b.jars()
		code := b.begin(mine, identity.ClickableLink)
		body := linked(code)
		if elsewhere {
			mine, another = another, mine
			body = linked(code, accepted)
		}
		id := mine.wants(242, publicLogin, body).text("twoFactorId")
		proof := second(id, b.totp(key), "")
		another.wants(404, "/public/two-factor/login", proof)
		another.wants(404, "/api/two-factor/login", proof)
		another.wants(404, "/public/two-factor/send/"+id, fmt.Sprintf(`{"methodId":%q}`, b.methods()[0]))
		mine.wants(400, "/public/two-factor/send/"+id, fmt.Sprintf(`{"methodId":%q}`, b.methods()[0])) // an authenticator has none
		mine.wants(200, "/public/two-factor/login", proof)
		if !mine.signedIn() || another.signedIn() {
			t.Errorf("signed in: in its browser %v, elsewhere %v", mine.signedIn(), another.signedIn())
		}
	}
}

// A cookie that is none, or that stands there twice, is no browser's.
func TestAForgedBrowserCookie(t *testing.T) {
	t.Parallel()
	b := open(t)
	started := b.post("/public/passwordless/start", startBody, "Cookie: "+browser+"=a")
	if len(started.cookie(browser)) != 43 {
		t.Fatalf("%q was kept", started.cookie(browser))
	}
	code := logintest.CodeOf(t, b.Inbox.LastLink(logintest.Email)).Reveal()
	mine := browser + "=" + started.cookie(browser)
	for _, cookies := range []string{mine + "; " + mine, browser + "=a; " + mine, browser + "=", strings.ToLower(mine)} {
		if got := b.post(publicLogin, linked(code), "Cookie: "+cookies); got.StatusCode != 400 {
			t.Errorf("%d, want 400", got.StatusCode)
		}
	}
	if got := b.post(publicLogin, linked(code), "Cookie: "+mine); got.StatusCode != 200 {
		t.Errorf("%d with its own cookie, want 200", got.StatusCode)
	}
}
