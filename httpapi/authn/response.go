package authn

import (
	"log/slog"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// Status is how far a login has come.
type Status string

// The statuses of an [AuthResponse].
const (
	MFARequired Status = "MFA_REQUIRED" // a second factor must be verified
	Success     Status = "SUCCESS"
)

// AuthResponse is the answer to both steps of a login. What does not belong to
// its status is absent from its JSON. Instants are in UTC.
type AuthResponse struct {
	Status Status `json:"status"`

	// UserID and Username are the user's, as they are on record. With SUCCESS.
	UserID   string `json:"userId,omitempty"`
	Username string `json:"username,omitempty"`

	// APIKey lasts until it is revoked. It is told once, and has the name
	// session.LoginKey; Message says so, or that the user has one. With SUCCESS.
	APIKey  secret.Issued `json:"apiKey,omitzero"`
	Message string        `json:"message,omitempty"`

	// AccessToken opens what an API key opens, but for making keys, until
	// AccessTokenExpiresAt, 30 minutes from now. With SUCCESS.
	AccessToken          secret.Issued `json:"accessToken,omitzero"`
	AccessTokenExpiresAt time.Time     `json:"accessTokenExpiresAt,omitzero"`

	// StateToken is the right to verify one of Factors, once, until ExpiresAt.
	// It is for the client and the API alone. With MFA_REQUIRED.
	StateToken secret.Issued `json:"stateToken,omitzero"`
	Factors    []Factor      `json:"factors,omitempty"`
	ExpiresAt  time.Time     `json:"expiresAt,omitzero"`
}

// LogValue is the status alone.
func (r AuthResponse) LogValue() slog.Value { return slog.StringValue(string(r.Status)) }

// Factor is a second factor that can complete a login.
type Factor struct {
	ID       string `json:"factorId"`
	Type     string `json:"factorType"`
	Provider string `json:"provider"`
	Profile  any    `json:"profile,omitempty"`
}

// The types of a [Factor]. Only the first shows codes by itself; sms and email
// want a challenge first.
const (
	FactorTOTP     = "token:software:totp"
	FactorSMS      = "sms"
	FactorEmail    = "email"
	FactorRecovery = "recovery" // for who has no other that proves more than the first step
)

// PhoneProfile and EmailProfile tell factors apart. Their addresses are masked.
type (
	PhoneProfile struct {
		PhoneNumber string `json:"phoneNumber"`
	}
	EmailProfile struct {
		Email string `json:"email"`
	}
)

// required is the answer to a first step that asks for the second.
func required(result *passwordless.Result) (AuthResponse, error) {
	response := result.Response
	if len(response.ConfigurableMethods) > 0 {
		return AuthResponse{}, first("A second factor must be enrolled.")
	}
	return AuthResponse{
		Status:     MFARequired,
		StateToken: response.TwoFactorID,
		Factors:    factors(response.Methods),
		ExpiresAt:  result.Expires,
	}, nil
}

func factors(methods []identity.TwoFactorMethod) []Factor {
	if len(methods) == 0 {
		return []Factor{{ID: FactorRecovery, Type: FactorRecovery, Provider: provider}}
	}
	all := make([]Factor, len(methods))
	for i, m := range methods {
		all[i] = factor(m)
	}
	return all
}

const (
	provider     = "GATEHOUSE"
	totpProvider = "GOOGLE" // as clients know every authenticator app
)

func factor(m identity.TwoFactorMethod) Factor {
	switch m.Method {
	case identity.MethodAuthenticator:
		return Factor{ID: m.ID, Type: FactorTOTP, Provider: totpProvider}
	case identity.MethodSMS:
		return Factor{ID: m.ID, Type: FactorSMS, Provider: provider, Profile: PhoneProfile{m.MobilePhone}}
	case identity.MethodEmail:
		return Factor{ID: m.ID, Type: FactorEmail, Provider: provider, Profile: EmailProfile{m.Email}}
	}
	return Factor{ID: m.ID, Type: m.Method, Provider: provider}
}

// succeeded is the answer to a login that is complete.
func succeeded(u identity.User, keys session.LoginKeys) AuthResponse {
	return AuthResponse{
		Status:               Success,
		UserID:               u.ID,
		Username:             nameOf(u),
		APIKey:               keys.APIKey.Secret,
		Message:              keys.Message,
		AccessToken:          keys.AccessToken.Secret,
		AccessTokenExpiresAt: keys.AccessToken.Expires,
	}
}

// nameOf is what a user is called by: their user name or, if they have none,
// what else they sign in by.
func nameOf(u identity.User) string {
	for _, t := range []identity.IdentityType{identity.Username, identity.Email, identity.PhoneNumber} {
		if i, ok := u.Primary(t); ok {
			if i.DisplayValue != "" {
				return i.DisplayValue
			}
			return i.Value
		}
	}
	return ""
}
