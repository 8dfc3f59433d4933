package passwordless_test

import (
	"context"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// claimsOf are the claims of a token that its verifier believes.
func claimsOf(h *logintest.House, signed secret.Issued) token.Claims {
	h.T.Helper()
	v, err := token.NewVerifier(token.VerifierConfig{
		Keys: h.Keys, Issuer: h.Tenant.Issuer, Audiences: []string{logintest.ApplicationID}, Now: h.Now,
	})
	if err != nil {
		h.T.Fatal(err)
	}
	c, err := v.Verify(h.T.Context(), signed.Reveal())
	if err != nil {
		h.T.Fatalf("verify the token: %v", err)
	}
	return c
}

// S0-11, S0-12, S0-17, S0-18, S3-106, S3-109, S3-112, S3-113: what a login leaves.
// S3-202: the claims of its token. S3-213: of which sub is the user and aud the application.
// S3-176: roles by name.
func TestToken(t *testing.T) {
	t.Parallel()
	h := open(t)
	begun := h.Form()
	h.Advance(30 * time.Second)
	r := h.Complete(begun).Response
	c := claimsOf(h, r.Token)

	at := logintest.Start.Add(30 * time.Second)
	for _, claim := range []struct {
		name      string
		got, want any
	}{
		{"iss", c.Issuer, "https://www.piedpiper.com"},
		{"sub", c.Subject, logintest.UserID},
		{"aud", c.Audience, logintest.ApplicationID},
		{"iat", c.IssuedAt, at},
		{"exp", c.ExpiresAt, at.Add(time.Hour)},
		{"auth_time", c.AuthTime, at},
		{"tid", c.TenantID, logintest.TenantID},
		{"sid", c.SessionID, r.RefreshTokenID},
		{"applicationId", c.ApplicationID, logintest.ApplicationID},
		{"roles", strings.Join(c.Roles, " "), "user community_helper"},
		{"authenticationType", c.AuthenticationType, "PASSWORDLESS"},
		{"amr", strings.Join(c.Methods, " "), "otp"},
		{"acr", c.Context, "1fa"},
		{"email", c.Email, logintest.Email},
		{"email_verified", c.EmailVerified, true},
		{"preferred_username", c.PreferredUsername, logintest.Username},
	} {
		if claim.got != claim.want {
			t.Errorf("%s is %v, want %v", claim.name, claim.got, claim.want)
		}
	}
	if len(c.ID) != 36 {
		t.Errorf("jti %q, want a UUID", c.ID)
	}
	if got, want := int64(r.TokenExpirationInstant), c.ExpiresAt.Unix()*1000; got != want {
		t.Errorf("tokenExpirationInstant %d, want exp in milliseconds, %d", got, want)
	}
	sessions := grants(h)
	if len(sessions) != 1 || sessions[0].ID != r.RefreshTokenID || !strings.HasPrefix(r.RefreshToken.Reveal(), r.RefreshTokenID+".0.") {
		t.Errorf("%d sessions, want the one that the refresh token is of", len(sessions))
	}
	if want := at.Add(43_200 * time.Minute); !sessions[0].Expires.Equal(want) {
		t.Errorf("the session expires %v, want %v", sessions[0].Expires, want)
	}
}

// The methods of a token are what was proven, and over which channel.
func TestMethodsOfAToken(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := asked(logintest.Phone, identity.PhoneNumber)
	s := start(h, r)
	code := send(h, s).Code
	result := h.Complete(passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: shown(s.Code), OneTimeCode: code})
	if got := claimsOf(h, result.Response.Token).Methods; !slices.Equal(got, []string{"otp", "sms"}) {
		t.Errorf("amr %v, want otp and sms", got)
	}
}

// S3-67, S2-11: an application that is not named leaves its claims and the refresh token out.
// S3-106, S3-107: a refresh token needs the application named, and the user registered.
// S3-108: and that the application gives any.
// S3-82: who is not registered has a token without roles.
// S3-76, S3-77, S2-21: and noJWT leaves everything out.
func TestWhatTheRegistrationBrings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		change                 func(h *logintest.House, u *identity.User, r *passwordless.LoginRequest)
		want                   outcome.Outcome
		token, claims, refresh bool
	}{
		{"registered, named", func(*logintest.House, *identity.User, *passwordless.LoginRequest) {}, outcome.Success, true, true, true},
		{"not named", func(_ *logintest.House, _ *identity.User, r *passwordless.LoginRequest) { r.ApplicationID = "" }, outcome.Success, true, false, false},
		{"not registered", func(_ *logintest.House, u *identity.User, _ *passwordless.LoginRequest) { u.Registrations = nil }, outcome.NotRegistered, true, false, false},
		{"not registered, not named", func(_ *logintest.House, u *identity.User, r *passwordless.LoginRequest) {
			u.Registrations, r.ApplicationID = nil, ""
		}, outcome.NotRegistered, true, false, false},
		{"not allowed", func(h *logintest.House, _ *identity.User, _ *passwordless.LoginRequest) {
			h.Application.LoginConfiguration.GenerateRefreshTokens = false
		}, outcome.Success, true, true, false},
		{"open to everyone", func(h *logintest.House, u *identity.User, _ *passwordless.LoginRequest) {
			u.Registrations, h.Application.Open = nil, true
		}, outcome.Success, true, true, true},
		{"registration unverified, allowed", func(h *logintest.House, u *identity.User, _ *passwordless.LoginRequest) {
			u.Registrations[0].Verified, h.Application.VerifyRegistration = false, true
		}, outcome.RegistrationUnverified, true, true, true},
		{"no token", func(_ *logintest.House, _ *identity.User, r *passwordless.LoginRequest) { r.NoJWT = true }, outcome.Success, false, false, false},
		{"no issuer", func(h *logintest.House, _ *identity.User, _ *passwordless.LoginRequest) { h.Config.Issuer = nil }, outcome.Success, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u, change := h.User(), c.change
			var r passwordless.LoginRequest
			change(h, &u, &r)
			h.Put(u)
			r = h.Form()
			change(h, &u, &r)
			result := h.Complete(r)
			got := result.Response
			if result.Outcome != c.want {
				t.Errorf("outcome %v, want %v", result.Outcome, c.want)
			}
			if !got.Token.IsZero() != c.token || !got.TokenExpirationInstant.IsZero() != c.token {
				t.Errorf("a token: %v, when it expires: %v, want %v", !got.Token.IsZero(), !got.TokenExpirationInstant.IsZero(), c.token)
			}
			if !got.RefreshToken.IsZero() != c.refresh || (got.RefreshTokenID != "") != c.refresh || (len(grants(h)) == 1) != c.refresh {
				t.Errorf("a refresh token: %v, its id: %v, sessions: %d, want %v", !got.RefreshToken.IsZero(), got.RefreshTokenID != "", len(grants(h)), c.refresh)
			}
			if c.token {
				claims := claimsOf(h, got.Token)
				if (claims.ApplicationID != "") != c.claims || (claims.Roles != nil) && !c.claims || (claims.SessionID != "") != c.refresh {
					t.Errorf("applicationId %q, roles %v, sid %q, want those of the application: %v", claims.ApplicationID, claims.Roles, claims.SessionID, c.claims)
				}
			}
			if got.User == nil || len(logins(h)) != 1 {
				t.Errorf("user %v, %d logins: the login must count", got.User, len(logins(h)))
			}
		})
	}
}

// S3-78: without a token nothing is signed.
func TestNoJWTSignsNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	spy := &remote{}
	h.Config.Issuer = spy.issuer(h)
	r := h.Form()
	r.NoJWT = true
	h.Complete(r)
	if spy.signed != 0 {
		t.Errorf("%d signatures with noJWT, want none", spy.signed)
	}
	h.Complete(h.Form())
	if spy.signed != 1 {
		t.Errorf("%d signatures without noJWT, want one", spy.signed)
	}
}

// remote signs and counts.
type remote struct {
	key    ed25519.PrivateKey
	signed int
}

func (r *remote) Sign(_ context.Context, message []byte) ([]byte, error) {
	r.signed++
	return ed25519.Sign(r.key, message), nil
}

// issuer is one whose key is held by r.
func (r *remote) issuer(h *logintest.House) *token.Issuer {
	h.T.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		h.T.Fatal(err)
	}
	r.key = private
	key, err := token.NewRemoteKey("remote", token.EdDSA, public, r)
	if err != nil {
		h.T.Fatal(err)
	}
	set, err := token.NewKeySet(key)
	if err != nil {
		h.T.Fatal(err)
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: set, Issuer: h.Tenant.Issuer, Now: h.Now})
	if err != nil {
		h.T.Fatal(err)
	}
	return issuer
}
