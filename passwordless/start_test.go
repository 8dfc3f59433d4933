package passwordless_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// asked is a start by what was typed, to be completed by form, so that a
// message tells that somebody was found.
func asked(loginID string, types ...identity.IdentityType) passwordless.StartRequest {
	return passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: loginID, LoginIDTypes: types,
		LoginStrategy: identity.FormField,
	}
}

// begin begins a login that must be accepted.
func begin(h *logintest.House, r passwordless.StartRequest) passwordless.Begun {
	h.T.Helper()
	b, err := h.Login().Begin(h.T.Context(), r)
	if err != nil {
		h.T.Fatalf("Begin: %v", err)
	}
	return b
}

// start starts a login that must be accepted.
func start(h *logintest.House, r passwordless.StartRequest) passwordless.Started {
	h.T.Helper()
	s, err := h.Login().Start(h.T.Context(), r)
	if err != nil {
		h.T.Fatalf("Start: %v", err)
	}
	return s
}

// shown is a secret that was issued, as it comes back.
func shown(s secret.Issued) secret.Text { return secret.New(s.Reveal()) }

// recipients are the addresses of all messages, oldest first.
func recipients(h *logintest.House) []string {
	var to []string
	for _, m := range h.Inbox.Messages() {
		to = append(to, string(m.Channel)+" "+m.To.Reveal())
	}
	return to
}

// wantInvalid checks that err is a *ValidationError with one code.
func wantInvalid(t *testing.T, err error, code string) {
	t.Helper()
	var invalid *passwordless.ValidationError
	if !errors.As(err, &invalid) {
		t.Errorf("error %v, want a *ValidationError with %s", err, code)
		return
	}
	var codes []string
	for name, details := range invalid.FieldErrors {
		for _, d := range details {
			codes = append(codes, d.Code)
			if !strings.HasSuffix(d.Code, "]"+name) || d.Message == "" {
				t.Errorf("detail %+v of field %s, want a code that ends in it and a message", d, name)
			}
		}
	}
	for _, d := range invalid.GeneralErrors {
		codes = append(codes, d.Code)
	}
	if !slices.Equal(codes, []string{code}) {
		t.Errorf("codes %v, want %s alone", codes, code)
	}
}

// wantRefused checks that err is the one answer that tells nothing.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	if err != passwordless.ErrRefused { // itself: wrapped, it could tell more
		t.Errorf("%s: error %v, want ErrRefused itself", what, err)
	}
}

// S3-5, S2-3, S3-68: a start sends nothing, and its code completes once, however it is delivered.
// S3-32, S3-38
// S3-39: 43 characters of base64url, 256 bits.
func TestStart(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := start(h, logintest.Request(identity.ClickableLink))
	if got := recipients(h); got != nil {
		t.Errorf("Start sent to %v, want nothing sent", got)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s.Code.Reveal())
	if err != nil || len(raw) != 32 || len(s.Code.Reveal()) != len("CynAUMCHLxCCAWyHXOVWPQd8ZY0a6U0e3YpYkT0MNxs") {
		t.Errorf("the code has %d characters (%v), want 43 of base64url", len(s.Code.Reveal()), err)
	}
	if got, want := fields(t, s), []string{"code"}; !slices.Equal(got, want) {
		t.Errorf("the response has %v, want %v", got, want)
	}
	r := passwordless.LoginRequest{Code: shown(s.Code), ApplicationID: logintest.ApplicationID}
	if got := h.Complete(r).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}
	_, err = h.Login().Complete(t.Context(), r)
	wantRefused(t, "the code again", err)
}

// S3-29, S3-30
func TestStrategyThatIsNotAskedFor(t *testing.T) {
	t.Parallel()
	all := []identity.IdentityType{identity.Email, identity.Username, identity.PhoneNumber}
	for _, c := range []struct {
		name       string
		loginID    string
		types      []identity.IdentityType
		configured identity.PasswordlessConfiguration
		want       identity.LoginStrategy
	}{
		{name: "e-mail", loginID: logintest.Email, want: identity.ClickableLink},
		{name: "username", loginID: logintest.Username, want: identity.ClickableLink},
		{name: "phone", loginID: logintest.Phone, types: all[2:], want: identity.FormField},
		{name: "phone among others", loginID: logintest.Phone, types: all, want: identity.FormField},
		{name: "e-mail where a phone may be", loginID: logintest.Email, types: all, want: identity.ClickableLink},
		{name: "nobody", loginID: "nobody@piedpiper.com", want: identity.ClickableLink},
		{name: "e-mail, configured", loginID: logintest.Email, want: identity.FormField,
			configured: identity.PasswordlessConfiguration{EmailLoginStrategy: identity.FormField}},
		{name: "username, configured", loginID: logintest.Username, want: identity.FormField,
			configured: identity.PasswordlessConfiguration{EmailLoginStrategy: identity.FormField}},
		{name: "phone, configured", loginID: logintest.Phone, types: all[2:], want: identity.ClickableLink,
			configured: identity.PasswordlessConfiguration{PhoneLoginStrategy: identity.ClickableLink}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			c.configured.Enabled = true
			h.Application.PasswordlessConfiguration = c.configured
			r := asked(c.loginID, c.types...)
			r.LoginStrategy = ""
			b := begin(h, r)
			if b.Strategy != c.want {
				t.Errorf("strategy %s, want %s", b.Strategy, c.want)
			}
			if b.Code.IsZero() != (c.want == identity.ClickableLink) {
				t.Errorf("a handle for the browser: %v, with %s", !b.Code.IsZero(), c.want)
			}
		})
	}
}

// S3-13, S3-15, S3-20: by whatever somebody is found, the message goes to what is on record.
// S3-14: a phone number is looked up only where it is asked for.
// S3-16: white space is not removed. S3-22: e-mail and user name are the default.
// S3-17, S3-18, S3-19, S3-165: forms of one phone number find one user.
// S3-134: an e-mail address is folded to lower case.
// S3-161, S2-76: a mobile phone is no login id. S3-179, S2-110: nor is a registration's user name.
func TestWhoIsFound(t *testing.T) {
	t.Parallel()
	phone, mail := []identity.IdentityType{identity.PhoneNumber}, []string{"email " + logintest.Email}
	sms := []string{"sms " + logintest.Phone}
	for _, c := range []struct {
		loginID string
		types   []identity.IdentityType
		want    []string
	}{
		{logintest.Email, nil, mail},
		{"JARED@PiedPiper.COM", nil, mail},
		{" " + logintest.Email + " ", nil, nil},
		{logintest.Email + "\n", nil, nil},
		{logintest.Username, nil, mail},
		{"Johnny123", nil, nil},
		{" " + logintest.Username, nil, nil},
		{logintest.Username, []identity.IdentityType{identity.Username}, mail},
		{logintest.Username, []identity.IdentityType{identity.Email}, nil},
		{logintest.Email, []identity.IdentityType{identity.Username}, nil},
		{logintest.Phone, nil, nil},
		{logintest.Phone, phone, sms},
		{"303-555-1212", phone, sms},
		{"(303) 555-1212", phone, sms},
		{"+1 303 555 1212", phone, sms},
		{"303-555-1234", phone, nil},
		{"303-555-1234", nil, nil},
		{"johnny-at-piedpiper", nil, nil},
		{"no login id at all\x00", nil, nil},
	} {
		t.Run(c.loginID, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			u.MobilePhone = "303-555-1234"
			u.Registrations[0].Username = "johnny-at-piedpiper"
			h.Put(u)
			begin(h, asked(c.loginID, c.types...))
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Errorf("sent to %v, want %v", got, c.want)
			}
		})
	}
}

// S3-21, S3-23, S3-24
func TestOrderOfLoginIDTypes(t *testing.T) {
	t.Parallel()
	const contested = "terry@example.com"
	for _, c := range []struct {
		types []identity.IdentityType
		want  string
	}{
		{nil, contested},
		{[]identity.IdentityType{identity.Email, identity.Username}, contested},
		{[]identity.IdentityType{identity.Username, identity.Email}, logintest.Email},
		{[]identity.IdentityType{identity.Username}, logintest.Email},
	} {
		h := open(t)
		squatter := h.User()
		squatter.Username, squatter.Identities[2].Value = contested, contested
		h.Put(squatter)
		h.Put(identity.User{ID: "00000000-0000-0001-0000-000000000001", TenantID: logintest.TenantID, Active: true, Email: contested, Verified: true})
		begin(h, asked(contested, c.types...))
		if got := recipients(h); !slices.Equal(got, []string{"email " + c.want}) {
			t.Errorf("by %v sent to %v, want %s", c.types, got, c.want)
		}
	}
}

// S2-126, S2-127, S2-128, S3-136
func TestNamesThatRepeat(t *testing.T) {
	t.Parallel()
	h := open(t)
	for n, unique := range []string{"bob#27183", "bob#31415"} {
		h.Put(identity.User{
			ID: "00000000-0000-0001-0000-00000000000" + string(rune('1'+n)), TenantID: logintest.TenantID, Active: true,
			Email: unique[4:] + "@piedpiper.com", Username: "bob", UniqueUsername: unique, UsernameStatus: identity.ContentRejected,
		})
	}
	begin(h, asked("bob"))
	begin(h, asked("bob#31415"))
	begin(h, asked("bob#27183"))
	if got, want := recipients(h), []string{"email 31415@piedpiper.com", "email 27183@piedpiper.com"}; !slices.Equal(got, want) {
		t.Errorf("sent to %v, want %v", got, want)
	}
}

// S3-20: nobody is told that there is no address. S3-120: data.email stands in for one.
// S3-121: unless the tenant says otherwise.
func TestAddressOfAUserName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(h *logintest.House, u *identity.User)
		want   []string
	}{
		{"none", func(*logintest.House, *identity.User) {}, nil},
		{"in the data", func(_ *logintest.House, u *identity.User) {
			u.Data = identity.Object(`{"email":"Example@FusionAuth.io"}`)
		}, []string{"email example@fusionauth.io"}},
		{"in the data, ignored", func(h *logintest.House, u *identity.User) {
			u.Data, h.Tenant.IgnoreDataEmail = identity.Object(`{"email":"example@fusionauth.io"}`), true
		}, nil},
		{"in the data, and on record", func(_ *logintest.House, u *identity.User) {
			u.Data, u.Email = identity.Object(`{"email":"example@fusionauth.io"}`), logintest.Email
		}, []string{"email " + logintest.Email}},
		{"in the data, but none", func(_ *logintest.House, u *identity.User) {
			u.Data = identity.Object(`{"email":"A <example@fusionauth.io>"}`)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			u.Email, u.Identities = "", u.Identities[2:]
			c.change(h, &u)
			h.Put(u)
			b := begin(h, asked(logintest.Username))
			if b.Code.IsZero() {
				t.Error("no handle, want one as for everybody")
			}
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Fatalf("sent to %v, want %v", got, c.want)
			}
			if got := h.Happened(passwordless.MessageUndeliverable); (got == 1) != (c.want == nil) {
				t.Errorf("%d events of a message to nowhere", got)
			}
			if c.want == nil {
				return
			}
			code := secret.New(h.Inbox.LastCode(strings.TrimPrefix(c.want[0], "email ")))
			if got := h.Complete(passwordless.LoginRequest{Code: shown(b.Code), OneTimeCode: code}).Outcome; got != outcome.Success {
				t.Errorf("outcome %v, want Success", got)
			}
		})
	}
}

func TestSecondaryIdentityMustBeVerified(t *testing.T) {
	t.Parallel()
	const second = "example@fusionauth.io"
	for _, c := range []struct {
		name string
		id   identity.UserIdentity
		want []string
	}{
		{"secondary, pending", identity.UserIdentity{VerifiedReason: identity.ReasonPending}, nil},
		{"secondary, no reason", identity.UserIdentity{}, nil},
		{"secondary, verified", identity.UserIdentity{Verified: true, VerifiedReason: identity.ReasonCompleted}, []string{"email " + second}},
		{"secondary, trusted", identity.UserIdentity{VerifiedReason: identity.ReasonTrusted}, []string{"email " + second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.User()
			c.id.Type, c.id.Value = identity.Email, second
			u.Identities = append(u.Identities, c.id)
			h.Put(u)
			begin(h, asked(second))
			if got := recipients(h); !slices.Equal(got, c.want) {
				t.Errorf("sent to %v, want %v", got, c.want)
			}
			r := asked(second)
			r.RevealUnknown = true
			if _, err := h.Login().Start(t.Context(), r); errors.Is(err, passwordless.ErrUnknownUser) != (c.want == nil) {
				t.Errorf("Start: %v", err)
			}
		})
	}
}

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

// S3-35: that nobody is found is told only to a caller who says that it may be.
func TestUnknownUser(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := asked("nobody@piedpiper.com")
	if s := start(h, r); len(s.Code.Reveal()) != 43 {
		t.Error("Start gives another handle for nobody")
	}
	begin(h, r)
	r.RevealUnknown = true
	if _, err := h.Login().Start(t.Context(), r); !errors.Is(err, passwordless.ErrUnknownUser) {
		t.Errorf("Start under RevealUnknown: %v, want ErrUnknownUser", err)
	}
	if b := begin(h, r); b.Code.IsZero() {
		t.Error("Begin heeds RevealUnknown, want it ignored: browsers see what it answers")
	}
	known := asked(logintest.Email)
	known.RevealUnknown = true
	start(h, known)
}

// S3-28: a short code, which completes nothing without its handle.
// SEC-06: six digits.
func TestDiscloseCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := asked(logintest.Email)
	if s := start(h, r); !s.OneTimeCode.IsZero() {
		t.Error("Start gives the short code to a caller that did not ask for it")
	}
	r.DiscloseCode = true
	s := start(h, r)
	if code := s.OneTimeCode.Reveal(); len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		t.Errorf("a short code of %d characters, want six digits", len(code))
	}
	if got, want := fields(t, s), []string{"code", "oneTimeCode"}; !slices.Equal(got, want) {
		t.Errorf("the response has %v, want %v", got, want)
	}
	_, err := h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: shown(s.Code)})
	wantRefused(t, "the handle alone", err)
	_, err = h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: shown(s.OneTimeCode)})
	wantRefused(t, "the short code alone", err)
	if got := h.Complete(passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: shown(s.OneTimeCode)}).Outcome; got != outcome.Success {
		t.Errorf("outcome %v, want Success", got)
	}

	if b := begin(h, r); len(fields(t, b)) != 2 {
		t.Errorf("Begin gives a browser %v, want the strategy and a handle", fields(t, b))
	}
	r.LoginStrategy = identity.ClickableLink
	if s := start(h, r); !s.OneTimeCode.IsZero() {
		t.Error("a login by link has a short code")
	}
	if b := begin(h, r); !b.Code.IsZero() {
		t.Error("Begin gives a browser what completes a login by link")
	}
}

// S3-1, S3-3: by link and by code, by e-mail and by SMS.
func TestBothWaysOverBothChannels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		loginID  string
		kind     identity.IdentityType
		channel  messenger.Channel
		strategy identity.LoginStrategy
	}{
		{logintest.Email, identity.Email, messenger.Email, identity.ClickableLink},
		{logintest.Email, identity.Email, messenger.Email, identity.FormField},
		{logintest.Phone, identity.PhoneNumber, messenger.SMS, identity.ClickableLink},
		{logintest.Phone, identity.PhoneNumber, messenger.SMS, identity.FormField},
	} {
		h := open(t)
		r := asked(c.loginID, c.kind)
		r.LoginStrategy = c.strategy
		b := begin(h, r)
		m := h.Inbox.Messages()[0]
		if m.Channel != c.channel || m.To.Reveal() != c.loginID {
			t.Errorf("by %s: sent by %s, want %s to the one who asked", c.kind, m.Channel, c.channel)
		}
		complete := passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(b.Code), OneTimeCode: m.Code}
		if c.strategy == identity.ClickableLink {
			complete = passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: logintest.CodeOf(t, m.Link.Reveal())}
		}
		if got := h.Complete(complete).Outcome; got != outcome.Success {
			t.Errorf("by %s and %s: outcome %v, want Success", c.kind, c.strategy, got)
		}
	}
}

// A login by link cannot be begun where there is no page for the link to lead to.
func TestNoPageForTheLink(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Links = passwordless.Links{}
	if _, err := h.Login().Begin(t.Context(), logintest.Request(identity.ClickableLink)); !errors.Is(err, passwordless.ErrNoLink) {
		t.Errorf("Begin by link: %v, want ErrNoLink", err)
	}
	s := start(h, logintest.Request(identity.ClickableLink))
	if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)}); !errors.Is(err, passwordless.ErrNoLink) {
		t.Errorf("Send by link: %v, want ErrNoLink", err)
	}
	if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
		t.Errorf("by form: outcome %v, want Success", got)
	}
}

// A lookup of applications that fails is a failure, not an unknown application.
func TestApplicationsFail(t *testing.T) {
	t.Parallel()
	h := open(t)
	broken := errors.New("the table is gone")
	h.Config.Applications = lookup(func(string) (identity.Tenant, identity.Application, error) {
		return identity.Tenant{}, identity.Application{}, broken
	})
	_, err := h.Login().Start(t.Context(), logintest.Request(identity.FormField))
	if !errors.Is(err, broken) || strings.Contains(err.Error(), logintest.Email) {
		t.Errorf("Start: %v, want what the lookup returned", err)
	}
}

// An answer for another application than was asked for is none.
func TestApplicationsAnswerForAnother(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Applications = lookup(func(string) (identity.Tenant, identity.Application, error) {
		return h.Tenant, h.Application, nil
	})
	start(h, logintest.Request(identity.FormField))
	r := logintest.Request(identity.FormField)
	r.ApplicationID = strings.ToUpper("a" + r.ApplicationID[1:])
	_, err := h.Login().Start(t.Context(), r)
	wantInvalid(t, err, "[invalid]applicationId")
}

// lookup is a function as identity.Applications.
type lookup func(id string) (identity.Tenant, identity.Application, error)

func (l lookup) Application(_ context.Context, id string) (identity.Tenant, identity.Application, error) {
	return l(id)
}

// What is wrong is encoded in the shape of an Errors object.
func TestErrorsObject(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Login().Start(t.Context(), passwordless.StartRequest{ApplicationID: logintest.ApplicationID})
	got, _ := json.Marshal(err)
	if want := `{"fieldErrors":{"loginId":[{"code":"[blank]loginId","message":"The value is blank."}]}}`; string(got) != want {
		t.Errorf("encoded as %s, want %s", got, want)
	}
	if want := "passwordless: invalid request: [blank]loginId"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
}
