package smtpmessenger_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
)

// A parrot says what it was taught, whatever it hears.
type parrot struct{ *bytes.Reader }

func (parrot) Write(p []byte) (int, error)      { return len(p), nil }
func (parrot) Close() error                     { return nil }
func (parrot) LocalAddr() net.Addr              { return nil }
func (parrot) RemoteAddr() net.Addr             { return nil }
func (parrot) SetDeadline(time.Time) error      { return nil }
func (parrot) SetReadDeadline(time.Time) error  { return nil }
func (parrot) SetWriteDeadline(time.Time) error { return nil }

var tellsNothing = regexp.MustCompile(`^smtpmessenger: (greeting|EHLO|STARTTLS|TLS|MAIL|RCPT|DATA|message): ` +
	`(refused with \d+( [245]\.\d{1,3}\.\d{1,3})?|unexpected EOF|not an SMTP reply|server offers no STARTTLS|EOF|tls: .*)$`)

// FuzzReplies has a server say anything: it never costs more than a bounded
// read, and an error never repeats it.
func FuzzReplies(f *testing.F) {
	const taken = "220 hi\r\n250-hi\r\n250 SIZE\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"
	f.Add([]byte(taken), true)
	f.Add([]byte("220 hi\r\n250-hi\r\n250 STARTTLS\r\n220 go\r\n\x15\x03\x01\x00\x02\x02\x28"), false)
	f.Add([]byte("220-a\r\n\r\n"), true)
	f.Add([]byte("554 5.7.1 <jared@piedpiper.com>\r\n"), true)
	f.Add(bytes.Repeat([]byte("220-a\n"), 20000), true)
	f.Add([]byte("220 a\n250-a\n250-\n250\n250 a\n251 a\n354\n25"), true)
	f.Fuzz(func(t *testing.T, replies []byte, plaintext bool) {
		said := bytes.NewReader(replies)
		c := (&server{}).config()
		c.InsecurePlaintext = plaintext
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return parrot{said}, nil }
		m, err := smtpmessenger.New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		err = m.Send(t.Context(), newMessage())
		if err != nil && !tellsNothing.MatchString(err.Error()) {
			t.Errorf("the error may repeat what the server said: %v", err)
		}
		if err == nil && !plaintext {
			t.Error("a message left without TLS")
		}
		// Seven replies and a line's worth of reading ahead for each.
		const most = 8 * 68 << 10
		if position, _ := said.Seek(0, io.SeekCurrent); position > most {
			t.Errorf("%d bytes were read, want at most %d", position, most)
		}
	})
}
