package messenger_test

import (
	"net/mail"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func FuzzRenderHostileNames(f *testing.F) {
	for _, s := range []string{"John", "<script>alert(1)</script>", "a\r\nBcc: b@c.d", "\u202eeoD", `" onclick="x`, "{{.Code}}", "\xff\x00", "@evil.example #1"} {
		f.Add(s, s)
	}
	templates := newTemplates(f, messenger.TemplateConfig{Domain: "piedpiper.com", Files: fstest.MapFS{
		"en/passwordless-login.tmpl": {Data: []byte(`{{define "greeting"}}{{.Name}} {{.User.FullName}} {{with .State.x}}{{.}}{{end}}{{end}}`)},
	}})
	f.Fuzz(func(t *testing.T, person, application string) {
		m := login()
		m.Link = secret.New(link)
		m.Application.Name = application
		m.User = &identity.User{FirstName: person, FullName: person}
		state, err := identity.ObjectOf(map[string]string{"x": person})
		if err != nil {
			t.Fatal(err)
		}
		m.State = state

		content, err := templates.Render(m)
		if err != nil {
			if !messenger.IsPermanent(err) {
				t.Errorf("error is not permanent: %v", err)
			}
			return
		}
		isHidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
		if strings.ContainsFunc(content.Subject, isHidden) {
			t.Errorf("subject %q", content.Subject)
		}
		if strings.ContainsFunc(strings.ReplaceAll(content.Text.Reveal(), "\n", ""), isHidden) {
			t.Errorf("text %q", content.Text.Reveal())
		}
		if n := strings.Count(content.HTML.Reveal(), "<"); n != strings.Count(plainHTML(t, templates), "<") {
			t.Errorf("the HTML has elements of the names': %s", content.HTML.Reveal())
		}
		header := "Subject: " + content.Subject + "\r\n\r\n"
		if read, err := mail.ReadMessage(strings.NewReader(header)); err != nil || len(read.Header) != 1 {
			t.Errorf("subject %q makes a header %v, %v", content.Subject, read, err)
		}

		m.Channel, m.To = messenger.SMS, secret.New(number)
		if content, err = templates.Render(m); err == nil && !strings.HasSuffix(content.Text.Reveal(), "\n\n@piedpiper.com #"+code) {
			t.Errorf("SMS does not end with the origin-bound line: %q", content.Text.Reveal())
		}
	})
}

func plainHTML(t *testing.T, templates *messenger.Templates) string {
	m := login()
	m.Link = secret.New(link)
	return render(t, templates, m).HTML.Reveal()
}
