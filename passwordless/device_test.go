package passwordless_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// S2-14..S2-20, S3-71, S3-72, S3-73, S3-75: what a client says labels its session.
// S2-23, S3-74: and the rest is taken in, any kind of device.
// S3-62, S3-69: the address is kept with the login.
func TestDeviceOfASession(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.Form()
	r := decoded[passwordless.LoginRequest](t, read(t, "login_request_every_field.json"))
	r.Code, r.OneTimeCode = form.Code, form.OneTimeCode
	h.Complete(r)
	var record struct {
		MetaData struct {
			Data   json.RawMessage
			Device map[string]any
			Scopes []string
		}
	}
	if err := json.Unmarshal(grants(h)[0].Data, &record); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"description": "John's phone", "name": "iPhone", "type": "MOBILE", "lastAccessedAddress": "192.0.2.8", "lastAccessedInstant": 1659380719000.0,
	} {
		if got := record.MetaData.Device[name]; got != want {
			t.Errorf("the session's device has %s %v, want %v", name, got, want)
		}
	}
	wantSame(t, record.MetaData.Data, []byte(`{"any":["thing"]}`))
	if l := logins(h)[0]; l.IP != "192.0.2.9" || l.Agent != "Mozilla/5.0" {
		t.Errorf("the login is from %q by %q", l.IP, l.Agent)
	}
}

// S3-63, S3-69, S2-12: which address counts, and that the older members stand in for the newer.
func TestWhichAddressCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{`{}`, ""},
		{`{"ipAddress":"192.0.2.7"}`, "192.0.2.7"},
		{`{"eventInfo":{"ipAddress":"192.0.2.9"}}`, "192.0.2.9"},
		{`{"ipAddress":"192.0.2.7","eventInfo":{"ipAddress":"192.0.2.9"}}`, "192.0.2.9"},
	} {
		h := open(t)
		form := h.Form()
		r := decoded[passwordless.LoginRequest](t, []byte(c.body))
		r.Code, r.OneTimeCode = form.Code, form.OneTimeCode
		h.Complete(r)
		events := h.Events()
		if l, e := logins(h)[0], events[len(events)-1]; l.IP != c.want || e.IPAddress != c.want || e.Info.IPAddress != c.want {
			t.Errorf("%s: login from %q, event from %q, want %q", c.body, l.IP, e.IPAddress, c.want)
		}
	}
}

// Of the device, either form of the request will do.
func TestDeviceInEitherForm(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"applicationId":"10000000-0000-0002-0000-000000000001","metaData":{"device":{"description":"John's phone","name":"iPhone","type":"MOBILE"}}}`,
		`{"applicationId":"10000000-0000-0002-0000-000000000001","eventInfo":{"deviceDescription":"John's phone","deviceName":"iPhone","deviceType":"MOBILE"}}`,
	} {
		h := open(t)
		form := h.Form()
		r := decoded[passwordless.LoginRequest](t, []byte(body))
		r.Code, r.OneTimeCode = form.Code, form.OneTimeCode
		h.Complete(r)
		if data := string(grants(h)[0].Data); !strings.Contains(data, `"device":{"description":"John's phone","name":"iPhone","type":"MOBILE"}`) {
			t.Errorf("%s: the session has %s", body, data)
		}
		events := h.Events()
		if i := events[len(events)-1].Info; i.DeviceDescription != "John's phone" || i.DeviceName != "iPhone" || i.DeviceType != "MOBILE" {
			t.Errorf("%s: the event has %+v", body, i)
		}
	}
}

// S2-20: the caller says that a device is new, and an event says so too.
func TestNewDevice(t *testing.T) {
	t.Parallel()
	for _, is := range []bool{false, true} {
		h := open(t)
		r := h.Form()
		r.NewDevice = is
		h.Complete(r)
		if got := h.Happened(passwordless.LoginOnNewDevice) == 1; got != is {
			t.Errorf("newDevice %v: an event: %v", is, got)
		}
	}
}

// S2-107, S2-120, S3-130, S3-152, S3-174: the instants of the last login: the
// user's, the used identity's alone, and the named application's alone.
// S2-130, S3-200: the instant of the first verification stays.
func TestLastLogin(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{true, false} {
		h := open(t)
		at := identity.At(logintest.Start.Add(time.Minute))
		first := h.User().VerifiedInstant
		r := h.Link()
		if !named {
			r.ApplicationID = ""
		}
		h.Advance(time.Minute)
		response := *h.Complete(r).Response.User
		for _, c := range []struct {
			name string
			user identity.User
		}{{"in the response", response}, {"in the store", kept(h)}} {
			u, registration := c.user, identity.Instant(0)
			if named {
				registration = at
			}
			if u.LastLoginInstant != at || u.Identities[0].LastLoginInstant != at || u.Registrations[0].LastLoginInstant != registration {
				t.Errorf("%s, named %v: user %v, e-mail %v, registration %v, want %v, the last if it was named",
					c.name, named, u.LastLoginInstant, u.Identities[0].LastLoginInstant, u.Registrations[0].LastLoginInstant, at)
			}
			if u.Identities[1].LastLoginInstant != 0 || u.Identities[2].LastLoginInstant != 0 {
				t.Errorf("%s: an identity that was not used has logged in", c.name)
			}
			if u.VerifiedInstant != first || u.Identities[0].VerifiedInstant != first || u.Identities[0].VerifiedReason != identity.ReasonCompleted {
				t.Errorf("%s: the first verification has moved to %v", c.name, u.VerifiedInstant)
			}
		}
	}
}
