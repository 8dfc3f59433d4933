package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

const canary = "canary-yrc7"

// holder shows both sides of fmt: it calls methods on exported fields only.
type holder struct {
	n      int
	hidden secret.Text
	held   *secret.Text
	issued secret.Issued
	list   []secret.Text
	named  map[string]secret.Text
	any    any
	Shown  secret.Text
	Issued secret.Issued
	Key    secret.Key
}

func holding(s string) holder {
	t := secret.New(s)
	return holder{
		n: 1, hidden: t, held: &t, issued: secret.Issue(s),
		list: []secret.Text{t}, named: map[string]secret.Text{"x": t}, any: t,
		Shown: t, Issued: secret.Issue(s), Key: secret.Key{ID: "id", Secret: t},
	}
}

// shows reports whether out holds the canary as itself, in hex, in base64 or as
// the numbers of its bytes.
func shows(out string) bool {
	raw := []byte(canary)
	numbers := strings.Trim(fmt.Sprint(raw), "[]")
	spaced := fmt.Sprintf("% x", raw)
	syntax := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}")
	forms := []string{canary, numbers, spaced, syntax, hex.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw[:9])}
	for _, form := range forms {
		if strings.Contains(strings.ToLower(out), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func TestShowsFindsTheCanary(t *testing.T) {
	t.Parallel()
	plain := struct{ hidden string }{canary}
	raw := struct{ hidden []byte }{[]byte(canary)}
	for _, out := range []string{
		fmt.Sprintf("%+v", plain), fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain),
		fmt.Sprintf("%v", raw), fmt.Sprintf("%#v", raw), fmt.Sprintf("% x", raw),
		base64.StdEncoding.EncodeToString([]byte(canary)),
	} {
		if !shows(out) {
			t.Errorf("%s: the canary is in it and was not found", out)
		}
	}
}

func TestFmtRedacts(t *testing.T) {
	t.Parallel()
	text, h := secret.New(canary), holding(canary)
	values := map[string]any{
		"Text": text, "*Text": &text, "Issued": secret.Issue(canary),
		"struct": h, "*struct": &h, "slice": []holder{h}, "map": map[string]*secret.Text{"x": &text},
		"array": [1]secret.Text{text}, "any": []any{text, &h}, "nested": struct{ inner holder }{h},
		"reflected": reflect.ValueOf(h), "reflected field": reflect.ValueOf(h).FieldByName("hidden"),
		"its own field": reflect.ValueOf(text).FieldByName("value"),
	}
	for name, value := range values {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			for _, flags := range []string{"", "+", "#", " ", "+#", "09.3"} {
				format := "%" + flags + string(verb)
				for _, out := range []string{fmt.Sprintf(format, value), fmt.Errorf(format, value).Error()} {
					if shows(out) {
						t.Errorf("%s of %s shows the secret: %s", format, name, out)
					}
				}
			}
		}
	}
}

func TestPrintsAsRedacted(t *testing.T) {
	t.Parallel()
	for _, value := range []any{secret.New(canary), secret.Text{}, secret.Issue(canary)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%20s"} {
			if got := fmt.Sprintf(format, value); got != "[redacted]" {
				t.Errorf("%s of %T = %s, want [redacted]", format, value, got)
			}
		}
		if got := value.(fmt.Stringer).String(); got != "[redacted]" {
			t.Errorf("String of %T = %s, want [redacted]", value, got)
		}
		if got := value.(fmt.GoStringer).GoString(); got != "[redacted]" {
			t.Errorf("GoString of %T = %s, want [redacted]", value, got)
		}
	}
}

func TestEncodersRedact(t *testing.T) {
	t.Parallel()
	type record struct {
		hidden secret.Text
		Text   secret.Text
		List   []secret.Text
		Held   *secret.Text
		Key    secret.Key
	}
	text := secret.New(canary)
	r := record{text, text, []secret.Text{text}, &text, secret.Key{ID: "id", Secret: text}}
	encoders := map[string]func() (string, error){
		"json": func() (string, error) { b, err := json.Marshal(r); return string(b), err },
		"xml":  func() (string, error) { b, err := xml.Marshal(r); return string(b), err },
		"gob": func() (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(r)
			return b.String(), err
		},
		"gob of Issued": func() (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(secret.Issue(canary))
			return "[redacted]" + b.String(), err
		},
		"xml of Issued": func() (string, error) { b, err := xml.Marshal(secret.Issue(canary)); return string(b), err },
		"template": func() (string, error) {
			var b strings.Builder
			err := template.Must(template.New("").Parse("{{.}} {{.Text}} {{.List}}")).Execute(&b, r)
			return b.String(), err
		},
		"slog text": func() (string, error) {
			var b strings.Builder
			logAll(slog.NewTextHandler(&b, nil), text, r)
			return b.String(), nil
		},
		"slog json": func() (string, error) {
			var b strings.Builder
			logAll(slog.NewJSONHandler(&b, nil), text, r)
			return b.String(), nil
		},
	}
	for name, encode := range encoders {
		out, err := encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if shows(out) || !strings.Contains(out, "[redacted]") {
			t.Errorf("%s: got %s, want it redacted", name, out)
		}
	}
}

func logAll(h slog.Handler, text secret.Text, record any) {
	log := slog.New(h).With("with", text)
	log.Info("x", "text", text, "pointer", &text, "issued", secret.Issue(canary), "record", record,
		"map", map[string]secret.Text{"x": text}, slog.Group("group", "issued", secret.Issue(canary)))
}

func TestTextTakesInSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`"` + canary + `"`, canary},
		{`"000123"`, "000123"},
		{`"a\u003cb\u00e9"`, "a<b\u00e9"},
		{`null`, ""},
		{`""`, ""},
		{`"[redacted]"`, ""},
	} {
		text, issued := secret.New("before"), secret.Issue("before")
		for name, into := range map[string]any{"Text": &text, "Issued": &issued} {
			if err := json.Unmarshal([]byte(c.in), into); err != nil {
				t.Errorf("%s from %s: %v", name, c.in, err)
			}
		}
		if text.Reveal() != c.want || issued.Reveal() != c.want {
			t.Errorf("%s: got %q and %q, want %q", c.in, text.Reveal(), issued.Reveal(), c.want)
		}
		if text.IsZero() != (c.want == "") {
			t.Errorf("%s: IsZero = %v", c.in, text.IsZero())
		}
	}
}

func TestTextRefusesOtherJSON(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`73519462`, `true`, `["73519462"]`, `{"73519462":1}`} {
		var login struct {
			Code secret.Text `json:"code"`
		}
		err := json.Unmarshal([]byte(`{"code":`+in+`}`), &login)
		if te, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok || te.Field != "code" {
			t.Errorf("%s: got %v, want an UnmarshalTypeError that names code", in, err)
		}
		if err != nil && strings.Contains(err.Error(), "73519462") {
			t.Errorf("%s: the error shows what came in: %v", in, err)
		}
		if !login.Code.IsZero() {
			t.Errorf("%s left %q", in, login.Code.Reveal())
		}
	}
}

func TestUnmarshalText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{canary: canary, "": "", "[redacted]": ""} {
		text := secret.New("before")
		if err := text.UnmarshalText([]byte(in)); err != nil || text.Reveal() != want {
			t.Errorf("%q: got %q, %v, want %q", in, text.Reveal(), err, want)
		}
	}
}

func TestGobBringsBackNothing(t *testing.T) {
	t.Parallel()
	type record struct {
		Name string
		Text secret.Text
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(record{"x", secret.New(canary)}); err != nil {
		t.Fatal(err)
	}
	got := record{Text: secret.New("before")}
	if err := gob.NewDecoder(&b).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "x" || !got.Text.IsZero() {
		t.Errorf("got %q and %q, want x and nothing", got.Name, got.Text.Reveal())
	}
}

func TestIssuedIsClearInJSONAlone(t *testing.T) {
	t.Parallel()
	type response struct {
		Token   secret.Issued `json:"token,omitzero"`
		Refresh secret.Issued `json:"refreshToken,omitzero"`
	}
	b, err := json.Marshal(response{Token: secret.Issue(`a"<é`)})
	if want := `{"token":"a\"\u003cé"}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	var back response
	if err := json.Unmarshal(b, &back); err != nil || back.Token.Reveal() != `a"<é` || !back.Refresh.IsZero() {
		t.Errorf("got %q and %q, %v back", back.Token.Reveal(), back.Refresh.Reveal(), err)
	}
}

// SEC-12
func TestEqual(t *testing.T) {
	t.Parallel()
	const code = "4MZ7QK"
	if !secret.New(code).Equal(secret.New(strings.Clone(code))) {
		t.Error("a secret does not equal its copy")
	}
	for _, other := range []string{"", "4MZ7Q", "4MZ7QKK", "4mz7qk", " 4MZ7QK", "4MZ7QK ", "4MZ7QK\n", "4MZ7QK\x00", "\x004MZ7QK", "000000"} {
		if secret.New(code).Equal(secret.New(other)) || secret.New(other).Equal(secret.New(code)) {
			t.Errorf("%q equals %q", code, other)
		}
	}
	if (secret.Text{}).Equal(secret.Text{}) || secret.New("").Equal(secret.New("")) {
		t.Error("two empty secrets are equal: whoever sends nothing matches what was never set")
	}
}

// SEC-12
func FuzzEqual(f *testing.F) {
	f.Add("4MZ7QK", "4MZ7QK")
	f.Add("4MZ7QK", "4MZ7QK\x00")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, want := secret.New(a).Equal(secret.New(b)), a == b && a != ""; got != want {
			t.Errorf("Equal of %q and %q = %v, want %v", a, b, got, want)
		}
	})
}

// SEC-11: a comparison that stops at the first difference does not compile.
func TestSecretsHaveNoEqualityOperator(t *testing.T) {
	t.Parallel()
	for _, secretType := range []reflect.Type{reflect.TypeFor[secret.Text](), reflect.TypeFor[secret.Issued](), reflect.TypeFor[secret.Key]()} {
		if secretType.Comparable() {
			t.Errorf("%v can be compared with ==", secretType)
		}
	}
}
