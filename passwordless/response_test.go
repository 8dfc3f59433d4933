package passwordless_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// encoded is the JSON of v.
func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// S3-201, S3-202: the documented example comes back equal.
// S3-203, S3-213
func TestLoginResponseOfTheDocuments(t *testing.T) {
	t.Parallel()
	example := read(t, "login_response.json")
	r := decoded[passwordless.LoginResponse](t, example)
	wantSame(t, encoded(t, r), example)
	if r.User == nil || r.User.ID != logintest.UserID || r.State.Text("state") != "CSRF123" || !strings.HasPrefix(r.Token.Reveal(), "eyJ") {
		t.Errorf("decoded as %+v with state %s", r.User, r.State)
	}
}

// S0-1: these members and no others. S0-2: any of them may be absent.
// S2-24, S2-25, S2-36..S2-40, S2-42, S2-43..S2-48, S2-50..S2-53, S2-55, S2-56, S2-58, S2-60
// S2-57, S2-59: also those that only a second factor yields.
// S0-10: a pending link of an external identity goes through unchanged.
func TestLoginResponseHasEveryMember(t *testing.T) {
	t.Parallel()
	whole := read(t, "login_response_every_field.json")
	wantSame(t, encoded(t, decoded[passwordless.LoginResponse](t, whole)), whole)

	members := decoded[map[string]json.RawMessage](t, whole)
	var known []string
	for i := range reflect.TypeFor[passwordless.LoginResponse]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[passwordless.LoginResponse]().Field(i).Tag.Get("json"), ",")
		known = append(known, name)
	}
	slices.Sort(known)
	if names := slices.Sorted(maps.Keys(members)); !slices.Equal(names, known) {
		t.Errorf("the type has %v, want %v", known, names)
	}
	if len(known) != 18+1 { // and identityVerificationId, which is newer
		t.Errorf("%d members, want 19", len(known))
	}

	subsets := []map[string]json.RawMessage{{}}
	for name, value := range members {
		without := maps.Clone(members)
		delete(without, name)
		subsets = append(subsets, map[string]json.RawMessage{name: value}, without)
	}
	for _, subset := range subsets {
		data := encoded(t, subset)
		wantSame(t, encoded(t, decoded[passwordless.LoginResponse](t, data)), data)
	}
}

// S0-2: null is absent, and so is what is empty.
func TestLoginResponseOmitsWhatIsEmpty(t *testing.T) {
	t.Parallel()
	for _, empty := range []passwordless.LoginResponse{
		{},
		{Actions: []identity.Action{}, Methods: []identity.TwoFactorMethod{}, ConfigurableMethods: []string{}, ThreatsDetected: []identity.AuthenticationThreat{}},
		decoded[passwordless.LoginResponse](t, []byte(`{"token":null,"state":null,"user":null,"actions":null,"tokenExpirationInstant":null,"methods":null}`)),
	} {
		if got := string(encoded(t, empty)); got != "{}" {
			t.Errorf("encoded as %s, want {}", got)
		}
	}
}

// S0-3: the documentation says of every member what it is.
func TestLoginResponseIsDocumented(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "response.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var comments string
	for _, c := range file.Comments {
		comments += c.Text() + "\n"
	}
	said := 0
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.TypeSpec)
		if !ok || s.Name.Name != "LoginResponse" {
			return true
		}
		for _, f := range s.Type.(*ast.StructType).Fields.List {
			said++
			if name := f.Names[0].Name; f.Doc == nil && !strings.Contains(comments, name) {
				t.Errorf("no comment says what %s is", name)
			}
		}
		return false
	})
	if want := reflect.TypeFor[passwordless.LoginResponse]().NumField(); said != want {
		t.Errorf("%d members looked at, want %d", said, want)
	}
}

// S0-18, S0-19, S0-20, S0-21: milliseconds, as an integer.
func TestTokenExpirationInstant(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 8, 1, 19, 5, 19, 0, time.UTC)
	r := passwordless.LoginResponse{TokenExpirationInstant: identity.At(at)}
	if got, want := string(encoded(t, r)), `{"tokenExpirationInstant":1659380719000}`; got != want {
		t.Errorf("encoded as %s, want %s", got, want)
	}
	for _, text := range []string{`{"tokenExpirationInstant":1659380719000}`, `{"tokenExpirationInstant":"1659380719000"}`} {
		if got := decoded[passwordless.LoginResponse](t, []byte(text)).TokenExpirationInstant.Time(); !got.Equal(at) {
			t.Errorf("%s is %v, want %v", text, got, at)
		}
	}
}

// anyState has a value of every type that JSON has.
const anyState = `{"redirect_uri":"https://piedpiper.com/callback?a=1&b=2","big":12345678901234567890.000000000000000001,` +
	`"e":1E+2,"neg":-0,"null":null,"yes":true,"list":[1,"two",{"three":[]}],"":{},"text":"\u0000é😀 <b>","deep":{"a":{"b":{}}}}`

// S0-14, S0-15, S2-54: any JSON value comes back, and numbers to the last digit.
// S3-25, S3-111
func TestStateComesBack(t *testing.T) {
	t.Parallel()
	for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
		h := open(t)
		r := decoded[passwordless.StartRequest](t, []byte(`{"applicationId":"`+logintest.ApplicationID+`","loginId":"`+logintest.Email+`","state":`+anyState+`}`))
		r.LoginStrategy = strategy
		r.DiscloseCode = true
		s := start(h, r)
		result := h.Complete(passwordless.LoginRequest{Code: shown(s.Code), OneTimeCode: secret.New(s.OneTimeCode.Reveal())})
		wantSame(t, result.Response.State, []byte(anyState))
		got := decoded[struct{ State json.RawMessage }](t, encoded(t, result.Response))
		wantSame(t, got.State, []byte(anyState))
	}
}

// S0-14: absent where none was given.
func TestNoStateIsAbsent(t *testing.T) {
	t.Parallel()
	h := open(t)
	if got := fields(t, h.Complete(h.Form()).Response); slices.Contains(got, "state") {
		t.Errorf("the response has %v", got)
	}
}

// without returns v's JSON with the members named replaced by a placeholder.
func without(t *testing.T, v any, secrets ...string) []byte {
	t.Helper()
	m := decoded[map[string]json.RawMessage](t, encoded(t, v))
	for _, name := range secrets {
		if len(m[name]) < 45 { // 43 characters and quotes
			t.Errorf("%s is %d bytes, want a handle of 43 characters", name, len(m[name])-2)
		}
		m[name] = json.RawMessage(`"…"`)
	}
	return encoded(t, m)
}

// S3-85, S3-92, S3-96: the bodies of the documents, as the login gives them.
// S0-27, S0-28, S0-29, S0-33..S0-36: what an action says.
// S0-5, S0-6, S0-9, S0-23, S0-45, S0-49: and of a method only the address that is its own.
func TestBodiesOfTheDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		golden  string
		want    outcome.Outcome
		secrets []string
		change  func(h *logintest.House, u *identity.User)
	}{
		{"outcome_203.json", outcome.ChangePasswordRequired, []string{"changePasswordId"}, func(_ *logintest.House, u *identity.User) {
			u.PasswordChangeRequired, u.PasswordChangeReason = true, identity.ChangeExpired
		}},
		{"outcome_242.json", outcome.TwoFactorRequired, []string{"twoFactorId"}, func(h *logintest.House, _ *identity.User) {
			factor(h, "2KSZ", identity.MethodAuthenticator, "")
			factor(h, "KLRT", identity.MethodEmail, "example@fusionauth.io")
		}},
		{"outcome_409.json", outcome.LoginPrevented, nil, func(_ *logintest.House, u *identity.User) {
			u.Actions = []identity.Action{suspended(logintest.Start.Add(time.Hour))}
		}},
	} {
		h := open(t)
		u := h.User()
		c.change(h, &u)
		h.Put(u)
		result := h.Complete(h.Form())
		if result.Outcome != c.want {
			t.Errorf("%s: outcome %v, want %v", c.golden, result.Outcome, c.want)
		}
		wantSame(t, without(t, result.Response, c.secrets...), read(t, c.golden))
	}
}

// suspended is an action that keeps somebody out until it expires.
func suspended(until time.Time) identity.Action {
	return identity.Action{
		ActionID: "0c0b1a5c-5d32-4a1e-9e46-0ee1dcd2a1c0", ActionerUserID: "00000000-0000-0001-0000-000000000000",
		Expiry: identity.At(until), Name: "Suspended", Option: "One day", Reason: "Abuse", ReasonCode: "abuse", PreventLogin: true,
	}
}

// factor gives the sample user a confirmed second factor by a name of its own.
func factor(h *logintest.House, id, kind, to string) {
	h.T.Helper()
	f := store.Factor{
		FactorID: store.FactorID{Tenant: logintest.TenantID, User: logintest.UserID, ID: id},
		Kind:     kind, To: to, Sealed: []byte(canary + "-sealed"), Created: logintest.Start.Add(-time.Hour),
	}
	if kind == identity.MethodAuthenticator {
		f.Codes = identity.Authenticator{Algorithm: identity.HmacSHA1, CodeLength: 6, TimeStep: 30}
	}
	if err := h.Backend.Store.PutFactor(h.T.Context(), f); err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Backend.Store.ConfirmFactor(h.T.Context(), f.FactorID, 1, nil, logintest.Start); err != nil {
		h.T.Fatal(err)
	}
}

// canary marks what must not be seen.
const canary = "SECRET-CANARY"

// S2-131, S0-50, S0-52, S2-49, S2-89, S2-90, S2-101, S2-103, S2-117, S2-118, S2-121, S2-125:
// a secret of a user is in no response, hook, event or message.
// S0-25: the user of a response is a secured copy.
func TestSecretsOfAUserStay(t *testing.T) {
	t.Parallel()
	h := open(t)
	u := h.User()
	hidden := secret.New(canary)
	u.Password, u.Salt, u.EncryptionScheme, u.Factor = hidden, hidden, hidden, hidden
	u.TwoFactor = identity.TwoFactor{
		Methods:       []identity.TwoFactorMethod{{ID: "35VW", Method: identity.MethodAuthenticator, Secret: hidden}},
		RecoveryCodes: []secret.Text{hidden},
	}
	u.Registrations[0].AuthenticationToken = hidden
	u.Registrations[0].Tokens = map[string]secret.Text{"Facebook": hidden}
	u.PasswordChangeReason = identity.ChangeBreached
	h.Put(u)
	var seen []any
	h.Config.Veto = func(_ context.Context, a passwordless.Attempt) error {
		seen = append(seen, a.User, a)
		return nil
	}
	h.Config.Threats = func(_ context.Context, a passwordless.Attempt) []identity.AuthenticationThreat {
		seen = append(seen, a.User, a)
		return nil
	}
	result := h.Complete(h.Form())
	if len(seen) != 4 || result.Response.User == nil {
		t.Fatalf("%d values seen by hooks, want 4, and a user in the response", len(seen))
	}
	seen = append(seen, *result, result.Response, *result.Response.User)
	for _, e := range h.Events() {
		seen = append(seen, e)
	}
	for _, m := range h.Inbox.Messages() {
		seen = append(seen, m, *m.User)
	}
	for _, v := range seen {
		for _, text := range []string{fmt.Sprintf("%v %+v %#v", v, v, v), string(encoded(t, v))} {
			if strings.Contains(text, canary) {
				t.Errorf("%T shows a secret of the user: %s", v, text)
			}
		}
	}
	for _, u := range []identity.User{*result.Response.User, *h.Inbox.Messages()[0].User, seen[0].(identity.User), seen[2].(identity.User)} {
		if !u.Password.IsZero() || !u.Salt.IsZero() || !u.EncryptionScheme.IsZero() || !u.Factor.IsZero() ||
			len(u.TwoFactor.RecoveryCodes) > 0 || !u.Registrations[0].AuthenticationToken.IsZero() || len(u.Registrations[0].Tokens) > 0 {
			t.Error("a copy of the user that leaves the login still holds a secret, redacted or not")
		}
	}
}

// S0-25: where there is no token there is no user, but with 212 and 213.
// S0-4, S0-17: and never a token beside what withholds one.
func TestTokenAndUserGoWithTheOutcome(t *testing.T) {
	t.Parallel()
	h := open(t)
	u := h.User()
	u.Actions = []identity.Action{suspended(logintest.Start.Add(time.Hour))}
	u.PasswordChangeRequired = true
	h.Put(u)
	got := fields(t, h.Complete(h.Form()).Response)
	if !slices.Equal(got, []string{"actions"}) {
		t.Errorf("the response has %v, want actions alone", got)
	}
}

// S3-94, S3-97, S3-98: the bodies that are empty on the wire are {} here.
func TestEmptyBodies(t *testing.T) {
	t.Parallel()
	for _, change := range []func(u *identity.User){
		func(u *identity.User) { u.Active = false },
		func(u *identity.User) { u.Expiry = identity.At(logintest.Start) },
	} {
		h := open(t)
		u := h.User()
		change(&u)
		h.Put(u)
		if got := encoded(t, h.Complete(h.Form()).Response); !bytes.Equal(got, []byte("{}")) {
			t.Errorf("the response is %s, want {}", got)
		}
	}
}
