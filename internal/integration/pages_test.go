package integration_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestPages has people sign in by the pages of examples/webapp in Chromium, with
// scripts and without: pages/pages.test.mjs. SEC-17 in two browsers is among its
// stories.
func TestPages(t *testing.T) {
	t.Parallel()
	chromium := findChromium(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	dir := installNode(ctx, t, "pages")
	binary := buildServer(t)

	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "pages.test.mjs")
	node.Dir = dir
	node.Env = append(os.Environ(), "CHROMIUM="+chromium)
	const seed = "../../examples/server/testdata/pages.json"
	for name, s := range map[string]pageServer{
		"SITE":   startPages(t, binary, seed),
		"STRICT": startPages(t, binary, requiring(t, seed)),
		"PLAIN":  plainPages(t, binary, seed),
	} {
		node.Env = append(node.Env, name+"_PAGES="+s.pages, name+"_SERVER="+s.url, name+"_OUTBOX="+s.outbox)
	}
	said, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if strings.Contains(string(said), "# pass 0\n") || !strings.Contains(string(said), "\n# skipped 0\n") {
		t.Fatalf("not everything was run:\n%s", said)
	}
}

// findChromium is the path of a Chromium. Without one the test is skipped; where
// CI is set it fails.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no chromium")
	}
	t.Skip("there is no chromium: the pages are not tried in a browser")
	return ""
}

// pageServer is a server, and where its pages are.
type pageServer struct {
	runningServer
	pages string
}

// startPages starts a server behind a proxy that ends TLS, as in production: the
// cookies are Secure.
func startPages(t *testing.T, binary, seed string) pageServer {
	t.Helper()
	var behind atomic.Pointer[url.URL]
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind.Load())
		r.Out.Host = r.In.Host
	}})
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0) // that a browser frowns on the certificate, once
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	s := startServer(t, binary, "-seed", seed, "-pages", proxy.URL)
	server, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	behind.Store(server)
	return pageServer{s, proxy.URL}
}

// plainPages starts a server as a developer does.
func plainPages(t *testing.T, binary, seed string) pageServer {
	t.Helper()
	s := startServer(t, binary, "-seed", seed)
	return pageServer{s, s.url}
}

// requiring is a seed whose application asks everybody for a second factor.
func requiring(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var seed map[string]any
	if err := json.Unmarshal(text, &seed); err != nil {
		t.Fatal(err)
	}
	seed["applications"].([]any)[0].(map[string]any)["multiFactorConfiguration"] = map[string]string{"loginPolicy": "Required"}
	if text, err = json.Marshal(seed); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
