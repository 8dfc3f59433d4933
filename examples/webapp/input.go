package webapp

import (
	"fmt"
	"html/template"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// input is a field of a form, with what is to be said beside it.
type input struct {
	ID, Name, Label, Hint, Wrong string
	Type, Value, Complete        string
	Code                         field
	Focus                        bool
}

// words are what templates say with.
var words = template.FuncMap{
	"wait":        waiting,
	"seconds":     seconds,
	"days":        func(d time.Duration) string { return fmt.Sprint(int(d.Hours()/24), " days") },
	"day":         func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	"time":        func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"iso":         func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"to":          to,
	"way":         way,
	"input":       func(p page, id, label string) input { return p.code(id, label, field{}, false) },
	"code":        page.code,
	"email":       page.email,
	"phone":       page.phone,
	"recovery":    page.recovery,
	"nameField":   page.nameField,
	"newPassword": page.newPassword,
}

// about ties to a field what the notice says of it. A field that is wrong has the
// focus, so that nobody has to look for it.
func (p page) about(in input) input {
	if p.Notice.Field == in.ID {
		in.Wrong, in.Focus = p.Notice.Text, true
	} else if p.Notice.Field != "" {
		in.Focus = false
	}
	return in
}

func (p page) code(id, label string, f field, focus bool) input {
	return p.about(input{ID: id, Label: label, Code: f, Focus: focus})
}

// typed is what was typed into a field before, or into the one beside the code
// that was wrong.
func (p page) typed(id string) string {
	if n := p.Notice; n.Field == id || n.Field == "" || n.Field == "code" {
		return n.Value
	}
	return ""
}

func (p page) email(id, label, complete string, focus bool) input {
	name := id
	if id != "email" || complete != "username" {
		name = "to"
	}
	return p.about(input{ID: id, Name: name, Label: label, Type: "email", Complete: complete, Focus: focus, Value: p.typed(id)})
}

func (p page) phone(id, label string) input {
	return p.about(input{ID: id, Name: "to", Label: label, Type: "tel", Complete: "tel", Value: p.typed(id), Hint: "Such as +1 303 555 1212."})
}

func (p page) recovery(label string) input {
	return p.about(input{ID: "recovery", Name: "code", Label: label, Type: "text", Complete: "off", Hint: "Such as QJD73-L6GR5-9XM4T."})
}

func (p page) nameField(now string) input {
	return p.about(input{ID: "name", Name: "name", Label: "Name", Type: "text", Complete: "off", Value: now})
}

func (p page) newPassword(rules identity.PasswordValidationRules) input {
	return p.about(input{
		ID: "password", Name: "password", Label: "New password", Type: "password", Complete: "new-password", Focus: true,
		Hint: fmt.Sprintf("At least %d characters.", max(rules.MinLength, 8)),
	})
}
