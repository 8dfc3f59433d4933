package passwordless

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// Config is what a login is made of.
type Config struct {
	// Store remembers. Required.
	Store store.Store

	// Messenger delivers. Unless it is a [messenger.Queue], New puts an outbox
	// before it, so that a slow mail server does not tell who exists. Required.
	Messenger messenger.Messenger

	// Applications are the tenants and applications to log in to. Required.
	Applications identity.Applications

	// Keys seal short codes and authenticate refresh tokens, and are those of the
	// Factors that New makes: see mfa.Config for how long each is needed. Required.
	Keys *secret.Keyring

	// Issuer signs access tokens. Nil means that logins carry no tokens: for a
	// service that keeps sessions of its own.
	Issuer *token.Issuer

	// Sessions are what people leave with. Nil means that New makes them, of the
	// fields above; [Login.Sessions] is how to reach them. If not nil, Issuer is
	// to be set there, and is refused here.
	Sessions *session.Sessions

	// Links are where messages lead. Required for what uses ClickableLink, which is
	// the default by e-mail: without, Begin and Send are ErrNoLink.
	// LinksOf, if not nil, gives an application its own; a zero link in it
	// falls back to Links.
	Links   Links
	LinksOf func(identity.Application) Links

	// Factors are the second factors. Nil means that New makes them, of the store,
	// keys and messenger above; [Login.Factors] is how to reach them.
	Factors *mfa.Factors

	// Phones reads phone numbers. Nil means that phone numbers are no login ids, and
	// no second factors. Those are read as they are dialled in their country if it
	// is an identity.PhoneParserIn.
	Phones identity.PhoneParser

	// Domain converts an e-mail domain that is not ASCII to A-labels (RFC 5891).
	// Nil means that such addresses are refused.
	Domain func(string) (string, error)

	// Limits bound guesses, starts and sends. Zero fields have defaults.
	Limits Limits

	// SetPassword stores the new password of a user who was told to change it,
	// and clears the mark that says so. Nil means that ChangePassword is refused.
	SetPassword func(ctx context.Context, p PasswordChange) error

	// Veto may deny a login that has been decided, before anything is minted.
	// It cannot allow one. An error, a panic and HookTimeout all deny, and the
	// code is spent. Nil denies nothing.
	Veto func(ctx context.Context, a Attempt) error

	// Demand may ask for a second factor that policy does not. A panic and
	// HookTimeout ask for it. Under the policy Disabled nothing does.
	Demand func(ctx context.Context, a Attempt) bool

	// Threats reports the risks seen in a login that is about to be admitted. A
	// panic and HookTimeout deny it, as of Veto.
	Threats func(ctx context.Context, a Attempt) []identity.AuthenticationThreat

	// HookTimeout is how long each of the three hooks above may take. Their
	// context ends then. Zero means 5 s.
	HookTimeout time.Duration

	// Events hears of everything that happens, after it has. It is called in
	// the request: hand slow work to another goroutine.
	Events func(ctx context.Context, e Event)

	// Now reports the time. Nil means time.Now.
	Now func() time.Time

	// InsecureTrustStartedCodes counts a link code that Start gave to its caller
	// as proof of the address once it has been sent there, as FusionAuth does.
	// It is right only if callers of Start never pass the code to a browser:
	// else whoever starts a login for an address has also proven it.
	InsecureTrustStartedCodes bool
}

// Limits bound what can be tried. They hold over all machines that share a
// store. A window runs from its first use, so that twice a limit can be had
// across the end of one.
type Limits struct {
	GuessesPerTicket int // of a short code; zero means 5, which is also the most
	GuessesPerDay    int // of short codes for one purpose and user; zero means 20

	SendEvery      time.Duration // between two messages of a login; zero means 60 s
	SendsPerTicket int           // zero means 5
	SendsPerDay    int           // to one address or number; zero means 20

	StartsPerHour       int // for one login id; zero means 30
	StartsPerClientHour int // from one client, where its address is given; zero means 300
}

const day = 24 * time.Hour

func (m Limits) withDefaults() (Limits, error) {
	m.GuessesPerTicket = cmp.Or(m.GuessesPerTicket, 5)
	m.GuessesPerDay = cmp.Or(m.GuessesPerDay, 20)
	m.SendEvery = cmp.Or(m.SendEvery, time.Minute)
	m.SendsPerTicket = cmp.Or(m.SendsPerTicket, 5)
	m.SendsPerDay = cmp.Or(m.SendsPerDay, 20)
	m.StartsPerHour = cmp.Or(m.StartsPerHour, 30)
	m.StartsPerClientHour = cmp.Or(m.StartsPerClientHour, 300)
	for _, n := range []struct {
		name string
		n    int
	}{
		{"GuessesPerTicket", m.GuessesPerTicket}, {"GuessesPerDay", m.GuessesPerDay},
		{"SendsPerTicket", m.SendsPerTicket}, {"SendsPerDay", m.SendsPerDay},
		{"StartsPerHour", m.StartsPerHour}, {"StartsPerClientHour", m.StartsPerClientHour},
		{"SendEvery", int(m.SendEvery)},
	} {
		if n.n < 0 {
			return m, fmt.Errorf("passwordless: Config.Limits.%s: negative", n.name)
		}
	}
	if m.GuessesPerTicket > 5 {
		return m, errors.New("passwordless: Config.Limits.GuessesPerTicket: more than 5")
	}
	return m, nil
}

// Attempt is a login that has been decided, as the caller's hooks see it.
type Attempt struct {
	User        identity.User // without secrets
	Application identity.Application
	Outcome     outcome.Outcome
	Methods     []string
	IPAddress   string // as the caller gave it
	Info        EventInfo

	// OtherBrowser says that the person went on in another browser than the login
	// was asked for in: a Demand may ask for more then.
	OtherBrowser bool
}

// PasswordChange is a password for the caller's own store of them.
type PasswordChange struct {
	TenantID string
	UserID   string
	Password secret.Text
}

// Login signs people in. Its methods may be called concurrently.
type Login struct {
	c        Config
	limits   Limits
	desk     walk.Desk
	sessions *session.Sessions
	factors  *mfa.Factors
	parser   identity.Parser
	outbox   *messenger.Outbox // the one New put before Messenger; nil if it had no need to
}

// New checks c once. An error names the field.
func New(c Config) (*Login, error) {
	if err := c.Store.Check(); err != nil {
		return nil, fmt.Errorf("passwordless: Config.Store: %w", err)
	}
	switch {
	case c.Messenger == nil:
		return nil, errors.New("passwordless: Config.Messenger: missing")
	case c.Applications == nil:
		return nil, errors.New("passwordless: Config.Applications: missing")
	case c.Sessions != nil && c.Issuer != nil:
		return nil, errors.New("passwordless: Config.Issuer: with Sessions, it is theirs to have")
	case c.HookTimeout < 0:
		return nil, errors.New("passwordless: Config.HookTimeout: negative")
	}
	if err := check("Keys", c.Keys); err != nil {
		return nil, err
	}
	if err := check("Applications", c.Applications); err != nil {
		return nil, err
	}
	if err := check("Phones", c.Phones); err != nil {
		return nil, err
	}
	limits, err := c.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	c.HookTimeout = cmp.Or(c.HookTimeout, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	l := &Login{
		c:        c,
		limits:   limits,
		desk:     walk.Desk{Keys: c.Keys},
		sessions: c.Sessions,
		factors:  c.Factors,
		parser:   identity.Parser{Phones: c.Phones, Domain: c.Domain},
	}
	if l.sessions == nil {
		if l.sessions, err = session.New(l.sessionConfig()); err != nil {
			return nil, err
		}
	}
	if _, ok := c.Messenger.(messenger.Queue); !ok {
		if l.outbox, err = messenger.NewOutbox(messenger.OutboxConfig{Next: c.Messenger, Now: c.Now, OnFailure: l.undelivered}); err != nil {
			return nil, err
		}
		l.c.Messenger = l.outbox
	}
	if l.factors == nil {
		if l.factors, err = mfa.New(l.factorsConfig()); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *Login) sessionConfig() session.Config {
	return session.Config{
		Store:        l.c.Store,
		Keys:         l.c.Keys,
		Issuer:       l.c.Issuer,
		Applications: l.c.Applications,
		Events:       l.tellSession,
		Now:          l.c.Now,
	}
}

// Sessions are what people leave with, to refresh, list and revoke.
func (l *Login) Sessions() *session.Sessions { return l.sessions }

func (l *Login) factorsConfig() mfa.Config {
	c := mfa.Config{
		Store:        l.c.Store,
		Keys:         l.c.Keys,
		Messenger:    l.c.Messenger,
		Applications: l.c.Applications,
		Domain:       l.c.Domain,
		Events:       l.tellFactor,
		Now:          l.c.Now,
	}
	if l.c.Phones != nil {
		c.Phones = l.phonesOf
	}
	return c
}

// phonesOf reads the numbers of a country. A parser that knows of none reads what
// it reads.
func (l *Login) phonesOf(country string) identity.PhoneParser {
	if in, ok := l.c.Phones.(identity.PhoneParserIn); ok && country != "" {
		return in.In(country)
	}
	return l.c.Phones
}

// Factors are the second factors, to enrol and manage.
func (l *Login) Factors() *mfa.Factors { return l.factors }

// check has a collaborator that can check itself do so.
func check(name string, part any) error {
	if c, ok := part.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return fmt.Errorf("passwordless: Config.%s: %w", name, err)
		}
	}
	return nil
}

// Close delivers what still waits to be, until ctx ends. Call it once no request
// can come in any more. It does nothing for a [messenger.Queue] of the caller's.
func (l *Login) Close(ctx context.Context) error {
	if l.outbox == nil {
		return nil
	}
	return l.outbox.Close(ctx)
}

// now is the time as stores keep it.
func (l *Login) now() time.Time { return walk.Cut(l.c.Now()) }
