package messenger

import (
	"strings"
	"testing"
)

// parseOriginBound reads a message as the WICG document has it: the last line
// is @host, a space and #code, each without white space; explanatory text, if
// there is any, ends with a line feed.
func parseOriginBound(message string) (host, code string, ok bool) {
	line := message[strings.LastIndexByte(message, '\n')+1:]
	rest, ok := strings.CutPrefix(line, "@")
	if !ok {
		return "", "", false
	}
	host, code, ok = strings.Cut(rest, " #")
	if !ok || host == "" || code == "" || strings.ContainsAny(host+code, " \t\f\r") {
		return "", "", false
	}
	return host, code, true
}

// The example of section 1 of the WICG document.
//
// SEC-20
func TestOriginBoundExample(t *testing.T) {
	t.Parallel()
	line, ok := originBound("example.com", "747723")
	if want := "@example.com #747723"; !ok || line != want {
		t.Errorf("got %q, %v, want %q", line, ok, want)
	}
}

func TestOriginBoundRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"", "1"}, {"localhost", "1"}, {"https://a.b", "1"}, {"a.b:80", "1"}, {"a.b c.d", "1"}, {"a.b\n", "1"}, {"@a.b", "1"},
		{"a.b", ""}, {"a.b", "1 2"}, {"a.b", "1\n"}, {"a.b", "#1"}, {"a.b", "1 @evil.example"}, {"a.b", "é"},
	} {
		if line, ok := originBound(c[0], c[1]); ok {
			t.Errorf("originBound(%q, %q) = %q", c[0], c[1], line)
		}
	}
}

// SEC-20
func FuzzOriginBoundRoundTrip(f *testing.F) {
	f.Add("Your code is", "example.com", "747723")
	f.Add("@evil.example #1", "a.b", "A1-_")
	f.Add("x\n@evil.example #1\n", "xn--bcher-kva.example", "0")
	f.Add("", "a.b\n@evil.example", "1\n")
	f.Fuzz(func(t *testing.T, text, domain, code string) {
		line, ok := originBound(domain, code)
		if !ok {
			return
		}
		gotDomain, gotCode, ok := parseOriginBound(text + "\n\n" + line)
		if !ok || gotDomain != domain || gotCode != code {
			t.Errorf("%q reads as %q, %q, %v", line, gotDomain, gotCode, ok)
		}
	})
}
