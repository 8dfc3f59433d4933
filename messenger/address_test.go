package messenger_test

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// IDN-03
func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel messenger.Channel
		good    []string
		bad     []string
	}{
		{messenger.Email,
			[]string{address, "example@fusionauth.io", "Jared@PiedPiper.COM", "jared+x'y@mail.piedpiper.com", "jared@xn--bcher-kva.example"},
			[]string{
				"", "jared", "@piedpiper.com", "jared@", "jared@piedpiper", " " + address, address + " ", address + "\r\nBcc: example@fusionauth.io",
				"Jared <" + address + ">", "<" + address + ">", address + "," + address, `"a b"@piedpiper.com`, "jared(x)@piedpiper.com",
				"jared@[127.0.0.1]", "jared@piedpiper.com.", "jared@@piedpiper.com", "jared@-piedpiper.com", "jaréd@piedpiper.com",
				"jared@piedpiper.com\x00", "\u202e" + address, strings.Repeat("j", 65) + "@piedpiper.com", "jared@" + strings.Repeat("p.", 130) + "com", number,
			}},
		{messenger.SMS,
			[]string{number, "+12", "+123456789012345"},
			[]string{"", "+", "+1", "13035551212", "+03035551212", "+1 303 555 1212", "+1303555121２", "+1234567890123456", number + "\n", number + ";ext=5", address}},
		{"push", []string{"token"}, []string{"", "a\nb", "a\u2066b", "\xff"}},
	} {
		for _, good := range c.good {
			if err := messenger.CheckAddress(c.channel, good); err != nil {
				t.Errorf("%s: %q refused: %v", c.channel, good, err)
			}
		}
		for _, bad := range c.bad {
			err := messenger.CheckAddress(c.channel, bad)
			wantFieldError(t, err, "To")
			if bad != "" && len(bad) > 3 && strings.Contains(err.Error(), bad) {
				t.Errorf("the error repeats %q", bad)
			}
		}
	}
}

// IDN-03
func FuzzCheckAddress(f *testing.F) {
	for _, s := range []string{address, number, `"a b"@c.com`, "A <a@b.c>", "a@b.c\r\nBcc: d@e.f", "a@b@c.d", "\u202ea@b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if messenger.CheckAddress(messenger.Email, s) == nil {
			parsed, err := mail.ParseAddress(s)
			if err != nil || parsed.Address != s || parsed.Name != "" || strings.Count(s, "@") != 1 {
				t.Errorf("accepted %q, which net/mail reads as %v, %v", s, parsed, err)
			}
		}
		if messenger.CheckAddress(messenger.SMS, s) == nil && strings.Trim(s, "+0123456789") != "" {
			t.Errorf("accepted number %q", s)
		}
		for _, c := range []messenger.Channel{messenger.Email, messenger.SMS, "push"} {
			if messenger.CheckAddress(c, s) == nil && strings.ContainsFunc(s, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
			}) {
				t.Errorf("%s: accepted %q", c, s)
			}
		}
	})
}
