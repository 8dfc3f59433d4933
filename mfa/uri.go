package mfa

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"image/png"
	"net/url"
	"strconv"
	"strings"

	"github.com/pquerna/otp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Secret is an authenticator's, on its way to be shown or enrolled. It prints,
// logs and marshals redacted. The zero Secret is none.
type Secret struct{ key secret.Text }

// NewSecret makes a secret for an authenticator: 20 bytes for HmacSHA1, 32 and
// 64 for the others.
func NewSecret(a identity.Authenticator) Secret {
	return Secret{secret.New(string(newKey(a.Algorithm)))}
}

// ParseSecret reads a secret in base64 or, if base32 is set, in base32 without
// regard to case and padding. An error is an *identity.FieldError that does not
// repeat it.
func ParseSecret(text secret.Text, base32 bool) (Secret, error) {
	read, field, typed := base64.StdEncoding.Strict().DecodeString, "secret", text.Reveal()
	if base32 {
		read, field, typed = base32Text.DecodeString, "secretBase32Encoded", strings.ToUpper(strings.TrimRight(typed, "="))
	}
	key, err := read(typed)
	s := Secret{secret.New(string(key))}
	if err != nil || s.key.IsZero() || s.check() != nil {
		return Secret{}, &identity.FieldError{Field: field, Tag: identity.TagInvalid, Reason: "must be 20 to 128 bytes, encoded"}
	}
	return s, nil
}

// Base64 is the secret for FusionAuth's API.
func (s Secret) Base64() secret.Issued {
	return secret.Issue(base64.StdEncoding.EncodeToString(s.bytes()))
}

// Base32 is the secret as a person types it into an authenticator.
func (s Secret) Base32() secret.Issued { return secret.Issue(base32Text.EncodeToString(s.bytes())) }

func (s Secret) bytes() []byte {
	if s.key.IsZero() {
		return nil
	}
	return []byte(s.key.Reveal())
}

func (s Secret) check() error {
	if n := len(s.bytes()); !s.key.IsZero() && (n < leastSecret || n > mostSecret) {
		return &identity.FieldError{Field: "secret", Tag: identity.TagInvalid, Reason: "must be 20 to 128 bytes"}
	}
	return nil
}

// errSize means that a QR code was asked for in a size that none can have.
var errSize = errors.New("mfa: a QR code must be 128 to 2048 pixels wide")

// QR is the URI as a PNG image of that many pixels each way, 128 to 2048. It
// shows the secret to whoever sees it: no cache may keep it.
func (e Enrolment) QR(pixels int) ([]byte, error) {
	if pixels < 128 || pixels > 2048 {
		return nil, errSize
	}
	if e.URI.IsZero() {
		return nil, ErrNotAllowed
	}
	key, err := otp.NewKeyFromURL(e.URI.Reveal())
	if err != nil {
		return nil, errSecret
	}
	image, err := key.Image(pixels, pixels)
	if err != nil {
		return nil, errSize
	}
	var out bytes.Buffer
	if err := png.Encode(&out, image); err != nil {
		return nil, errSize
	}
	return out.Bytes(), nil
}

// keyURI is what authenticator apps read, by the Key Uri Format of Google
// Authenticator. A colon ends the issuer in it, so that neither part has one.
func keyURI(issuer, account string, key []byte, a identity.Authenticator) string {
	issuer, account = label(issuer), label(account)
	path := account
	if issuer != "" {
		path = issuer + ":" + account
	}
	query := url.Values{
		"secret":    {base32Text.EncodeToString(key)},
		"algorithm": {strings.TrimPrefix(string(a.Algorithm), "Hmac")},
		"digits":    {strconv.Itoa(a.CodeLength)},
		"period":    {strconv.Itoa(a.TimeStep)},
	}
	if issuer != "" {
		query.Set("issuer", issuer)
	}
	// Apps show the plus sign that a form would have for a space.
	encoded := strings.ReplaceAll(query.Encode(), "+", "%20")
	return "otpauth://totp/" + url.PathEscape(path) + "?" + encoded
}

// label is text that can stand in a key URI: short, so that a QR code holds it.
func label(text string) string {
	const longest = 100
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == ':' || r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " ")))
	if runes := []rune(text); len(runes) > longest {
		text = strings.TrimSpace(string(runes[:longest]))
	}
	return text
}

// issuer is who an authenticator is for: the tenant, whose factors are one for
// all of its applications.
func issuer(p Person) string { return cmp.Or(p.Tenant.Name, p.Application.Name, p.Tenant.Issuer) }

// account is what an authenticator lists a person by.
func account(p Person) string {
	return cmp.Or(p.User.EmailAddress(p.Tenant), p.User.PhoneNumber, p.User.Username, p.User.ID)
}
