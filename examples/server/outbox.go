package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// outbox is a messenger that sends nothing and writes each message to a file, as
// a line of JSON with its code in clear: whoever reads the file can sign in as
// anybody. It is for tests and for a developer's own machine.
type outbox struct {
	words *messenger.Templates
	now   func() time.Time

	mu   sync.Mutex
	file *os.File
}

// line is a message as a test reads it. Code is the long code, of a link that
// has it in its query; oneTimeCode, the short one.
type line struct {
	At          time.Time         `json:"at"`
	Channel     messenger.Channel `json:"channel"`
	To          string            `json:"to"`
	Purpose     messenger.Purpose `json:"purpose"`
	Code        string            `json:"code,omitempty"`
	OneTimeCode string            `json:"oneTimeCode,omitempty"`
	Link        string            `json:"link,omitempty"`
	Subject     string            `json:"subject,omitempty"`
	Text        string            `json:"text"`
}

// openOutbox appends to a file that only its owner can read.
func openOutbox(path string, now func() time.Time) (*outbox, error) {
	words, err := messenger.NewTemplates(messenger.TemplateConfig{})
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return &outbox{words: words, now: now, file: file}, err
}

// Queues implements [messenger.Queue]: a line is written at once.
func (*outbox) Queues() {}

// Send implements [messenger.Messenger].
func (o *outbox) Send(_ context.Context, m messenger.Message) error {
	if m.Decoy {
		return nil
	}
	content, err := o.words.Render(m)
	if err != nil {
		return err
	}
	text, err := json.Marshal(line{
		At: o.now().UTC(), Channel: m.Channel, To: m.To.Reveal(), Purpose: m.Purpose,
		Code: codeIn(m.Link.Reveal()), OneTimeCode: m.Code.Reveal(), Link: m.Link.Reveal(),
		Subject: content.Subject, Text: content.Text.Reveal(),
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err = o.file.Write(append(text, '\n'))
	return err
}

func codeIn(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get("code")
}
