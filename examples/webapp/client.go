package webapp

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// loginRequest is what every step that can end in a session says of the browser.
func (a *App) loginRequest(r *http.Request) passwordless.LoginRequest {
	agent := userAgent(r)
	return passwordless.LoginRequest{
		ApplicationID:    a.c.ApplicationID,
		TwoFactorTrustID: a.cookies.read(r, trustCookie),
		IPAddress:        a.c.ClientAddress(r),
		MetaData: session.MetaData{Device: session.Device{
			Name: device(agent), Type: identity.DeviceBrowser, LastAccessedAddress: a.c.ClientAddress(r),
		}},
		EventInfo: passwordless.EventInfo{UserAgent: agent, DeviceName: device(agent)},
		Browser:   passwordless.BrowserSecret(a.cookies.read(r, browserCookie)),
	}
}

// keepBrowser has a browser keep what binds a login to it, for longer than all
// the steps of one take.
func (a *App) keepBrowser(w http.ResponseWriter, browser secret.Text) {
	a.cookies.set(w, browserCookie, browser.Reveal(), a.now().Add(time.Hour))
}

// connection is the address at the other end.
func connection(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return peer.Addr().Unmap().WithZone("").String()
}

// userAgent is what the browser says of itself, cut to what is recorded.
func userAgent(r *http.Request) string {
	const most = 512
	agent := r.UserAgent()
	return strings.ToValidUTF8(agent[:min(len(agent), most)], "")
}

// device calls a browser by a name that its owner recognises. It is for people to
// read, and anybody's text: nothing hangs on it.
func device(agent string) string {
	browser := firstOf(agent, "a browser", [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
	})
	system := firstOf(agent, "", [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"},
	})
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

func firstOf(agent, otherwise string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(agent, m[0]) {
			return m[1]
		}
	}
	return otherwise
}
