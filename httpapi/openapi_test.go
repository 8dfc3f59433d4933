package httpapi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
)

// The document has every endpoint and no other, and says who may call it.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	d, b := wiretest.OpenAPI(t), open(t)
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

// The document says what the API answers.
func TestOpenAPIMatchesTranscripts(t *testing.T) {
	t.Parallel()
	wiretest.OpenAPI(t).Matches(t, "testdata/transcripts/*.txt")
}
