package account

import (
	"log/slog"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Profile is a signed-in user's view of themselves. A date is present if there is
// one; that of a validation, if its flag is set.
type Profile struct {
	Email                  string  `json:"email"` // masked, and an address still
	HasValidatedEmail      bool    `json:"hasValidatedEmail"`
	EmailVerificationDate  Instant `json:"emailVerificationDate,omitzero"`
	HasValidatedSecret     bool    `json:"hasValidatedSecret"` // an authenticator's, by a code
	SecretVerificationDate Instant `json:"secretVerificationDate,omitzero"`
	PhoneNumber            string  `json:"phoneNumber,omitempty"` // masked
	HasValidatedPhone      bool    `json:"hasValidatedPhone"`     // by a code
	PhoneVerificationDate  Instant `json:"phoneVerificationDate,omitzero"`
	LastLoggedDate         Instant `json:"lastLoggedDate,omitzero"` // of a login, never of a refresh
	Status                 string  `json:"status"`                  // ACTIVE, LOCKED, EXPIRED or SUSPENDED
	LastLoggedDevice       string  `json:"lastLoggedDevice"`        // its User-Agent, as it was sent: escape it
	LastPasswordChangeDate Instant `json:"lastPasswordChangeDate,omitzero"`

	// Secret, in base32, and URI are of an authenticator that was just created:
	// for the person, once.
	Secret secret.Issued `json:"secret,omitzero"`
	URI    secret.Issued `json:"uri,omitzero"`

	// RecoveryCodes are ten, with the first method that was verified: for the
	// person, once.
	RecoveryCodes []secret.Issued `json:"recoveryCodes,omitempty"`
}

// LogValue is the status alone.
func (p Profile) LogValue() slog.Value { return slog.StringValue(p.Status) }

// profile answers with the user's profile, as it is now, and what is shown once.
func (a *api) profile(w http.ResponseWriter, c call, once Profile) error {
	p, err := a.factors.Profile(c.Context(), c.who)
	if err != nil {
		return err
	}
	out := profileOf(p)
	out.Secret, out.URI, out.RecoveryCodes = once.Secret, once.URI, once.RecoveryCodes
	return wire.Reply(w, http.StatusOK, out)
}

func profileOf(p mfa.Profile) Profile {
	return Profile{
		Email:                  p.Email,
		HasValidatedEmail:      p.EmailValidated,
		EmailVerificationDate:  Instant{p.EmailValidatedAt},
		HasValidatedSecret:     p.AuthenticatorValid,
		SecretVerificationDate: Instant{p.AuthenticatorSince},
		PhoneNumber:            p.Phone,
		HasValidatedPhone:      p.PhoneValidated,
		PhoneVerificationDate:  Instant{p.PhoneValidatedAt},
		LastLoggedDate:         Instant{p.LastLogin},
		Status:                 string(p.Status),
		LastLoggedDevice:       p.LastDevice,
		LastPasswordChangeDate: Instant{p.PasswordChanged},
	}
}
