package integration_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// vault is a login, and one of everything that it hands out.
type vault struct {
	*logintest.House
	held map[string]secret.Text
	code secret.Text // the short code of the login by code
	word secret.Text // the short code of the verification
	keys *session.Keys
}

func fill(t *testing.T) *vault {
	t.Helper()
	e := memstore.New()
	h := logintest.Open(t, logintest.Backend{Store: store.Of(e), Put: e.Put})
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
	v := &vault{House: h, held: map[string]secret.Text{}}
	var err error
	v.keys, err = session.NewKeys(session.KeysConfig{Store: h.Backend.Store, Now: h.Now})
	v.check(err)

	login := h.Complete(h.Link()).Response
	v.held["access token"], v.held["refresh token"] = login.Token.Text, login.RefreshToken.Text
	program, err := v.keys.Login(t.Context(), session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}, 0)
	v.check(err)
	v.held["API key"], v.held["opaque access token"] = program.APIKey.Secret.Text, program.AccessToken.Secret.Text

	v.held["link"] = h.Link().Code
	form := h.Form()
	v.held["form handle"], v.code = form.Code, form.OneTimeCode
	v.held["change password"] = v.as(func(u *identity.User) { u.PasswordChangeRequired = true }).ChangePasswordID.Text
	v.held["two-factor"] = v.challenged()
	h.Advance(time.Minute)
	h.Put(logintest.Unverified(h.User()))
	proof := h.Verification()
	v.held["verification"], v.word = proof.VerificationID, proof.OneTimeCode
	h.Put(h.User())
	trust, _, err := h.Login().Factors().Trust(t.Context(), mfa.Person{Tenant: h.Tenant, Application: h.Application, User: h.User()}, 0)
	v.check(err)
	v.held["trusted device"] = trust.Text
	v.held["another type of JWT"] = v.typed("JWT")
	v.held["a JWT of the same key for another"] = v.typed("at+jwt")
	return v
}

func (v *vault) check(err error) {
	v.T.Helper()
	if err != nil {
		v.T.Fatal(err)
	}
}

// as is what a login of the sample user leaves who is changed for it.
func (v *vault) as(change func(*identity.User)) passwordless.LoginResponse {
	v.T.Helper()
	u := v.User()
	change(&u)
	v.Put(u)
	defer v.Put(v.User())
	return v.Complete(v.Link()).Response
}

// challenged is the ticket of a login that a second factor is asked of.
func (v *vault) challenged() secret.Text {
	v.T.Helper()
	s, f := v.Backend.Store, store.FactorID{Tenant: logintest.TenantID, User: logintest.UserID, ID: "QJD7"}
	v.check(s.PutFactor(v.T.Context(), store.Factor{FactorID: f, Kind: identity.MethodAuthenticator, Created: v.Now()}))
	_, err := s.ConfirmFactor(v.T.Context(), f, 1, nil, v.Now())
	v.check(err)
	id := v.Complete(v.Link()).Response.TwoFactorID.Text
	v.check(s.RemoveFactors(v.T.Context(), store.Removal{FactorID: f}))
	return id
}

// typed is a JWT of the issuer's own key, of another type or for somebody else.
func (v *vault) typed(typ string) secret.Text {
	v.T.Helper()
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: v.Keys, Issuer: v.Tenant.Issuer, Type: typ, Now: v.Now})
	v.check(err)
	audience := logintest.ApplicationID
	if typ == "at+jwt" {
		audience = logintest.OtherApplicationID
	}
	signed, err := issuer.Issue(v.T.Context(), token.Claims{Subject: logintest.UserID, Audience: audience, TenantID: logintest.TenantID})
	v.check(err)
	return signed.Token.Text
}

// doors are the entry points, each with the one kind that it is for, and what
// it says to all others.
func (v *vault) doors() map[string]struct {
	try     func(context.Context, secret.Text) error
	refuses []error
} {
	login := v.Login()
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keys: v.Keys, Issuer: v.Tenant.Issuer, Audiences: []string{logintest.ApplicationID}, Now: v.Now,
	})
	v.check(err)
	type door = struct {
		try     func(context.Context, secret.Text) error
		refuses []error
	}
	return map[string]door{
		"access token": {func(ctx context.Context, t secret.Text) error {
			_, err := verifier.Verify(ctx, t.Reveal())
			return err
		}, []error{token.ErrInvalid}},
		"refresh token": {func(ctx context.Context, t secret.Text) error {
			_, err := login.Sessions().Refresh(ctx, session.RefreshRequest{RefreshToken: t})
			return err
		}, []error{session.ErrRefused}},
		"API key": {func(ctx context.Context, t secret.Text) error {
			_, err := v.keys.CheckAPIKey(ctx, logintest.TenantID, t)
			return err
		}, []error{session.ErrRefused}},
		"opaque access token": {func(ctx context.Context, t secret.Text) error {
			_, err := v.keys.CheckAccessToken(ctx, logintest.TenantID, t)
			return err
		}, []error{session.ErrRefused}},
		"link": {func(ctx context.Context, t secret.Text) error {
			_, err := login.Complete(ctx, passwordless.LoginRequest{Code: t})
			return err
		}, []error{passwordless.ErrRefused}},
		"form handle": {func(ctx context.Context, t secret.Text) error {
			_, err := login.Complete(ctx, passwordless.LoginRequest{Code: t, OneTimeCode: v.code})
			return err
		}, []error{passwordless.ErrRefused}},
		"change password": {func(ctx context.Context, t secret.Text) error {
			_, err := login.ChangePassword(ctx, passwordless.ChangePasswordRequest{ChangePasswordID: t, Password: secret.New("piper-net-3000")})
			return err
		}, []error{passwordless.ErrRefused}},
		"verification": {func(ctx context.Context, t secret.Text) error {
			_, err := login.VerifyIdentity(ctx, passwordless.CompleteVerificationRequest{VerificationID: t, OneTimeCode: v.word})
			return err
		}, []error{passwordless.ErrRefused}},
		"two-factor": {func(ctx context.Context, t secret.Text) error {
			_, err := login.CompleteTwoFactor(ctx, passwordless.TwoFactorRequest{TwoFactorID: t, Code: secret.New("000000")})
			return err
		}, []error{passwordless.ErrRefused}},
		"trusted device": {func(ctx context.Context, t secret.Text) error {
			trusted, err := login.Factors().CheckTrust(ctx, mfa.Who{UserID: logintest.UserID, ApplicationID: logintest.ApplicationID}, t)
			if err == nil && !trusted {
				return errNotTrusted
			}
			return err
		}, []error{errNotTrusted}},
	}
}

var errNotTrusted = errors.New("not trusted")

// Whatever is handed out opens its own door and no other, and is still good for
// its own after it was tried at all others.
//
// JWT-03 REF-04 KEY-01 SEC-08
func TestTokensAreNotConfused(t *testing.T) {
	t.Parallel()
	v := fill(t)
	doors := v.doors()
	for entry, door := range doors {
		for kind, held := range v.held {
			// A link opened with some short code is a link: the code is not looked at.
			if kind == entry || kind == "link" && entry == "form handle" {
				continue
			}
			err := door.try(t.Context(), held)
			refused := false
			for _, answer := range door.refuses {
				refused = refused || errors.Is(err, answer)
			}
			if !refused {
				t.Errorf("the %s, shown as %s: %v, want %v", kind, entry, err, door.refuses)
			}
		}
	}
	// A change of password ends the sessions, and so comes last.
	for _, entry := range []string{
		"access token", "refresh token", "API key", "opaque access token", "trusted device",
		"link", "form handle", "verification", "two-factor", "change password",
	} {
		err := doors[entry].try(t.Context(), v.held[entry])
		if entry == "two-factor" { // the code is wrong, and the ticket lives
			if !errors.Is(err, mfa.ErrWrongCode) {
				t.Errorf("two-factor: %v, want ErrWrongCode", err)
			}
			continue
		}
		if err != nil {
			t.Errorf("the %s is not taken at its own door: %v", entry, err)
		}
	}
}
