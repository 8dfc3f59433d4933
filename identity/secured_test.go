package identity_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
)

// kept is a user with a sentinel in every secret.
func kept() identity.User {
	return identity.User{
		ID:               "00000000-0000-0001-0000-000000000000",
		Email:            "example@fusionauth.io",
		PhoneNumber:      "+13035551212",
		ParentEmail:      "jared@piedpiper.com",
		Password:         secret.New("sentinel-password"),
		Salt:             secret.New("sentinel-salt"),
		EncryptionScheme: secret.New("sentinel-scheme"),
		Factor:           secret.New("sentinel-factor"),
		Identities:       []identity.UserIdentity{{Type: identity.Email, Value: "example@fusionauth.io"}},

		BreachedPasswordStatus:             identity.BreachExactMatch,
		BreachedPasswordLastCheckedInstant: 1742936980069,

		TwoFactor: identity.TwoFactor{
			Methods:       []identity.TwoFactorMethod{{ID: "35VW", Email: "example@fusionauth.io", Secret: secret.New("sentinel-seed")}},
			RecoveryCodes: []secret.Text{secret.New("sentinel-recovery")},
		},
		Registrations: []identity.Registration{{
			ApplicationID:       "10000000-0000-0002-0000-000000000001",
			AuthenticationToken: secret.New("sentinel-token"),
			Tokens:              map[string]secret.Text{"Facebook": secret.New("sentinel-facebook")},
		}},
	}
}

// hidden holds a user where fmt calls no methods.
type hidden struct{ user identity.User }

// S2-131: a user's secrets are nowhere, whatever prints or encodes the user.
// S0-50, S0-52, S2-49, S2-89, S2-90, S2-117, S2-118, S2-121, S2-125
func TestNoEncodingShowsASecret(t *testing.T) {
	t.Parallel()
	u := kept()
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", u), "%+v": fmt.Sprintf("%+v", u), "%#v": fmt.Sprintf("%#v", u), "%s": fmt.Sprintf("%s", u),
		"%q": fmt.Sprintf("%q", u), "%x": fmt.Sprintf("%x", u), "%d": fmt.Sprintf("%d", u), "%+v of a pointer": fmt.Sprintf("%+v", &u),
		"%+v in a struct": fmt.Sprintf("%+v", struct{ User *identity.User }{&u}), "%+v unexported": fmt.Sprintf("%+v", hidden{u}),
		"%#v unexported": fmt.Sprintf("%#v", hidden{u}), "%+v of parts": fmt.Sprintf("%+v %+v", u.Registrations, u.TwoFactor),
		"json": string(encode(t, u)), "secured json": string(encode(t, u.Secured())), "gob": gobbed(t, u),
		"slog text": logged(u, false), "slog json": logged(u, true), "slog of parts": logged(u.TwoFactor, true) + logged(u.Registrations, true),
	} {
		if strings.Contains(text, "sentinel") || strings.Contains(text, fmt.Sprintf("%x", "sentinel")) {
			t.Errorf("%s shows a secret: %s", name, text)
		}
	}
}

// S2-67: addresses and numbers are for responses, and in no log.
func TestPrintingShowsNoAddress(t *testing.T) {
	t.Parallel()
	u := kept()
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", u), "%+v": fmt.Sprintf("%+v", u), "%#v": fmt.Sprintf("%#v", u), "%d": fmt.Sprintf("%d", u),
		"%+v in a struct": fmt.Sprintf("%+v", struct{ User identity.User }{u}), "%+v of identities": fmt.Sprintf("%+v", u.Identities),
		"%#v of factors": fmt.Sprintf("%#v", u.TwoFactor.Methods), "slog text": logged(u, false), "slog json": logged(u, true),
		"slog of an identity": logged(u.Identities[0], true), "slog of a method": logged(u.TwoFactor.Methods[0], true),
		"slog of an identifier": logged(u.Identities[0].Identifier(), true),
	} {
		if strings.Contains(text, "example") || strings.Contains(text, "3035551212") || strings.Contains(text, "jared") {
			t.Errorf("%s shows an address: %s", name, text)
		}
	}
}

func gobbed(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		t.Fatalf("gob: %v", err)
	}
	return b.String()
}

func logged(v any, asJSON bool) string {
	var b bytes.Buffer
	var h slog.Handler = slog.NewTextHandler(&b, nil)
	if asJSON {
		h = slog.NewJSONHandler(&b, nil)
	}
	slog.New(h).Info("login", "value", v)
	return b.String()
}

// S2-77, S2-114, S2-115: an end user is not shown these.
// S3-169, S3-178: nor the tokens of a registration.
func TestSecuredHoldsNoSecret(t *testing.T) {
	t.Parallel()
	before := kept()
	s := before.Secured()
	for name, text := range map[string]secret.Text{
		"Password": s.Password, "Salt": s.Salt, "EncryptionScheme": s.EncryptionScheme, "Factor": s.Factor,
		"a method's Secret": s.TwoFactor.Methods[0].Secret, "AuthenticationToken": s.Registrations[0].AuthenticationToken,
	} {
		if !text.IsZero() {
			t.Errorf("%s is still there", name)
		}
	}
	if s.TwoFactor.RecoveryCodes != nil || s.Registrations[0].Tokens != nil {
		t.Error("recovery codes or tokens are still there")
	}
	for _, name := range []string{"breachedPassword", "parentEmail"} {
		if text := string(encode(t, s)); strings.Contains(text, name) {
			t.Errorf("%s is shown: %s", name, text)
		}
	}
	if !reflect.DeepEqual(before, kept()) {
		t.Error("Secured changed the user it was called on")
	}
	if s.ID != before.ID || s.Email != before.Email || s.TwoFactor.Methods[0].ID != "35VW" || len(s.Registrations) != 1 {
		t.Error("Secured took more than the secrets")
	}
}

// Whatever Secured keeps of a user with every field set, no secret is in it: a
// field that is added later and holds one fails here.
func TestSecuredOfAUserWithEveryFieldSet(t *testing.T) {
	t.Parallel()
	var u identity.User
	fill(t, reflect.ValueOf(&u).Elem())
	if u.Password.Reveal() == "" || u.TwoFactor.RecoveryCodes[0].Reveal() == "" || u.Registrations[0].Tokens["key"].Reveal() == "" {
		t.Fatal("the user was not filled")
	}
	if found := texts(reflect.ValueOf(u.Secured())); found != 0 {
		t.Errorf("Secured keeps %d secrets", found)
	}
	if found := texts(reflect.ValueOf(u)); found == 0 {
		t.Error("the search for secrets finds none where there are some")
	}
}

// S2-122
func TestSecuredGivesAReasonOnlyForWhatIsRequired(t *testing.T) {
	t.Parallel()
	u := identity.User{PasswordChangeReason: identity.ChangeExpired}
	if got := u.Secured().PasswordChangeReason; got != "" {
		t.Errorf("not required, and the reason is %q", got)
	}
	u.PasswordChangeRequired = true
	if got := u.Secured().PasswordChangeReason; got != identity.ChangeExpired {
		t.Errorf("required, and the reason is %q", got)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	var u identity.User
	fill(t, reflect.ValueOf(&u).Elem())
	before, _ := json.Marshal(u)
	c := u.Clone()
	if !reflect.DeepEqual(c, u) {
		t.Error("a clone differs from its user")
	}
	overwrite(reflect.ValueOf(&c).Elem())
	if after, _ := json.Marshal(u); !bytes.Equal(before, after) {
		t.Errorf("a change of the clone shows in its user:\n%s\n%s", before, after)
	}
	if u.Actions[0].Name == "" || u.TwoFactor.RecoveryCodes[0].IsZero() || u.Registrations[0].Tokens["key"].IsZero() {
		t.Error("a change of the clone shows in what its user does not encode")
	}
}

// fill sets everything in v, with one element in each list and map.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case secret.Text:
		v.Set(reflect.ValueOf(secret.New("sentinel")))
		return
	case identity.Object:
		v.Set(reflect.ValueOf(identity.Object(`{"a":1}`)))
		return
	case identity.Date:
		v.Set(reflect.ValueOf(identity.Date{Year: 1976, Month: 5, Day: 30}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(6)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(t, element)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), element)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// overwrite zeroes all that can be reached from v without replacing a list, map
// or pointer: what a holder of a shared one could do.
func overwrite(v reflect.Value) {
	if v.Type() == reflect.TypeFor[secret.Text]() {
		v.SetZero()
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		overwrite(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			overwrite(v.Index(i))
		}
	case reflect.Map:
		v.Clear()
	case reflect.Struct:
		for i := range v.NumField() {
			overwrite(v.Field(i))
		}
	default:
		v.SetZero()
	}
}

// texts counts the secrets that are set in v.
func texts(v reflect.Value) (n int) {
	if text, ok := v.Interface().(secret.Text); ok {
		if text.IsZero() {
			return 0
		}
		return 1
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return texts(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += texts(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			n += texts(v.MapIndex(key))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += texts(v.Field(i))
		}
	}
	return n
}
