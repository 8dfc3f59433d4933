package messenger

import "strings"

// originBound returns the last line that binds a code in an SMS to the site it
// is for, so that a phone offers it nowhere else: "@example.com #123456" (WICG
// Origin-bound one-time codes delivered via SMS, section 2). The line must be
// the message's last; ok is false if the code cannot stand in one.
func originBound(domain, code string) (line string, ok bool) {
	if !isDomain(domain) || code == "" || strings.ContainsFunc(code, func(r rune) bool { return !isASCIIAlphanumeric(r) && r != '-' && r != '_' }) {
		return "", false
	}
	return "@" + domain + " #" + code, true
}
