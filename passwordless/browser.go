package passwordless

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
)

// browsers make what [BrowserSecret] gives.
var browsers = secret.Generator{Kind: secret.RandomBytes, Length: 32}

// The bounds of a browser's secret, in bytes: the least hold 128 bits in base64.
const (
	minBrowser = 22
	maxBrowser = 256
)

// BrowserSecret is what binds a login to a browser: kept, if that is one that
// was made here, else a new one of 256 random bits. Keep it in the browser in a
// cookie that no script reads and no neighbouring domain sets (HttpOnly, Secure,
// and named with __Host-), for an hour; a browser that has one begins every
// login with it, so that two that are begun in two windows are both its own.
func BrowserSecret(kept secret.Text) secret.Text {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(kept.Reveal())
	if err != nil || len(raw) != browsers.Length {
		return browsers.New()
	}
	return kept
}

func checkBrowser(b secret.Text) error {
	if n := len(b.Reveal()); n > 0 && (n < minBrowser || n > maxBrowser) {
		return field("invalid", "browser", "It must have 22 to 256 bytes.")
	}
	return nil
}

// Origin is where a login was asked for, as the caller that began it saw it: not
// trusted, free text. What is not known is absent.
type Origin struct {
	IPAddress string `json:"ipAddress,omitempty"`
	Device    string `json:"device,omitempty"`    // its name or description
	UserAgent string `json:"userAgent,omitempty"` //
	Location  string `json:"location,omitempty"`  // such as Berlin, Germany
}

// origin is what of a client may be shown.
func (e EventInfo) origin() walk.Origin {
	l := e.Location
	var places []string
	for _, p := range []string{l.City, l.Region, l.Country} {
		if p != "" {
			places = append(places, p)
		}
	}
	return walk.Origin{
		IPAddress: e.IPAddress,
		Device:    cmp.Or(e.DeviceName, e.DeviceDescription),
		UserAgent: e.UserAgent,
		Location:  cmp.Or(l.DisplayString, strings.Join(places, ", ")),
	}
}

// keepTo has a walk go on in the browser that it belongs to, and refuses any
// other, unless its person accepted that. A caller that names no browser takes
// one that belongs to none.
//
// It is asked wherever something may be minted, after the proof: who has not
// shown that is told nothing.
func (s *step) keepTo(browser secret.Text, accepted bool) error {
	bound := len(s.Facts.Browser) > 0
	mine := s.Facts.In(s.Walk, browser) || !bound && browser.IsZero()
	switch {
	case mine:
	case accepted:
		s.Facts.OtherBrowser = true
	default:
		return &failed{reason: OtherBrowser, err: ErrOtherBrowser}
	}
	s.Facts.Browser = walk.Browser(s.Walk, browser)
	return nil
}

// keepOn is keepTo for a step after the first, which whoever took that has the
// handle of: where that bound nothing, there is nothing to ask.
func (s *step) keepOn(browser secret.Text) error {
	if len(s.Facts.Browser) > 0 && !s.Facts.In(s.Walk, browser) {
		return because(OtherBrowser)
	}
	return nil
}

// keepIf is keepOn where nothing is minted: for a caller that names a browser. A
// service that acts for one does not know its secret.
func (s *step) keepIf(browser secret.Text) error {
	if browser.IsZero() {
		return nil
	}
	return s.keepOn(browser)
}
