package storetest

import (
	"reflect"
	"testing"
	"time"
)

// A field that is zero proves nothing. What is listed is zero for a reason.
func TestRecordsHaveEveryFieldSet(t *testing.T) {
	t.Parallel()
	r := &trial{start: time.Now()}
	for _, c := range []struct {
		record any
		zero   map[string]bool
	}{
		{r.ticket("a"), nil},
		{r.grant("a"), nil},
		{r.login("a"), map[string]bool{"First": true, "Epoch": true}},                                            // set by the cases of each
		{r.factor("a"), map[string]bool{"Confirmed": true, "Used": true, "Step": true}},                          // set by ConfirmFactor
		{wholeUser(), map[string]bool{"Password": true, "Salt": true, "EncryptionScheme": true, "Factor": true}}, // secrets
		{wholeUser().Identities[0], nil},
		{wholeUser().Registrations[0], map[string]bool{"AuthenticationToken": true, "Tokens": true}}, // secrets
		{wholeUser().Memberships[0], nil},
		{wholeUser().Actions[0], nil},
	} {
		v := reflect.ValueOf(c.record)
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() != c.zero[name] {
				t.Errorf("%T.%s is zero: %v", c.record, name, v.Field(i).IsZero())
			}
		}
	}
}

// What the kit calls a difference decides what it lets pass.
func TestDifference(t *testing.T) {
	t.Parallel()
	r := &trial{start: time.UnixMilli(1_795_435_200_123).UTC()}
	whole := r.ticket("a")
	for field, change := range map[string]func(){
		".Purpose":  func() { whole.Purpose = "two-factor" },
		".Budget":   func() { whole.Budget[31]++ },
		".Attempts": func() { whole.Attempts++ },
		".Code":     func() { whole.Code = whole.Code[1:] },
		".Data":     func() { whole.Data[0]++ },
		".Expires":  func() { whole.Expires = whole.Expires.Add(time.Millisecond) },
		".Sent":     func() { whole.Sent = whole.Sent.In(time.FixedZone("elsewhere", 3600)) },
	} {
		whole = r.ticket("a")
		change()
		got := difference(reflect.ValueOf(whole), reflect.ValueOf(r.ticket("a")))
		if len(got) < len(field) || got[:len(field)] != field {
			t.Errorf("a changed %s is told as %q", field, got)
		}
	}
	if got := difference(reflect.ValueOf(r.ticket("a")), reflect.ValueOf(r.ticket("a"))); got != "" {
		t.Errorf("two tickets that are the same differ in %q", got)
	}
}
