package passwordless_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// maxBody is how much of a request a server reads.
const maxBody = 64 << 10

// fuzzed is a login for a fuzz target, over a store that checks that what it is
// handed is bounded.
func fuzzed(t *testing.T) *logintest.House {
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(store.Of(m), func(c logintest.Call) error {
		for _, arg := range c.Args {
			if ticket, ok := arg.(store.Ticket); ok && len(ticket.Data) > 64<<10 {
				t.Errorf("%s was handed %d bytes of data", c.Method, len(ticket.Data))
			}
			if g, ok := arg.(*store.Grant); ok && g != nil && len(g.Data) > 128<<10 {
				t.Errorf("%s was handed %d bytes of data", c.Method, len(g.Data))
			}
		}
		return c.Do()
	})})
	h.Config.Limits = logintest.Unlimited()
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
	return h
}

// answered checks that an error is one that a caller can make sense of.
func answered(t *testing.T, err error) {
	t.Helper()
	var invalid *passwordless.ValidationError
	if err == nil || errors.As(err, &invalid) || err == passwordless.ErrRefused || err == passwordless.ErrUnknownUser {
		return
	}
	t.Errorf("%v (%T), want a ValidationError or ErrRefused", err, err)
}

// parsed reads a request as a server does; false, if it is none.
func parsed(body string, request any) bool {
	return len(body) <= maxBody && json.NewDecoder(strings.NewReader(body)).Decode(request) == nil
}

var bodies = []string{
	`{}`, `null`, `[]`, `{"applicationId":1}`, "\x00", `{"code":null,"oneTimeCode":""}`, `{"code":"[redacted]"}`,
	`{"applicationId":"` + logintest.ApplicationID + `","loginId":"` + logintest.Email + `"}`,
	`{"applicationId":"` + logintest.ApplicationID + `","loginId":"+1 303 555 1212","loginIdTypes":["phoneNumber"],"loginStrategy":"FormField"}`,
	`{"applicationId":"` + logintest.ApplicationID + `","loginId":"\u0000","loginIdTypes":["username"],"state":{"a":[1e400]}}`,
	`{"applicationId":"` + logintest.ApplicationID + `","loginId":" ","state":"text"}`,
	`{"applicationId":"` + logintest.ApplicationID + `","loginId":"a","state":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`,
	`{"code":"c","metaData":{"device":{"type":"BROWSER"},"scopes":["a"]},"eventInfo":{"ipAddress":"::1","location":{"latitude":1e308}}}`,
	`{"code":"c","ipAddress":"192.0.2.1:80","botDetectionScore":-0.5,"noJWT":true}`,
	`{"code":"c","metaData":{"scopes":["` + strings.Repeat("s", 60<<10) + `"]}}`,
	`{"verificationId":"c","oneTimeCode":"\ud800"}`, `{"changePasswordId":"c","password":"piper-net-3000","state":{}}`,
}

// ROB-01
func FuzzStart(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		h := fuzzed(t)
		var start passwordless.StartRequest
		if parsed(body, &start) {
			_, err := h.Login().Begin(t.Context(), start)
			answered(t, err)
			start.RevealUnknown, start.DiscloseCode = true, true
			_, err = h.Login().Start(t.Context(), start)
			answered(t, err)
		}
		var send passwordless.SendRequest
		if parsed(body, &send) {
			answered(t, h.Login().Send(t.Context(), send))
		}
		var verification passwordless.StartVerificationRequest
		if parsed(body, &verification) {
			_, err := h.Login().StartVerifyIdentity(t.Context(), verification)
			answered(t, err)
			_, err = h.Login().StartVerifyRegistration(t.Context(), verification)
			answered(t, err)
		}
	})
}

// ROB-01
func FuzzComplete(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		h := fuzzed(t)
		var login passwordless.LoginRequest
		if parsed(body, &login) {
			for _, live := range []passwordless.LoginRequest{{Code: login.Code}, h.Link(), h.Form()} {
				login.Code = live.Code
				_, err := h.Login().Complete(t.Context(), login)
				answered(t, err)
			}
			answered(t, peek(h, login.Code))
		}
		var verification passwordless.CompleteVerificationRequest
		if parsed(body, &verification) {
			_, err := h.Login().VerifyIdentity(t.Context(), verification)
			answered(t, err)
		}
		var password passwordless.ChangePasswordRequest
		if parsed(body, &password) {
			_, err := h.Login().ChangePassword(t.Context(), password)
			answered(t, err)
		}
	})
}

func peek(h *logintest.House, code secret.Text) error {
	_, err := h.Login().Peek(h.T.Context(), passwordless.PeekRequest{Code: code})
	return err
}

// ROB-01: requests that a caller makes of any bytes, not by decoding.
func FuzzRequests(f *testing.F) {
	f.Add(logintest.Email, "none", "{}", "192.0.2.1")
	f.Add("+13035551212", "\x00", "not JSON", "")
	f.Add("", "", `{"a":`, "::")
	f.Add(strings.Repeat("x", 9000), "222222", strings.Repeat("9", 9000), "x")
	f.Fuzz(func(t *testing.T, id, code, object, address string) {
		h := fuzzed(t)
		_, err := h.Login().Start(t.Context(), passwordless.StartRequest{
			ApplicationID: logintest.ApplicationID, LoginID: id, State: identity.Object(object), IPAddress: address,
			LoginIDTypes: []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username},
		})
		answered(t, err)
		login := h.Link()
		login.OneTimeCode, login.IPAddress, login.TenantID = secret.New(code), address, id
		login.MetaData.Data, login.EventInfo.Data = identity.Object(object), identity.Object(object)
		login.MetaData.Device.Name, login.MetaData.Scopes = id, []string{id, code}
		_, err = h.Login().Complete(t.Context(), login)
		answered(t, err)
		login.TenantID = ""
		_, err = h.Login().Complete(t.Context(), login)
		answered(t, err)
		u := h.User()
		u.PasswordChangeRequired = true
		h.Put(u)
		_, err = h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
			ChangePasswordID: h.Complete(h.Link()).Response.ChangePasswordID.Text, Password: secret.New(code), State: identity.Object(object),
		})
		answered(t, err)
	})
}

// ROB-01: whatever a ticket's data is, it is read or refused.
func FuzzTicketData(f *testing.F) {
	sound, err := walk.Facts{Application: logintest.ApplicationID, State: identity.Object(`{}`)}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range [][]byte{sound, nil, []byte("null"), []byte(`{"b":1e300}`), []byte(`{"s":[]}`), []byte(`{"i":{"type":1}}`)} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := walk.Desk{}.Read(store.Ticket{Purpose: walk.Login, Data: data}, walk.Login)
		if err != nil {
			return
		}
		again, err := read.Facts.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := (walk.Desk{}).Read(store.Ticket{Purpose: walk.Login, Data: again}, walk.Login); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
