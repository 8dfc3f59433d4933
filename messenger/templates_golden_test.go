package messenger_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	purposes = []messenger.Purpose{
		messenger.PasswordlessLogin, messenger.IdentityVerification,
		messenger.RegistrationVerification, messenger.TwoFactorCode,
	}
	notices = []messenger.Purpose{
		messenger.TwoFactorAdded, messenger.TwoFactorRemoved,
		messenger.RecoveryCodeUsed, messenger.RecoveryCodesReplaced,
	}
	languages = []string{"en", "de", "fr", "es"}
)

// SEC-20
// S3-27
func TestBuiltInTemplatesAreGolden(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Domain: "piedpiper.com"})
	for _, purpose := range purposes {
		for _, language := range languages {
			var b strings.Builder
			for _, channel := range []messenger.Channel{messenger.Email, messenger.SMS} {
				for _, form := range []string{"code", "link", "code and link"} {
					m := newMessage(purpose, channel)
					m.Locales = []string{language}
					if form != "code" {
						m.Link = secret.New(link)
					}
					if form == "link" {
						m.Code = secret.Text{}
					}
					c := render(t, templates, m)
					fmt.Fprintf(&b, "=== %s with %s, in %s\n", channel, form, c.Locale)
					if channel == messenger.Email {
						fmt.Fprintf(&b, "Subject: %s\n\n%s\n%s\n", c.Subject, c.Text.Reveal(), c.HTML.Reveal())
						continue
					}
					fmt.Fprintf(&b, "%s\n", c.Text.Reveal())
				}
			}
			compareGolden(t, fmt.Sprintf("%s.%s.golden", purpose, language), b.String())
		}
	}
}

func TestBuiltInNoticesAreGolden(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Domain: "piedpiper.com"})
	for _, purpose := range notices {
		for _, language := range languages {
			email, sms := newNotice(purpose, messenger.Email, language), newNotice(purpose, messenger.SMS, language)
			c := render(t, templates, email)
			got := fmt.Sprintf("Subject: %s\n\n%s\n%s\n", c.Subject, c.Text.Reveal(), c.HTML.Reveal())
			got += render(t, templates, sms).Text.Reveal() + "\n"
			compareGolden(t, fmt.Sprintf("%s.%s.golden", purpose, language), got)
		}
	}
}

// newNotice is a message that carries neither code nor link.
func newNotice(p messenger.Purpose, c messenger.Channel, language string) messenger.Message {
	m := newMessage(p, c)
	m.Locales, m.Code, m.Lifetime = []string{language}, secret.Text{}, 0
	return m
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

// What is not in the GSM 7-bit alphabet (3GPP TS 23.038) makes every segment
// of an SMS less than half as long.
func TestSMSUsesTheCheapAlphabet(t *testing.T) {
	t.Parallel()
	const gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	templates := newTemplates(t, messenger.TemplateConfig{Domain: "piedpiper.com"})
	for _, purpose := range slices.Concat(purposes, notices) {
		for _, language := range languages {
			m := newMessage(purpose, messenger.SMS)
			m.Locales = []string{language}
			text := render(t, templates, m).Text.Reveal()
			if n := len([]rune(text)); n > 160 {
				t.Errorf("%s in %s: %d characters, want one segment of 160", purpose, language, n)
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(gsm, r) }); i >= 0 {
				t.Errorf("%s in %s: %q is not in the GSM alphabet", purpose, language, text[i:i+2])
			}
		}
	}
}
