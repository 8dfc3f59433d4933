package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
)

// S4-42: the domain stays, a local part of one character does not.
// S4-47: a plus sign and a few last digits stay.
func TestMask(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"jared@piedpiper.com": "j***@piedpiper.com",
		"ab@piedpiper.com":    "a***@piedpiper.com",
		"a@piedpiper.com":     "***@piedpiper.com",
		"@piedpiper.com":      "***@piedpiper.com",
		"\u00e9@b.c":          "***@b.c",
		"\u00e9e@b.c":         "\u00e9***@b.c",
		"a@b@piedpiper.com":   "a***@piedpiper.com",
		"+13035551212":        "+***12",
		"303-555-1212":        "***12",
		"+123456":             "+***",
		"123456":              "***",
		"johnny":              "***",
		"":                    "***",
	} {
		if got := identity.Mask(address); got != want {
			t.Errorf("Mask(%q) = %q, want %q", address, got, want)
		}
	}
	masked := identity.Mask("jared@piedpiper.com")
	if again, err := identity.ParseEmail(masked); err != nil || again != masked {
		t.Errorf("a masked address is none: %q, %v", masked, err)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("jared", "piedpiper.com")
	f.Add("a", "b.c")
	f.Add("\xff\xfe", "b.c")
	f.Fuzz(func(t *testing.T, local, domain string) {
		if strings.Contains(domain, "@") {
			return
		}
		got := identity.Mask(local + "@" + domain)
		kept, found := strings.CutSuffix(got, "***@"+domain)
		if !found || !strings.HasPrefix(local, kept) || len(kept) > 4 || kept == local && local != "" {
			t.Fatalf("Mask(%q) = %q", local+"@"+domain, got)
		}
	})
}

func TestIdentifierPrintsMasked(t *testing.T) {
	t.Parallel()
	id := identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range []any{id, &id, []identity.Identifier{id}, struct{ ID identity.Identifier }{id}} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "jared") || strings.Contains(got, "6a61726564") {
				t.Errorf("%s of %T prints %s", verb, v, got)
			}
		}
	}
	if got := (identity.Identifier{}).String(); got != "" {
		t.Errorf("no identifier prints as %q", got)
	}
}
