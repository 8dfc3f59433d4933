package httpapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
)

// document is openapi.json, as far as it is checked.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]schema
	}
}

type operation struct {
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
	Items      *schema
}

func openAPI(t *testing.T) document {
	t.Helper()
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q, want 3.1.0", d.OpenAPI)
	}
	return d
}

// The document has every endpoint and no other, and says who may call it.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	d, b := openAPI(t), open(t)
	served := map[string]bool{}
	for _, r := range b.API().Routes() {
		served[r.Path+" "+strings.ToLower(r.Method)] = true
		o, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not in the document", r.Method, r.Path)
			continue
		}
		var allowed []string
		for _, s := range o.Security {
			for name := range s {
				allowed = append(allowed, name)
			}
		}
		want := map[httpapi.Access][]string{httpapi.Key: {"key"}, httpapi.KeyOrPerson: {"key", "person"}}[r.Access]
		if r.Path == "/api/jwt/validate" {
			want = []string{"person"} // whose token it is
		}
		if !slices.Equal(allowed, want) {
			t.Errorf("%s %s is for %q, the document says %q", r.Method, r.Path, want, allowed)
		}
	}
	for path, operations := range d.Paths {
		for method := range operations {
			if !served[path+" "+method] {
				t.Errorf("%s %s is in the document, and is not served", method, path)
			}
		}
	}
}

// exchange is one request of a transcript, and its answer.
type exchange struct {
	title, method, path, status, body string
}

var exchanges = regexp.MustCompile(`(?s)^(\d{3} [^\n]*)\n\n(\w+) ([^ ?]+)[^\n]*\n.*\n\nHTTP/1\.1 (\d{3})[^\n]*\n(?:[^\n]+\n)*\n?(.*)$`)

func transcripts(t *testing.T) []exchange {
	t.Helper()
	files, err := filepath.Glob("testdata/transcripts/*.txt")
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
			m := exchanges.FindStringSubmatch(text)
			if m == nil {
				t.Fatalf("%s: %.40q is no exchange", file, text)
			}
			all = append(all, exchange{filepath.Base(file) + ": " + m[1], m[2], m[3], m[4], strings.TrimSpace(m[5])})
		}
	}
	return all
}

// Every answer of the transcripts is as the document says, and every answer that
// the document names stands in one.
func TestOpenAPIMatchesTranscripts(t *testing.T) {
	t.Parallel()
	d := openAPI(t)
	seen := map[string]bool{}
	for _, x := range transcripts(t) {
		path, o, ok := d.find(x)
		if !ok {
			if x.status != "405" {
				t.Errorf("%s: %s %s is not in the document", x.title, x.method, x.path)
			}
			continue
		}
		seen[path+" "+x.method+" "+x.status] = true
		r, named := o.Responses[x.status]
		if !named {
			if x.status != "403" {
				t.Errorf("%s: the document does not name %s", x.title, x.status)
			}
			continue
		}
		content, hasBody := r.Content["application/json"]
		if hasBody != (x.body != "") {
			t.Errorf("%s: the body is %q, and the document says otherwise", x.title, x.body)
		}
		if x.body != "" {
			var v any
			if err := json.Unmarshal([]byte(x.body), &v); err != nil {
				t.Errorf("%s: %v", x.title, err)
			}
			d.check(t, x.title, content.Schema, v)
		}
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			for status := range o.Responses {
				if id := fmt.Sprintf("%s %s %s", path, strings.ToUpper(method), status); status != "default" && !seen[id] {
					t.Errorf("%s is in the document, and in no transcript", id)
				}
			}
		}
	}
}

// find is the operation that an exchange is of: the path as it is, or else one
// whose wildcards it fills.
func (d document) find(x exchange) (string, operation, bool) {
	method := strings.ToLower(x.method)
	if o, ok := d.Paths[x.path][method]; ok {
		return x.path, o, true
	}
	for path, operations := range d.Paths {
		prefix, _, wild := strings.Cut(path, "{")
		rest, fits := strings.CutPrefix(x.path, prefix)
		if o, ok := operations[method]; ok && wild && fits && !strings.Contains(rest, "/") {
			return path, o, true
		}
	}
	return "", operation{}, false
}

// check says where a value has a member, or a type, that its schema has not.
func (d document) check(t *testing.T, at string, s schema, v any) {
	t.Helper()
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	fits := false
	switch v := v.(type) {
	case map[string]any:
		fits = s.Type == "object"
		for name, member := range v {
			inner, ok := s.Properties[name]
			if !ok && s.Properties != nil {
				t.Errorf("%s: %s is not in the schema", at, name)
			} else if ok {
				d.check(t, at+"."+name, inner, member)
			}
		}
	case []any:
		fits = s.Type == "array"
		for _, item := range v {
			d.check(t, at+"[]", *s.Items, item)
		}
	case string:
		fits = s.Type == "string"
	case bool:
		fits = s.Type == "boolean"
	case float64:
		fits = s.Type == "integer" || s.Type == "number"
	}
	if !fits {
		t.Errorf("%s: %T, where the schema has %q", at, v, s.Type)
	}
}
