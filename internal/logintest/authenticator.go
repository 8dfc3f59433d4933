package logintest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Authenticator is an app that shows the codes of a secret, and the recovery
// codes that came with it.
type Authenticator struct {
	House    *House
	ID       string // of the method
	Secret   string // base32
	Recovery []secret.Issued
}

// Who is the sample user, signed in.
func Who() mfa.Who { return mfa.Who{UserID: UserID, ApplicationID: ApplicationID} }

// Enrolled gives a user a first authenticator, and waits for its next code.
func (h *House) Enrolled(who mfa.Who) *Authenticator {
	h.T.Helper()
	e, err := h.Login().Factors().Enrol(h.T.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
	h.must(err)
	a := &Authenticator{House: h, ID: e.MethodID, Secret: e.SecretBase32.Reveal()}
	c, err := h.Login().Factors().Confirm(h.T.Context(), who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: a.Code()})
	h.must(err)
	a.Recovery = c.RecoveryCodes
	h.Advance(30 * time.Second)
	return a
}

// Code is what the app shows now.
func (a *Authenticator) Code() secret.Text { return a.at(a.House.Now()) }

// at is what it shows at a time, worked out as RFC 4226, section 5.3, and RFC
// 6238, section 4.2, have it and by nothing that is under test.
func (a *Authenticator) at(now time.Time) secret.Text {
	a.House.T.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(a.Secret, "="))
	a.House.must(err)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix()/30)))
	sum := mac.Sum(nil)
	shown := binary.BigEndian.Uint32(sum[sum[19]&0xf:]) &^ (1 << 31)
	return secret.New(fmt.Sprintf("%06d", shown%1_000_000))
}
