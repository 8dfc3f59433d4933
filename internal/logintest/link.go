package logintest

import (
	"net/url"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

// CodeOf is the code that a link carries.
func CodeOf(t *testing.T, link string) secret.Text {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatal("the message has no link with a code")
	}
	return secret.New(u.Query().Get("code"))
}
