package token

import (
	"errors"
	"fmt"
)

var (
	// ErrInvalid: the token is not to be believed. What is wrong follows in the
	// text, for a log; it holds nothing of the token.
	ErrInvalid = errors.New("token: invalid")
	// ErrExpired: the token was right in everything but its time is over. It is
	// an [ErrInvalid] too.
	ErrExpired = fmt.Errorf("%w: expired", ErrInvalid)
	// ErrRevoked: the token was right, and a [Denylist] has it. It is an
	// [ErrInvalid] too.
	ErrRevoked = fmt.Errorf("%w: revoked", ErrInvalid)

	// ErrKey: the key material is malformed, weak, inconsistent or not for the
	// algorithm. The text says which and holds nothing of the key.
	ErrKey = errors.New("token: unusable key")
	// ErrUnknownKey: there is no key with that id.
	ErrUnknownKey = errors.New("token: unknown key")
	// ErrKeyExists: another key of the set has that id.
	ErrKeyExists = errors.New("token: key id is taken")
	// ErrKeyInUse: the key is the one that signs.
	ErrKeyInUse = errors.New("token: key is signing")
	// ErrVerifyOnly: the key has no private part to sign with.
	ErrVerifyOnly = errors.New("token: key only verifies")

	// ErrTooLong: the claims make a token longer than the issuer's MaxBytes.
	ErrTooLong = errors.New("token: too long")
)

// errUnsupported is an ErrKey for keys that are sound but not for us, which a
// JWK Set may hold (RFC 7517 section 5).
var errUnsupported = fmt.Errorf("%w: unsupported", ErrKey)

// ConfigError says which field of a configuration is missing or unsafe.
type ConfigError struct {
	Field  string
	Reason string
}

func (e *ConfigError) Error() string { return "token: config: " + e.Field + ": " + e.Reason }

// ClaimError says which claim kept a token from being issued. It holds the
// claim's name, never its value.
type ClaimError struct {
	Claim  string
	Reason string
}

func (e *ClaimError) Error() string { return "token: claim " + e.Claim + ": " + e.Reason }

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }

func badKey(reason string) error { return fmt.Errorf("%w: %s", ErrKey, reason) }
