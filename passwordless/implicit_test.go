package passwordless_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// gated asks for verified identities, by form.
func gated(h *logintest.House) {
	gate := identity.Unverified{Behavior: identity.Gated}
	h.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, VerificationStrategy: identity.FormField, Unverified: gate}
	h.Tenant.PhoneConfiguration = identity.PhoneConfiguration{VerifyPhoneNumber: true, VerificationStrategy: identity.FormField, Unverified: gate}
}

// unverified makes the sample user one who has yet to verify anything.
func unverified(h *logintest.House) {
	h.T.Helper()
	h.Put(logintest.Unverified(h.User()))
}

// S3-143: a login that proves an address verifies it, and one that does not, does not.
// S2-129, S3-86, S3-144, S3-137
func TestImplicitVerification(t *testing.T) {
	t.Parallel()
	byForm := func(h *logintest.House, loginID string, change func(r *passwordless.StartRequest)) passwordless.LoginRequest {
		r := asked(loginID, identity.Email, identity.PhoneNumber, identity.Username)
		change(&r)
		s := start(h, r)
		code := shown(s.OneTimeCode)
		if !r.DiscloseCode {
			code = send(h, s).Code
		}
		return passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: code}
	}
	nothing := func(*passwordless.StartRequest) {}
	disclosed := func(r *passwordless.StartRequest) { r.DiscloseCode = true }
	link := func(h *logintest.House, sent bool) passwordless.LoginRequest {
		s := start(h, logintest.Request(identity.ClickableLink))
		if sent {
			send(h, s)
		}
		return passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code)}
	}
	const none = identity.IdentityType("")
	for _, c := range []struct {
		name  string
		login func(h *logintest.House) passwordless.LoginRequest
		want  identity.IdentityType // what is verified
	}{
		{"begun, by form", (*logintest.House).Form, identity.Email},
		{"begun, by link", (*logintest.House).Link, identity.Email},
		{"started and sent, by form", func(h *logintest.House) passwordless.LoginRequest { return byForm(h, logintest.Email, nothing) }, identity.Email},
		{"by phone", func(h *logintest.House) passwordless.LoginRequest { return byForm(h, logintest.Phone, nothing) }, identity.PhoneNumber},
		{"by user name", func(h *logintest.House) passwordless.LoginRequest { return byForm(h, logintest.Username, nothing) }, none},
		{"disclosed", func(h *logintest.House) passwordless.LoginRequest { return byForm(h, logintest.Email, disclosed) }, none},
		{"disclosed, and another code sent", func(h *logintest.House) passwordless.LoginRequest {
			r := asked(logintest.Email)
			r.DiscloseCode = true
			s := start(h, r)
			return passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: send(h, s).Code}
		}, identity.Email},
		{"link not sent", func(h *logintest.House) passwordless.LoginRequest { return link(h, false) }, none},
		{"link sent, that the caller had too", func(h *logintest.House) passwordless.LoginRequest { return link(h, true) }, none},
		{"link sent, and the caller trusted", func(h *logintest.House) passwordless.LoginRequest {
			h.Config.InsecureTrustStartedCodes = true
			return link(h, true)
		}, identity.Email},
		{"link not sent, and the caller trusted", func(h *logintest.House) passwordless.LoginRequest {
			h.Config.InsecureTrustStartedCodes = true
			return link(h, false)
		}, none},
		{"disclosed, and the caller trusted", func(h *logintest.House) passwordless.LoginRequest {
			h.Config.InsecureTrustStartedCodes = true
			return byForm(h, logintest.Email, disclosed)
		}, none},
		{"not allowed for e-mail", func(h *logintest.House) passwordless.LoginRequest {
			h.Tenant.EmailConfiguration.ImplicitEmailVerificationAllowed = identity.Off
			return h.Form()
		}, none},
		{"not allowed for phone", func(h *logintest.House) passwordless.LoginRequest {
			h.Tenant.PhoneConfiguration.ImplicitPhoneVerificationAllowed = identity.Off
			return byForm(h, logintest.Phone, nothing)
		}, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			gated(h)
			unverified(h)
			r := c.login(h)
			h.Advance(time.Second)
			result := h.Complete(r)

			want := outcome.IdentityUnverified
			if c.want != none {
				want = outcome.Success
			}
			if result.Outcome != want || result.Response.Token.IsZero() != (want != outcome.Success) {
				t.Errorf("outcome %v, a token: %v, want %v", result.Outcome, !result.Response.Token.IsZero(), want)
			}
			for _, u := range []identity.User{*result.Response.User, kept(h)} {
				for _, i := range u.Identities {
					verified := i.Type == c.want
					if i.Verified != verified || (i.VerifiedReason == identity.ReasonImplicit) != verified || (i.VerifiedInstant == identity.At(h.Now())) != verified {
						t.Errorf("%s: verified %v at %v for %s, want %v now", i.Type, i.Verified, i.VerifiedInstant, i.VerifiedReason, verified)
					}
				}
				// S3-198: the deprecated flag is the e-mail address's. S2-130, S3-200: the instant, of either.
				if u.Verified != (c.want == identity.Email) || u.VerifiedInstant.IsZero() != (c.want == none) {
					t.Errorf("the user is verified: %v at %v, with %q verified", u.Verified, u.VerifiedInstant, c.want)
				}
			}
			if got := h.Happened(passwordless.IdentityVerified); (got == 1) != (c.want != none) {
				t.Errorf("%d events of a verification", got)
			}
			if c.want == identity.Email && !claimsOf(h, result.Response.Token).EmailVerified {
				t.Error("the token says that the address is not verified")
			}
		})
	}
}

// A user whose table knows no identities has what their fields stand for.
func TestImplicitVerificationWithoutIdentities(t *testing.T) {
	t.Parallel()
	h := open(t)
	gated(h)
	u := h.User()
	u.Verified, u.VerifiedInstant, u.Identities = false, 0, nil
	h.Put(u)
	for n := range 2 {
		result := h.Complete(h.Form())
		if result.Outcome != outcome.Success || !result.Response.User.Verified || !kept(h).Verified {
			t.Errorf("login %d: outcome %v, verified %v in the response and %v in the store, want it verified",
				n+1, result.Outcome, result.Response.User.Verified, kept(h).Verified)
		}
	}
	if got := h.Happened(passwordless.EarlierGrantsRevoked); got != 1 {
		t.Errorf("a first proof happened %d times", got)
	}
	if got := len(grants(h)); got != 2 {
		t.Errorf("%d sessions, want both", got)
	}
}

// S2-130, S3-200: what was verified once keeps its instant and reason.
func TestFirstVerificationStays(t *testing.T) {
	t.Parallel()
	h := open(t)
	unverified(h)
	h.Complete(h.Form())
	first := kept(h)
	h.Advance(time.Hour)
	h.Complete(h.Form())
	s := start(h, asked(logintest.Phone, identity.PhoneNumber))
	h.Complete(passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: send(h, s).Code})
	now := kept(h)
	if now.VerifiedInstant != identity.At(logintest.Start) || now.Identities[0].VerifiedInstant != first.Identities[0].VerifiedInstant {
		t.Errorf("the first verification moved from %v to %v", first.VerifiedInstant, now.VerifiedInstant)
	}
	if !now.Identities[1].Verified || now.Identities[1].VerifiedInstant != identity.At(h.Now()) {
		t.Errorf("the phone number was verified at %v, want %v", now.Identities[1].VerifiedInstant, h.Now())
	}
}

// S3-148: with these reasons nothing is asked for, whatever the flag says.
// S3-140, S3-141, S3-142, S3-146, S3-147
// S3-149: with these, and with none, it is asked for unless the flag says it was done.
// S3-144, S3-145
func TestReasonsThatNeedVerification(t *testing.T) {
	t.Parallel()
	for reason, needed := range map[identity.VerifiedReason]bool{
		identity.ReasonDisabled: false, identity.ReasonImport: false, identity.ReasonSkipped: false,
		identity.ReasonTrusted: false, identity.ReasonUnverifiable: false,
		identity.ReasonImplicit: true, identity.ReasonPending: true, identity.ReasonCompleted: true,
		identity.ReasonAdministrative: true, "": true,
	} {
		for _, verified := range []bool{false, true} {
			h := open(t)
			gated(h)
			h.Tenant.EmailConfiguration.ImplicitEmailVerificationAllowed = identity.Off
			u := h.User()
			u.Identities[0].Verified, u.Identities[0].VerifiedReason = verified, reason
			h.Put(u)
			want := outcome.Success
			if needed && !verified {
				want = outcome.IdentityUnverified
			}
			if got := h.Complete(h.Form()).Outcome; got != want {
				t.Errorf("reason %q, verified %v: outcome %v, want %v", reason, verified, got, want)
			}
		}
	}
}

// S3-87, S3-102, S3-103, S3-104, S3-105, S0-8: an id to verify by, by kind of identity and of verification.
// S3-86: gated without a token, and else with one.
func TestIdentityUnverified(t *testing.T) {
	t.Parallel()
	bare := []string{"user"}
	tokens := []string{"refreshToken", "refreshTokenId", "token", "tokenExpirationInstant", "user"}
	for _, c := range []struct {
		name     string
		loginID  string
		strategy identity.LoginStrategy
		behavior identity.UnverifiedBehavior
		want     []string
	}{
		{"e-mail, form, gated", logintest.Email, identity.FormField, identity.Gated, append([]string{"emailVerificationId", "identityVerificationId"}, bare...)},
		{"e-mail, form, allowed", logintest.Email, identity.FormField, identity.Allow, append([]string{"emailVerificationId", "identityVerificationId"}, tokens...)},
		{"e-mail, link, gated", logintest.Email, identity.ClickableLink, identity.Gated, bare},
		{"e-mail, link, allowed", logintest.Email, "", "", tokens},
		{"phone, form, gated", logintest.Phone, identity.FormField, identity.Gated, append([]string{"identityVerificationId"}, bare...)},
		{"phone, form, allowed", logintest.Phone, identity.FormField, identity.Allow, append([]string{"identityVerificationId"}, tokens...)},
		{"phone, link, gated", logintest.Phone, identity.ClickableLink, identity.Gated, bare},
		{"user name, form, gated", logintest.Username, identity.FormField, identity.Gated, append([]string{"emailVerificationId", "identityVerificationId"}, bare...)},
		{"user name, link, allowed", logintest.Username, identity.ClickableLink, identity.Allow, tokens},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			unverified(h)
			behavior := identity.Unverified{Behavior: c.behavior}
			h.Tenant.EmailConfiguration = identity.EmailConfiguration{VerifyEmail: true, VerificationStrategy: c.strategy,
				Unverified: behavior, ImplicitEmailVerificationAllowed: identity.Off}
			h.Tenant.PhoneConfiguration = identity.PhoneConfiguration{VerifyPhoneNumber: true, VerificationStrategy: c.strategy,
				Unverified: behavior, ImplicitPhoneVerificationAllowed: identity.Off}
			s := start(h, asked(c.loginID, identity.Email, identity.PhoneNumber, identity.Username))
			result := h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: send(h, s).Code})
			slices.Sort(c.want)
			if got := fields(t, result.Response); result.Outcome != outcome.IdentityUnverified || !slices.Equal(got, c.want) {
				t.Errorf("outcome %v with %v, want IdentityUnverified with %v", result.Outcome, got, c.want)
			}
			if r := result.Response; !r.EmailVerificationID.IsZero() && !secret.New(r.EmailVerificationID.Reveal()).Equal(shown(r.IdentityVerificationID)) {
				t.Error("the two ids are two")
			}
		})
	}
}

// S2-112, S3-88, S3-89, S0-13: as for an identity.
func TestRegistrationUnverified(t *testing.T) {
	t.Parallel()
	tokens := []string{"refreshToken", "refreshTokenId", "token", "tokenExpirationInstant", "user"}
	for _, c := range []struct {
		strategy identity.LoginStrategy
		behavior identity.UnverifiedBehavior
		want     []string
	}{
		{identity.FormField, identity.Gated, []string{"registrationVerificationId", "user"}},
		{identity.FormField, identity.Allow, append([]string{"refreshToken", "refreshTokenId", "registrationVerificationId"}, tokens[2:]...)},
		{identity.ClickableLink, identity.Gated, []string{"user"}},
		{"", "", tokens},
	} {
		h := open(t)
		h.Application.VerifyRegistration = true
		h.Application.VerificationStrategy, h.Application.Unverified.Behavior = c.strategy, c.behavior
		u := h.User()
		u.Registrations[0].Verified = false
		h.Put(u)
		result := h.Complete(h.Form())
		if got := fields(t, result.Response); result.Outcome != outcome.RegistrationUnverified || !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: outcome %v with %v, want RegistrationUnverified with %v", c.strategy, c.behavior, result.Outcome, got, c.want)
		}
	}
}
