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
