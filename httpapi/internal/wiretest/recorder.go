// Package wiretest records what a dialect answers to what, byte for byte, and
// compares it with what it answered before.
package wiretest

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// Recorder calls a handler and keeps what was said.
type Recorder struct {
	T       *testing.T
	Handler http.Handler
	text    strings.Builder
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Text is a member of the body that is a string.
func (a Answer) Text(name string) string {
	text, _ := a.Member(name).(string)
	return text
}

// Member is a member of the body; nil if there is none.
func (a Answer) Member(name string) any {
	var members map[string]any
	_ = json.Unmarshal([]byte(a.Body), &members)
	return members[name]
}

// Members are the names in the body, in alphabetical order.
func (a Answer) Members() []string {
	var members map[string]any
	_ = json.Unmarshal([]byte(a.Body), &members)
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Call makes a request of a line, such as "POST /auth", a body and headers, each
// "Name: value".
func (c *Recorder) Call(line, body string, headers ...string) Answer {
	c.T.Helper()
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.Handler.ServeHTTP(w, r)
	return Answer{Status: w.Code, Header: w.Result().Header, Body: w.Body.String()}
}

// Record is Call, for the transcript: title says what the answer is, and begins
// with its status.
func (c *Recorder) Record(title, line, body string, headers ...string) Answer {
	c.T.Helper()
	a := c.Call(line, body, headers...)
	if got := fmt.Sprint(a.Status); !strings.HasPrefix(title, got+" ") {
		c.T.Errorf("%s: %s answered %s: %s", title, line, got, a.Body)
	}
	fmt.Fprintf(&c.text, "=== %s\n\n%s\n", title, line)
	for _, h := range headers {
		fmt.Fprintln(&c.text, h)
	}
	fmt.Fprintf(&c.text, "\n%s\n\n%d %s\n", body, a.Status, http.StatusText(a.Status))
	// As a server on a connection of its own would work it out, or leave it out.
	a.Header.WriteSubset(&c.text, map[string]bool{"Content-Length": true})
	fmt.Fprintf(&c.text, "\n%s\n", a.Body)
	return a
}

// changing is what differs from one run to the next.
var changing = []struct {
	text *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`gatehouse_(key|access)_[0-9a-f-]{36}_[a-z2-7]{52}_[0-9a-f]{8}`), "$$$1"},
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`), "$$jwt"},
	{regexp.MustCompile(`[0-9a-f-]{36}\.\d+\.[\w-]{43}`), "$$refreshToken"},
	{regexp.MustCompile(`otpauth://[^"]+`), "$$uri"},
	{regexp.MustCompile(`"(secret)":"[A-Z2-7]{32}"`), `"$1":"$$secret"`},
	{regexp.MustCompile(`"[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}"`), `"$$recoveryCode"`},
	{regexp.MustCompile(`"[A-Z2-7]{26}"`), `"$$errorId"`},
	{regexp.MustCompile(`/factor/[A-Z0-9]{4}/`), "/factor/$$factorId/"},
	{regexp.MustCompile(`"(factorId|methodId)":"[A-Z0-9]{4}"`), `"$1":"$$$1"`},
	{regexp.MustCompile(`"[\w-]{43}"`), `"$$secret"`},
	{regexp.MustCompile(`"(id|refreshTokenId)":"[0-9a-f-]{36}"`), `"$1":"$$uuid"`},
	{regexp.MustCompile(`/api-key/[0-9a-f]{8}-[0-9a-f-]{27}`), "/api-key/$$uuid"},
	{regexp.MustCompile(`(passCode":"|X-Otp: |oneTimeCode":")\d{6}`), "$1$$otp"},
	{regexp.MustCompile(`Authorization: Basic [\w+/=]+`), "Authorization: Basic $$basic"},
}

// Golden compares the transcript with a file; with -update it writes it.
func (c *Recorder) Golden(path string) {
	c.T.Helper()
	got := c.text.String()
	for _, x := range changing {
		got = x.text.ReplaceAllString(got, x.name)
	}
	Golden(c.T, path, strings.ReplaceAll(got, "\r\n", "\n"))
}

// Golden compares a transcript with a file; with -update it writes it.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d has changed; if it should, run the test with -update\ngot  %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%s has %d lines, want %d", path, len(gotLines), len(wantLines))
	}
}
