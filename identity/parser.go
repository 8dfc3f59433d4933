package identity

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxUsername is the most bytes that a username has.
const MaxUsername = 255

// ErrUsername is what [ParseUsername] answers to what cannot be a username.
var ErrUsername = errors.New("identity: not a username")

// PhoneParser makes a phone number canonical. identity/phone has one; it stands
// apart because the tables it needs weigh six megabytes.
type PhoneParser interface {
	// ParsePhone returns number, in whatever form a person wrote it, in E.164
	// (+13035551212), or an error that does not repeat it. What it returns, it
	// takes and returns unchanged.
	ParsePhone(number string) (string, error)
}

// PhoneParserIn is a PhoneParser that reads numbers of every country, as they are
// dialled there. identity/phone's is one.
type PhoneParserIn interface {
	PhoneParser

	// In is the parser for numbers that are dialled in a country: two capital
	// letters of ISO 3166-1, AC or TA. Nil: it is not served.
	In(country string) PhoneParser
}

// Parser makes identifiers of what people type. The zero Parser knows e-mail
// addresses with an ASCII domain and usernames.
type Parser struct {
	// Phones parses phone numbers. Nil: a login id by phone number is refused.
	Phones PhoneParser

	// Domain turns a domain that is not ASCII into its A-labels, as
	// idna.Lookup.ToASCII of golang.org/x/net does; the result is held to the
	// rules of every other domain. Nil: an address with such a domain is none.
	Domain func(domain string) (string, error)
}

// DefaultTypes is what a login id may be if a caller does not say: an e-mail
// address first, then a username.
func DefaultTypes() []IdentityType { return []IdentityType{Email, Username} }

// Parse returns what loginID may stand for: one identifier for each of types
// whose grammar it fits, in the order of types. That order is the precedence, so
// that with the default, [DefaultTypes], the owner of an address wins over
// whoever took that address as a username. A type asked twice counts once.
//
// Nothing is trimmed: " a@b.c " is not an address. A loginID that fits none of
// types gives none, and is to be treated like one that nobody holds.
//
// It returns a *[FieldError] on loginId if that is blank, and on loginIdTypes
// for an unknown type, or a phone number while Phones is nil.
func (p Parser) Parse(loginID string, types []IdentityType) ([]Identifier, error) {
	if strings.TrimSpace(loginID) == "" {
		return nil, &FieldError{Field: "loginId", Tag: TagBlank, Reason: "is blank"}
	}
	if len(types) == 0 {
		types = DefaultTypes()
	}
	if err := p.checkTypes(types); err != nil {
		return nil, err
	}
	var ids []Identifier
	var tried []IdentityType
	for _, t := range types {
		if slices.Contains(tried, t) {
			continue
		}
		tried = append(tried, t)
		if value, err := p.parseAs(t, loginID); err == nil {
			ids = append(ids, Identifier{Type: t, Value: value})
		}
	}
	return ids, nil
}

// ParseEmail is the package's ParseEmail, after Domain has had a domain that is
// not ASCII.
func (p Parser) ParseEmail(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if p.Domain == nil || at < 0 || isASCII(address[at:]) || len(address) > maxAddress {
		return ParseEmail(address)
	}
	domain, err := p.Domain(address[at+1:])
	if err != nil {
		return "", ErrEmail
	}
	return ParseEmail(address[:at+1] + domain)
}

// ParseUsername returns name as it is, or [ErrUsername]: a username is valid
// UTF-8 of 1 to [MaxUsername] bytes without control characters. It is not
// folded, trimmed or normalised: two names that look alike are two.
func ParseUsername(name string) (string, error) {
	if name == "" || len(name) > MaxUsername || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", ErrUsername
	}
	return name, nil
}

func (p Parser) checkTypes(types []IdentityType) error {
	for _, t := range types {
		switch {
		case t != Email && t != PhoneNumber && t != Username:
			return invalid("loginIdTypes", "must be of email, phoneNumber and username")
		case t == PhoneNumber && p.Phones == nil:
			return &FieldError{Field: "loginIdTypes", Tag: TagNotConfigured, Reason: "has phoneNumber, and Phones is not configured"}
		}
	}
	return nil
}

func (p Parser) parseAs(t IdentityType, loginID string) (string, error) {
	switch t {
	case Email:
		return p.ParseEmail(loginID)
	case PhoneNumber:
		return p.Phones.ParsePhone(loginID)
	}
	return ParseUsername(loginID)
}
