package main

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// mailbox is a mail server on loopback that hands the code in each message to
// whoever waits for it.
type mailbox struct {
	mu    sync.Mutex
	codes map[string]chan string // by address
}

func newMailbox() *mailbox { return &mailbox{codes: map[string]chan string{}} }

// of is where the codes for an address arrive.
func (b *mailbox) of(address string) chan string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.codes[address] == nil {
		b.codes[address] = make(chan string, 1)
	}
	return b.codes[address]
}

// serve starts the server and says on which port.
func (b *mailbox) serve() (port int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := smtp.NewServer(b)
	server.Domain = "localhost"
	go server.Serve(l)
	return l.Addr().(*net.TCPAddr).Port, nil
}

// NewSession implements [smtp.Backend].
func (b *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{box: b}, nil }

// delivery is one connection.
type delivery struct {
	box *mailbox
	to  string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d *delivery) Reset()                               {}
func (d *delivery) Logout() error                        { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

func (d *delivery) Data(r io.Reader) error {
	text, err := plainText(r)
	if err != nil {
		return err
	}
	code := sixDigits.FindString(text)
	if code == "" {
		return errors.New("the message has no code")
	}
	d.box.of(d.to) <- code
	return nil
}

// plainText is what a person reads of a message.
func plainText(r io.Reader) (string, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return "", err
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	body := m.Body
	if strings.HasPrefix(kind, "multipart/") {
		if body, err = multipart.NewReader(body, parameters["boundary"]).NextPart(); err != nil {
			return "", err
		}
	} else if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	return string(text), err
}
