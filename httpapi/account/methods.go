package account

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// Channel is a kind of second factor, as the wire has it.
type Channel string

// The channels. A code is requested for the first two.
const (
	EMAIL Channel = "EMAIL" // the user's own address, beside a password
	SMS   Channel = "SMS"
	TOTP  Channel = "TOTP"
)

// kinds are what package identity calls the channels.
var kinds = map[Channel]string{
	EMAIL: identity.MethodEmail,
	SMS:   identity.MethodSMS,
	TOTP:  identity.MethodAuthenticator,
}

func channelOf(kind string) Channel {
	for c, k := range kinds {
		if k == kind {
			return c
		}
	}
	return Channel(kind)
}

// api is the handler.
type api struct {
	Config
	factors *mfa.Factors
}

// call is a request of a signed-in user.
type call struct {
	*http.Request
	who   mfa.Who
	email string // on record when the token was minted
	otp   secret.Text
}

// signedIn lets a request with a valid ID token through.
func (a *api) signedIn(do func(http.ResponseWriter, call) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		claims, err := a.claims(r)
		if err != nil {
			return err
		}
		return do(w, call{
			Request: r,
			who:     mfa.Who{TenantID: a.TenantID, UserID: claims.Subject, ApplicationID: a.ApplicationID},
			email:   claims.Email,
			otp:     otpOf(r),
		})
	}
}

func (a *api) claims(r *http.Request) (token.Claims, error) {
	shown := r.Header.Values("Authorization")
	if len(shown) != 1 {
		return token.Claims{}, errAuthentication
	}
	scheme, text, _ := strings.Cut(shown[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return token.Claims{}, errAuthentication
	}
	claims, err := a.Verifier.Verify(r.Context(), strings.TrimLeft(text, " "))
	switch {
	case errors.Is(err, token.ErrInvalid):
		return token.Claims{}, errAuthentication
	case err != nil:
		return token.Claims{}, err
	case claims.TenantID != a.TenantID, claims.Audience != a.ApplicationID:
		return token.Claims{}, errAuthentication
	}
	return claims, nil
}

// maxOTP is longer than any code.
const maxOTP = 64

// otpOf reads the code of a request; zero if there is none, or more than one.
func otpOf(r *http.Request) secret.Text {
	shown := r.Header.Values("X-Otp")
	if len(shown) != 1 || len(shown[0]) > maxOTP {
		return secret.Text{}
	}
	return secret.New(strings.TrimSpace(shown[0]))
}

// confirmed is the id of the user's method of a channel, and waiting of the one
// that waits to be confirmed; empty: there is none.
func (a *api) confirmed(c call, channel Channel) (methodID string, err error) {
	all, err := a.factors.List(c.Context(), c.who)
	return idOf(all, channel), err
}

func (a *api) waiting(c call, channel Channel) (methodID string, err error) {
	all, err := a.factors.Waiting(c.Context(), c.who)
	return idOf(all, channel), err
}

func idOf(all []identity.TwoFactorMethod, channel Channel) string {
	for _, m := range all {
		if m.Method == kinds[channel] {
			return m.ID
		}
	}
	return ""
}

// addSMS begins to add a phone number, and has a code sent there.
func (a *api) addSMS(w http.ResponseWriter, c call) error {
	var body struct {
		Phone   string `json:"phone"`
		Country string `json:"country"`
	}
	if err := wire.Object(w, c.Request, &body); err != nil {
		return err
	}
	_, err := a.enrol(c, mfa.EnrolRequest{Kind: identity.MethodSMS, To: body.Phone, Country: body.Country, OnlyOne: true})
	var field *identity.FieldError
	switch {
	case errors.As(err, &field) && field.Field == "mobilePhone":
		return invalid("phone: " + field.Reason)
	case errors.Is(err, mfa.ErrAlreadyConfigured):
		return errHasPhone
	case err != nil:
		return err
	}
	return a.profile(w, c, Profile{})
}

// createTOTP begins to add an authenticator. Its secret is told this once.
func (a *api) createTOTP(w http.ResponseWriter, c call) error {
	if err := wire.Object(w, c.Request, &struct{}{}); err != nil {
		return err
	}
	e, err := a.enrol(c, mfa.EnrolRequest{Kind: identity.MethodAuthenticator, OnlyOne: true})
	switch {
	case errors.Is(err, mfa.ErrAlreadyConfigured):
		return errHasSecret
	case err != nil:
		return err
	}
	return a.profile(w, c, Profile{Secret: e.SecretBase32, URI: e.URI})
}

// enrol begins to add a method, with the proof of one that the user has.
func (a *api) enrol(c call, r mfa.EnrolRequest) (mfa.Enrolment, error) {
	var err error
	if r.MethodID, err = a.proof(c); err != nil {
		return mfa.Enrolment{}, err
	}
	r.Code = c.otp
	return a.factors.Enrol(c.Context(), c.who, r)
}

// proof is the method that the code of a request was sent to, where ?method= says
// so; empty: what an authenticator shows, or a recovery code.
func (a *api) proof(c call) (methodID string, err error) {
	if !c.URL.Query().Has("method") {
		return "", nil
	}
	methodID, err = a.confirmed(c, Channel(c.URL.Query().Get("method")))
	if err == nil && methodID == "" {
		err = errNotAllowed
	}
	return methodID, err
}

// deleteTOTP removes the authenticator. That there is one is looked up first, so
// that no code is used for nothing.
func (a *api) deleteTOTP(w http.ResponseWriter, c call) error {
	methodID, err := a.confirmed(c, TOTP)
	switch {
	case err != nil:
		return err
	case methodID == "":
		return errNoSecret
	}
	proof, err := a.proof(c)
	if err != nil {
		return err
	}
	err = a.factors.Remove(c.Context(), c.who, mfa.RemoveRequest{MethodID: methodID, Code: c.otp, ProofID: proof})
	if err != nil {
		return err
	}
	return a.profile(w, c, Profile{})
}
