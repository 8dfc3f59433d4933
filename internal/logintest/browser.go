package logintest

import (
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Somewhere is what a handler knows of a browser that asks for a login.
var Somewhere = passwordless.EventInfo{
	DeviceName: "Jared's phone", UserAgent: "Mozilla/5.0 (iPhone)",
	Location: passwordless.Location{City: "Palo Alto", Country: "USA"},
}

// Browser is a browser's secret that no other has.
func Browser() secret.Text { return passwordless.BrowserSecret(secret.Text{}) }

// Bound begins a login of the sample user in a browser, and returns what completes
// it there.
func (h *House) Bound(strategy identity.LoginStrategy, browser secret.Text) passwordless.LoginRequest {
	h.T.Helper()
	r := Request(strategy)
	r.Browser, r.IPAddress, r.EventInfo = browser, "192.0.2.7", Somewhere
	begun, err := h.Login().Begin(h.T.Context(), r)
	h.must(err)
	done := passwordless.LoginRequest{ApplicationID: ApplicationID, Browser: browser, Code: begun.Code.Text}
	if strategy == identity.ClickableLink {
		done.Code = CodeOf(h.T, h.Inbox.LastLink(Email))
	} else {
		done.OneTimeCode = secret.New(h.Inbox.LastCode(Email))
	}
	return done
}
