package passwordless

import (
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// StartRequest asks for a login to begin. The fields with JSON names are
// FusionAuth's; the others are for the caller alone and are never decoded.
type StartRequest struct {
	// ApplicationID is the application to log in to. Required.
	ApplicationID string `json:"applicationId,omitempty"`

	// LoginID is the e-mail address, user name or phone number as it was typed.
	// E-mail addresses and user names are not trimmed. Required.
	LoginID string `json:"loginId,omitempty"`

	// LoginIDTypes is what LoginID may be, in order of preference. Empty means
	// e-mail, then user name.
	LoginIDTypes []identity.IdentityType `json:"loginIdTypes,omitempty"`

	// LoginStrategy is how the person completes the login. Empty means the
	// application's strategy for that kind of login id.
	LoginStrategy identity.LoginStrategy `json:"loginStrategy,omitempty"`

	// State comes back, as it is, with the completed login. At most 8 KiB.
	State identity.Object `json:"state,omitempty"`

	// TenantID, if not empty, must be the application's tenant.
	TenantID string `json:"-"`

	// IPAddress, if not empty, has starts from one client counted as well: from
	// an IPv4 address, or from the /64 of an IPv6 address. Anything else, such as
	// an address with a port, is a *ValidationError.
	IPAddress string `json:"-"`

	// Browser binds the login to the browser that asks for it: see BrowserSecret.
	// In another it goes on only if the person accepts that. Empty binds it to
	// none.
	Browser secret.Text `json:"-"`

	// EventInfo is what Peek shows of where the login was asked for. IPAddress
	// stands in where it has no address. Its Data is for the event alone.
	EventInfo EventInfo `json:"-"`

	// RevealUnknown has Start say ErrUnknownUser. For callers that are trusted
	// to know who exists, never for a browser.
	RevealUnknown bool `json:"-"`

	// DiscloseCode has Start return the short code of a FormField login, for a
	// caller that delivers it. Such a login proves nothing of the address.
	DiscloseCode bool `json:"-"`
}

// SendRequest asks for the message of a login: of one that Start began, by its
// Code; or, in the older form, of a new one, by ApplicationID and LoginID.
type SendRequest struct {
	Code          secret.Text     `json:"code,omitzero"`
	ApplicationID string          `json:"applicationId,omitempty"`
	LoginID       string          `json:"loginId,omitempty"` // e-mail address or user name
	State         identity.Object `json:"state,omitempty"`

	TenantID  string `json:"-"`
	IPAddress string `json:"-"`
}

// LoginRequest completes a login.
type LoginRequest struct {
	// Code is the secret from the link, or the handle that Start or Begin
	// returned. Required.
	Code secret.Text `json:"code,omitzero"`

	// OneTimeCode is the short code from the message. A FormField login needs it.
	OneTimeCode secret.Text `json:"oneTimeCode,omitzero"`

	// ApplicationID, if empty, leaves the application's claims and the refresh
	// token out. If not, it must be the one that the login was started for.
	ApplicationID string `json:"applicationId,omitempty"`

	// TwoFactorTrustID is from an earlier login on a device that was trusted.
	// One that does not count is ignored.
	TwoFactorTrustID secret.Text `json:"twoFactorTrustId,omitzero"`

	// NoJWT leaves the tokens out: nothing is signed.
	NoJWT bool `json:"noJWT,omitempty"`

	// NewDevice has the login's event say that the device is new.
	NewDevice bool `json:"newDevice,omitempty"`

	// IPAddress is the client's. It is recorded with the login, not trusted.
	// EventInfo.IPAddress, if set, takes its place. MetaData labels the refresh
	// token. What EventInfo says of the device and MetaData does not stands in
	// MetaData too, and the other way about.
	IPAddress string           `json:"ipAddress,omitempty"`
	MetaData  session.MetaData `json:"metaData,omitzero"`
	EventInfo EventInfo        `json:"eventInfo,omitzero"`

	// BotDetectionScore is accepted from clients that send it, and not used.
	BotDetectionScore float64 `json:"botDetectionScore,omitempty"`

	// TenantID, if not empty, must be the login's tenant.
	TenantID string `json:"-"`

	// Browser is the secret of the browser that the code comes from. A handler for
	// browsers always gives one, by BrowserSecret, so that a login that was begun
	// without any is not taken for that browser's own. Empty is for callers that
	// serve no browser: they complete only what is bound to none.
	Browser secret.Text `json:"-"`

	// OtherBrowser says that the person accepted, in this browser, a login that
	// was not asked for in it. Set it only for what was posted from a page that
	// showed them whose login it is and where it was asked for.
	OtherBrowser bool `json:"-"`
}

// EventInfo is what a caller knows of the client. It is recorded, never trusted.
type EventInfo struct {
	Data              identity.Object `json:"data,omitempty"`
	DeviceDescription string          `json:"deviceDescription,omitempty"`
	DeviceName        string          `json:"deviceName,omitempty"`
	DeviceType        string          `json:"deviceType,omitempty"`
	IPAddress         string          `json:"ipAddress,omitempty"`
	Location          Location        `json:"location,omitzero"`
	OS                string          `json:"os,omitempty"`
	UserAgent         string          `json:"userAgent,omitempty"`
}

// Location is where a caller believes the client to be.
type Location struct {
	City          string  `json:"city,omitempty"`
	Country       string  `json:"country,omitempty"`
	DisplayString string  `json:"displayString,omitempty"`
	Latitude      float64 `json:"latitude,omitempty"`
	Longitude     float64 `json:"longitude,omitempty"`
	Region        string  `json:"region,omitempty"`
	Zipcode       string  `json:"zipcode,omitempty"`
}
