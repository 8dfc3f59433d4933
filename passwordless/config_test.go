package passwordless_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// New refuses what is missing or unsafe, and names it.
func TestNewIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(c *passwordless.Config)
		want   string
	}{
		{func(c *passwordless.Config) { c.Store.Users = nil }, "Config.Store"},
		{func(c *passwordless.Config) { c.Store.Tickets = nil }, "Config.Store"},
		{func(c *passwordless.Config) { c.Store.Grants = nil }, "Config.Store"},
		{func(c *passwordless.Config) { c.Store.Factors = nil }, "Config.Store"},
		{func(c *passwordless.Config) { c.Messenger = nil }, "Config.Messenger"},
		{func(c *passwordless.Config) { c.Applications = nil }, "Config.Applications"},
		{func(c *passwordless.Config) { c.Keys = nil }, "Config.Keys"},
		{func(c *passwordless.Config) { c.Keys = &secret.Keyring{} }, "Config.Keys"},
		{func(c *passwordless.Config) { c.HookTimeout = -1 }, "Config.HookTimeout"},
		{func(c *passwordless.Config) { c.Limits.GuessesPerTicket = -1 }, "Config.Limits.GuessesPerTicket"},
		{func(c *passwordless.Config) { c.Limits.GuessesPerTicket = 6 }, "Config.Limits.GuessesPerTicket"},
		{func(c *passwordless.Config) { c.Limits.GuessesPerDay = -1 }, "Config.Limits.GuessesPerDay"},
		{func(c *passwordless.Config) { c.Limits.SendEvery = -time.Second }, "Config.Limits.SendEvery"},
		{func(c *passwordless.Config) { c.Limits.SendsPerTicket = -1 }, "Config.Limits.SendsPerTicket"},
		{func(c *passwordless.Config) { c.Limits.SendsPerDay = -1 }, "Config.Limits.SendsPerDay"},
		{func(c *passwordless.Config) { c.Limits.StartsPerHour = -1 }, "Config.Limits.StartsPerHour"},
		{func(c *passwordless.Config) { c.Limits.StartsPerClientHour = -1 }, "Config.Limits.StartsPerClientHour"},
		{func(c *passwordless.Config) { c.Applications = identity.Static(identity.Tenant{}) }, "Config.Applications: tenant"},
		// SEC-07: a code that lives for eleven minutes.
		{func(c *passwordless.Config) {
			c.Applications = identity.Static(identity.Tenant{ID: logintest.TenantID,
				ExternalIdentifierConfiguration: identity.ExternalIdentifierConfiguration{PasswordlessLoginTimeToLiveInSeconds: 660}})
		}, "passwordlessLoginTimeToLiveInSeconds"},
	} {
		config := furnished(t)
		c.change(&config)
		login, err := passwordless.New(config)
		if login != nil || err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "passwordless: ") {
			t.Errorf("New: %v, want an error that names %s", err, c.want)
		}
	}
	if _, err := passwordless.New(furnished(t)); err != nil {
		t.Errorf("New of what is whole: %v", err)
	}
}

// furnished is a configuration that New takes.
func furnished(t *testing.T) passwordless.Config {
	t.Helper()
	h := open(t)
	c := h.Config
	c.Applications = identity.Static(h.Tenant, h.Application)
	return c
}

// The zero of each limit is the number that its comment names.
func TestLimitsByDefault(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := start(h, asked(logintest.Email))
	sends := 0
	for range 10 {
		if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)}); err == nil {
			sends++
		}
		if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: shown(s.Code)}); err == nil {
			t.Error("two messages at once, want a minute between them")
		}
		h.Advance(time.Minute)
	}
	if sends != 5 {
		t.Errorf("%d messages of one login, want 5", sends)
	}

	starts := 1
	h = open(t)
	for ; starts <= 100; starts++ {
		if _, err := h.Login().Start(t.Context(), asked(logintest.Email)); err != nil {
			break
		}
	}
	if starts != 31 {
		t.Errorf("start %d is the first that is refused, want 31", starts)
	}
}

// A queue of the caller's is used as it is, and Close leaves it alone.
func TestCloseLeavesAQueueAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	if err := h.Login().Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := h.Complete(h.Form()).Outcome; got != outcome.Success {
		t.Errorf("after Close: outcome %v, want Success", got)
	}

	h = open(t)
	h.Config.Messenger = messenger.Func(func(context.Context, messenger.Message) error { return nil })
	if err := h.Login().Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := h.Login().Begin(t.Context(), asked(logintest.Email)); err == nil {
		t.Error("Begin after Close sends to an outbox that is closed")
	}
}

// Now of nil is the machine's clock.
func TestNowByDefault(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Now, h.Config.Issuer = nil, nil
	before := identity.At(time.Now())
	r := h.Form()
	p, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code})
	if err != nil {
		t.Fatal(err)
	}
	if started := identity.At(p.Expires.Time().Add(-3 * time.Minute)); started < before || started > identity.At(time.Now()) {
		t.Errorf("started at %v, want now", started.Time())
	}
}
