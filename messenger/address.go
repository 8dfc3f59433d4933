package messenger

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
)

// CheckAddress reports whether address can be delivered to on channel c as it
// stands, so that it may go into a header or a command unquoted. It is the last
// look before delivery, not a parser of what people type: nothing is trimmed or
// folded, and the address may be in any case.
//
// An email address is what [identity.ParseEmail] takes: ASCII, without display
// name, comment, quoted local part or address literal. A number for SMS is E.164: a plus and 2 to 15 digits. For another channel it
// only has no control and no bidirectional control characters. Anything else is
// a permanent *[FieldError] for "To", which does not repeat the address.
// Whether anyone has the address is not checked.
func CheckAddress(c Channel, address string) error {
	ok := true
	switch c {
	case Email:
		_, err := identity.ParseEmail(address)
		ok = err == nil
	case SMS:
		ok = isE164(address)
	}
	if !ok || address == "" || hasHidden(address) {
		return &FieldError{Field: "To", Reason: "is not an address for " + string(c)}
	}
	return nil
}

func isE164(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	if !ok || len(digits) < 2 || len(digits) > 15 || digits[0] == '0' {
		return false
	}
	return !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// isDomain reports whether s is an ASCII host name of two labels or more.
func isDomain(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !isASCIIAlphanumeric(r) })
}

func isASCIIAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isHidden reports whether r steers a terminal, a header or the order of what
// is shown, rather than showing something.
func isHidden(r rune) bool {
	const lineSeparator, paragraphSeparator = '\u2028', '\u2029'
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) ||
		r == lineSeparator || r == paragraphSeparator
}

func hasHidden(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, isHidden)
}

func withoutHidden(s string) string {
	return strings.Map(func(r rune) rune {
		if isHidden(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
