package mfa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Config is what second factors are made of.
type Config struct {
	// Store remembers. Required.
	Store store.Store

	// Keys seal authenticators' secrets and message codes, and authenticate
	// recovery codes. Required. An authenticator's secret has no end: a key that
	// sealed one stays in the keyring until [Factors.Reseal] has sealed them again.
	Keys *secret.Keyring

	// Messenger delivers codes and notices. Give it a [messenger.Queue] where a
	// request should not wait for a mail server. Required.
	Messenger messenger.Messenger

	// Applications are the tenants and applications of the users. Required.
	Applications identity.Applications

	// Phones gives the reader of phone numbers for a country: two capital letters
	// of ISO 3166-1, AC or TA, or empty if the person did not say. One such as
	//
	//	func(country string) identity.PhoneParser { return phone.Parser{Region: country} }
	//
	// serves all countries; nil from it means that a country is not served. Nil
	// means that no method by SMS can be enrolled.
	Phones func(country string) identity.PhoneParser

	// Domain converts an e-mail domain that is not ASCII to A-labels (RFC 5891).
	// Nil means that such addresses are refused.
	Domain func(string) (string, error)

	// Limits bound guesses and sends. Zero fields have defaults.
	Limits Limits

	// ShowDestinations leaves the addresses and numbers of methods whole. The
	// zero value masks them: a list of methods may be read over a shoulder.
	ShowDestinations bool

	// Events hears of everything that happens, after it has. It is called in
	// the request: hand slow work to another goroutine.
	Events func(ctx context.Context, e Event)

	// Now reports the time. Nil means time.Now.
	Now func() time.Time
}

// Limits bound what can be tried. They hold over all machines that share a
// store. A window runs from its first use, so that twice a limit can be had
// across the end of one.
type Limits struct {
	GuessesPerTicket int // of a login, a step-up or a code sent; zero means 5, which is also the most

	MessageGuessesPerDay       int // of codes by message, for a user; zero means 20, also the most
	AuthenticatorGuessesPerDay int // of authenticators' codes, for a user; zero means 10, also the most
	RecoveryGuessesPerDay      int // of recovery codes, for a user; zero means 10
	EnrolmentGuessesPerDay     int // of codes that confirm a new method, for a user; zero means 20

	SendEvery      time.Duration // between two messages for a ticket or, outside one, to one address; zero means 60 s
	SendsPerTicket int           // zero means 5
	SendsPerDay    int           // to one address or number, and for a user's own enrolments; zero means 20
}

const (
	day = 24 * time.Hour

	// mostMethods bounds what one person can have a login compare with.
	mostMethods = 10

	// pending is how long a method waits to be confirmed.
	pendingLifetime = time.Hour
)

func (m Limits) withDefaults() (Limits, error) {
	for _, n := range []struct {
		name      string
		n         *int
		otherwise int
		most      int // zero: none
	}{
		{"GuessesPerTicket", &m.GuessesPerTicket, 5, 5},
		{"MessageGuessesPerDay", &m.MessageGuessesPerDay, 20, 20},
		{"AuthenticatorGuessesPerDay", &m.AuthenticatorGuessesPerDay, 10, 10},
		{"RecoveryGuessesPerDay", &m.RecoveryGuessesPerDay, 10, 0},
		{"EnrolmentGuessesPerDay", &m.EnrolmentGuessesPerDay, 20, 0},
		{"SendsPerTicket", &m.SendsPerTicket, 5, 0},
		{"SendsPerDay", &m.SendsPerDay, 20, 0},
	} {
		*n.n = cmp.Or(*n.n, n.otherwise)
		switch {
		case *n.n < 0:
			return m, fmt.Errorf("mfa: Config.Limits.%s: negative", n.name)
		case n.most > 0 && *n.n > n.most:
			return m, fmt.Errorf("mfa: Config.Limits.%s: more than %d", n.name, n.most)
		}
	}
	m.SendEvery = cmp.Or(m.SendEvery, time.Minute)
	if m.SendEvery < 0 {
		return m, errors.New("mfa: Config.Limits.SendEvery: negative")
	}
	return m, nil
}

// Factors are the second factors of all users. Its methods may be called
// concurrently.
type Factors struct {
	c      Config
	limits Limits
	desk   walk.Desk
	emails identity.Parser
}

// New checks c once. An error names the field.
func New(c Config) (*Factors, error) {
	if err := c.Store.Check(); err != nil {
		return nil, fmt.Errorf("mfa: Config.Store: %w", err)
	}
	if err := c.Keys.Check(); err != nil {
		return nil, fmt.Errorf("mfa: Config.Keys: %w", err)
	}
	switch {
	case c.Messenger == nil:
		return nil, errors.New("mfa: Config.Messenger: missing")
	case c.Applications == nil:
		return nil, errors.New("mfa: Config.Applications: missing")
	}
	if checks, ok := c.Applications.(interface{ Check() error }); ok {
		if err := checks.Check(); err != nil {
			return nil, fmt.Errorf("mfa: Config.Applications: %w", err)
		}
	}
	limits, err := c.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Factors{c: c, limits: limits, desk: walk.Desk{Keys: c.Keys}, emails: identity.Parser{Domain: c.Domain}}, nil
}

// now is the time as stores keep it.
func (f *Factors) now() time.Time { return walk.Cut(f.c.Now()) }
