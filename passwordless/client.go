package passwordless

import (
	"cmp"
	"net/netip"
)

// maxText bounds what a client says of itself.
const maxText = 1 << 10

// merged is a request in which what one member says and its older form does not,
// or the other way about, both say: FusionAuth's clients send either.
func (r LoginRequest) merged() LoginRequest {
	d, e := &r.MetaData.Device, &r.EventInfo
	e.IPAddress = cmp.Or(e.IPAddress, r.IPAddress)
	e.DeviceDescription = cmp.Or(e.DeviceDescription, d.Description)
	e.DeviceName = cmp.Or(e.DeviceName, d.Name)
	e.DeviceType = cmp.Or(e.DeviceType, d.Type)
	d.Description = cmp.Or(d.Description, e.DeviceDescription)
	d.Name = cmp.Or(d.Name, e.DeviceName)
	d.Type = cmp.Or(d.Type, e.DeviceType)
	return r
}

// check bounds what is recorded with a login.
func (r LoginRequest) check() error {
	d, e := r.MetaData.Device, r.EventInfo
	for _, f := range []struct{ name, text string }{
		{"metaData.device.description", d.Description},
		{"metaData.device.lastAccessedAddress", d.LastAccessedAddress},
		{"metaData.device.name", d.Name},
		{"metaData.device.type", d.Type},
		{"eventInfo.deviceDescription", e.DeviceDescription},
		{"eventInfo.deviceName", e.DeviceName},
		{"eventInfo.deviceType", e.DeviceType},
		{"eventInfo.os", e.OS},
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
		if f.text != "" && !isAddress(f.text) {
			return field("invalid", f.name, "It must be an IPv4 or IPv6 address.")
		}
	}
	if sizeOf(r.MetaData.Scopes) > maxText {
		return field("tooLong", "metaData.scopes", "They must be at most 1024 bytes, one more counted for each.")
	}
	if len(r.MetaData.Data)+len(e.Data) > maxState {
		return field("tooLong", "metaData.data", "With eventInfo.data it must be at most 8 KiB.")
	}
	return cmp.Or(checkObject("metaData.data", r.MetaData.Data), checkObject("eventInfo.data", e.Data))
}

// isAddress takes no zone: it is the client's own, and text of any length.
func isAddress(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Zone() == ""
}

// sizeOf counts each scope as one byte more than it has, so that empty ones count.
func sizeOf(scopes []string) int {
	n := 0
	for _, s := range scopes {
		n += len(s) + 1
	}
	return n
}
