package messenger

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Console returns a [Messenger] that prints each message to w for a person at
// a terminal: address, code and link in clear. That is its purpose, and why it
// belongs on a developer's machine and never in production, where whoever
// reads the output could sign in as anybody.
func Console(w io.Writer) Messenger { return &console{w: w} }

type console struct {
	mu sync.Mutex
	w  io.Writer
}

func (c *console) Send(_ context.Context, m Message) error {
	if m.Decoy {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s by %s to %s\n", m.Purpose, m.Channel, withoutHidden(m.To.Reveal()))
	if !m.Code.IsZero() {
		fmt.Fprintf(&b, "  code: %s\n", m.Code.Reveal())
	}
	if !m.Link.IsZero() {
		fmt.Fprintf(&b, "  link: %s\n", m.Link.Reveal())
	}
	if m.Lifetime > 0 {
		fmt.Fprintf(&b, "  valid for %s\n", m.Lifetime)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.w, b.String()); err != nil {
		return fmt.Errorf("messenger: console: %w", err)
	}
	return nil
}
