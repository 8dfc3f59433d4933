package passwordless_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// S0-26: a user is global, their registrations are for one application each, and
// both have languages and free data of their own. S2-72, S2-74: when they were
// made and changed is in milliseconds, and a login changes neither.
func TestUserIsGlobal(t *testing.T) {
	t.Parallel()
	h := open(t)
	u := h.User()
	u.InsertInstant, u.LastUpdateInstant = 1742936980069, 1742936980070
	u.Data = identity.Object(`{"displayName":"Johnny Boy"}`)
	u.Registrations[0].Data = identity.Object(`{"displayName":"Johnny"}`)
	u.Registrations[0].PreferredLanguages = []string{"fr"}
	h.Put(u)
	b, err := json.Marshal(h.Complete(h.Form()).Response)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		User struct {
			InsertInstant      json.Number     `json:"insertInstant"`
			LastUpdateInstant  json.Number     `json:"lastUpdateInstant"`
			PreferredLanguages []string        `json:"preferredLanguages"`
			Data               json.RawMessage `json:"data"`
			Registrations      []struct {
				PreferredLanguages []string        `json:"preferredLanguages"`
				Data               json.RawMessage `json:"data"`
			} `json:"registrations"`
		} `json:"user"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.User.InsertInstant != "1742936980069" || got.User.LastUpdateInstant != "1742936980070" {
		t.Errorf("made at %s, changed at %s", got.User.InsertInstant, got.User.LastUpdateInstant)
	}
	if len(got.User.Registrations) != 1 {
		t.Fatalf("%d registrations", len(got.User.Registrations))
	}
	r := got.User.Registrations[0]
	if strings.Join(got.User.PreferredLanguages, " ") != "en fr" || strings.Join(r.PreferredLanguages, " ") != "fr" {
		t.Errorf("languages %v and, registered, %v", got.User.PreferredLanguages, r.PreferredLanguages)
	}
	if string(got.User.Data) != `{"displayName":"Johnny Boy"}` || string(r.Data) != `{"displayName":"Johnny"}` {
		t.Errorf("data %s and, registered, %s", got.User.Data, r.Data)
	}
}

// IDN-11: nothing that a request can say, however deep, marks anybody verified.
func TestNobodyVerifiesThemselves(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, calls := range []reflect.Type{reflect.TypeFor[*passwordless.Login](), reflect.TypeFor[*mfa.Factors]()} {
		for m := range calls.Methods() {
			for i := 1; i < m.Type.NumIn(); i++ {
				seen += unverifiable(t, m.Name, m.Type.In(i), 0)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d fields looked at: the requests were not found", seen)
	}
}

// unverifiable looks through the fields of what a call takes from outside.
func unverifiable(t *testing.T, call string, in reflect.Type, depth int) (seen int) {
	t.Helper()
	for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
		in = in.Elem()
	}
	made := in == reflect.TypeFor[mfa.Person]() // by the library itself, from the store
	if in.Kind() != reflect.Struct || depth > 6 || made {
		return 0
	}
	for i := range in.NumField() {
		f := in.Field(i)
		if strings.Contains(strings.ToLower(f.Name), "verified") || strings.Contains(f.Tag.Get("json"), "verified") {
			t.Errorf("%s takes %s.%s", call, in, f.Name)
		}
		seen += 1 + unverifiable(t, call, f.Type, depth+1)
	}
	return seen
}
