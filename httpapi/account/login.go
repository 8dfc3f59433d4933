package account

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// Tokens are what a login or a refresh leaves. A refresh has no RefreshToken,
// unless the application's are good once: then it is the next one.
type Tokens struct {
	IDToken      secret.Issued `json:"idToken"`
	RefreshToken secret.Issued `json:"refreshToken,omitzero"`
}

// LogValue is nothing of the tokens.
func (Tokens) LogValue() slog.Value { return slog.StringValue("account.Tokens") }

// LoginBody asks for a login: by Email and Password; or by Code and OneTimeCode of
// a passwordless login; or goes on with one that waits for its second factor, by
// TwoFactorID and, to have a code sent, MethodID.
type LoginBody struct {
	Email       string      `json:"email,omitempty"`
	Password    secret.Text `json:"password,omitzero"`
	Code        secret.Text `json:"code,omitzero"`
	OneTimeCode secret.Text `json:"oneTimeCode,omitzero"`
	TwoFactorID secret.Text `json:"twoFactorId,omitzero"`
	MethodID    string      `json:"methodId,omitempty"`
}

// OTPRequired is the answer to a login that waits for its second factor.
type OTPRequired struct {
	Error       Error         `json:"error"`
	TwoFactorID secret.Issued `json:"twoFactorId"`
	ValidUntil  Instant       `json:"validUntil"`
	Methods     []LoginMethod `json:"methods,omitempty"` // none: a recovery code alone will do
}

// LogValue is nothing of the answer.
func (OTPRequired) LogValue() slog.Value { return slog.StringValue("account.OTPRequired") }

// LoginMethod is a second factor that can complete a login.
type LoginMethod struct {
	ID      string  `json:"methodId"`
	Channel Channel `json:"channel"`
}

// login signs in. Whatever keeps somebody out before the second factor is one
// answer.
func (a *api) login(w http.ResponseWriter, r *http.Request) error {
	var body LoginBody
	if err := wire.Object(w, r, &body); err != nil {
		return err
	}
	otp := otpOf(r)
	switch {
	case body.TwoFactorID.IsZero():
	case body.MethodID != "":
		return a.sendCode(w, r, body)
	default:
		return a.secondFactor(w, r, body.TwoFactorID, otp)
	}
	result, err := a.firstFactor(r, body)
	if err != nil {
		return err
	}
	if result.Outcome == outcome.TwoFactorRequired && !otp.IsZero() {
		return a.secondFactor(w, r, result.Response.TwoFactorID.Text, otp)
	}
	return a.answer(w, result)
}

func (a *api) firstFactor(r *http.Request, body LoginBody) (*passwordless.Result, error) {
	proven := a.byPassword
	if a.Password == nil {
		proven = a.byCode
	}
	result, err := proven(r, body)
	var invalid *passwordless.ValidationError
	switch {
	case errors.Is(err, passwordless.ErrRefused), errors.Is(err, passwordless.ErrOtherBrowser):
		return nil, errAuthentication
	case errors.As(err, &invalid) && len(invalid.FieldErrors["loginId"])+len(invalid.FieldErrors["code"]) > 0:
		return nil, errAuthentication
	}
	return result, err
}

func (a *api) byCode(r *http.Request, body LoginBody) (*passwordless.Result, error) {
	return a.Login.Complete(r.Context(), passwordless.LoginRequest{
		Code:          body.Code,
		OneTimeCode:   body.OneTimeCode,
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		EventInfo:     a.info(r),
	})
}

func (a *api) byPassword(r *http.Request, body LoginBody) (*passwordless.Result, error) {
	if body.Email == "" || body.Password.IsZero() {
		return nil, errAuthentication
	}
	userID, err := a.Password(r.Context(), body.Email, body.Password)
	switch {
	case errors.Is(err, ErrWrongPassword), err == nil && userID == "":
		return nil, errAuthentication
	case err != nil:
		return nil, err
	}
	return a.Login.Vouch(r.Context(), passwordless.VouchRequest{
		UserID:        userID,
		LoginID:       body.Email,
		LoginIDTypes:  []identity.IdentityType{identity.Email},
		Methods:       []string{"pwd"},
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		EventInfo:     a.info(r),
	})
}

func (a *api) info(r *http.Request) passwordless.EventInfo {
	return passwordless.EventInfo{IPAddress: a.Client(r), UserAgent: wire.Agent(r)}
}

func (a *api) sendCode(w http.ResponseWriter, r *http.Request, body LoginBody) error {
	err := a.Login.SendTwoFactor(r.Context(), passwordless.SendTwoFactorRequest{
		TwoFactorID: body.TwoFactorID,
		MethodID:    body.MethodID,
		TenantID:    a.TenantID,
	})
	switch {
	case errors.Is(err, passwordless.ErrRefused):
		return errAuthentication
	case errors.Is(err, mfa.ErrNotConfigured):
		return errNotAllowed
	case err != nil:
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) secondFactor(w http.ResponseWriter, r *http.Request, id, otp secret.Text) error {
	if otp.IsZero() {
		return errOTP
	}
	result, err := a.Login.CompleteTwoFactor(r.Context(), passwordless.TwoFactorRequest{
		TwoFactorID:   id,
		Code:          otp,
		ApplicationID: a.ApplicationID,
		TenantID:      a.TenantID,
		EventInfo:     a.info(r),
	})
	if errors.Is(err, passwordless.ErrRefused) {
		return errAuthentication
	}
	if err != nil {
		return err
	}
	return a.answer(w, result)
}

// errNoToken means that a login was admitted and left nothing to answer with.
var errNoToken = errors.New("account: Config.Login has no Issuer")

// answer tells how a step ended.
func (a *api) answer(w http.ResponseWriter, result *passwordless.Result) error {
	response := result.Response
	switch {
	case result.Outcome == outcome.TwoFactorRequired && len(response.ConfigurableMethods) == 0:
		return wire.Reply(w, a.AuthenticationStatus, required(result))
	case !result.Admitted:
		return errAuthentication
	case response.Token.IsZero():
		return errNoToken
	}
	return wire.Reply(w, http.StatusOK, Tokens{response.Token, response.RefreshToken})
}

func required(result *passwordless.Result) OTPRequired {
	o := OTPRequired{
		Error:       Error{Type: "otp_required", Message: "OTP is required"},
		TwoFactorID: result.Response.TwoFactorID,
		ValidUntil:  Instant{result.Expires},
	}
	for _, m := range result.Response.Methods {
		o.Methods = append(o.Methods, LoginMethod{m.ID, channelOf(m.Method)})
	}
	return o
}

// refresh takes a refresh token for an ID token. It is no login.
func (a *api) refresh(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		RefreshToken secret.Text `json:"refreshToken"`
	}
	if err := wire.Object(w, r, &body); err != nil {
		return err
	}
	next, err := a.Login.Sessions().Refresh(r.Context(), session.RefreshRequest{
		RefreshToken:  body.RefreshToken,
		TenantID:      a.TenantID,
		ApplicationID: a.ApplicationID,
	})
	if err != nil {
		return err
	}
	t := Tokens{IDToken: next.Token}
	if next.Rotated {
		t.RefreshToken = next.RefreshToken
	}
	return wire.Reply(w, http.StatusOK, t)
}

// Instant is a time as the wire has it: ISO 8601 in UTC, with milliseconds.
type Instant struct{ time.Time }

const isoMillis = "2006-01-02T15:04:05.000Z"

// MarshalJSON is, for example, "2025-06-09T05:45:44.994Z".
func (i Instant) MarshalJSON() ([]byte, error) {
	return []byte(i.UTC().Format(`"` + isoMillis + `"`)), nil
}
