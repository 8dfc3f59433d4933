package identity

import (
	"strings"
	"unicode/utf8"
)

// Mask makes an address recognisable to its owner and to nobody else. Of an
// e-mail address it keeps the domain and, if there are more, the first character
// (j***@piedpiper.com), which is an address again. Of anything else it keeps the
// last two digits, if there are seven or more, and a leading plus sign (+***12).
func Mask(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return maskedLocal(address[:at]) + address[at:]
	}
	return maskedNumber(address)
}

const mask = "***"

func maskedLocal(local string) string {
	_, first := utf8.DecodeRuneInString(local)
	if first == len(local) {
		return mask
	}
	return local[:first] + mask
}

func maskedNumber(number string) string {
	plus := ""
	if strings.HasPrefix(number, "+") {
		plus = "+"
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if len(digits) < 7 {
		return plus + mask
	}
	return plus + mask + digits[len(digits)-2:]
}
