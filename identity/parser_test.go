package identity_test

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
)

// dialled stands in for identity/phone: it takes what begins with a plus sign.
type dialled struct{}

func (dialled) ParsePhone(number string) (string, error) {
	if !strings.HasPrefix(number, "+") {
		return "", errors.New("not a phone number")
	}
	return strings.ReplaceAll(number, " ", ""), nil
}

func ids(pairs ...string) []identity.Identifier {
	var made []identity.Identifier
	for i := 0; i < len(pairs); i += 2 {
		made = append(made, identity.Identifier{Type: identity.IdentityType(pairs[i]), Value: pairs[i+1]})
	}
	return made
}

// S3-13..S3-15: an address, a phone number if that is asked for, a username.
// S3-22: the default.
// S3-24, IDN-05: the order asked for is the precedence.
func TestParseGivesACandidateForEachTypeInOrder(t *testing.T) {
	t.Parallel()
	const email, phone, username = identity.Email, identity.PhoneNumber, identity.Username
	for _, c := range []struct {
		loginID string
		types   []identity.IdentityType
		want    []identity.Identifier
	}{
		{"jared@piedpiper.com", nil, ids("email", "jared@piedpiper.com", "username", "jared@piedpiper.com")},
		{"Jared@PiedPiper.com", nil, ids("email", "jared@piedpiper.com", "username", "Jared@PiedPiper.com")},
		{"jared@piedpiper.com", []identity.IdentityType{username, email}, ids("username", "jared@piedpiper.com", "email", "jared@piedpiper.com")},
		{"jared@piedpiper.com", []identity.IdentityType{email}, ids("email", "jared@piedpiper.com")},
		{"jared@piedpiper.com", []identity.IdentityType{email, email}, ids("email", "jared@piedpiper.com")},
		{"johnny123", nil, ids("username", "johnny123")},
		{"johnny123", []identity.IdentityType{email}, nil},
		{"+13035551212", nil, ids("username", "+13035551212")},
		{"+1 3035551212", []identity.IdentityType{phone}, ids("phoneNumber", "+13035551212")},
		{"+1 3035551212", []identity.IdentityType{username, phone}, ids("username", "+1 3035551212", "phoneNumber", "+13035551212")},
		{"johnny123", []identity.IdentityType{phone}, nil},
		{"johnny\n123", nil, nil},
	} {
		got, err := identity.Parser{Phones: dialled{}}.Parse(c.loginID, c.types)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Parse(%q, %v) = %#v, %v; want %v", c.loginID, c.types, got, err, c.want)
		}
	}
}

// S3-16: white space is not trimmed.
func TestParseTrimsNothing(t *testing.T) {
	t.Parallel()
	got, err := identity.Parser{}.Parse(" a@b.c ", nil)
	if want := ids("username", " a@b.c "); err != nil || !slices.Equal(got, want) {
		t.Errorf("Parse = %v, %v; want a username with its spaces, and no address", got, err)
	}
}

// S3-21: an unknown type is refused.
func TestParseNamesTheFieldItRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		loginID    string
		types      []identity.IdentityType
		field, tag string
	}{
		{"", nil, "loginId", identity.TagBlank},
		{" \t\n\u2003", nil, "loginId", identity.TagBlank},
		{"johnny123", []identity.IdentityType{"fax"}, "loginIdTypes", identity.TagInvalid},
		{"johnny123", []identity.IdentityType{"email", "Email"}, "loginIdTypes", identity.TagInvalid},
		{"johnny123", []identity.IdentityType{""}, "loginIdTypes", identity.TagInvalid},
		{"+13035551212", []identity.IdentityType{"email", "phoneNumber"}, "loginIdTypes", identity.TagNotConfigured},
	} {
		got, err := identity.Parser{}.Parse(c.loginID, c.types)
		var wrong *identity.FieldError
		if !errors.As(err, &wrong) || wrong.Field != c.field || wrong.Tag != c.tag || got != nil {
			t.Errorf("Parse(%q, %q) = %v, %v; want a FieldError [%s]%s", c.loginID, c.types, got, err, c.tag, c.field)
		}
	}
}

// IDN-03
func TestParseEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("d", 61)+".", 3) + "com"
	for address, want := range map[string]string{
		"jared@piedpiper.com":       "jared@piedpiper.com",
		"JARED@PIEDPIPER.COM":       "jared@piedpiper.com",
		"jared+tag@piedpiper.com":   "jared+tag@piedpiper.com",
		"o'hara.x_y-z@a-b.co.uk":    "o'hara.x_y-z@a-b.co.uk",
		"a@b.c":                     "a@b.c",
		"1@2.museum":                "1@2.museum",
		"!#$%&'*+-/=?^_`{|}~@a.com": "!#$%&'*+-/=?^_`{|}~@a.com",
		"x@xn--strae-oqa.de":        "x@xn--strae-oqa.de",
		"x@3com.4you":               "x@3com.4you",
		long:                        long,
	} {
		if got, err := identity.ParseEmail(address); err != nil || got != want {
			t.Errorf("ParseEmail(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
	for _, address := range []string{
		"", "@", "a", "a@", "@b.c", "a@b", "a@@b.c", "a@b@c.d", "a.@b.c", ".a@b.c", "a..b@c.d",
		" a@b.c", "a@b.c ", "a @b.c", "a@ b.c", "a@b.c\n", "a@b.c\r\nBcc: x@y.z", "a\x00@b.c", "a\t@b.c",
		"A <a@b.c>", "<a@b.c>", "a@b.c (comment)", "a(comment)@b.c", `"a b"@c.com`, `"a"@c.com`, `a\b@c.com`,
		"a@[127.0.0.1]", "a@127.0.0.1", "a@1.2", "a@-b.c", "a@b-.c", "a@b..c", "a@.b.c", "a@b.c.", "a@b_c.d", "a@b,c.d",
		"a,b@c.d", "a;b@c.d", "a:b@c.d", "group:a@b.c;", "mailto:a@b.c", "jos\u00e9@b.c", "a@stra\u00dfe.de", "a@b\u3002c", "a\u200b@b.c",
		strings.Repeat("a", 65) + "@b.c", "a@" + strings.Repeat("d", 64) + ".com", "a" + long, "\xff@b.c",
	} {
		if got, err := identity.ParseEmail(address); !errors.Is(err, identity.ErrEmail) || got != "" {
			t.Errorf("ParseEmail(%q) = %q, %v; want ErrEmail", address, got, err)
		}
	}
}

// IDN-01: the characters that Go's own folding takes for others. Each is either
// refused or kept apart, whatever becomes of the domain.
func TestNoFoldingGivesAMailboxAway(t *testing.T) {
	t.Parallel()
	parsers := map[string]identity.Parser{
		"by default":       {},
		"with IDN domains": {Domain: func(d string) (string, error) { return strings.ToLower(d), nil }},
	}
	for name, p := range parsers {
		for _, c := range []struct{ victim, attacker string }{
			{"mike@piedpiper.com", "m\u0131ke@piedpiper.com"}, // dotless i
			{"mike@piedpiper.com", "m\u0130ke@piedpiper.com"}, // capital i with a dot
			{"mike@piedpiper.com", "mi\u212ae@piedpiper.com"}, // Kelvin sign
			{"bass@piedpiper.com", "ba\u017fs@piedpiper.com"}, // long s
			{"file@piedpiper.com", "\ufb01le@piedpiper.com"},  // fi ligature
			{"mike@piedpiper.com", "\uff4dike@piedpiper.com"}, // full-width m
		} {
			if got, err := p.ParseEmail(c.attacker); err == nil {
				t.Errorf("%s: %+q is taken as %q", name, c.attacker, got)
			}
			if got, err := p.ParseEmail(c.victim); err != nil || got != c.victim {
				t.Errorf("%s: %q = %q, %v", name, c.victim, got, err)
			}
		}
	}
	if _, err := (identity.Parser{}).ParseEmail("x@x\u3002org"); err == nil {
		t.Error("an ideographic full stop is a dot")
	}
}

func TestDomainBringsOtherScriptsToASCII(t *testing.T) {
	t.Parallel()
	p := identity.Parser{Domain: func(domain string) (string, error) {
		switch domain {
		case "stra\u00dfe.de":
			return "xn--strae-oqa.de", nil
		case "bad\u00df.de":
			return "a b.de", nil
		}
		return "", errors.New("no such domain")
	}}
	got, err := p.ParseEmail("X@stra\u00dfe.de")
	if err != nil || got != "x@xn--strae-oqa.de" {
		t.Errorf("ParseEmail = %q, %v", got, err)
	}
	if plain, err := p.ParseEmail("x@strasse.de"); err != nil || plain == got {
		t.Errorf("stra\u00dfe.de and strasse.de are one: %q, %v", plain, err)
	}
	for _, address := range []string{"x@bad\u00df.de", "x@other\u00df.de", "j\u00f6@stra\u00dfe.de", "x@" + strings.Repeat("\u00df", 200)} {
		if got, err := p.ParseEmail(address); !errors.Is(err, identity.ErrEmail) {
			t.Errorf("ParseEmail(%q) = %q, %v; want ErrEmail", address, got, err)
		}
	}
}

func TestParseUsernameKeepsItExact(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"johnny123", "Johnny123", " johnny ", "\u017f", "\u212a", "e\u0301", "\u00e9", strings.Repeat("a", 255)} {
		if got, err := identity.ParseUsername(name); err != nil || got != name {
			t.Errorf("ParseUsername(%q) = %q, %v; want it unchanged", name, got, err)
		}
	}
	for _, name := range []string{"", "a\x00", "a\r\nb", "\x7f", "\u0085", "\xff", "a\xc3", strings.Repeat("a", 256)} {
		if got, err := identity.ParseUsername(name); !errors.Is(err, identity.ErrUsername) || got != "" {
			t.Errorf("ParseUsername(%q) = %q, %v; want ErrUsername", name, got, err)
		}
	}
}

// FuzzParseEmail: what is taken is one address to the standard library too, and
// two that become one differ in the case of ASCII letters alone.
func FuzzParseEmail(f *testing.F) {
	for _, address := range []string{
		"jared@piedpiper.com", "JARED@piedpiper.com", `"a b"@c.com`, "A <a@b.c>", "a@[127.0.0.1]", "mi\u212ae@x.org",
		"a@b.c\r\nBcc: x@y.z", "a@b.c (x)", "x@x\u3002org", "a@-b.c", "+@a.b",
	} {
		f.Add(address, "jared@piedpiper.com")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		canonical, err := identity.ParseEmail(a)
		if err != nil {
			if canonical != "" {
				t.Fatalf("ParseEmail(%q) gives %q with an error", a, canonical)
			}
			return
		}
		if again, err := identity.ParseEmail(canonical); err != nil || again != canonical {
			t.Fatalf("ParseEmail(%q) = %q, and of that %q, %v", a, canonical, again, err)
		}
		parsed, err := mail.ParseAddress(a)
		if err != nil || parsed.Address != a || parsed.Name != "" {
			t.Fatalf("ParseEmail takes %q, which net/mail reads as %v, %v", a, parsed, err)
		}
		if strings.Count(a, "@") != 1 || strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("ParseEmail takes %q", a)
		}
		if other, err := identity.ParseEmail(b); err == nil && other == canonical && !equalASCII(a, b) {
			t.Fatalf("%q and %q are one address", a, b)
		}
	})
}

func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && (a[i]^b[i] != 0x20 || !unicode.IsLetter(rune(a[i])) || a[i] >= 0x80) {
			return false
		}
	}
	return true
}

// FuzzParse: what comes out of any login id is canonical, and comes out of
// itself again.
func FuzzParse(f *testing.F) {
	for _, loginID := range []string{"jared@piedpiper.com", "johnny123", "+1 303 555 1212", " a@b.c ", "", "\x00", "\xff", "Jared@PiedPiper.com"} {
		f.Add(loginID)
	}
	types := []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username}
	f.Fuzz(func(t *testing.T, loginID string) {
		p := identity.Parser{Phones: dialled{}}
		got, err := p.Parse(loginID, types)
		if err != nil {
			return
		}
		for _, id := range got {
			again, err := p.Parse(id.Value, []identity.IdentityType{id.Type})
			if err != nil || len(again) != 1 || again[0] != id {
				t.Fatalf("Parse(%q) gives a %s of %q, and of that %#v, %v", loginID, id.Type, id.Value, again, err)
			}
			if id.Type == identity.Username && (id.Value != loginID || !utf8.ValidString(loginID)) {
				t.Fatalf("the username of %q is %q", loginID, id.Value)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := (identity.Parser{}).Parse("jared@piedpiper.com", nil); err != nil {
			b.Fatal(err)
		}
	}
}
