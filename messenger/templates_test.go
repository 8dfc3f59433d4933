package messenger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	address = "jared@piedpiper.com"
	number  = "+13035551212"
	code    = "012345"
	link    = "https://www.piedpiper.com/login?code=fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo&tenantId=f24aca2b-ce4a-4dad-951a-c9d690e71415"
)

func newMessage(p messenger.Purpose, c messenger.Channel) messenger.Message {
	to := address
	if c == messenger.SMS {
		to = number
	}
	return messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000a",
		Purpose:     p,
		Channel:     c,
		To:          secret.New(to),
		Tenant:      messenger.Ref{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Hooli"},
		Application: messenger.Ref{ID: "10000000-0000-0002-0000-000000000001", Name: "Pied Piper"},
		User:        &identity.User{ID: "00000000-0000-0001-0000-000000000000", FirstName: "John", FullName: "John Doe", Username: "johnny123", Email: "example@fusionauth.io"},
		Code:        secret.New(code),
		Lifetime:    3 * time.Minute,
	}
}

func newTemplates(t testing.TB, c messenger.TemplateConfig) *messenger.Templates {
	t.Helper()
	templates, err := messenger.NewTemplates(c)
	if err != nil {
		t.Fatalf("NewTemplates: %v", err)
	}
	return templates
}

func render(t testing.TB, templates *messenger.Templates, m messenger.Message) messenger.Content {
	t.Helper()
	content, err := templates.Render(m)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	return content
}

func wantFieldError(t *testing.T, err error, field string) {
	t.Helper()
	var fieldErr *messenger.FieldError
	if !errors.As(err, &fieldErr) || fieldErr.Field != field {
		t.Fatalf("got error %v, want a *FieldError for %q", err, field)
	}
}

// S2-62
// S3-166
func TestLanguagesDecide(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{
		Locale: "es",
		Files: fstest.MapFS{
			"fr_CA/passwordless-login.tmpl": {Data: []byte(`{{define "subject"}}Ouverture de session{{end}}`)},
		},
	})
	for _, c := range []struct {
		locales []string
		want    string
	}{
		{nil, "es"},
		{[]string{"it", "xx-invalid-", ""}, "es"},
		{[]string{"en", "fr"}, "en"},
		{[]string{"fr", "en"}, "fr"},
		{[]string{"it", "de-AT", "fr"}, "de"},
		{[]string{"en_US"}, "en"},
		{[]string{"de_DE.UTF-8"}, "de"},
		{[]string{"FR-ca"}, "fr-ca"},
		{[]string{"fr-Latn-x-CA"}, "fr"},
		{[]string{"fr-CA-x-montreal"}, "fr-ca"},
		{slices.Repeat([]string{"it"}, 1000), "es"},
	} {
		m := newMessage(messenger.PasswordlessLogin, messenger.Email)
		m.Locales = c.locales
		if got := render(t, templates, m).Locale; got != c.want {
			t.Errorf("locales %.40q: written in %q, want %q", c.locales, got, c.want)
		}
	}
}

func TestCallersFilesReplaceBlocks(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Files: fstest.MapFS{
		"fr-CA/passwordless-login.tmpl": {Data: []byte(`{{define "subject"}}Ouverture de session{{end}}`)},
		"it/passwordless-login.tmpl":    {Data: []byte(`{{define "subject"}}Accesso{{end}}{{define "text"}}{{.Code}}{{end}}{{define "html"}}{{""}}{{end}}{{define "sms"}}{{""}}{{end}}`)},
		"en/welcome.tmpl":               {Data: []byte(`{{define "subject"}}Welcome{{end}}{{define "text"}}Welcome, {{.User.FullName}}{{end}}{{define "html"}}{{""}}{{end}}{{define "sms"}}Welcome{{end}}`)},
		"readme.txt":                    {Data: []byte("not a template")},
	}})
	content := func(p messenger.Purpose, c messenger.Channel, locale string) messenger.Content {
		m := newMessage(p, c)
		m.Locales = []string{locale}
		return render(t, templates, m)
	}

	canadian := content(messenger.PasswordlessLogin, messenger.Email, "fr-CA")
	if canadian.Subject != "Ouverture de session" || !strings.Contains(canadian.Text.Reveal(), "Saisissez ce code") {
		t.Errorf("fr-CA: got subject %q, want its own over the text of fr", canadian.Subject)
	}
	if got := content(messenger.PasswordlessLogin, messenger.Email, "fr").Subject; got != "Connexion à Pied Piper" {
		t.Errorf("fr: got subject %q, want the built-in one", got)
	}
	italian := content(messenger.PasswordlessLogin, messenger.Email, "it")
	if italian.Text.Reveal() != code+"\n" || !italian.HTML.IsZero() {
		t.Errorf("it: text or HTML is not what its file says")
	}
	if got := content(messenger.PasswordlessLogin, messenger.SMS, "it").Locale; got != "en" {
		t.Errorf("it has no SMS: written in %q, want en", got)
	}
	if got := content(messenger.TwoFactorCode, messenger.Email, "it").Locale; got != "en" {
		t.Errorf("it has no second step: written in %q, want en", got)
	}
	if got := content("welcome", messenger.Email, "de").Text.Reveal(); got != "Welcome, John Doe\n" {
		t.Errorf("a purpose of the caller's: got %q", got)
	}
}

func TestCallersLayoutServesEveryLocale(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Files: fstest.MapFS{
		"layout.tmpl": {Data: []byte(`{{define "html"}}<b>{{template "greeting" .}}</b>{{end}}`)},
	}})
	for language, want := range map[string]string{"en": "<b>Hello John,</b>", "fr": "<b>Bonjour John,</b>"} {
		m := newMessage(messenger.TwoFactorCode, messenger.Email)
		m.Locales = []string{language}
		if got := render(t, templates, m).HTML.Reveal(); got != want {
			t.Errorf("%s: got %q, want %q", language, got, want)
		}
	}
}

func TestRenderConcurrently(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			m := newMessage(purposes[i%4], messenger.Email)
			m.Code = secret.New(fmt.Sprintf("00000%d", i))
			content, err := templates.Render(m)
			if err != nil || !strings.Contains(content.HTML.Reveal(), m.Code.Reveal()) {
				t.Errorf("message %d has not its code: %v", i, err)
			}
		})
	}
	group.Wait()
}

func TestNewTemplatesRefuses(t *testing.T) {
	t.Parallel()
	file := func(name, text string) messenger.TemplateConfig {
		return messenger.TemplateConfig{Files: fstest.MapFS{name: {Data: []byte(text)}}}
	}
	for name, c := range map[string]messenger.TemplateConfig{
		"domain with scheme": {Domain: "https://piedpiper.com"},
		"domain with code":   {Domain: "piedpiper.com #1"},
		"bare domain":        {Domain: "localhost"},
		"locale":             {Locale: "../en"},
		"syntax":             file("en/passwordless-login.tmpl", `{{define "subject"}}{{end`),
		"unknown field":      file("en/passwordless-login.tmpl", `{{define "subject"}}{{.Password}}{{end}}`),
		"unsafe HTML":        file("en/passwordless-login.tmpl", `{{define "html"}}<a href={{if .Code}}"x{{end}}>{{end}}`),
		"method of nothing":  file("en/passwordless-login.tmpl", `{{define "text"}}{{index .User.Identities 0}}{{end}}`),
		"half a language":    file("it/passwordless-login.tmpl", `{{define "subject"}}Accesso{{end}}`),
		"no block":           file("en/welcome.tmpl", `{{define "subject"}}{{""}}{{end}}{{define "html"}}{{""}}{{end}}{{define "text"}}{{""}}{{end}}{{define "sms"}}{{""}}{{end}}`),
		"no locale":          file("welcome.tmpl", `{{define "subject"}}Welcome{{end}}`),
		"deep":               file("en/sub/welcome.tmpl", `{{define "subject"}}Welcome{{end}}`),
		"same locale twice": {Files: fstest.MapFS{
			"fr-CA/shared.tmpl": {}, "fr_CA/shared.tmpl": {},
		}},
	} {
		if _, err := messenger.NewTemplates(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{
		Domain: "piedpiper.com",
		Files: fstest.MapFS{
			"en/stateful.tmpl": {Data: []byte(`{{define "subject"}}{{.User.UniqueUsername}}{{with .User.Data.Text "title"}}{{.}}{{else}}Hello{{end}}{{end}}{{define "text"}}{{.Link}}{{end}}{{define "html"}}{{""}}{{end}}{{define "sms"}}{{""}}{{end}}`)},
		},
	})
	for _, c := range []struct {
		field  string
		change func(*messenger.Message)
	}{
		{"To", func(m *messenger.Message) { m.To = secret.Text{} }},
		{"To", func(m *messenger.Message) { m.To = secret.New(address + "\r\nBcc: example@fusionauth.io") }},
		{"To", func(m *messenger.Message) { m.Channel = messenger.SMS }},
		{"Channel", func(m *messenger.Message) { m.Channel = "pigeon" }},
		{"Purpose", func(m *messenger.Message) { m.Purpose = "welcome" }},
		{"Application.Name", func(m *messenger.Message) { m.Application.Name = "Pied\r\nPiper" }},
		{"Application.Name", func(m *messenger.Message) { m.Application.Name = "Pied \u202erepiP" }},
		{"Tenant.Name", func(m *messenger.Message) { m.Tenant.Name = "Hooli\x00" }},
		{"Code", func(m *messenger.Message) { m.Code = secret.New("1\n2") }},
		{"Code", func(m *messenger.Message) {
			m.Channel, m.To, m.Code = messenger.SMS, secret.New(number), secret.New("1 2")
		}},
		{"Link", func(m *messenger.Message) { m.Link = secret.New(link + "\u2066") }},
		{"Text", func(m *messenger.Message) { m.Purpose = "stateful" }},
		{"State", func(m *messenger.Message) { m.State = identity.Object(`[1]`) }},
		{"Subject", func(m *messenger.Message) {
			m.Purpose, m.User = "stateful", &identity.User{Data: identity.Object(`{"title":"a\r\nBcc: x"}`)}
		}},
	} {
		m := newMessage(messenger.PasswordlessLogin, messenger.Email)
		c.change(&m)
		content, err := templates.Render(m)
		wantFieldError(t, err, c.field)
		if !messenger.IsPermanent(err) {
			t.Errorf("%s: error is not permanent", c.field)
		}
		if content.Subject != "" || !content.Text.IsZero() || !content.HTML.IsZero() {
			t.Errorf("%s: content came with the error", c.field)
		}
	}
}

func TestApplicationNameHasStandIns(t *testing.T) {
	t.Parallel()
	m := newMessage(messenger.PasswordlessLogin, messenger.Email)
	m.Application.Name = ""
	templates := newTemplates(t, messenger.TemplateConfig{Domain: "piedpiper.com"})
	if got := render(t, templates, m).Subject; got != "Sign in to Hooli" {
		t.Errorf("got %q, want the tenant's name", got)
	}
	m.Tenant.Name = ""
	if got := render(t, templates, m).Subject; got != "Sign in to piedpiper.com" {
		t.Errorf("got %q, want the domain", got)
	}
	_, err := newTemplates(t, messenger.TemplateConfig{}).Render(m)
	wantFieldError(t, err, "Application.Name")
}

func TestHostileNamesAreNotShown(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Files: fstest.MapFS{
		"en/passwordless-login.tmpl": {Data: []byte(`{{define "greeting"}}{{.User.FullName}}|{{.Name}}|{{.User.Username}}{{end}}`)},
	}})
	greeting := func(name string) string {
		m := newMessage(messenger.PasswordlessLogin, messenger.Email)
		m.User = &identity.User{FirstName: name, FullName: name, Username: "johnny123"}
		first, _, _ := strings.Cut(render(t, templates, m).Text.Reveal(), "\n")
		return first
	}
	for _, name := range []string{"John", "John Doe", "Dr. John Doe Jr.", "J. O’Doe-Doe", "John Doe III", "ジョン", "Jöhn 2nd"} {
		if got, want := greeting(name), name+"|"+name+"|johnny123"; got != want {
			t.Errorf("a plain name: got %q, want %q", got, want)
		}
	}
	for _, name := range []string{
		"You won http://evil.example", "evil.example", "www.evil.example now", "a@b.example", "John\r\nBcc: x",
		"John\u202eeoD", "<b>John</b>", "Call 13035551212", strings.Repeat("J", 65), "John\u2028", "\xff",
	} {
		if got := greeting(name); got != "||johnny123" {
			t.Errorf("%q was shown: %q", name, got)
		}
	}
}

func TestStateIsEscapedAndStaysOnItsLine(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Files: fstest.MapFS{
		"en/passwordless-login.tmpl": {Data: []byte(
			`{{define "text"}}{{with .State.theme}}{{.}}{{end}}{{range .State.list}};{{.deep}}{{end}}!{{end}}` +
				`{{define "html"}}<p>{{with .State.theme}}{{.}}{{end}}{{.State.big}}</p>{{end}}`)},
	}})
	m := newMessage(messenger.PasswordlessLogin, messenger.Email)
	m.State = identity.Object(`{"theme":"<script>\r\nx\u202e","list":[{"deep":"a\nb"}],"big":12345678901234567890}`)
	content := render(t, templates, m)
	if got, want := content.Text.Reveal(), "<script>  x ;a b!\n"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
	if got, want := content.HTML.Reveal(), "<p>&lt;script&gt;  x 12345678901234567890</p>"; got != want {
		t.Errorf("HTML: got %q, want %q", got, want)
	}
}

func TestLifetimeIsNeverOverstated(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{})
	for lifetime, want := range map[time.Duration]string{
		-time.Second:      "Do not share",
		0:                 "Do not share",
		time.Second:       "Valid for 1 second.",
		59 * time.Second:  "Valid for 59 seconds.",
		time.Minute:       "Valid for 1 minute.",
		119 * time.Second: "Valid for 1 minute.",
		10 * time.Minute:  "Valid for 10 minutes.",
		time.Hour:         "Valid for 60 minutes.",
		24 * time.Hour:    "Valid for 24 hours.",
		1<<63 - 1:         "Valid for 2562047 hours.",
	} {
		m := newMessage(messenger.PasswordlessLogin, messenger.Email)
		m.Lifetime = lifetime
		if text := render(t, templates, m).Text.Reveal(); !strings.Contains(text, "\n"+want) {
			t.Errorf("%s: want %q in:\n%s", lifetime, want, text)
		}
	}
}
