package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/token"
)

// service is a login, and the handler before it.
type service struct {
	kept
	seed      seed
	directory directory
	keys      keys
	clock     *clock
	metrics   *counts
	log       *slog.Logger
	messages  messenger.Messenger
	login     *passwordless.Login
	handler   http.Handler
}

// open makes all that serves at addr.
func open(ctx context.Context, o options, addr *net.TCPAddr, out io.Writer, log *slog.Logger) (*service, error) {
	if (o.clockControl || o.insecureCookies) && !addr.IP.IsLoopback() {
		return nil, errors.New("-clock-control, -insecure-cookies: -addr must be a loopback address")
	}
	s := &service{clock: &clock{}, metrics: newCounts(), log: log}
	var err error
	if s.seed, err = readSeed(o.seed); err != nil {
		return nil, err
	}
	if s.directory, err = s.seed.directory(); err != nil {
		return nil, err
	}
	if s.keys, err = openKeys(o.keys); err != nil {
		return nil, fmt.Errorf("-keys: %w", err)
	}
	if s.kept, err = openStore(ctx, o.store); err != nil {
		return nil, err
	}
	if err = s.furnish(ctx, o, addr, out); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *service) furnish(ctx context.Context, o options, addr *net.TCPAddr, out io.Writer) error {
	if err := s.openMessages(o, out); err != nil {
		return err
	}
	pages := o.pages
	if pages == "" {
		pages = "http://" + addr.String()
	}
	if err := s.makeLogin(pages); err != nil {
		return err
	}
	s.alsoClose(s.deliver)
	if err := s.plant(ctx); err != nil {
		return err
	}
	d, err := s.dialects(o, pages)
	if err != nil {
		return err
	}
	s.handler = s.watched(s.routes(d, o.clockControl))
	return nil
}

func (s *service) makeLogin(pages string) error {
	links, err := linksTo(pages)
	if err != nil {
		return fmt.Errorf("-pages: %w", err)
	}
	name, err := s.seed.issuer()
	if err != nil {
		return err
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: s.keys.set, Issuer: name, Now: s.clock.now})
	if err != nil {
		return err
	}
	s.login, err = passwordless.New(passwordless.Config{
		Store:        s.Store,
		Messenger:    s.messages,
		Applications: s.directory,
		Keys:         s.keys.ring,
		Issuer:       issuer,
		Links:        links,
		Phones:       phone.Parser{},
		SetPassword:  s.setPassword,
		Events:       s.metrics.hear,
		Now:          s.clock.now,
	})
	return err
}

func linksTo(pages string) (passwordless.Links, error) {
	var l passwordless.Links
	for path, link := range map[string]**messenger.Links{
		"/login": &l.Login, "/verify-identity": &l.VerifyIdentity, "/verify-registration": &l.VerifyRegistration,
	} {
		made, err := messenger.NewLinks(messenger.LinkConfig{Base: pages + path})
		if err != nil {
			return l, err
		}
		*link = made
	}
	return l, nil
}

// plant adds what the seed has and the store has not.
func (s *service) plant(ctx context.Context) error {
	factors, err := mfa.New(mfa.Config{
		Store:        s.Store,
		Keys:         s.keys.ring,
		Messenger:    &messenger.Inbox{},
		Applications: s.directory,
		Now:          s.clock.now,
	})
	if err != nil {
		return err
	}
	p := &planter{kept: s.kept, factors: factors, applications: s.directory, list: s.seed.Applications, now: s.clock.now}
	return s.seed.plant(ctx, s.kept, p)
}

// setPassword keeps no password, since nobody can sign in by one here. It ends
// the demand for a new one.
func (s *service) setPassword(ctx context.Context, p passwordless.PasswordChange) error {
	u, err := s.User(ctx, p.TenantID, p.UserID)
	if err != nil {
		return err
	}
	u.PasswordChangeRequired, u.PasswordChangeReason = false, ""
	u.PasswordLastUpdateInstant = identity.At(s.clock.now())
	return s.put(ctx, u)
}

// sweep removes what has expired, again and again until ctx ends.
func (s *service) sweep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.sweepOnce(ctx); err != nil {
				s.log.WarnContext(ctx, "sweeping failed", "error", err.Error())
			}
		}
	}
}

// sweepOnce removes all that has expired by now, a part at a time.
func (s *service) sweepOnce(ctx context.Context) error {
	const part = 10_000
	for now := s.clock.now(); ; {
		n, err := s.DeleteExpired(ctx, now, part)
		if err != nil {
			return err
		}
		if n < part {
			s.metrics.swept()
			return nil
		}
	}
}
