package passwordless

import (
	"cmp"
	"fmt"
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
	d := r.MetaData.Device
	if err := atMost(maxText, []text{
		{"metaData.device.description", d.Description},
		{"metaData.device.lastAccessedAddress", d.LastAccessedAddress},
		{"metaData.device.name", d.Name},
		{"metaData.device.type", d.Type},
	}); err != nil {
		return err
	}
	if r.IPAddress != "" && !isAddress(r.IPAddress) {
		return notAddress("ipAddress")
	}
	if sizeOf(r.MetaData.Scopes) > maxText {
		return field("tooLong", "metaData.scopes", "They must be at most 1024 bytes, one more counted for each.")
	}
	if len(r.MetaData.Data)+len(r.EventInfo.Data) > maxState {
		return field("tooLong", "metaData.data", "With eventInfo.data it must be at most 8 KiB.")
	}
	return cmp.Or(checkObject("metaData.data", r.MetaData.Data), r.EventInfo.check())
}

// check bounds what is recorded of a client, and shown.
func (e EventInfo) check() error {
	if err := atMost(maxText, []text{
		{"eventInfo.deviceDescription", e.DeviceDescription},
		{"eventInfo.deviceName", e.DeviceName},
		{"eventInfo.deviceType", e.DeviceType},
		{"eventInfo.location.city", e.Location.City},
		{"eventInfo.location.country", e.Location.Country},
		{"eventInfo.location.displayString", e.Location.DisplayString},
		{"eventInfo.location.region", e.Location.Region},
		{"eventInfo.location.zipcode", e.Location.Zipcode},
		{"eventInfo.os", e.OS},
		{"eventInfo.userAgent", e.UserAgent},
	}); err != nil {
		return err
	}
	if e.IPAddress != "" && !isAddress(e.IPAddress) {
		return notAddress("eventInfo.ipAddress")
	}
	return checkObject("eventInfo.data", e.Data)
}

// text is what a client says of itself, by the name of the member.
type text struct{ member, value string }

func atMost(bytes int, texts []text) error {
	for _, t := range texts {
		if len(t.value) > bytes {
			return field("tooLong", t.member, fmt.Sprintf("It must be at most %d bytes.", bytes))
		}
	}
	return nil
}

func notAddress(member string) error {
	return field("invalid", member, "It must be an IPv4 or IPv6 address.")
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
