package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const maxLeeway = time.Minute

// VerifierConfig is what a [Verifier] believes.
type VerifierConfig struct {
	// Keys verifies. Required. Usually a *KeySet.
	Keys KeySource

	// Issuer is the only iss accepted. Required.
	Issuer string

	// Audiences is the ids of the applications that this verifier speaks for;
	// the aud of a token must be one of them. Required: without it a token given
	// to one application signs its holder in at every other.
	Audiences []string

	// InsecureAnyAudience accepts every aud, and Audiences must then be empty.
	// It is right only where the caller compares Claims.Audience itself, such as
	// an issuer that answers for all of its applications.
	InsecureAnyAudience bool

	// Type is the only typ accepted, with or without "application/" before it.
	// Empty means at+jwt.
	Type string

	// Leeway is how far this clock may be behind or ahead of the issuer's, at
	// most 1 minute. Zero means that the clocks agree; a few seconds are right
	// where issuer and verifier are different machines.
	Leeway time.Duration

	// MaxBytes is the longest token read, up to 64 KiB. Zero means 8 KiB.
	MaxBytes int

	// Denylist has the tokens that were revoked before their time. Nil means
	// that a token holds until it expires, whatever became of its session.
	Denylist Denylist

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Verifier decides which tokens to believe. It may be used concurrently.
type Verifier struct {
	config VerifierConfig
}

// NewVerifier checks c once. *ConfigError.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if c.Type == "" {
		c.Type = defaultType
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Audiences = slices.Clone(c.Audiences)
	switch {
	case c.Keys == nil:
		return nil, &ConfigError{"Keys", "missing"}
	case c.Issuer == "":
		return nil, &ConfigError{"Issuer", "missing"}
	case c.InsecureAnyAudience && len(c.Audiences) > 0:
		return nil, &ConfigError{"InsecureAnyAudience", "contradicts Audiences"}
	case !c.InsecureAnyAudience && len(c.Audiences) == 0:
		return nil, &ConfigError{"Audiences", "missing"}
	case slices.Contains(c.Audiences, ""):
		return nil, &ConfigError{"Audiences", "one is empty"}
	case !isType(c.Type):
		return nil, &ConfigError{"Type", "must be printable ASCII without space, quote or backslash"}
	case c.Leeway < 0 || c.Leeway > maxLeeway:
		return nil, &ConfigError{"Leeway", "must be from 0 to 1 minute"}
	case c.MaxBytes < 0 || c.MaxBytes > maxMaxBytes:
		return nil, &ConfigError{"MaxBytes", "must be at most 64 KiB"}
	}
	return &Verifier{config: c}, nil
}

// Verify returns the claims of a token that is signed by one of the keys, by
// the algorithm of that key, for this issuer, audience and type, and that is
// valid now. With an error the claims are zero.
//
// ErrInvalid for every token that is not; ErrExpired, an ErrInvalid too, if
// only its time is over; ErrRevoked, likewise, if the Denylist has it. Any other
// error means that the key source or the Denylist failed: the token is then
// neither right nor wrong, and must not be accepted.
//
// Without a Denylist it does not check that the session lives; and never that
// the user may still sign in, that the tenant is the caller's or that a role suffices.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	f, err := parseFrame(token, v.config.MaxBytes)
	if err != nil {
		return Claims{}, err
	}
	if !hasType(f.header.typ, v.config.Type) {
		return Claims{}, invalid("another type of token")
	}
	key, err := v.key(ctx, f.header.keyID)
	if err != nil {
		return Claims{}, err
	}
	if err := key.verifyFrame(f); err != nil {
		return Claims{}, err
	}
	c, err := parseClaims(f.payload)
	if err != nil {
		return Claims{}, err
	}
	if err := v.check(c); err != nil {
		return Claims{}, err
	}
	if err := v.denied(ctx, c); err != nil {
		return Claims{}, err
	}
	return c, nil
}

func (v *Verifier) denied(ctx context.Context, c Claims) error {
	if v.config.Denylist == nil {
		return nil
	}
	denied, err := v.config.Denylist.Denied(ctx, c)
	switch {
	case err != nil:
		return fmt.Errorf("token: denylist: %w", err)
	case denied:
		return ErrRevoked
	}
	return nil
}

// hasType compares as RFC 7515 section 4.1.9 has it: "application/" may be left
// out, and is not case-sensitive.
func hasType(typ, want string) bool {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	return typ == want
}

func (v *Verifier) key(ctx context.Context, id string) (*Key, error) {
	if id == "" {
		return nil, invalid("no kid")
	}
	key, err := v.config.Keys.Key(ctx, id)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return nil, invalid("unknown key")
	case err != nil:
		return nil, fmt.Errorf("token: key source: %w", err)
	case key == nil || key.id != id: // a source that searched more loosely than it may
		return nil, invalid("unknown key")
	}
	return key, nil
}

// check looks at expiry last, so that ErrExpired means that all else was right.
func (v *Verifier) check(c Claims) error {
	if missing := c.missing(); missing != "" {
		return invalid(missing + " is missing")
	}
	now := v.config.Now()
	switch {
	case c.Issuer != v.config.Issuer:
		return invalid("another issuer")
	case !v.config.InsecureAnyAudience && !slices.Contains(v.config.Audiences, c.Audience):
		return invalid("another audience")
	case c.IssuedAt.After(now.Add(v.config.Leeway)):
		return invalid("issued in the future")
	case c.NotBefore.After(now.Add(v.config.Leeway)):
		return invalid("not valid yet")
	case !now.Before(c.ExpiresAt.Add(v.config.Leeway)):
		return ErrExpired
	}
	return nil
}
