package wiretest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Alive puts what lives in a house in the place of what stands for it in a
// transcript, such as $secret.
type Alive = *strings.Replacer

// FuzzRequests has a handler read requests of any bytes, method, path and headers
// included, as far as a server would take them for requests. It begins with those
// of the transcripts. A handler is kept for many requests, so that later ones meet
// what earlier ones left, and then made anew.
func FuzzRequests(f *testing.F, transcripts string, open func(t *testing.T) (http.Handler, Alive)) {
	for _, r := range requests(f, transcripts) {
		f.Add(r.head, r.body)
	}
	f.Add("OPTIONS * HTTP/1.1\r\nHost: x", "")
	f.Add("POST //%2f..;/%00?%zz HTTP/1.0", "\xff")
	f.Add("POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":", "")
	const kept = 500
	var handler http.Handler
	var alive Alive
	n := 0
	f.Fuzz(func(t *testing.T, head, body string) {
		if n%kept == 0 {
			handler, alive = open(t)
		}
		n++
		head, body = alive.Replace(head), alive.Replace(body)
		raw := fmt.Sprintf("%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.8:1234"
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		lawful(t, w)
	})
}

// lawful holds an answer to what is so of all.
func lawful(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w.Body.Len() > 0 && (w.Header().Get("Content-Type") != "application/json" || !json.Valid(w.Body.Bytes())) {
		t.Fatalf("%d %q, which is not JSON or does not say so", w.Code, w.Body)
	}
	if cache := w.Header().Get("Cache-Control"); cache != "no-store" && !strings.HasPrefix(cache, "public, ") {
		t.Fatalf("%d may be kept: %q", w.Code, cache)
	}
	for name, values := range w.Header() {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n") {
			t.Fatalf("%q breaks the line", name)
		}
	}
}

// request is what was sent in a transcript.
type request struct{ head, body string }

var requestText = regexp.MustCompile(`(?s)^[^\n]*\n\n(\w+ [^ \n]+)(?: HTTP/1\.1)?((?:\n[^\n]+)*)\n\n(?:(.*?)\n\n+)?(?:HTTP/1\.1 )?\d{3} \w`)

func requests(f *testing.F, pattern string) (all []request) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatal("no transcripts", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, text := range strings.Split(string(data), "=== ")[1:] {
			m := requestText.FindStringSubmatch(text)
			if m == nil {
				f.Fatalf("%s: %.40q holds no request", file, text)
			}
			headers := m[2]
			if !strings.Contains(headers, "\nHost: ") {
				headers = "\nHost: www.piedpiper.com" + headers
			}
			all = append(all, request{strings.ReplaceAll(m[1]+" HTTP/1.1"+headers, "\n", "\r\n"), m[3]})
		}
	}
	return all
}
