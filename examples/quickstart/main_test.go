package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata/quickstart.golden")

func clock() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// random is what differs from one run to the next.
var random = []struct {
	what    *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`code: \d{6}\n`), "code: 000000\n"},
	{regexp.MustCompile(`alone: [\w.-]{16}…`), "alone: xxxxxxxxxxxxxxxx…"},
	{regexp.MustCompile(`"refreshToken": "[\w.-]{16}…"`), `"refreshToken": "xxxxxxxxxxxxxxxx…"`},
	{regexp.MustCompile(`"refreshTokenId": "[0-9a-f-]{36}"`), `"refreshTokenId": "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"`},
	{regexp.MustCompile(`secret=[A-Z2-7]{32}\n`), "secret=XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\n"},
	{regexp.MustCompile(`such as ([0-9A-Z]{5}-){2}[0-9A-Z]{5}\.`), "such as XXXXX-XXXXX-XXXXX."},
	{regexp.MustCompile(`piper_key_[0-9a-f]{6}…`), "piper_key_xxxxxx…"},
}

func TestQuickstart(t *testing.T) {
	t.Parallel()
	const golden = "testdata/quickstart.golden"
	var out strings.Builder
	if err := run(t.Context(), &out, nil, "", clock); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, r := range random {
		if n := len(r.what.FindAllString(got, -1)); n != 1 {
			t.Errorf("%v stands in the output %d times, want once", r.what, n)
		}
		got = r.what.ReplaceAllString(got, r.instead)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the output is not that of %s; run go test ./examples/quickstart -update\ngot:\n%s", golden, got)
	}
}

func TestEveryOutcomeIsShown(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := showOutcomes(t.Context(), &out, clock); err != nil {
		t.Fatal(err)
	}
	for _, outcome := range []string{
		"200  Success", "202  NotRegistered", "203  ChangePasswordRequired", "212  IdentityUnverified",
		"213  RegistrationUnverified", "242  TwoFactorRequired", "409  LoginPrevented", "410  UserExpired", "423  UserLocked",
	} {
		if n := strings.Count(out.String(), "\n"+outcome+" "); n != 1 {
			t.Errorf("%s is shown %d times, want once", outcome, n)
		}
	}
	if n := strings.Count(out.String(), ": 200 Success\n"); n != 4 {
		t.Errorf("%d next steps ended in 200, want those of 203, 212, 213 and 242", n)
	}
}

// person reads the code on the screen and types lines that depend on it.
type person struct {
	screen *strings.Builder
	lines  func(code string) string
	typed  *strings.Reader
}

func (p *person) Read(b []byte) (int, error) {
	if p.typed == nil {
		_, rest, _ := strings.Cut(p.screen.String(), "code: ")
		code, _, _ := strings.Cut(rest, "\n")
		p.typed = strings.NewReader(p.lines(code))
	}
	return p.typed.Read(b)
}

// wrong is a code that is not the one that was sent.
func wrong(code string) string {
	if code == "000000" {
		return "000001\n"
	}
	return "000000\n"
}

func TestByHand(t *testing.T) {
	t.Parallel()
	const welcome = "200 Success: welcome, you@example.com\n"
	for _, c := range []struct {
		name    string
		lines   func(code string) string
		refused int
		welcome bool
	}{
		{"the code", func(code string) string { return code + "\n" }, 0, true},
		{"the code with spaces around it", func(code string) string { return " " + code + " \n" }, 0, true},
		{"four wrong guesses first", func(code string) string { return strings.Repeat(wrong(code), 4) + code + "\n" }, 4, true},
		{"five wrong guesses first", func(code string) string { return strings.Repeat(wrong(code), 5) + code + "\n" }, 6, false},
		{"nothing", func(code string) string { return "\n" + code + "\n" }, 0, false},
		{"the end of the input", func(string) string { return "" }, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var screen strings.Builder
			if err := run(t.Context(), &screen, &person{screen: &screen, lines: c.lines}, "You@Example.com", clock); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(screen.String(), "refused\n"); n != c.refused {
				t.Errorf("refused %d times, want %d", n, c.refused)
			}
			if got := strings.HasSuffix(screen.String(), welcome); got != c.welcome {
				t.Errorf("welcome: %v, want %v:\n%s", got, c.welcome, &screen)
			}
		})
	}
}

func TestByHandTakesOnlyAnAddress(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), &strings.Builder{}, strings.NewReader(""), "jared", clock); err == nil {
		t.Error("a login by hand began for what is not an e-mail address")
	}
}

// The vectors of RFC 6238, appendix B: the last six of their eight digits.
func TestAuthenticatorShowsWhatTheStandardDoes(t *testing.T) {
	t.Parallel()
	app, err := scan("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := app.shows(time.Unix(at, 0)).Reveal(); got != want {
			t.Errorf("at %d the app shows %s, want %s", at, got, want)
		}
	}
}
