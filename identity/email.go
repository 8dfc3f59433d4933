package identity

import (
	"errors"
	"strings"
)

// ErrEmail is what is answered to anything but an acceptable e-mail address.
var ErrEmail = errors.New("identity: not an e-mail address")

// The most bytes of an address, of what stands before its @ (RFC 5321, 4.5.3.1,
// as corrected by erratum 1690 to RFC 3696), and of one label of its domain.
const (
	maxAddress = 254
	maxLocal   = 64
	maxLabel   = 63
)

// ParseEmail returns address in canonical form, A to Z folded to lower case and
// nothing else changed, or [ErrEmail].
//
// It takes less than RFC 5322 does, since every liberty is a way to make two
// readers see two mailboxes: a dot-atom of ASCII, an @, and a domain of at least
// two labels of letters, digits and inner hyphens, the last of them not a number.
// So no display name, comment, quoted part, address literal, trailing dot or
// space, and no character outside ASCII, folding which has given away accounts.
//
// It does not check that the domain exists or takes mail.
func ParseEmail(address string) (string, error) {
	local, domain, found := strings.Cut(address, "@")
	if !found || len(address) > maxAddress || !isDotAtom(local) || !isDomain(domain) {
		return "", ErrEmail
	}
	return lowerASCII(address), nil
}

func isDotAtom(local string) bool {
	if len(local) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || !only(atom, isAtomByte) {
			return false
		}
	}
	return true
}

func isDomain(domain string) bool {
	labels := 0
	last := ""
	for label := range strings.SplitSeq(domain, ".") {
		if !isLabel(label) {
			return false
		}
		labels++
		last = label
	}
	return labels > 1 && !only(last, isDigit)
}

func isLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return only(label, func(c byte) bool { return isAlphanumeric(c) || c == '-' })
}

// isAtomByte is atext of RFC 5322, 3.2.3.
func isAtomByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isAlphanumeric(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isASCII(s string) bool { return only(s, func(c byte) bool { return c < 0x80 }) }

// only says whether every byte of s is one that ok accepts.
func only(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// lowerASCII folds A to Z and nothing else, byte by byte. strings.ToLower would
// make the Kelvin sign a k, and one person's mailbox another's.
func lowerASCII(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}
