package passwordless_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// read is a file of testdata.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decoded is what JSON decodes to.
func decoded[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
	return v
}

// wantSame checks that two values are the same JSON, numbers to the last digit.
func wantSame(t *testing.T, got, want []byte) {
	t.Helper()
	var trees [2]any
	for i, data := range [][]byte{got, want} {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(&trees[i]); err != nil {
			t.Fatalf("decode %s: %v", data, err)
		}
	}
	if !reflect.DeepEqual(trees[0], trees[1]) {
		t.Errorf("got JSON\n%s\nwant\n%s", got, want)
	}
}

// S3-31, S3-47, S3-80: the examples of the documentation, as they stand there.
// S3-59, S3-203: and the state comes back as it was given.
// S2-1, S2-3
func TestRequestsOfTheDocuments(t *testing.T) {
	t.Parallel()
	h := open(t)
	started := start(h, decoded[passwordless.StartRequest](t, read(t, "start.json")))

	body := strings.NewReplacer("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs", started.Code.Reveal())
	send := decoded[passwordless.SendRequest](t, []byte(body.Replace(`{"code": "CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"}`)))
	if err := h.Login().Send(t.Context(), send); err != nil {
		t.Fatalf("Send: %v", err)
	}
	if got := logintest.CodeOf(t, h.Inbox.LastLink(logintest.Email)); !got.Equal(shown(started.Code)) {
		t.Error("the link carries another code than Start returned")
	}
	result := h.Complete(decoded[passwordless.LoginRequest](t, []byte(body.Replace(
		`{"applicationId": "10000000-0000-0002-0000-000000000001", "code": "CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"}`))))
	if result.Outcome != outcome.Success {
		t.Errorf("outcome %v, want Success", result.Outcome)
	}
	wantSame(t, result.Response.State, decoded[passwordless.StartRequest](t, read(t, "start.json")).State)
}

// S3-48, S3-51, S3-52, S3-53, S3-54: the older form, with the documented example.
func TestOlderRequestOfTheDocuments(t *testing.T) {
	t.Parallel()
	h := open(t)
	if err := h.Login().Send(t.Context(), decoded[passwordless.SendRequest](t, read(t, "start.json"))); err != nil {
		t.Fatalf("Send: %v", err)
	}
	result := h.Complete(passwordless.LoginRequest{Code: logintest.CodeOf(t, h.Inbox.LastLink(logintest.Email))})
	if got := result.Response.State.Text("state"); result.Outcome != outcome.Success || got != "CSRF123" {
		t.Errorf("outcome %v with state %q, want Success with CSRF123", result.Outcome, got)
	}
}

// S2-9..S2-20: every member of the documents' requests, of FusionAuth's clients
// and of its newest schema has a place.
// S2-23: also those that one page has lost.
func TestLoginRequestDecodes(t *testing.T) {
	t.Parallel()
	got := decoded[passwordless.LoginRequest](t, read(t, "login_request_every_field.json"))
	want := passwordless.LoginRequest{
		Code:             secret.New("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs"),
		OneTimeCode:      secret.New("012345"),
		ApplicationID:    logintest.ApplicationID,
		TwoFactorTrustID: secret.New("Rr1tYy6uIi4oPp9aSs2dFf7gHh0jKk5lZz3xCc8vBbU"),
		NewDevice:        true,
		IPAddress:        "192.0.2.7",
		MetaData: session.MetaData{
			Data: got.MetaData.Data, Scopes: []string{"openid", "profile"},
			Device: session.Device{Description: "John's phone", LastAccessedAddress: "192.0.2.8", LastAccessedInstant: 1659380719000, Name: "iPhone", Type: "MOBILE"},
		},
		EventInfo: passwordless.EventInfo{
			Data: got.EventInfo.Data, DeviceDescription: "John's laptop", DeviceName: "MacBook", DeviceType: "LAPTOP",
			IPAddress: "192.0.2.9", OS: "macOS", UserAgent: "Mozilla/5.0",
			Location: passwordless.Location{City: "Denver", Country: "US", DisplayString: "Denver, Colorado, US", Latitude: 39.7392, Longitude: -104.9903, Region: "CO", Zipcode: "80202"},
		},
		BotDetectionScore: 0.25,
	}
	for _, c := range []struct {
		name      string
		got, want secret.Text
	}{
		{"code", got.Code, want.Code}, {"oneTimeCode", got.OneTimeCode, want.OneTimeCode},
		{"twoFactorTrustId", got.TwoFactorTrustID, want.TwoFactorTrustID},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s is lost", c.name)
		}
	}
	got.Code, got.OneTimeCode, got.TwoFactorTrustID = want.Code, want.OneTimeCode, want.TwoFactorTrustID
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decoded as\n%+v\nwant\n%+v", got, want)
	}
	if len(got.MetaData.Data) == 0 || len(got.EventInfo.Data) == 0 {
		t.Error("the free data is lost")
	}
	got = decoded[passwordless.LoginRequest](t, []byte(`{"noJWT":true,"metaData":{"unknown":1},"unknown":{"member":[]}}`))
	if !got.NoJWT {
		t.Error("noJWT is lost, or an unknown member refused") // S2-21
	}
}

// What the official Go client sends has its containers even where they are empty.
func TestLoginRequestOfTheGoClient(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.Form()
	body := `{"eventInfo":{"location":{}},"metaData":{"device":{}},"newDevice":false,"noJWT":false,"code":"` +
		form.Code.Reveal() + `","oneTimeCode":"` + form.OneTimeCode.Reveal() + "\"}\n"
	r := decoded[passwordless.LoginRequest](t, []byte(body))
	if got := h.Complete(r).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}
}

// What is for the caller alone cannot be said by whoever writes the body.
func TestRequestsDecodeNothingForTheCallerAlone(t *testing.T) {
	t.Parallel()
	body := []byte(`{"TenantID":"t","tenantId":"t","IPAddress":"192.0.2.1","RevealUnknown":true,"revealUnknown":true,"DiscloseCode":true,"discloseCode":true,"-":true}`)
	for _, c := range []struct{ got, want any }{
		{decoded[passwordless.StartRequest](t, body), passwordless.StartRequest{}},
		{decoded[passwordless.SendRequest](t, body), passwordless.SendRequest{}},
		{decoded[passwordless.LoginRequest](t, body), passwordless.LoginRequest{IPAddress: "192.0.2.1"}},
		{decoded[passwordless.StartVerificationRequest](t, body), passwordless.StartVerificationRequest{}},
		{decoded[passwordless.CompleteVerificationRequest](t, body), passwordless.CompleteVerificationRequest{}},
		{decoded[passwordless.ChangePasswordRequest](t, body), passwordless.ChangePasswordRequest{}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("decoded as %+v, want %+v", c.got, c.want)
		}
	}
}

// S2-22: a value of the wrong type is an error that names the member and repeats nothing.
func TestRequestsNameWhatIsMistyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		into        any
		body, field string
	}{
		{&passwordless.LoginRequest{}, `{"code":123456}`, "code"},
		{&passwordless.LoginRequest{}, `{"oneTimeCode":123456}`, "oneTimeCode"},
		{&passwordless.LoginRequest{}, `{"applicationId":1}`, "applicationId"},
		{&passwordless.LoginRequest{}, `{"ipAddress":{}}`, "ipAddress"},
		{&passwordless.LoginRequest{}, `{"metaData":[]}`, "metaData"},
		{&passwordless.LoginRequest{}, `{"metaData":{"device":"MOBILE"}}`, "metaData.device"},
		{&passwordless.LoginRequest{}, `{"metaData":{"device":{"lastAccessedInstant":"yesterday"}}}`, "metaData.device.lastAccessedInstant"},
		{&passwordless.LoginRequest{}, `{"newDevice":"true"}`, "newDevice"},
		{&passwordless.LoginRequest{}, `{"noJWT":1}`, "noJWT"},
		{&passwordless.LoginRequest{}, `{"twoFactorTrustId":true}`, "twoFactorTrustId"},
		{&passwordless.StartRequest{}, `{"loginId":5}`, "loginId"},
		{&passwordless.StartRequest{}, `{"loginIdTypes":"email"}`, "loginIdTypes"},
		{&passwordless.StartRequest{}, `{"state":"CSRF123"}`, "state"},
		{&passwordless.SendRequest{}, `{"code":["a"]}`, "code"},
	} {
		err := json.Unmarshal([]byte(c.body), c.into)
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) || wrong.Field != c.field {
			t.Errorf("%s: error %v, want an UnmarshalTypeError on %s", c.body, err, c.field)
		}
		if err != nil && (strings.Contains(err.Error(), "123456") || strings.Contains(err.Error(), "CSRF123")) {
			t.Errorf("%s: error %v repeats the value", c.body, err)
		}
	}
}

// S3-93, S2-9: a code is required. S2-12: an address is one of IPv4 or IPv6.
// S2-15, S2-19: what a client says of itself is bounded.
func TestLoginRequestIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	for _, c := range []struct {
		change func(r *passwordless.LoginRequest)
		want   string
	}{
		{func(r *passwordless.LoginRequest) { r.Code = secret.Text{} }, "[blank]code"},
		{func(r *passwordless.LoginRequest) { r.IPAddress = "localhost" }, "[invalid]ipAddress"},
		{func(r *passwordless.LoginRequest) { r.IPAddress = "192.0.2.7:443" }, "[invalid]ipAddress"},
		{func(r *passwordless.LoginRequest) { r.IPAddress = "fe80::1%" + long }, "[invalid]ipAddress"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.IPAddress = "192.0.2.256" }, "[invalid]eventInfo.ipAddress"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Device.Description = long }, "[tooLong]metaData.device.description"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Device.LastAccessedAddress = long }, "[tooLong]metaData.device.lastAccessedAddress"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Device.Name = long }, "[tooLong]metaData.device.name"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Device.Type = long }, "[tooLong]metaData.device.type"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Scopes = []string{"openid", long} }, "[tooLong]metaData.scopes"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Scopes = make([]string, 1025) }, "[tooLong]metaData.scopes"},
		{func(r *passwordless.LoginRequest) { r.MetaData.Data = stateOf(8<<10 + 1) }, "[tooLong]metaData.data"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.Data = stateOf(8<<10 + 1) }, "[tooLong]metaData.data"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.UserAgent = long }, "[tooLong]eventInfo.userAgent"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.DeviceDescription = long }, "[tooLong]eventInfo.deviceDescription"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.DeviceName = long }, "[tooLong]eventInfo.deviceName"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.DeviceType = long }, "[tooLong]eventInfo.deviceType"},
		{func(r *passwordless.LoginRequest) { r.EventInfo.OS = long }, "[tooLong]eventInfo.os"},
	} {
		h := open(t)
		r := h.Form()
		good := r
		c.change(&r)
		_, err := h.Login().Complete(t.Context(), r)
		wantInvalid(t, err, c.want)
		if got := h.Complete(good).Outcome; got != outcome.Success {
			t.Errorf("%s: then outcome %v, want Success: a request that is refused spends nothing", c.want, got)
		}
	}
	for _, ip := range []string{"", "192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"} {
		h := open(t)
		r := h.Form()
		r.IPAddress, r.MetaData.Device.Name = ip, long[:1024]
		h.Complete(r)
	}
}

// Requests print without what they hold.
func TestRequestsPrintNoSecret(t *testing.T) {
	t.Parallel()
	r := decoded[passwordless.LoginRequest](t, read(t, "login_request_every_field.json"))
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []secret.Text{r.Code, r.OneTimeCode, r.TwoFactorTrustID} {
		if bytes.Contains(encoded, []byte(s.Reveal())) {
			t.Error("a secret of a request is encoded")
		}
	}
	if _, err := identity.ParseObject(encoded); err != nil {
		t.Errorf("encoded as what is no object: %v", err)
	}
}
