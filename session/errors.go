package session

import (
	"errors"
	"fmt"
)

var (
	// ErrRefused is the one answer to a refresh token, key or access token that
	// is malformed, unknown, expired, revoked or for somewhere else, and to one
	// whose user may not sign in at this moment. Which it was, only an [Event] tells.
	ErrRefused = errors.New("session: refused")

	// ErrReused: a refresh token was shown that had been used before, and not
	// just now: it or its successor is in two hands. The session is revoked. It
	// is an [ErrRefused], and to the outside no other answer than that.
	ErrReused = fmt.Errorf("%w: a refresh token was used again", ErrRefused)

	// ErrNotFound: there is no such session or key of that user.
	ErrNotFound = errors.New("session: not found")

	// ErrNameTaken: the user has a key of that name.
	ErrNameTaken = errors.New("session: the name is taken")

	// ErrUnverified: the user has proven none of the addresses they sign in by,
	// and so may have no key.
	ErrUnverified = errors.New("session: no verified identity")
)
