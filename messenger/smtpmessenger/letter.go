package smtpmessenger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/messenger"
)

const (
	maxID   = 128 // bytes of a message's id
	maxName = 200 // bytes of the name in From

	// maxWord is the most bytes of a word in a header that stands as it is. With
	// it no line is longer than the 78 characters of RFC 5322, 2.1.1, unless an
	// address is.
	maxWord = 60
)

// A letter is a message as the mail server gets it.
type letter struct {
	to      string
	content []byte
}

// write puts m into words and those into a letter.
func (m *Messenger) write(msg messenger.Message) (letter, error) {
	if msg.Channel != messenger.Email {
		return letter{}, &messenger.ChannelError{Channel: msg.Channel}
	}
	if !isID(msg.ID) {
		return letter{}, &messenger.FieldError{Field: "ID", Reason: fmt.Sprintf("is not 1 to %d letters, digits, hyphens and underscores", maxID)}
	}
	words, err := m.config.Templates.Render(msg)
	if err != nil {
		return letter{}, err
	}
	var b bytes.Buffer
	to := msg.To.Reveal()
	for _, field := range [][2]string{
		{"From", m.sender.header},
		{"To", to},
		{"Subject", unstructured(words.Subject)},
		{"Date", m.config.Now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + msg.ID + "@" + m.sender.domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834, 5: vacation notices stay away
		{"MIME-Version", "1.0"},
	} {
		b.WriteString(fold(field[0] + ": " + field[1]))
	}
	writeBody(&b, words)
	return letter{to: to, content: b.Bytes()}, nil
}

// isID says whether s may stand in a Message-ID as it is.
func isID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_')
	})
}

// writeBody writes the rest of the header and the body: text and HTML as
// alternatives, the better one last, or text alone.
func writeBody(b *bytes.Buffer, words messenger.Content) {
	const plain, html = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	if words.HTML.IsZero() {
		fmt.Fprintf(b, "Content-Type: %s\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", plain)
		quote(quotedprintable.NewWriter(b), words.Text.Reveal())
		return
	}
	parts := multipart.NewWriter(b)
	fmt.Fprintf(b, "Content-Type: multipart/alternative;\r\n boundary=%s\r\n\r\n", parts.Boundary())
	for _, part := range [][2]string{{plain, words.Text.Reveal()}, {html, words.HTML.Reveal()}} {
		// Writing to a buffer does not fail.
		w, _ := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {part[0]},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		quote(quotedprintable.NewWriter(w), part[1])
	}
	_ = parts.Close()
}

func quote(w *quotedprintable.Writer, s string) {
	_, _ = w.Write([]byte(s))
	_ = w.Close()
}

// mailbox is a name and an address as From has them.
func mailbox(name, address string) string {
	if name == "" {
		return address
	}
	if isPlain(name) {
		return (&mail.Address{Name: name, Address: address}).String()
	}
	return encode(name) + " <" + address + ">"
}

// unstructured is text as Subject has it.
func unstructured(s string) string {
	if isPlain(s) {
		return s
	}
	return encode(s)
}

// isPlain says whether s may stand in a header as it is: printable ASCII in
// words that leave room to fold, with one space between them, since readers do
// not agree on more where a line was folded; and nothing that reads as encoded.
func isPlain(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Contains(s, "=?") {
		return false
	}
	for word := range strings.SplitSeq(s, " ") {
		if word == "" || len(word) > maxWord {
			return false
		}
	}
	return true
}

// encode writes s as encoded words (RFC 2047) short enough to fold between.
// Whoever decodes them joins them again.
func encode(s string) string {
	const maxBytes = 36 // 60 characters with what is around them
	var words []string
	for s = strings.ToValidUTF8(s, "\uFFFD"); s != ""; {
		n := min(len(s), maxBytes)
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// fold ends a header field, and breaks it where a line would get too long (RFC
// 5322, 2.2.3), but not after its name.
func fold(field string) string {
	const maxLine = 76
	name, value, _ := strings.Cut(field, " ")
	var b strings.Builder
	b.WriteString(name)
	line := len(name)
	for i, word := range strings.Split(value, " ") {
		if i > 0 && line+1+len(word) > maxLine {
			b.WriteString("\r\n")
			line = 0
		}
		b.WriteString(" " + word)
		line += 1 + len(word)
	}
	return b.String() + "\r\n"
}
