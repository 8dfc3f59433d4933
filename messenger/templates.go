package messenger

import (
	"cmp"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"

	"github.com/gatehouse-go/gatehouse/secret"
)

//go:embed templates
var builtIn embed.FS

// TemplateConfig says which words messages are written in.
//
// # Files
//
// A file is named {locale}/{purpose}.tmpl, as in fr-CA/passwordless-login.tmpl,
// and holds {{define}}d blocks. For an email these are "subject", "text" and
// "html", for an SMS "sms". One that renders as nothing, such as
// {{define "sms"}}{{""}}{{end}}, is as good as absent: another locale is used, or
// no HTML. {locale}/shared.tmpl holds blocks for all purposes of a locale,
// layout.tmpl for all locales.
//
// Later blocks replace earlier ones of the same name, in this order: layout,
// shared and purpose of the language (fr), shared and purpose of its variant
// (fr-CA); at each place the built-in file, then the caller's. So a file of the
// caller's may replace a subject alone, or bring a language of its own. The
// built-in layout has "text", "html" and "sms" and needs from a locale the
// sentences that the built-in files have: subject, greeting, enter, open,
// or-open, valid, keep, ignore, sms-code and sms-keep. It also has "notice-text",
// "notice-html" and "notice-sms" for what carries no code or link, and these need
// subject, greeting, notice and act.
//
// # Fields
//
// .Code and .Link, either of which may be empty; .Application and .Tenant, each
// with .ID and .Name; .Name, to greet the person by; .User, an [identity.User];
// .State, a map; .Lifetime, with .Count and .Unit, which is hour, minute or
// second; .Locale; .Purpose. A name of the user that holds control characters,
// or that a mail program could take for a link, is empty; strings of the state
// have no control characters. They are anybody's text all the same, and so is
// .User.Data: "html" escapes it, "text" and "sms" show it, and a template must
// not build a link from it. State may lack any member: {{with .State.theme}} is
// the way to read one.
type TemplateConfig struct {
	// Files adds to the built-in templates and replaces them. Nil: nothing.
	Files fs.FS

	// Locale is used when the person's locales have no templates. Empty means en.
	Locale string

	// Domain is the site that codes in an SMS are for, such as piedpiper.com: the
	// message then ends with the origin-bound line "@piedpiper.com #123456", and
	// a phone that knows it offers the code on that site alone. Empty: no line.
	// A service of several sites has a Templates for each.
	Domain string
}

// Templates renders messages. English, German, French and Spanish are built in.
type Templates struct {
	sets   map[templateKey]*templateSet
	locale string
	domain string
}

type templateKey struct {
	locale  string // canonical
	purpose Purpose
}

type templateSet struct {
	text   *texttemplate.Template
	html   *htmltemplate.Template
	speaks map[Channel]bool // found by trying
}

// Content is a message in words. Text and HTML carry the code and the link.
type Content struct {
	Locale  string // what it is written in, as a lower-case language tag
	Subject string // one line; empty in an SMS. Mail servers log it: no place for a code
	Text    secret.Text
	HTML    secret.Text // zero in an SMS, and if there is none
}

// NewTemplates reads and tries all templates. An error is a *[FieldError], or
// names the file or the template that is at fault.
func NewTemplates(c TemplateConfig) (*Templates, error) {
	t := &Templates{sets: map[templateKey]*templateSet{}, domain: c.Domain}
	if c.Domain != "" && !isDomain(c.Domain) {
		return nil, &FieldError{Field: "Domain", Reason: "is not a host name"}
	}
	if t.locale = canonicalLocale(cmp.Or(c.Locale, "en")); t.locale == "" {
		return nil, &FieldError{Field: "Locale", Reason: "is not a language tag"}
	}
	files, err := readFiles(c.Files)
	if err != nil {
		return nil, err
	}
	for _, key := range files.keys() {
		set, err := newSet(files.of(key))
		if err != nil {
			return nil, fmt.Errorf("messenger: template %s/%s: %w", key.locale, key.purpose, err)
		}
		t.sets[key] = set
	}
	return t, nil
}

// Render writes m in the first of its locales that has templates for its
// purpose and channel, then in [TemplateConfig.Locale], then in English. A locale
// that has none of its own uses its language's: fr-CA falls back to fr.
//
// It refuses an address that cannot be delivered to, names and subjects with
// control or bidirectional control characters, an application without a name
// (the tenant's or the domain stands in), and a purpose or channel without
// templates, each with a *[FieldError]. All errors are permanent and hold
// nothing of what was rendered. It does not look at Expires.
func (t *Templates) Render(m Message) (Content, error) {
	if err := checkMessage(m); err != nil {
		return Content{}, err
	}
	locale := t.match(m)
	set := t.sets[templateKey{locale, m.Purpose}]
	if set == nil {
		return Content{}, &FieldError{Field: "Purpose", Reason: "has no template for " + string(m.Channel)}
	}
	v, err := newView(m, locale, t.domain)
	if err != nil {
		return Content{}, err
	}
	if m.Channel == SMS {
		return t.sms(set, v)
	}
	return set.email(v)
}

// match returns the locale to write m in, or "".
func (t *Templates) match(m Message) string {
	has := func(tag string) bool {
		set := t.sets[templateKey{tag, m.Purpose}]
		return set != nil && set.speaks[m.Channel]
	}
	return cmp.Or(matchLocale(m.Locales, has), matchLocale([]string{t.locale, "en"}, has))
}

func (t *Templates) sms(set *templateSet, v *view) (Content, error) {
	text, err := set.body("sms", v)
	if err != nil {
		return Content{}, err
	}
	if t.domain != "" && v.Code != "" {
		line, ok := originBound(t.domain, v.Code)
		if !ok {
			return Content{}, &FieldError{Field: "Code", Reason: "cannot stand in an origin-bound line"}
		}
		text += "\n\n" + line
	}
	return Content{Locale: v.Locale, Text: secret.New(text)}, nil
}

func (s *templateSet) email(v *view) (Content, error) {
	subject, err := s.block("subject", v)
	if err != nil {
		return Content{}, err
	}
	if subject == "" || hasHidden(subject) {
		return Content{}, &FieldError{Field: "Subject", Reason: "is not one line of plain text"}
	}
	text, err := s.body("text", v)
	if err != nil {
		return Content{}, err
	}
	html, err := s.htmlBlock(v)
	if err != nil {
		return Content{}, err
	}
	return Content{Locale: v.Locale, Subject: subject, Text: secret.New(text + "\n"), HTML: secret.New(html)}, nil
}

// body renders a block that must say something.
func (s *templateSet) body(name string, v *view) (string, error) {
	text, err := s.block(name, v)
	if err == nil && text == "" {
		err = &FieldError{Field: "Text", Reason: "is empty for this message"}
	}
	return text, err
}

// block renders a block as text, without the space around it.
func (s *templateSet) block(name string, v *view) (string, error) {
	if s.text.Lookup(name) == nil {
		return "", nil
	}
	var b strings.Builder
	if err := s.text.ExecuteTemplate(&b, name, v); err != nil {
		return "", Permanent(fmt.Errorf("messenger: template %s: %w", name, err))
	}
	return strings.TrimSpace(b.String()), nil
}

func (s *templateSet) htmlBlock(v *view) (string, error) {
	if s.html.Lookup("html") == nil {
		return "", nil
	}
	var b strings.Builder
	if err := s.html.ExecuteTemplate(&b, "html", v); err != nil {
		return "", Permanent(fmt.Errorf("messenger: template html: %w", err))
	}
	return strings.TrimSpace(b.String()), nil
}
