package passwordless_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// S3-6, S3-11, S3-12, S3-26, S3-33: what is wrong with a start is told as an Errors object.
// S3-7, S3-9: a tenant that is named must be the application's. S3-8: it need not be named.
func TestStartIsRefused(t *testing.T) {
	t.Parallel()
	const other = "10000000-0000-0002-0000-000000000002"
	for _, c := range []struct {
		name   string
		change func(r *passwordless.StartRequest)
		want   string
	}{
		{"no application", func(r *passwordless.StartRequest) { r.ApplicationID = "" }, "[blank]applicationId"},
		{"unknown application", func(r *passwordless.StartRequest) { r.ApplicationID = "79103734-97ab-4d1a-af37-e006d05d2952" }, "[invalid]applicationId"},
		{"malformed application", func(r *passwordless.StartRequest) { r.ApplicationID = "no uuid" }, "[invalid]applicationId"},
		{"inactive application", func(r *passwordless.StartRequest) { r.ApplicationID = other }, "[invalid]applicationId"},
		{"another tenant", func(r *passwordless.StartRequest) { r.TenantID = "f24aca2b-ce4a-4dad-951a-c9d690e71416" }, "[invalid]applicationId"},
		{"no login id", func(r *passwordless.StartRequest) { r.LoginID = "" }, "[blank]loginId"},
		{"blank login id", func(r *passwordless.StartRequest) { r.LoginID = " \t" }, "[blank]loginId"},
		{"unknown type", func(r *passwordless.StartRequest) { r.LoginIDTypes = []identity.IdentityType{"nickname"} }, "[invalid]loginIdTypes"},
		{"known and unknown types", func(r *passwordless.StartRequest) { r.LoginIDTypes = []identity.IdentityType{identity.Email, "Email"} }, "[invalid]loginIdTypes"},
		{"unknown strategy", func(r *passwordless.StartRequest) { r.LoginStrategy = "Carrier" }, "[invalid]loginStrategy"},
		{"strategy by another case", func(r *passwordless.StartRequest) { r.LoginStrategy = "formField" }, "[invalid]loginStrategy"},
		{"too large a state", func(r *passwordless.StartRequest) { r.State = stateOf(8<<10 + 1) }, "[tooLong]state"},
	} {
		h := open(t)
		h.Config.Applications = identity.Static(h.Tenant, h.Application,
			identity.Application{ID: other, State: identity.StateInactive, PasswordlessConfiguration: h.Application.PasswordlessConfiguration})
		r := asked(logintest.Email)
		r.TenantID = logintest.TenantID
		start(h, r)
		c.change(&r)
		_, err := h.Login().Start(t.Context(), r)
		t.Run(c.name+", by Start", func(t *testing.T) { wantInvalid(t, err, c.want) })
		_, err = h.Login().Begin(t.Context(), r)
		t.Run(c.name+", by Begin", func(t *testing.T) { wantInvalid(t, err, c.want) })
		if got := recipients(h); got != nil {
			t.Errorf("%s: sent to %v, want nothing sent", c.name, got)
		}
	}
}

// stateOf is a state of n bytes.
func stateOf(n int) identity.Object {
	return identity.Object(`{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}`)
}

// S3-25
func TestStateAtItsLargest(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := logintest.Request(identity.ClickableLink)
	r.State = stateOf(8 << 10)
	result := h.Complete(passwordless.LoginRequest{Code: shown(start(h, r).Code)})
	if string(result.Response.State) != string(r.State) {
		t.Errorf("%d bytes of state came back, want the %d that were given", len(result.Response.State), len(r.State))
	}
}

// S3-6: where passwordless login is not enabled, no step of it is open.
func TestPasswordlessDisabled(t *testing.T) {
	t.Parallel()
	h := open(t)
	application := h.Application
	h.Config.Applications = lookup(func(string) (identity.Tenant, identity.Application, error) { return h.Tenant, application, nil })
	sent, started := h.Form(), start(h, logintest.Request(identity.ClickableLink))
	application.PasswordlessConfiguration.Enabled = false

	_, err := h.Login().Start(t.Context(), logintest.Request(identity.FormField))
	wantInvalid(t, err, "[PasswordlessDisabled]")
	_, err = h.Login().Begin(t.Context(), logintest.Request(identity.FormField))
	wantInvalid(t, err, "[PasswordlessDisabled]")
	wantInvalid(t, h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(started.Code)}), "[PasswordlessDisabled]")
	wantInvalid(t, h.Login().Send(t.Context(), passwordless.SendRequest{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email}), "[PasswordlessDisabled]")
	_, err = h.Login().Complete(t.Context(), sent)
	wantInvalid(t, err, "[PasswordlessDisabled]")
	if got := len(h.Inbox.Messages()); got != 1 {
		t.Errorf("%d messages, want the one from before", got)
	}

	application.PasswordlessConfiguration.Enabled = true
	if got := h.Complete(sent).Outcome; got != outcome.Success {
		t.Errorf("enabled again: outcome %v, want Success", got)
	}
}
