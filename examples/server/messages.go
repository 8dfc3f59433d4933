package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
)

// openMessages says where messages go: into a file, or to out, unless they are
// mail and there is a server for it.
func (s *service) openMessages(o options, out io.Writer) error {
	s.messages = messenger.Console(out)
	if o.outbox != "" {
		box, err := openOutbox(o.outbox, s.clock.now)
		if err != nil {
			return fmt.Errorf("-outbox: %w", err)
		}
		s.messages = box
		s.alsoClose(box.file.Close)
	}
	if o.smtp == "" {
		return nil
	}
	mail, err := openSMTP(o.smtp)
	if err != nil {
		return err
	}
	s.messages = messenger.ByChannel{Email: mail, SMS: s.messages}
	s.alsoClose(func() error { mail.Close(); return nil })
	return nil
}

// openSMTP sends by a server that must be on this machine, since it gets codes in
// the clear.
func openSMTP(address string) (*smtpmessenger.Messenger, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, errors.New("-smtp: must be a loopback address with a port, such as 127.0.0.1:1025")
	}
	return smtpmessenger.New(smtpmessenger.Config{
		Host: at.Addr().String(), Port: int(at.Port()), From: "login@piedpiper.com", InsecurePlaintext: true,
	})
}

// alsoClose has one more thing closed, before what was opened earlier.
func (s *service) alsoClose(last func() error) {
	earlier := s.close
	s.close = func() error { return errors.Join(last(), earlier()) }
}

// deliver gives what waits to be sent a last chance.
func (s *service) deliver() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return s.login.Close(ctx)
}
