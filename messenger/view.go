package messenger

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
)

// view is what a template sees; [TemplateConfig] describes it.
type view struct {
	Purpose     Purpose
	Locale      string
	Tenant      Ref
	Application Ref
	Name        string
	User        identity.User
	State       map[string]any
	Code        string
	Link        string
	Lifetime    lifetime
}

// checkMessage refuses what must not reach a header or a person's eyes.
func checkMessage(m Message) error {
	if m.Channel != Email && m.Channel != SMS {
		return &FieldError{Field: "Channel", Reason: "is neither email nor sms"}
	}
	if err := CheckAddress(m.Channel, m.To.Reveal()); err != nil {
		return err
	}
	for _, part := range []struct{ field, value string }{
		{"Tenant.Name", m.Tenant.Name},
		{"Application.Name", m.Application.Name},
		{"Code", m.Code.Reveal()},
		{"Link", m.Link.Reveal()},
	} {
		if hasHidden(part.value) {
			return &FieldError{Field: part.field, Reason: "has control characters"}
		}
	}
	return nil
}

func newView(m Message, locale, domain string) (*view, error) {
	v := &view{
		Purpose: m.Purpose, Locale: locale, Tenant: m.Tenant, Application: m.Application,
		Code: m.Code.Reveal(), Link: m.Link.Reveal(), Lifetime: lifetimeOf(m.Lifetime),
	}
	v.Application.Name = cmp.Or(m.Application.Name, m.Tenant.Name, domain)
	if v.Application.Name == "" {
		return nil, &FieldError{Field: "Application.Name", Reason: "is empty"}
	}
	if m.User != nil {
		v.User = presentable(*m.User)
		v.Name = cmp.Or(v.User.FirstName, v.User.FullName)
	}
	state, err := plainState(m.State)
	v.State = state
	return v, err
}

// samples are messages of each form, as little filled in as they may come.
func samples() []*view {
	const code, link = "123456", "https://www.piedpiper.com/login"
	var views []*view
	for _, secrets := range [][2]string{{code, ""}, {"", link}, {code, link}} {
		views = append(views, &view{
			Application: Ref{Name: "Pied Piper"}, Code: secrets[0], Link: secrets[1],
			Lifetime: lifetimeOf(3 * time.Minute),
		})
	}
	return views
}

// presentable empties the names that the person, or whoever signed up with
// somebody else's address, chose to make the message say something else. The
// message still goes out: a bad name must not keep its owner from signing in.
func presentable(u identity.User) identity.User {
	for _, name := range []*string{&u.FirstName, &u.MiddleName, &u.LastName, &u.FullName} {
		if !isPlainName(*name) {
			*name = ""
		}
	}
	for _, name := range []*string{&u.Username, &u.UniqueUsername} {
		if hasHidden(*name) {
			*name = ""
		}
	}
	return u
}

// isPlainName reports whether s reads as a name: letters, a few signs and
// digits, and nothing that a mail program makes a link or a number to call of.
func isPlainName(s string) bool {
	const longestName, mostDigits = 64, 3
	if hasHidden(s) || utf8.RuneCountInString(s) > longestName {
		return false
	}
	digits := 0
	for i, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), strings.ContainsRune(" ,'’·-", r):
		case unicode.IsDigit(r):
			digits++
		case r == '.' && (i+1 == len(s) || s[i+1] == ' '):
		default:
			return false
		}
	}
	return digits <= mostDigits
}

// plainState decodes state for a template, without control characters: in a
// text, where nothing is escaped, a line break could begin a message of its own.
func plainState(state identity.Object) (map[string]any, error) {
	if len(state) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(state))
	decoder.UseNumber()
	var members map[string]any
	if decoder.Decode(&members) != nil {
		return nil, &FieldError{Field: "State", Reason: "is not a JSON object"}
	}
	plain, _ := plainValue(members).(map[string]any)
	return plain, nil
}

func plainValue(value any) any {
	switch v := value.(type) {
	case string:
		return withoutHidden(v)
	case []any:
		for i := range v {
			v[i] = plainValue(v[i])
		}
	case map[string]any:
		plain := make(map[string]any, len(v))
		for name, member := range v {
			plain[withoutHidden(name)] = plainValue(member)
		}
		return plain
	}
	return value
}

// lifetime is a duration for people: a whole number of its greatest handy unit,
// rounded down so that it never promises too much.
type lifetime struct {
	Count int
	Unit  string // hour, minute or second
}

func lifetimeOf(d time.Duration) lifetime {
	switch {
	case d >= 2*time.Hour:
		return lifetime{int(d / time.Hour), "hour"}
	case d >= time.Minute:
		return lifetime{int(d / time.Minute), "minute"}
	}
	return lifetime{int(max(d, 0) / time.Second), "second"}
}
