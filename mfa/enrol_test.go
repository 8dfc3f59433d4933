package mfa_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// The vectors of RFC 6238, appendix B: an authenticator is enrolled and its code
// accepted at each time, with each algorithm.
//
// S0-42 S0-43 S0-44 MFA-07
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	keys := map[identity.TOTPAlgorithm]string{
		identity.HmacSHA1:   "12345678901234567890",
		identity.HmacSHA256: "12345678901234567890123456789012",
		identity.HmacSHA512: "1234567890123456789012345678901234567890123456789012345678901234",
	}
	for _, c := range []struct {
		at                   int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for algorithm, want := range map[identity.TOTPAlgorithm]string{
			identity.HmacSHA1: c.sha1, identity.HmacSHA256: c.sha256, identity.HmacSHA512: c.sha512,
		} {
			h := open(t)
			h.tenant.MultiFactorConfiguration.Authenticator = identity.AuthenticatorConfiguration{Algorithm: algorithm, CodeLength: 8}
			h.set(time.Unix(c.at, 0))
			key, err := mfa.ParseSecret(secret.New(codeOf([]byte(keys[algorithm]))), true)
			h.must(err)
			a, _ := h.enrol(who, mfa.EnrolRequest{Secret: key})
			if _, err := h.factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: a.id, Code: secret.New(want)}); err != nil {
				t.Errorf("%s at %d: %v, want %s accepted", algorithm, c.at, err, want)
			}
		}
	}
}

// S0-41 S0-42 S0-43 S0-44 S0-46 S0-48 S0-50 S4-17 S4-33 S4-36 MFA-08
func TestEnrolAuthenticator(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, e := h.enrol(who, mfa.EnrolRequest{Name: "my phone"})
	key, err := mfa.ParseSecret(e.Secret.Text, false)
	h.must(err)
	if key.Base32().Reveal() != e.SecretBase32.Reveal() || len(e.SecretBase32.Reveal()) < 32 {
		t.Error("the secret is not 20 bytes, told in both forms")
	}
	uri, err := url.Parse(e.URI.Reveal())
	h.must(err)
	if want := "otpauth://totp/Pied%20Piper:jared@piedpiper.com"; !strings.HasPrefix(uri.String(), want) {
		t.Errorf("the URI is not one of %s", want)
	}
	for name, want := range map[string]string{
		"secret": e.SecretBase32.Reveal(), "issuer": "Pied Piper", "algorithm": "SHA1", "digits": "6", "period": "30",
	} {
		if uri.Query().Get(name) != want {
			t.Errorf("%s in the URI is not %q", name, want)
		}
	}
	if listed, err := h.factors().List(t.Context(), who); err != nil || len(listed) != 0 {
		t.Errorf("a method that is not confirmed is listed: %v, %v", listed, err)
	}
	if err := confirm(h, who, a.id, a.wrong()); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a wrong code: %v", err)
	}
	done, err := h.factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: a.id, Code: a.shows()})
	h.must(err)
	m := done.Method
	if len(m.ID) != 4 || strings.ToUpper(m.ID) != m.ID || m.Name != "my phone" || m.Method != "authenticator" || !m.Secret.IsZero() ||
		*m.Authenticator != (identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}) {
		t.Errorf("confirmed: %+v", m)
	}
	if err := confirm(h, who, a.id, a.wait()); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("confirmed again: %v", err)
	}
}

func confirm(h *house, w mfa.Who, id string, code secret.Text) error {
	h.Helper()
	_, err := h.factors().Confirm(h.Context(), w, mfa.ConfirmRequest{MethodID: id, Code: code})
	return err
}

// S4-10 S4-11 S4-12 S4-14 S4-33 S4-34 S4-35 S4-36 S4-38 S4-39 S0-47 S0-49 MFA-16
func TestEnrolSMS(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := mfa.EnrolRequest{Kind: identity.MethodSMS, To: "(303) 555-1212", Country: "US", OnlyOne: true}
	e, err := h.factors().Enrol(t.Context(), who, r)
	h.must(err)
	sent := h.messages(messenger.TwoFactorCode)
	if len(sent) != 1 || sent[0].To.Reveal() != number || sent[0].Channel != messenger.SMS || e.Expires != h.now().Add(time.Minute) {
		t.Fatalf("%d messages, want one to the number in E.164", len(sent))
	}
	before := h.sent(number)
	if _, err := h.complete(h.factors(), h.challenge(who, byEmail), before); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("a number that is not confirmed proved something: %v", err)
	}
	h.advance(time.Minute)
	again, err := h.factors().Enrol(t.Context(), who, r)
	h.must(err)
	if again.MethodID != e.MethodID || len(h.messages(messenger.TwoFactorCode)) != 2 {
		t.Error("a number that waits was not replaced by one that is given again, with a code")
	}
	if err := confirm(h, who, e.MethodID, before); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the code of before: %v", err)
	}
	if err := confirm(h, who, "NONE", h.sent(number)); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("no such method: %v", err)
	}
	done, err := h.factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(number)})
	if h.must(err); len(done.RecoveryCodes) != 10 {
		t.Errorf("%d recovery codes, want ten for who loses the number", len(done.RecoveryCodes))
	}
	if err := confirm(h, who, e.MethodID, h.sent(number)); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("confirmed again: %v", err)
	}
	if _, err := h.factors().Enrol(t.Context(), who, r); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("a second number: %v", err)
	}
	listed, err := h.factors().List(t.Context(), who)
	if h.must(err); len(listed) != 1 || listed[0].MobilePhone != "+***12" || !listed[0].LastUsed {
		t.Errorf("listed: %+v", listed)
	}
}

// S0-45 S0-46
func TestSeveralMethodsOfOneKind(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.config.ShowDestinations = true
	first, second := h.message(who, identity.MethodEmail, otherEmail), ""
	h.advance(time.Minute)
	second = h.message(who, identity.MethodEmail, email)
	if _, err := h.factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodEmail, To: "JARED@piedpiper.com"}); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("one address twice: %v", err)
	}
	listed, err := h.factors().List(t.Context(), who)
	h.must(err)
	if len(listed) != 2 || listed[0].ID != first || listed[0].Email != otherEmail || listed[1].ID != second || first == second {
		t.Errorf("listed: %+v", listed)
	}
}

// S4-19 S4-29 LIM-11
func TestEnrolRefuses(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.config.Phones = func(country string) identity.PhoneParser {
		if country == "TA" {
			return nil
		}
		return open(t).config.Phones(country)
	}
	h.tenant.MultiFactorConfiguration.Email.Enabled = false
	h.authenticator(who)
	for _, c := range []struct {
		r     mfa.EnrolRequest
		want  error
		field string
	}{
		{mfa.EnrolRequest{Kind: identity.MethodEmail, To: email}, mfa.ErrNotAllowed, ""},
		{mfa.EnrolRequest{Kind: "voice", To: number}, mfa.ErrNotAllowed, ""},
		{mfa.EnrolRequest{}, mfa.ErrNotAllowed, ""},
		{mfa.EnrolRequest{Kind: identity.MethodAuthenticator, OnlyOne: true}, mfa.ErrAlreadyConfigured, ""},
		{mfa.EnrolRequest{Kind: identity.MethodAuthenticator, Name: strings.Repeat("n", 257)}, nil, "name"},
		{mfa.EnrolRequest{Kind: identity.MethodAuthenticator, Name: "a\nb"}, nil, "name"},
		{mfa.EnrolRequest{Kind: identity.MethodSMS, To: "none", Country: "US"}, nil, "mobilePhone"},
		{mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Country: "us"}, nil, "country"},
		{mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Country: "XX"}, nil, "country"},
		{mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Country: "TA"}, nil, "country"},
	} {
		c.r.InsecureSkipProof = true
		_, err := h.factors().Enrol(t.Context(), who, c.r)
		var field *identity.FieldError
		if c.want != nil && !errors.Is(err, c.want) || c.field != "" && (!errors.As(err, &field) || field.Field != c.field) {
			t.Errorf("%s %q: %v, want %v %s", c.r.Kind, c.r.Country, err, c.want, c.field)
		}
	}
	if n := len(h.messages(messenger.TwoFactorCode)); n != 0 {
		t.Errorf("%d codes were sent", n)
	}
}

// Who takes a session over adds no method to one that is there, and none that
// waited for the moment it was.
//
// MFA-13
func TestAnotherMethodNeedsAProof(t *testing.T) {
	t.Parallel()
	h := open(t)
	planted, err := h.factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodEmail, To: otherEmail})
	h.must(err)
	h.advance(time.Second)
	a, _ := h.authenticator(who)
	if err := confirm(h, who, planted.MethodID, h.sent(otherEmail)); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("a method that waited since before the first: %v", err)
	}
	r := mfa.EnrolRequest{Kind: identity.MethodSMS, To: number}
	for name, code := range map[string]secret.Text{"no code": {}, "the code of the enrolment": a.shows(), "a wrong code": a.wrong()} {
		r.Code = code
		if _, err := h.factors().Enrol(t.Context(), who, r); !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(h.messages(messenger.TwoFactorCode)); n != 1 {
		t.Errorf("%d codes were sent, want that to the planted address", n)
	}
	r.Code = a.wait()
	e, err := h.factors().Enrol(t.Context(), who, r)
	h.must(err)
	done, err := h.factors().Confirm(t.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(number)})
	if h.must(err); done.RecoveryCodes != nil {
		t.Error("the second method gave recovery codes")
	}
}

func TestEnrolmentWaitsAnHour(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, e := h.enrol(who, mfa.EnrolRequest{})
	if !e.Expires.Equal(h.now().Add(time.Hour)) {
		t.Errorf("it expires at %v", e.Expires)
	}
	h.advance(time.Hour)
	if err := confirm(h, who, a.id, a.shows()); !errors.Is(err, mfa.ErrNotConfigured) {
		t.Errorf("after an hour: %v", err)
	}
	again, _ := h.enrol(who, mfa.EnrolRequest{})
	if waiting, err := h.factors().Waiting(t.Context(), who); err != nil || len(waiting) != 1 || waiting[0].ID != again.id || again.id == a.id || again.secret == a.secret {
		t.Errorf("it was not replaced, secret and all: %v, %v", waiting, err)
	}
	h.must(confirm(h, who, again.id, again.shows()))
}

// Only who has proven something they sign in by has factors.
func TestNoFactorBeforeAVerifiedIdentity(t *testing.T) {
	t.Parallel()
	h := open(t)
	u := sample()
	u.Identities = []identity.UserIdentity{
		{Type: identity.Email, Value: email, Primary: true},
		{Type: identity.Username, Value: "johnny123", VerifiedReason: identity.ReasonUnverifiable},
	}
	h.put(u)
	r := mfa.EnrolRequest{Kind: identity.MethodEmail, To: otherEmail}
	if _, err := h.factors().Enrol(t.Context(), who, r); !errors.Is(err, mfa.ErrUnverified) || len(h.inbox.Messages()) != 0 {
		t.Errorf("%v, and %d messages", err, len(h.inbox.Messages()))
	}
	p, err := h.answer(h.challenge(who, byPhone), nil)
	h.must(err)
	if _, err := h.factors().EnrolFor(t.Context(), p, r); !errors.Is(err, mfa.ErrUnverified) {
		t.Errorf("in a login that proved nothing: %v", err)
	}
	p.Ticket.Facts.Proven = true
	if _, err := h.factors().EnrolFor(t.Context(), p, r); err != nil {
		t.Errorf("in a login that proved the address: %v", err)
	}
}

// A login that lacks a factor gets one by another channel than its code took,
// and only while there is none.
//
// MFA-14
func TestEnrolmentInALogin(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, err := h.answer(h.challenge(who, byEmail), nil)
	h.must(err)
	if _, err := h.factors().EnrolFor(t.Context(), p, mfa.EnrolRequest{Kind: identity.MethodEmail, To: otherEmail}); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("by e-mail, as the login's code went: %v", err)
	}
	e, err := h.factors().EnrolFor(t.Context(), p, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	h.must(err)
	late, err := h.factors().EnrolFor(t.Context(), p, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	h.must(err)
	stale, err := h.answer(h.challenge(who, byEmail), nil)
	h.must(err)
	p.Factors = stale.Factors
	done, err := h.factors().ConfirmFor(t.Context(), p, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(number)})
	if h.must(err); len(done.RecoveryCodes) != 10 {
		t.Errorf("%d recovery codes", len(done.RecoveryCodes))
	}
	// Another login read that there was none a moment before.
	a := authenticator{h, late.MethodID, late.SecretBase32.Reveal(), h.tenant.Authenticator()}
	if _, err := h.factors().ConfirmFor(t.Context(), stale, mfa.ConfirmRequest{MethodID: a.id, Code: a.shows()}); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("a second first method: %v", err)
	}
	if listed, err := h.factors().List(t.Context(), who); err != nil || len(listed) != 1 {
		t.Errorf("%d methods, %v", len(listed), err)
	}
	fresh, err := h.answer(h.challenge(who, byEmail), nil)
	h.must(err)
	if _, err := h.factors().EnrolFor(t.Context(), fresh, mfa.EnrolRequest{Kind: identity.MethodAuthenticator}); !errors.Is(err, mfa.ErrAlreadyConfigured) {
		t.Errorf("a login of who has one: %v", err)
	}
}
