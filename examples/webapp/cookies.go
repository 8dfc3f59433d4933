package webapp

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// The cookies. The first four are what the login gave, as it is; the others are
// sealed by a jar.
const (
	accessCookie  = "webapp.access"
	refreshCookie = "webapp.refresh"
	trustCookie   = "webapp.trust"
	browserCookie = "webapp.browser" // to whom a login belongs: passwordless.BrowserSecret

	walkCookie     = "webapp.walk"     // a login under way: walk
	linkCookie     = "webapp.link"     // a link that was opened: opened
	enrolCookie    = "webapp.enrol"    // a second factor to confirm: enrolment
	recoveryCookie = "webapp.recovery" // recovery codes to save: recovery
	noticeCookie   = "webapp.notice"   // what the next page says: notice
)

// jar keeps things in the browser that it neither reads nor changes, so that the
// server keeps nothing between two pages.
type jar struct {
	keys     *secret.Keyring
	insecure bool // plain http
	now      func() time.Time
}

const cookieUse secret.Use = "webapp cookie"

// sealed is what a cookie holds. Its end is judged here: a browser may keep a
// cookie for longer.
type sealed struct {
	Until time.Time
	Value json.RawMessage
}

// put seals v for the named cookie alone.
func (j jar) put(w http.ResponseWriter, name string, v any, until time.Time) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(sealed{until, value})
	if err != nil {
		return err
	}
	text := base64.RawURLEncoding.EncodeToString(j.keys.Seal(cookieUse, plain, name))
	j.set(w, name, text, until)
	return nil
}

// get says whether the browser has the named cookie, sealed by us and not over.
func (j jar) get(r *http.Request, name string, v any) bool {
	text, err := base64.RawURLEncoding.DecodeString(j.read(r, name).Reveal())
	if err != nil {
		return false
	}
	plain, err := j.keys.Open(cookieUse, text, name)
	if err != nil {
		return false
	}
	var s sealed
	return json.Unmarshal(plain, &s) == nil && j.now().Before(s.Until) && json.Unmarshal(s.Value, v) == nil
}

// set sets a cookie that scripts do not see and other sites do not send. The
// __Host- prefix keeps neighbouring domains from setting one in its place.
func (j jar) set(w http.ResponseWriter, name, value string, until time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: j.name(name), Value: value, Path: "/", MaxAge: int(until.Sub(j.now()).Seconds()),
		HttpOnly: true, Secure: !j.insecure, SameSite: http.SameSiteLaxMode,
	})
}

func (j jar) drop(w http.ResponseWriter, names ...string) {
	for _, name := range names {
		j.set(w, name, "", j.now().Add(-time.Second))
	}
}

// read is the value of a cookie, if the request has exactly one of the name.
func (j jar) read(r *http.Request, name string) secret.Text {
	if found := r.CookiesNamed(j.name(name)); len(found) == 1 {
		return secret.New(found[0].Value)
	}
	return secret.Text{}
}

func (j jar) name(name string) string {
	if j.insecure {
		return name
	}
	return "__Host-" + name
}
