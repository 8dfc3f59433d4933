package token

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// MarshalJSON returns the claims as a token carries them. It fills nothing in
// and requires nothing. *ClaimError for a claim that cannot be written.
func (c Claims) MarshalJSON() ([]byte, error) { return c.encode() }

// encode is written by hand because it is on the path of every login: what
// encoding/json does by reflection costs more than the rest of the framing.
func (c Claims) encode() ([]byte, error) {
	e := encoder{out: make([]byte, 0, 1024)}
	e.text("iss", c.Issuer)
	e.text("sub", c.Subject)
	e.text("aud", c.Audience)
	e.instant("exp", c.ExpiresAt)
	e.instant("iat", c.IssuedAt)
	e.instant("nbf", c.NotBefore)
	e.text("jti", c.ID)
	e.text("tid", c.TenantID)
	e.text("sid", c.SessionID)
	e.instant("auth_time", c.AuthTime)
	e.text("applicationId", c.ApplicationID)
	e.texts("roles", c.Roles)
	e.text("authenticationType", c.AuthenticationType)
	e.texts("amr", c.Methods)
	e.text("acr", c.Context)
	e.text("email", c.Email)
	if c.Email != "" {
		e.name("email_verified")
		e.out = strconv.AppendBool(e.out, c.EmailVerified)
	}
	e.text("preferred_username", c.PreferredUsername)
	e.text("scope", c.Scope)
	e.extra(c.Extra)
	return e.finish()
}

// encoder writes the members of one object and keeps the first thing that was
// wrong.
type encoder struct {
	out []byte
	err error
}

func (e *encoder) fail(claim, reason string) {
	if e.err == nil {
		e.err = &ClaimError{Claim: claim, Reason: reason}
	}
}

func (e *encoder) name(name string) {
	separator := byte(',')
	if len(e.out) == 0 {
		separator = '{'
	}
	e.out = append(e.out, separator, '"')
	e.out = append(e.out, name...)
	e.out = append(e.out, '"', ':')
}

func (e *encoder) text(name, value string) {
	if value == "" {
		return
	}
	e.name(name)
	e.value(name, value)
}

func (e *encoder) texts(name string, values []string) {
	if values == nil {
		return
	}
	e.name(name)
	e.out = append(e.out, '[')
	for i, value := range values {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.value(name, value)
	}
	e.out = append(e.out, ']')
}

func (e *encoder) instant(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if !isInstant(t) {
		e.fail(name, "not between 1970 and 9999")
	}
	e.name(name)
	e.out = strconv.AppendInt(e.out, t.Unix(), 10)
}

func (e *encoder) value(name, value string) {
	if isPlain(value) {
		e.out = append(e.out, '"')
		e.out = append(e.out, value...)
		e.out = append(e.out, '"')
		return
	}
	// encoding/json would write U+FFFD, which is another value.
	if !utf8.ValidString(value) {
		e.fail(name, "not UTF-8")
		return
	}
	quoted, _ := json.Marshal(value) // valid strings do not fail
	e.out = append(e.out, quoted...)
}

// extra writes the caller's own claims in order of name, so that the same
// claims are always the same bytes.
func (e *encoder) extra(claims map[string]any) {
	if len(claims) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if isReserved(name) {
			e.fail(name, "reserved")
			return
		}
		if name == "" || !isPlain(name) {
			e.fail(strconv.QuoteToASCII(name), "name must be printable ASCII without quote or backslash")
			return
		}
		value, err := json.Marshal(claims[name])
		if err != nil {
			e.fail(name, "does not encode as JSON")
			return
		}
		e.name(name)
		e.out = append(e.out, value...)
	}
}

func (e *encoder) finish() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	if len(e.out) == 0 {
		e.out = append(e.out, '{')
	}
	return append(e.out, '}'), nil
}

// isPlain reports whether s is printable ASCII that JSON writes as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
