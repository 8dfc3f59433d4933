package identity_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
)

// everything is a JSON object that a decoder into Go values would change.
const everything = `{"z":1,"a":null,"big":12345678901234567890.000000000000000001,"e":1E+2,"neg":-0,` +
	`"text":"\u00e9\u0000\ud83d\ude00 <b>&\u2028","list":[1,"two",{"three":[]}],"":{},"yes":true}`

// S0-15: values of any type, not objects alone.
// S2-54, S2-66, S3-119, S3-205: any names and any JSON.
func TestObjectKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	o := decode[identity.Object](t, everything)
	if string(o) != everything {
		t.Errorf("kept as\n%s\nwant\n%s", o, everything)
	}
	wantSameJSON(t, encode(t, o), []byte(everything))
	wantSameJSON(t, encode(t, identity.User{Data: o}), []byte(`{"active":false,"verified":false,"passwordChangeRequired":false,"data":`+everything+`}`))

	if got, want := tokens(t, encode(t, o)), tokens(t, []byte(everything)); !slices.Equal(got, want) {
		t.Errorf("read in order it is\n%v\nwant\n%v", got, want)
	}
}

// tokens is JSON in the order in which it is read.
func tokens(t *testing.T, data []byte) (read []json.Token) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return read
		}
		if err != nil {
			t.Fatalf("read %s: %v", data, err)
		}
		read = append(read, token)
	}
}

func TestObjectIsAbsentOrPresent(t *testing.T) {
	t.Parallel()
	u := decode[identity.User](t, `{"data":null}`)
	if u.Data != nil || strings.Contains(string(encode(t, u)), "data") {
		t.Errorf("null is kept as %q", u.Data)
	}
	u = decode[identity.User](t, `{"data":{}}`)
	if !strings.Contains(string(encode(t, u)), `"data":{}`) {
		t.Error("an empty object is lost")
	}
	if got := string(encode(t, identity.Object(nil))); got != "null" {
		t.Errorf("an absent object is %s", got)
	}
}

func TestObjectSharesNothingWithItsInput(t *testing.T) {
	t.Parallel()
	data := []byte(`{"a":1}`)
	parsed, err := identity.ParseObject(data)
	if err != nil {
		t.Fatal(err)
	}
	var decoded identity.Object
	if err := decoded.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	data[2] = 'b'
	if string(parsed) != `{"a":1}` || string(decoded) != `{"a":1}` {
		t.Errorf("a later change of the input shows: %s, %s", parsed, decoded)
	}
}

func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

func TestObjectRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, text string }{
		{"nothing", ``}, {"blank", ` `}, {"an array", `[]`}, {"a string", `"{}"`}, {"a number", `1`}, {"true", `true`},
		{"half an object", `{"a":`}, {"two objects", `{}{}`}, {"a trailing comma", `{"a":1,}`}, {"a comment", `{}//`},
		{"not UTF-8", "{\"a\":\"\xff\"}"}, {"a bare control character", "{\"a\":\"\x01\"}"},
		{"a member twice", `{"a":1,"a":1}`}, {"a member twice by another spelling", `{"a":1,"\u0061":2}`},
		{"a member twice further in", `{"x":[{"a":{},"b":"a","a":[]}]}`},
		{"33 levels", nested(33)}, {"33 levels of arrays", `{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`},
		{"100,000 levels", nested(100_000)},
	} {
		if o, err := identity.ParseObject([]byte(c.text)); !errors.Is(err, identity.ErrObject) || o != nil {
			t.Errorf("%s: ParseObject = %.40q, %v; want ErrObject", c.why, o, err)
		}
		var u identity.User
		if err := json.Unmarshal([]byte(`{"data":`+c.text+`}`), &u); err == nil {
			t.Errorf("%s: decoded as a user's data", c.why)
		}
	}
	for _, text := range []string{nested(32), `{"a":"a","b":"a"}`, `{"a":{"a":{"a":1}}}`, `[{"a":1},{"a":1}]`[1:8], ` {} `} {
		if _, err := identity.ParseObject([]byte(text)); err != nil {
			t.Errorf("ParseObject(%.40s) = %v, want nil", text, err)
		}
	}
}

func TestObjectNamesTheFieldItIsRefusedIn(t *testing.T) {
	t.Parallel()
	var u identity.User
	err := json.Unmarshal([]byte(`{"registrations":[{"data":["jared@piedpiper.com"]}]}`), &u)
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field != "registrations.data" || strings.Contains(err.Error(), "jared") {
		t.Errorf("error %v, want an UnmarshalTypeError on registrations.data that repeats nothing", err)
	}
}

func TestObjectCheck(t *testing.T) {
	t.Parallel()
	if err := identity.Object(`{"a":1}`).Check(7); err != nil {
		t.Errorf("seven bytes of seven: %v", err)
	}
	if err := identity.Object(`{"a":1}`).Check(6); !errors.Is(err, identity.ErrObject) {
		t.Errorf("seven bytes of six: %v, want ErrObject", err)
	}
	if err := identity.Object(nil).Check(0); err != nil {
		t.Errorf("an absent object: %v", err)
	}
	if err := identity.Object(`{"a":1,"a":1}`).Check(100); !errors.Is(err, identity.ErrObject) {
		t.Errorf("bytes that were converted: %v, want ErrObject", err)
	}
}

func TestObjectText(t *testing.T) {
	t.Parallel()
	o := identity.Object(`{"email":"jared@piedpiper.com","n":1,"null":null,"in":{"x":"y"}}`)
	for name, want := range map[string]string{"email": "jared@piedpiper.com", "n": "", "null": "", "x": "", "Email": "", "": ""} {
		if got := o.Text(name); got != want {
			t.Errorf("Text(%q) = %q, want %q", name, got, want)
		}
	}
	if got := identity.Object(`[`).Text("a"); got != "" {
		t.Errorf("Text of what is no JSON = %q", got)
	}
}

func TestObjectOf(t *testing.T) {
	t.Parallel()
	o, err := identity.ObjectOf(map[string]string{"redirect_uri": "https://piedpiper.com/callback"})
	if err != nil || string(o) != `{"redirect_uri":"https://piedpiper.com/callback"}` {
		t.Errorf("ObjectOf a map = %s, %v", o, err)
	}
	if _, err := identity.ObjectOf([]int{1}); !errors.Is(err, identity.ErrObject) {
		t.Errorf("ObjectOf a list: %v, want ErrObject", err)
	}
	if _, err := identity.ObjectOf(func() {}); err == nil {
		t.Error("ObjectOf a function is no error")
	}
}

// acceptable says whether valid JSON is an object of at most 32 levels without a
// name twice, as encoding/json reads its tokens.
func acceptable(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var levels []map[string]bool // the names of objects; nil: an array
	name := false
	for {
		token, err := d.Token()
		if err != nil {
			return data[0] == '{'
		}
		text, isText := token.(string)
		switch {
		case token == json.Delim('{'):
			levels = append(levels, map[string]bool{})
		case token == json.Delim('['):
			levels = append(levels, nil)
		case token == json.Delim('}'), token == json.Delim(']'):
			levels = levels[:len(levels)-1]
		case isText && name:
			if levels[len(levels)-1][text] {
				return false
			}
			levels[len(levels)-1][text], name = true, false
			continue
		}
		if len(levels) > identity.MaxDepth {
			return false
		}
		name = len(levels) > 0 && levels[len(levels)-1] != nil
	}
}

// FuzzObject holds an Object to its word: what is taken is kept byte for byte,
// and encoding changes nothing that a reader of JSON could see.
func FuzzObject(f *testing.F) {
	for _, text := range []string{everything, `{}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, nested(33), ` {"a" : [ ] } `, `{"a":1e400}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := identity.ParseObject(data)
		if read, want := err == nil, json.Valid(data) && utf8.Valid(data) && acceptable(bytes.TrimSpace(data)); read != want {
			t.Fatalf("%q: %v, want it taken: %v", data, err, want)
		}
		_ = new(identity.Object).UnmarshalJSON(data) // which may hold anything
		if err != nil {
			return
		}
		if !bytes.Equal(o, bytes.TrimSpace(data)) {
			t.Fatalf("%q is kept as %q", data, o)
		}
		encoded, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("%q is taken and not encoded: %v", data, err)
		}
		wantSameJSON(t, encoded, data)
		if _, err := identity.ParseObject(encoded); err != nil {
			t.Fatalf("%q is encoded as %q, which is refused: %v", data, encoded, err)
		}
	})
}
