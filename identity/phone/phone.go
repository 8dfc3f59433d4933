// Package phone reads phone numbers. It stands apart from identity because the
// tables it needs add six megabytes to a program: who does not sign people in by
// phone does not import it.
package phone

import (
	"errors"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/gatehouse-go/gatehouse/identity"
)

// International is the Region of a [Parser] that takes no national forms: every
// number must begin with a plus sign and its country code.
const International = phonenumbers.UNKNOWN_REGION

// maxLength is more than any way to write a number needs: 15 digits, a prefix to
// dial abroad, and punctuation.
const maxLength = 40

var (
	// ErrNumber is what [Parser.ParsePhone] answers to what is no number that a
	// person can be reached by.
	ErrNumber = errors.New("phone: not a phone number")

	// ErrRegion is what is answered whatever the number if Region is none.
	ErrRegion = errors.New("phone: Parser.Region is not a region")
)

// Parser brings phone numbers to E.164. It implements [identity.PhoneParserIn].
type Parser struct {
	// Region is where a number that does not say its country is from: two
	// capital letters of ISO 3166-1, or [International]. Empty means US.
	Region string

	// InsecureAllTypes also takes numbers that are not a person's line:
	// premium-rate and shared-cost numbers, which whoever starts logins in bulk
	// can earn from; and toll-free, personal, company-wide, pager and voicemail
	// numbers. It is right where something else decides whom messages go to.
	InsecureAllTypes bool
}

// Check returns [ErrRegion] if Region is not a region that numbers are known of.
func (p Parser) Check() error {
	region := p.region()
	if region != International && !phonenumbers.GetSupportedRegions()[region] {
		return ErrRegion
	}
	return nil
}

// In is p for numbers that are dialled in another region. Its Check says whether
// there is one of that name.
func (p Parser) In(region string) identity.PhoneParser {
	p.Region = region
	return p
}

// ParsePhone returns number in E.164, such as +13035551212, or [ErrNumber]. It
// takes the international form and, as it is dialled in Region, the national
// one, with spaces, hyphens, dots and parentheses anywhere. What it returns, it
// takes and returns unchanged.
//
// It refuses what a person may have meant but did not write: letters, which
// stand for digits on old phones; digits of other scripts; extensions; a number
// of the right length that the country has not given out.
//
// It does not check that anyone answers there. Numbering plans change, and what
// it took once it may refuse later: keep what it returned, and do not ask again.
func (p Parser) ParsePhone(number string) (string, error) {
	if err := p.Check(); err != nil {
		return "", err
	}
	number = strings.Trim(number, " ")
	if !plain(number) {
		return "", ErrNumber
	}
	parsed, err := phonenumbers.Parse(number, p.region())
	if err != nil || !phonenumbers.IsValidNumber(parsed) || !p.takes(phonenumbers.GetNumberType(parsed)) {
		return "", ErrNumber
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

func (p Parser) region() string {
	if p.Region == "" {
		return "US"
	}
	return p.Region
}

func (p Parser) takes(kind phonenumbers.PhoneNumberType) bool {
	switch kind {
	case phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
		return true
	}
	return p.InsecureAllTypes
}

// plain keeps from the parser what it would read a number into: it finds one in
// "call me at +1 415 555 2671 please", and digits in the words.
func plain(number string) bool {
	if number == "" || len(number) > maxLength {
		return false
	}
	return strings.Trim(number[:1], "0123456789+(") == "" && strings.Trim(number[1:], "0123456789 ().-") == ""
}
