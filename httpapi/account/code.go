package account

import (
	"net/http"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/session"
)

// Requested is a code that is on its way.
type Requested struct {
	ValidUntil Instant `json:"validUntil"`
	Channel    Channel `json:"channel"`
	Validated  bool    `json:"validated"` // whether the channel was verified before
}

// requestCode sends a code: to a method that counts, as a proof; to one that waits
// to be confirmed, for that. E-mail need not be added first: the user's address
// is.
func (a *api) requestCode(w http.ResponseWriter, c call) error {
	asked := c.URL.Query()["method"]
	if len(asked) != 1 || !slices.Contains([]Channel{EMAIL, SMS}, Channel(asked[0])) {
		return errNotAllowed
	}
	channel := Channel(asked[0])
	methodID, err := a.confirmed(c, channel)
	if err != nil {
		return err
	}
	if methodID == "" {
		until, err := a.sendToConfirm(c, channel)
		if err != nil {
			return err
		}
		return wire.Reply(w, http.StatusOK, Requested{Instant{until}, channel, false})
	}
	sent, err := a.factors.SendCodeFor(c.Context(), c.who, methodID)
	if err != nil {
		return err
	}
	return wire.Reply(w, http.StatusOK, Requested{Instant{sent.Expires}, channel, true})
}

func (a *api) sendToConfirm(c call, channel Channel) (until time.Time, err error) {
	if channel == EMAIL {
		if c.email == "" {
			return time.Time{}, errNotAllowed
		}
		e, err := a.factors.Enrol(c.Context(), c.who, mfa.EnrolRequest{
			Kind: identity.MethodEmail, To: c.email, OnlyOne: true, Code: c.otp,
		})
		return e.Expires, err
	}
	methodID, err := a.waiting(c, channel)
	switch {
	case err != nil:
		return time.Time{}, err
	case methodID == "":
		return time.Time{}, errNotAllowed
	}
	sent, err := a.factors.SendEnrolmentCode(c.Context(), c.who, methodID)
	return sent.Expires, err
}

// verifyCode confirms the method of a channel that waits for it.
func (a *api) verifyCode(w http.ResponseWriter, c call) error {
	var body struct {
		Channel Channel `json:"channel"`
	}
	if err := wire.Object(w, c.Request, &body); err != nil {
		return err
	}
	if kinds[body.Channel] == "" {
		return invalid("channel: must be EMAIL, SMS or TOTP")
	}
	methodID, err := a.confirmed(c, body.Channel)
	switch {
	case err != nil:
		return err
	case methodID != "":
		return configured(body.Channel)
	}
	done, err := a.factors.Confirm(c.Context(), c.who, mfa.ConfirmRequest{Kind: kinds[body.Channel], Code: c.otp})
	if err != nil {
		return err
	}
	if len(done.RecoveryCodes) > 0 {
		if err := a.firstFactorAdded(c); err != nil {
			return err
		}
	}
	return a.profile(w, c, Profile{RecoveryCodes: done.RecoveryCodes})
}

// firstFactorAdded ends what the tenant has end with a user's first method.
func (a *api) firstFactorAdded(c call) error {
	sessions := a.Login.Sessions()
	t, _, err := sessions.Applications.Application(c.Context(), a.ApplicationID)
	if err != nil {
		return err
	}
	return sessions.After(c.Context(), session.FirstFactor, t, c.who.UserID)
}
