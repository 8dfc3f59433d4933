package token

import (
	"encoding/json"
	"strconv"
	"time"
)

// parseClaims reads the payload of a token whose signature holds. It is strict
// about the type of every claim it knows; whether they are enough, and hold
// now, is the verifier's to say.
func parseClaims(payload []byte) (Claims, error) {
	members, err := parseObject(payload)
	if err != nil {
		return Claims{}, invalid("payload is " + err.Error())
	}
	r := claimReader{members: members}
	c := Claims{
		Issuer:             r.text("iss"),
		Subject:            r.text("sub"),
		Audience:           r.audience(),
		ExpiresAt:          r.instant("exp"),
		IssuedAt:           r.instant("iat"),
		NotBefore:          r.instant("nbf"),
		ID:                 r.text("jti"),
		TenantID:           r.text("tid"),
		SessionID:          r.text("sid"),
		AuthTime:           r.instant("auth_time"),
		ApplicationID:      r.text("applicationId"),
		Roles:              r.texts("roles"),
		AuthenticationType: r.text("authenticationType"),
		Methods:            r.texts("amr"),
		Context:            r.text("acr"),
		Email:              r.text("email"),
		EmailVerified:      r.flag("email_verified"),
		PreferredUsername:  r.text("preferred_username"),
		Scope:              r.text("scope"),
	}
	if r.err != nil {
		return Claims{}, r.err
	}
	if len(members) > 0 {
		c.Extra = members
	}
	return c, nil
}

// claimReader takes claims out of members, so that what is left is the
// caller's own, and keeps the first thing that was wrong. A claim that is there
// with a value of another type, null included, is wrong; an absent one is zero.
type claimReader struct {
	members map[string]any
	err     error
}

func (r *claimReader) take(name string) (value any, there bool) {
	value, there = r.members[name]
	delete(r.members, name)
	return value, there
}

func (r *claimReader) fail(name, want string) {
	if r.err == nil {
		r.err = invalid(name + " is not " + want)
	}
}

func (r *claimReader) text(name string) string {
	value, there := r.take(name)
	text, ok := value.(string)
	if there && !ok {
		r.fail(name, "a string")
	}
	return text
}

func (r *claimReader) flag(name string) bool {
	value, there := r.take(name)
	flag, ok := value.(bool)
	if there && !ok {
		r.fail(name, "a boolean")
	}
	return flag
}

func (r *claimReader) texts(name string) []string {
	value, there := r.take(name)
	if !there {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		r.fail(name, "a list")
	}
	texts := make([]string, 0, len(list))
	for _, entry := range list {
		text, ok := entry.(string)
		if !ok {
			r.fail(name, "a list of strings")
		}
		texts = append(texts, text)
	}
	return texts
}

// audience reads one audience. A token for several is refused: what one of them
// receives it could use at the others.
func (r *claimReader) audience() string {
	if _, isText := r.members["aud"].(string); isText {
		return r.text("aud")
	}
	audiences := r.texts("aud")
	if len(audiences) > 1 {
		r.fail("aud", "one audience")
	}
	if len(audiences) != 1 {
		return ""
	}
	return audiences[0]
}

// instant reads seconds since 1970: digits only, so that neither a fraction nor
// an exponent can stand for an instant that another reader would round.
func (r *claimReader) instant(name string) time.Time {
	value, there := r.take(name)
	if !there {
		return time.Time{}
	}
	number, _ := value.(json.Number)
	seconds, err := strconv.ParseUint(number.String(), 10, 63)
	if err != nil || seconds > maxInstant {
		r.fail(name, "an instant in whole seconds")
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
