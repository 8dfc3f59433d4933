package passwordless

import (
	"cmp"
	"net/netip"
)

// maxText bounds what a client says of itself.
const maxText = 1 << 10

// check bounds what is recorded with a login.
func (r LoginRequest) check() error {
	d, e := r.MetaData.Device, r.EventInfo
	for _, f := range []struct{ name, text string }{
		{"metaData.device.description", d.Description},
		{"metaData.device.lastAccessedAddress", d.LastAccessedAddress},
		{"metaData.device.name", d.Name},
		{"metaData.device.type", d.Type},
		{"eventInfo.userAgent", e.UserAgent},
	} {
		if len(f.text) > maxText {
			return field("tooLong", f.name, "It must be at most 1024 bytes.")
		}
	}
	for _, f := range []struct{ name, text string }{
		{"ipAddress", r.IPAddress},
		{"eventInfo.ipAddress", e.IPAddress},
	} {
		if _, err := netip.ParseAddr(f.text); f.text != "" && err != nil {
			return field("invalid", f.name, "It must be an IPv4 or IPv6 address.")
		}
	}
	if len(r.MetaData.Data)+len(e.Data) > maxState {
		return field("tooLong", "metaData.data", "With eventInfo.data it must be at most 8 KiB.")
	}
	return nil
}

// address is the client's, as the caller gave it.
func (r LoginRequest) address() string { return cmp.Or(r.EventInfo.IPAddress, r.IPAddress) }
