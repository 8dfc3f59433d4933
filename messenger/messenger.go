package messenger

import "context"

// Messenger delivers messages, or hands them to what does.
//
// Send may be called concurrently, and again with the same message when it was
// not known to arrive: m.ID tells. It returns when the message is accepted, and
// gives up when ctx ends. It delivers nothing for a decoy, and nothing after
// m.Expires if it holds messages back. An error that another try cannot mend is
// wrapped in [Permanent]; any other is worth one. An error carries no address,
// code or link.
type Messenger interface {
	Send(ctx context.Context, m Message) error
}

// Func is a function as a [Messenger].
type Func func(ctx context.Context, m Message) error

// Send calls f.
func (f Func) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// ByChannel gives each message to the Messenger of its channel, and drops decoys.
// A channel that is unknown or has a nil Messenger is a *[ChannelError].
type ByChannel struct {
	Email Messenger
	SMS   Messenger
}

// Send implements [Messenger].
func (b ByChannel) Send(ctx context.Context, m Message) error {
	if m.Decoy {
		return nil
	}
	next := b.messenger(m.Channel)
	if next == nil {
		return &ChannelError{Channel: m.Channel}
	}
	return next.Send(ctx, m)
}

func (b ByChannel) messenger(c Channel) Messenger {
	switch c {
	case Email:
		return b.Email
	case SMS:
		return b.SMS
	}
	return nil
}
