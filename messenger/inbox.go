package messenger

import (
	"context"
	"slices"
	"sync"
)

// Inbox is a [Messenger] for tests: it keeps what it is sent. The zero Inbox is
// ready; its methods may be called concurrently and never wait. Decoys are not
// kept. An Inbox behind an [Outbox] has everything once [Outbox.Drain] returns.
type Inbox struct {
	mu       sync.Mutex
	messages []Message
	failure  error
}

// Send keeps m, or returns the error that [Inbox.Fail] was given.
func (i *Inbox) Send(_ context.Context, m Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failure != nil {
		return i.failure
	}
	if !m.Decoy {
		i.messages = append(i.messages, m)
	}
	return nil
}

// Fail makes every later Send return err and keep nothing; nil ends that.
func (i *Inbox) Fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failure = err
}

// Messages returns a copy of all that was kept, oldest first.
func (i *Inbox) Messages() []Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.messages)
}

// LastCode returns the latest code sent to address to, compared byte for byte,
// or "" if there is none.
func (i *Inbox) LastCode(to string) string {
	return i.last(to, func(m Message) string { return m.Code.Reveal() })
}

// LastLink returns the latest link sent to address to, compared byte for byte,
// or "" if there is none.
func (i *Inbox) LastLink(to string) string {
	return i.last(to, func(m Message) string { return m.Link.Reveal() })
}

func (i *Inbox) last(to string, value func(Message) string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range slices.Backward(i.messages) {
		if v := value(m); v != "" && m.To.Reveal() == to {
			return v
		}
	}
	return ""
}
