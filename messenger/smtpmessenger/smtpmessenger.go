package smtpmessenger

import (
	"context"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// Messenger delivers to one mail server. Its methods may be called concurrently:
// each message that is on its way has a connection of its own.
type Messenger struct {
	config Config
	sender sender
	pool   pool
}

var _ messenger.Messenger = (*Messenger)(nil)

// New checks c once. An error is a *[messenger.FieldError] that names the field.
// It connects to nothing: a mail server that is down, or not who it should be,
// shows when a message is sent.
func New(c Config) (*Messenger, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	from, err := newSender(c)
	if err != nil {
		return nil, err
	}
	if c, err = c.withDefaults(); err != nil {
		return nil, err
	}
	if c.HelloName == "" {
		c.HelloName = from.domain
	}
	return &Messenger{config: c, sender: from, pool: pool{max: c.MaxIdle, timeout: c.IdleTimeout}}, nil
}

// Send implements [messenger.Messenger]. It returns nil once the mail server has
// taken m over, which does not mean that it arrived. It drops decoys.
//
// An error is a *[messenger.ChannelError] for what is no email, what
// [messenger.Templates.Render] answers, a *[messenger.FieldError] for "ID", all
// three permanent; or an *[Error].
//
// A message whose last reply got lost may have been taken over all the same, and
// comes twice if it is sent again; both then have the same Message-ID, made from
// m.ID. It does not look at m.Expires.
func (m *Messenger) Send(ctx context.Context, msg messenger.Message) error {
	if msg.Decoy {
		return nil
	}
	letter, err := m.write(msg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	s, err := m.session(ctx)
	if err != nil {
		return err
	}
	err = s.deliver(ctx, m.sender.bounce, letter)
	if usable(err) {
		m.pool.put(ctx, s)
	} else {
		s.close()
	}
	return err
}

// Close ends the connections that are idle, and keeps none from now on. It waits
// at most Config.StepTimeout for the mail server. Send still works.
func (m *Messenger) Close() { m.pool.close() }

// session returns one that is ready for a message: an idle one that still
// answers, or else a new one.
func (m *Messenger) session(ctx context.Context) (*session, error) {
	if s := m.pool.take(); s != nil {
		if s.reset(ctx) == nil {
			return s, nil
		}
		s.close()
	}
	return open(ctx, m.config)
}
