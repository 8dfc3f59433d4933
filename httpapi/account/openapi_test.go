package account_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
)

// The document says what the handler answers.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	wiretest.OpenAPI(t).Matches(t, "testdata/*.txt")
}
