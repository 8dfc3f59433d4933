package token

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	defaultLifetime = time.Hour
	maxLifetime     = 24 * time.Hour
	defaultMaxBytes = 8 << 10
	maxMaxBytes     = 64 << 10
	defaultType     = "at+jwt"
)

// IssuerConfig is what an [Issuer] needs to know.
type IssuerConfig struct {
	// Keys signs. Required.
	Keys *KeySet

	// Issuer is the iss of claims that have none: the URL, or name, under which
	// verifiers know this issuer. Required.
	Issuer string

	// Lifetime is how long a token is valid that does not say so itself, in
	// whole seconds, up to 24 hours. Zero means 1 hour. A token cannot be called
	// back before; the refresh token behind it can.
	Lifetime time.Duration

	// Type is the typ of the header. Empty means at+jwt (RFC 9068), which keeps
	// other kinds of JWT from passing for an access token. JWT is what
	// FusionAuth writes; verifiers must then be told so.
	Type string

	// MaxBytes is the longest token issued, up to 64 KiB. Zero means 8 KiB,
	// which is what a Verifier reads and most servers take in a header.
	MaxBytes int

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Issuer signs access tokens. It may be used concurrently.
type Issuer struct {
	config IssuerConfig
}

// Signed is a token with the claims in it, as they were completed.
type Signed struct {
	Token  secret.Issued
	Claims Claims
}

// NewIssuer checks c once. *ConfigError.
func NewIssuer(c IssuerConfig) (*Issuer, error) {
	if c.Lifetime == 0 {
		c.Lifetime = defaultLifetime
	}
	if c.Type == "" {
		c.Type = defaultType
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Keys == nil:
		return nil, &ConfigError{"Keys", "missing"}
	case c.Issuer == "":
		return nil, &ConfigError{"Issuer", "missing"}
	case c.Lifetime < time.Second || c.Lifetime > maxLifetime || c.Lifetime%time.Second != 0:
		return nil, &ConfigError{"Lifetime", "must be whole seconds, from 1 second to 24 hours"}
	case !isType(c.Type):
		return nil, &ConfigError{"Type", "must be printable ASCII without space, quote or backslash"}
	case c.MaxBytes < 0 || c.MaxBytes > maxMaxBytes:
		return nil, &ConfigError{"MaxBytes", "must be at most 64 KiB"}
	}
	return &Issuer{config: c}, nil
}

func isType(typ string) bool { return isPlain(typ) && !strings.Contains(typ, " ") }

// Issue completes c (Issuer, IssuedAt, ExpiresAt and ID where they are zero)
// and signs it with the key that signs at this moment.
//
// *ClaimError if a required claim is missing, an instant is out of range, the
// token would live for more than 24 hours or not at all, or Extra has a
// reserved name: what a [Verifier] would refuse is not signed. ErrTooLong;
// ErrUnknownKey if no key signs; any other error is the [Signer]'s. It does not
// check that the user, tenant or application exist.
func (i *Issuer) Issue(ctx context.Context, c Claims) (Signed, error) {
	key, err := i.config.Keys.signingKey()
	if err != nil {
		return Signed{}, err
	}
	c = i.complete(c)
	payload, err := c.encodeChecked()
	if err != nil {
		return Signed{}, err
	}
	message := frameMessage(writeHeader(key, i.config.Type), payload)
	if len(message) > i.config.MaxBytes {
		return Signed{}, ErrTooLong
	}
	signature, err := key.sign(ctx, string(message))
	if err != nil {
		return Signed{}, fmt.Errorf("token: sign: %w", err)
	}
	token := base64.RawURLEncoding.AppendEncode(append(message, '.'), signature)
	if len(token) > i.config.MaxBytes {
		return Signed{}, ErrTooLong
	}
	return Signed{Token: secret.Issue(string(token)), Claims: c}, nil
}

// frameMessage returns what is signed, with room for a short signature.
func frameMessage(header string, payload []byte) []byte {
	const room = 128
	message := make([]byte, 0, base64.RawURLEncoding.EncodedLen(len(header)+len(payload))+room)
	message = base64.RawURLEncoding.AppendEncode(message, []byte(header))
	return base64.RawURLEncoding.AppendEncode(append(message, '.'), payload)
}

func (i *Issuer) complete(c Claims) Claims {
	if c.Issuer == "" {
		c.Issuer = i.config.Issuer
	}
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	if c.IssuedAt.IsZero() {
		c.IssuedAt = i.config.Now()
	}
	c.IssuedAt = toSecond(c.IssuedAt)
	if c.ExpiresAt.IsZero() {
		c.ExpiresAt = c.IssuedAt.Add(i.config.Lifetime)
	}
	c.ExpiresAt = toSecond(c.ExpiresAt)
	c.NotBefore = toSecond(c.NotBefore)
	c.AuthTime = toSecond(c.AuthTime)
	return c
}

// toSecond cuts t down, never up: a token does not outlive what was asked for.
func toSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// encodeChecked encodes claims that a verifier would accept.
func (c Claims) encodeChecked() ([]byte, error) {
	if missing := c.missing(); missing != "" {
		return nil, &ClaimError{missing, "missing"}
	}
	switch life := c.ExpiresAt.Sub(c.IssuedAt); {
	case life <= 0:
		return nil, &ClaimError{"exp", "not after iat"}
	case life > maxLifetime:
		return nil, &ClaimError{"exp", "more than 24 hours after iat"}
	case !c.NotBefore.Before(c.ExpiresAt):
		return nil, &ClaimError{"nbf", "not before exp"}
	}
	payload, err := c.encode()
	if err != nil || len(c.Extra) == 0 {
		return payload, err
	}
	// The caller's own values may hold what only our own readers refuse.
	if _, err := parseObject(payload); err != nil {
		return nil, &ClaimError{"Extra", "repeats a name or nests too deep"}
	}
	return payload, nil
}

// missing returns the name of the first required claim that is not there.
func (c Claims) missing() string {
	switch {
	case c.Issuer == "":
		return "iss"
	case c.Subject == "":
		return "sub"
	case c.Audience == "":
		return "aud"
	case c.ExpiresAt.IsZero():
		return "exp"
	case c.IssuedAt.IsZero():
		return "iat"
	case c.ID == "":
		return "jti"
	case c.TenantID == "":
		return "tid"
	}
	return ""
}
