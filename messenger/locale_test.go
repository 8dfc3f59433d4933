package messenger

import (
	"regexp"
	"strings"
	"testing"
)

// S2-62
func TestCanonicalLocale(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"en": "en", "en-US": "en-us", "en_US": "en-us", "EN_us": "en-us", "fr_CA.UTF-8": "fr-ca", "de_DE@euro": "de-de",
		"zh-Hant-TW": "zh-hant-tw", "": "", "-": "", "en-": "", "en--us": "", "..": "", "en/us": "", "en us": "", "é": "",
		"toolonglanguage": "", "*": "", "en-\n": "", strings.Repeat("a-", 40) + "a": "", "\xff": "",
	} {
		if got := canonicalLocale(locale); got != want {
			t.Errorf("canonicalLocale(%q) = %q, want %q", locale, got, want)
		}
	}
}

// RFC 4647 section 3.4 has the example zh-Hant-CN-x-private1-private2.
func TestLineageFollowsRFC4647(t *testing.T) {
	t.Parallel()
	got := strings.Join(lineage("zh-hant-cn-x-private1-private2"), " ")
	if want := "zh zh-hant zh-hant-cn zh-hant-cn-x-private1 zh-hant-cn-x-private1-private2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzMatchLocale(f *testing.F) {
	for _, s := range []string{"fr-CA", "fr_CA.UTF-8", "x-private", "a-b-c-d", "--", "en-x"} {
		f.Add(s)
	}
	tagForm := regexp.MustCompile(`^[a-z0-9]{1,8}(-[a-z0-9]{1,8})*$`)
	f.Fuzz(func(t *testing.T, s string) {
		tag := canonicalLocale(s)
		if tag != "" && (!tagForm.MatchString(tag) || canonicalLocale(tag) != tag) {
			t.Fatalf("canonicalLocale(%q) = %q, which is not canonical", s, tag)
		}
		asked := 0
		got := matchLocale([]string{s, "fr"}, func(tag string) bool {
			asked++
			if !tagForm.MatchString(tag) {
				t.Errorf("%q: asked for %q", s, tag)
			}
			return tag == "fr"
		})
		if got != "fr" || asked > 64 {
			t.Errorf("%q: matched %q after %d questions", s, got, asked)
		}
	})
}
