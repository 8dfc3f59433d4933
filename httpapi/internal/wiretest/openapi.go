package wiretest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Document is an OpenAPI document, as far as it is checked: its operations by
// path and method, in lower case.
type Document struct {
	OpenAPI    string
	Paths      map[string]map[string]Operation
	Components struct{ Schemas map[string]schema }
}

// Operation is what a method does at a path.
type Operation struct {
	Security  []map[string][]string
	Responses map[string]response
}

type response struct {
	Content map[string]struct{ Schema schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Properties map[string]schema
	Additional any `json:"additionalProperties"`
	Required   []string
	Items      *schema
	Enum       []string
}

// OpenAPI reads openapi.json.
func OpenAPI(t *testing.T) Document {
	t.Helper()
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d Document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q, want 3.1.0", d.OpenAPI)
	}
	return d
}

// Matches holds the document to the transcripts in files: every answer is as the
// document says, and every answer that it names stands in a transcript.
func (d Document) Matches(t *testing.T, files string) {
	t.Helper()
	unseen := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			for status := range o.Responses {
				unseen[strings.ToUpper(method)+" "+path+" "+status] = status != "default"
			}
		}
	}
	for _, x := range exchanges(t, files) {
		path := d.path(x.path)
		delete(unseen, x.method+" "+path+" "+x.status)
		o := d.Paths[path][strings.ToLower(x.method)]
		r, named := o.Responses[x.status]
		switch {
		case named:
			d.checkBody(t, x, r)
		case !o.leaves(x):
			t.Errorf("%s: %s %s answers %s, which the document does not name", x.title, x.method, x.path, x.status)
		}
	}
	for answer, want := range unseen {
		if want {
			t.Errorf("%s is in the document, and in no transcript", answer)
		}
	}
}

// leaves says whether an answer may be left unnamed: what any path answers where
// there is no operation, and what any operation answers to another origin.
func (o Operation) leaves(x exchange) bool {
	if o.Responses == nil {
		return x.method == "OPTIONS" || x.status == "404" || x.status == "405"
	}
	_, open := o.Responses["default"]
	return open && x.status == "403"
}

// exchange is one request of a transcript, and its answer.
type exchange struct{ title, method, path, status, body string }

var exchangeText = regexp.MustCompile(`(?s)^([^\n]*)\n\n(\w+) ([^ ?\n]+)[^\n]*\n.*\n\n(?:HTTP/1\.1 )?(\d{3}) \w[^\n]*\n(?:[\w-]+: [^\n]*\n)+\n?(.*)$`)

func exchanges(t *testing.T, pattern string) []exchange {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	var all []exchange
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range strings.Split(string(data), "=== ")[1:] {
			m := exchangeText.FindStringSubmatch(text)
			if m == nil {
				t.Fatalf("%s: %.40q is no exchange", file, text)
			}
			all = append(all, exchange{filepath.Base(file) + ": " + m[1], m[2], m[3], m[4], strings.TrimSpace(m[5])})
		}
	}
	return all
}

// path is the document's path that a request's fits, with its wildcards.
func (d Document) path(asked string) string {
	if _, ok := d.Paths[asked]; ok {
		return asked
	}
	wild := regexp.MustCompile(`\\\{\w+\\\}`)
	for path := range d.Paths {
		if regexp.MustCompile("^" + wild.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$").MatchString(asked) {
			return path
		}
	}
	return asked
}

func (d Document) checkBody(t *testing.T, x exchange, r response) {
	t.Helper()
	content, hasBody := r.Content["application/json"]
	if hasBody != (x.body != "") {
		t.Errorf("%s: the body is %q, and the document says otherwise", x.title, x.body)
	}
	if x.body == "" {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(x.body), &v); err != nil {
		t.Errorf("%s: %v", x.title, err)
	}
	d.check(t, x.title, content.Schema, v)
}

// check says where a value is not as its schema has it.
func (d Document) check(t *testing.T, at string, s schema, v any) {
	t.Helper()
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.Components.Schemas[name]
	}
	kind := "null"
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		d.checkMembers(t, at, s, v)
	case []any:
		kind = "array"
		for _, item := range v {
			if s.Items != nil {
				d.check(t, at, *s.Items, item)
			}
		}
	case string:
		kind = "string"
		if s.Enum != nil && !slices.Contains(s.Enum, v) {
			t.Errorf("%s: %q is none of %q", at, v, s.Enum)
		}
	case bool:
		kind = "boolean"
	case float64:
		kind = "integer"
	}
	if kind != s.Type && !(kind == "integer" && s.Type == "number") {
		t.Errorf("%s is of type %s, the schema says %q", at, kind, s.Type)
	}
}

func (d Document) checkMembers(t *testing.T, at string, s schema, members map[string]any) {
	t.Helper()
	for name, member := range members {
		inner, ok := s.Properties[name]
		switch {
		case ok:
			d.check(t, at+": "+name, inner, member)
		case s.Additional == nil || s.Additional == false:
			t.Errorf("%s: %s is not in the schema", at, name)
		}
	}
	for _, name := range s.Required {
		if _, ok := members[name]; !ok {
			t.Errorf("%s: there is no %s", at, name)
		}
	}
}
