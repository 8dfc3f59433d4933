package wiretest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Any sends a handler a request of any bytes, as far as a server lets them
// through, and checks what holds of every answer: a status of its own, JSON or
// nothing, and no failure.
func Any(t *testing.T, h http.Handler, line, query, body string, headers map[string]string) {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.URL.RawQuery = query
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	switch {
	case w.Code >= 500:
		t.Fatalf("%s: %d %s", line, w.Code, w.Body)
	case w.Code == http.StatusNoContent:
		return
	case w.Header().Get("Content-Type") != "application/json" || !json.Valid(w.Body.Bytes()):
		t.Fatalf("%s: %d %q", line, w.Code, w.Body)
	case w.Header().Get("Cache-Control") != "no-store":
		t.Fatalf("%s: %d may be kept", line, w.Code)
	}
}
