package smtpmessenger_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// A parsed letter is one as a mail program sees it.
type parsed struct {
	header mail.Header
	text   string
	html   string
}

func parse(t testing.TB, raw string) parsed {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(raw, "\r\n"), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("line %q is too long, broken or not ASCII", line)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("ReadMessage: %v", err)
	}
	p := parsed{header: m.Header}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatalf("Content-Type: %v", err)
	}
	if kind == "text/plain" {
		p.text = readAll(t, quotedprintable.NewReader(m.Body))
		return p
	}
	if kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %s", kind)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	p.text = nextPart(t, parts, "text/plain; charset=utf-8")
	p.html = nextPart(t, parts, "text/html; charset=utf-8")
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("after two parts: %v, want io.EOF", err)
	}
	return p
}

func nextPart(t testing.TB, r *multipart.Reader, kind string) string {
	t.Helper()
	part, err := r.NextRawPart()
	if err != nil {
		t.Fatalf("NextRawPart: %v", err)
	}
	if got := part.Header.Get("Content-Type"); got != kind {
		t.Errorf("part is %s, want %s", got, kind)
	}
	if got := part.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
		t.Errorf("part is encoded as %s", got)
	}
	return readAll(t, quotedprintable.NewReader(part))
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func (p parsed) decoded(t testing.TB, field string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(p.header.Get(field))
	if err != nil {
		t.Fatalf("%s: %v", field, err)
	}
	return s
}

// deliver returns msg as a server that asks for nothing got it.
func deliver(t testing.TB, c smtpmessenger.Config, s *server, msg messenger.Message) string {
	t.Helper()
	send(t, newMessenger(t, c), msg)
	raw := s.received()
	if len(raw) != 1 {
		t.Fatalf("%d messages arrived, want 1", len(raw))
	}
	return raw[0]
}

func TestLetter(t *testing.T) {
	t.Parallel()
	s := &server{plain: true}
	p := parse(t, deliver(t, s.config(), s, newMessage()))
	for field, want := range map[string]string{
		"From":           `"Pied Piper" <login@piedpiper.com>`,
		"To":             address,
		"Subject":        "Sign in to Pied Piper",
		"Date":           "Mon, 23 Nov 2026 09:00:00 +0000",
		"Message-Id":     "<10000000-0000-0002-0000-00000000000a@piedpiper.com>",
		"Auto-Submitted": "auto-generated",
		"Mime-Version":   "1.0",
	} {
		if got := p.header.Get(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if len(p.header) != 8 { // and Content-Type
		t.Errorf("unexpected fields: %v", p.header)
	}
	if date, err := p.header.Date(); err != nil || !date.Equal(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("Date reads as %v, %v", date, err)
	}
	want := render(t, newMessage())
	if p.text != want.Text.Reveal() {
		t.Errorf("got text %q, want %q", p.text, want.Text.Reveal())
	}
	if p.html != want.HTML.Reveal() {
		t.Errorf("got HTML %q, want %q", p.html, want.HTML.Reveal())
	}
	if !strings.Contains(p.text, code) || !strings.Contains(p.text, link) || !strings.Contains(p.html, link) {
		t.Error("the code or the link did not arrive")
	}
}

func render(t testing.TB, m messenger.Message) messenger.Content {
	t.Helper()
	content, err := builtIn().Render(m)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	return content
}

// A message that is sent again is the same to whoever looks at its Message-ID.
func TestMessageIDStays(t *testing.T) {
	t.Parallel()
	s := &server{plain: true}
	m := newMessenger(t, s.config())
	other := newMessage()
	other.ID = "another_1"
	for _, msg := range []messenger.Message{newMessage(), newMessage(), other} {
		send(t, m, msg)
	}
	var ids []string
	for _, raw := range s.received() {
		ids = append(ids, parse(t, raw).header.Get("Message-Id"))
	}
	if ids[0] != ids[1] || ids[2] != "<another_1@piedpiper.com>" {
		t.Errorf("got %q", ids)
	}
}

func TestWordsOutsideASCII(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Pied Piper", "Rattenfänger von Hameln", "ハーメルンの笛吹き男", "Флейтист", "🎶 Pied Piper",
		"=?utf-8?Q?Hooli?=", strings.Repeat("長い名前", 40), strings.Repeat("Pied Piper of Hamelin ", 20) + "Ltd.",
		strings.Repeat("x", 2000), "Pied  Piper,   Inc.", strings.Repeat("x  ", 60) + "x", `Pied "Piper" (Inc.) <hooli.com>`, ".\u00e4",
	} {
		s := &server{plain: true}
		msg := newMessage()
		msg.Application.Name = name
		raw := deliver(t, s.config(), s, msg)
		for line := range strings.SplitSeq(raw, "\r\n") {
			if len(line) > 78 {
				t.Errorf("a line of %d characters, want at most 78: %q", len(line), line)
			}
		}
		p := parse(t, raw)
		if got, want := p.decoded(t, "Subject"), render(t, msg).Subject; got != want {
			t.Errorf("got subject %q, want %q", got, want)
		}
		if got, want := p.text, render(t, msg).Text.Reveal(); got != want {
			t.Errorf("got text %q, want %q", got, want)
		}
	}
}

func TestSenderNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, name string }{
		{"login@piedpiper.com", ""},
		{"<login@piedpiper.com>", ""},
		{"Pied Piper <login@piedpiper.com>", "Pied Piper"},
		{`"Piper, Pied" <login@piedpiper.com>`, "Piper, Pied"},
		{"Rattenfänger <login@piedpiper.com>", "Rattenfänger"},
		{"=?utf-8?q?Pied=0D=0ABcc=3A_example=40fusionauth.io?= <login@piedpiper.com>", "Pied\r\nBcc: example@fusionauth.io"},
		{strings.Repeat("長", 60) + " <login@piedpiper.com>", strings.Repeat("長", 60)},
	} {
		s := &server{plain: true}
		c := s.config()
		c.From = test.from
		p := parse(t, deliver(t, c, s, newMessage()))
		from, err := p.header.AddressList("From")
		if err != nil || len(from) != 1 {
			t.Errorf("%q: From reads as %v, %v", test.from, from, err)
			continue
		}
		if from[0].Address != "login@piedpiper.com" || from[0].Name != test.name {
			t.Errorf("%q: got %q <%s>", test.from, from[0].Name, from[0].Address)
		}
		if p.header.Get("Bcc") != "" {
			t.Errorf("%q: the name became a field", test.from)
		}
	}
}

// Lines that begin with a dot, or look like the end of a message or of a part,
// arrive as they were written.
func TestTransparency(t *testing.T) {
	t.Parallel()
	text := ".\n..\n.\nMAIL FROM:<example@fusionauth.io>\nFrom here\n--\n=2E\n \nend.   \ttab\t\n" +
		strings.Repeat("long ", 500) + "\n" + strings.Repeat("ü", 600) + "\n."
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{Files: fstest.MapFS{
		"en/passwordless-login.tmpl": {Data: []byte(`{{define "text"}}` + text + `{{end}}{{define "html"}}{{""}}{{end}}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{plain: true}
	c := s.config()
	c.Templates = templates
	p := parse(t, deliver(t, c, s, newMessage()))
	if p.text != text+"\n" {
		t.Errorf("got %q, want %q", p.text, text+"\n")
	}
	if p.html != "" {
		t.Errorf("HTML came from nowhere: %q", p.html)
	}
}

func TestWhatIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*messenger.Message){
		"SMS":                  func(m *messenger.Message) { m.Channel, m.To = messenger.SMS, secret.New("+13035551212") },
		"no channel":           func(m *messenger.Message) { m.Channel = "" },
		"no id":                func(m *messenger.Message) { m.ID = "" },
		"an id with a field":   func(m *messenger.Message) { m.ID = "1>\r\nBcc: example@fusionauth.io" },
		"an id outside ASCII":  func(m *messenger.Message) { m.ID = "ä" },
		"a long id":            func(m *messenger.Message) { m.ID = strings.Repeat("1", 129) },
		"no address":           func(m *messenger.Message) { m.To = secret.Text{} },
		"two addresses":        func(m *messenger.Message) { m.To = secret.New(address + ", example@fusionauth.io") },
		"an address and field": func(m *messenger.Message) { m.To = secret.New(address + "\r\nBcc: example@fusionauth.io") },
		"an address and parameter": func(m *messenger.Message) {
			m.To = secret.New(address + "> ORCPT=rfc822;example@fusionauth.io")
		},
		"an address in quotes":       func(m *messenger.Message) { m.To = secret.New(`"jared\r\n"@piedpiper.com`) },
		"an address outside ASCII":   func(m *messenger.Message) { m.To = secret.New("jåred@piedpiper.com") },
		"a name with a line break":   func(m *messenger.Message) { m.Application.Name = "Pied\r\nBcc: example@fusionauth.io" },
		"a name that runs backwards": func(m *messenger.Message) { m.Application.Name = "Pied\u202ePiper" },
		"no name":                    func(m *messenger.Message) { m.Application.Name = "" },
		"a purpose without a template": func(m *messenger.Message) {
			m.Purpose = "newsletter"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{plain: true}
			msg := newMessage()
			change(&msg)
			err := newMessenger(t, s.config()).Send(t.Context(), msg)
			if !messenger.IsPermanent(err) {
				t.Errorf("got %v, want a permanent error", err)
			}
			wantNoSecret(t, err)
			if s.dialled() != 0 {
				t.Error("the mail server heard of it")
			}
		})
	}
}

// FuzzLetter has anybody's text where templates put it, and reads it back.
func FuzzLetter(f *testing.F) {
	f.Add("Pied Piper", "Pied Piper", "Hello.\n.\n")
	f.Add("Rattenfänger\r\nBcc: example@fusionauth.io", "=?utf-8?Q?=0D=0A?=", "\r\n.\r\nQUIT\r\n")
	f.Add(strings.Repeat("x ", 600), strings.Repeat("ü", 60), "a\rb\x00\xff")
	f.Fuzz(func(t *testing.T, application, sender, text string) {
		s := &server{plain: true}
		c := s.config()
		c.From = fmt.Sprintf("%q <login@piedpiper.com>", sender)
		m, err := smtpmessenger.New(c)
		if err != nil {
			return
		}
		defer m.Close()
		msg := newMessage()
		msg.Application.Name, msg.Tenant.Name = application, "Pied Piper"
		msg.User.FirstName = text
		if err := m.Send(t.Context(), msg); err != nil {
			if !messenger.IsPermanent(err) || s.dialled() != 0 {
				t.Fatalf("refused by the server: %v", err)
			}
			return
		}
		p := parse(t, s.received()[0])
		if len(p.header) != 8 {
			t.Errorf("unexpected fields: %v", p.header)
		}
		want := render(t, msg)
		if got := p.decoded(t, "Subject"); got != want.Subject {
			t.Errorf("got subject %q, want %q", got, want.Subject)
		}
		if p.text != want.Text.Reveal() {
			t.Errorf("got text %q, want %q", p.text, want.Text.Reveal())
		}
		to, err := p.header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != address {
			t.Errorf("To reads as %v, %v", to, err)
		}
	})
}
