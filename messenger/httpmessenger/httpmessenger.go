package httpmessenger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-go/gatehouse/messenger"
)

const (
	maxID       = 128      // bytes of a message's id
	maxResponse = 64 << 10 // bytes that are read of a response's body, and of its header
)

// Messenger delivers to one gateway. Its methods may be called concurrently.
type Messenger struct {
	config Config
	client *http.Client
}

var _ messenger.Messenger = (*Messenger)(nil)

// New checks c once. An error is a *[messenger.FieldError] that names the field.
// It asks the gateway nothing.
func New(c Config) (*Messenger, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Messenger{config: c, client: &http.Client{
		Transport: c.Transport,
		// A redirect would take code, number and credentials elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements [messenger.Messenger]. It returns nil once the gateway has
// accepted m, which does not mean that it arrived. It drops decoys.
//
// An error is a *[messenger.ChannelError] for what is no SMS, what
// [messenger.Templates.Render] answers, a *[messenger.FieldError] for "ID" or,
// of a country that is not configured, "To", [messenger.ErrExpired], all of them
// permanent; what Config.Encode returned; or an *[Error].
//
// A message whose response got lost may have been accepted all the same, and
// comes twice if it is sent again, unless the gateway knows it by its id.
func (m *Messenger) Send(ctx context.Context, msg messenger.Message) error {
	if msg.Decoy {
		return nil
	}
	sms, err := m.write(msg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	request, err := m.request(ctx, sms)
	if err != nil {
		return err
	}
	response, err := m.client.Do(request)
	if err != nil {
		return broken(ctx, err)
	}
	defer response.Body.Close()
	return m.judge(ctx, response)
}

// Close ends the connections that are idle. Send still works.
func (m *Messenger) Close() { m.client.CloseIdleConnections() }

// write puts msg into words, for those who may be written to.
func (m *Messenger) write(msg messenger.Message) (SMS, error) {
	if msg.Channel != messenger.SMS {
		return SMS{}, &messenger.ChannelError{Channel: msg.Channel}
	}
	if !isID(msg.ID) {
		return SMS{}, &messenger.FieldError{Field: "ID", Reason: fmt.Sprintf("is not 1 to %d letters, digits, hyphens and underscores", maxID)}
	}
	words, err := m.config.Templates.Render(msg)
	if err != nil {
		return SMS{}, err
	}
	if !m.reaches(msg.To.Reveal()) {
		return SMS{}, &messenger.FieldError{Field: "To", Reason: "is in a country that is not allowed"}
	}
	sms := SMS{ID: msg.ID, From: m.config.From, To: msg.To, Text: words.Text}
	if msg.Expires.IsZero() {
		return sms, nil
	}
	if sms.Lifetime = msg.Expires.Sub(m.config.Now()); sms.Lifetime <= 0 {
		return SMS{}, messenger.ErrExpired
	}
	return sms, nil
}

// isID says whether s may stand in a header as it is.
func isID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && r != '-' && r != '_'
	})
}

func (m *Messenger) reaches(number string) bool {
	return m.config.Countries == nil || slices.ContainsFunc(m.config.Countries, func(code string) bool {
		return strings.HasPrefix(number, code)
	})
}

func (m *Messenger) request(ctx context.Context, sms SMS) (*http.Request, error) {
	contentType, body, err := m.config.Encode(sms)
	if err != nil {
		return nil, fmt.Errorf("httpmessenger: encode: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, broken(ctx, err)
	}
	// Without a way to read the body again, the transport does not ask twice, as
	// it otherwise does on its own where a request has an Idempotency-Key, though
	// not every gateway heeds it.
	request.GetBody = nil
	for name, value := range m.config.Header {
		request.Header.Set(name, value.Reveal())
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set(m.config.IdempotencyHeader, sms.ID)
	if m.config.Username != "" {
		request.SetBasicAuth(m.config.Username, m.config.Password.Reveal())
	}
	return request, nil
}

// judge says what became of the message. A response is read to its end, within
// bounds, so that its connection can serve again.
func (m *Messenger) judge(ctx context.Context, response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return &Error{
			Status:     response.StatusCode,
			RetryAfter: retryAfter(response.Header.Get("Retry-After"), m.config.Now()),
		}
	}
	switch {
	case m.config.Accepted == nil:
		return nil
	case err != nil:
		return broken(ctx, err)
	}
	if err := m.config.Accepted(body); err != nil {
		return &Error{Status: response.StatusCode, Err: err}
	}
	return nil
}
