package integration_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestTypeScriptClient has FusionAuth's own client for TypeScript drive a server,
// call by call: client/client.test.mjs. The client is the one that the lock file
// names; it is fetched by npm, from its cache if it is there.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	dir := installNode(ctx, t, "client")
	server := startServer(t, buildServer(t))

	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "client.test.mjs")
	node.Dir = dir
	node.Env = append(os.Environ(), "SERVER="+server.url, "API_KEY="+serverKey, "OUTBOX="+server.outbox)
	said, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if strings.Contains(string(said), "# pass 0\n") || !strings.Contains(string(said), "\n# skipped 0\n") {
		t.Fatalf("not everything was run:\n%s", said)
	}
}

// installNode copies files to a directory of the test's own, and what they depend
// on. Without node or npm, or if npm cannot get it, the test is skipped; where CI
// is set it fails.
func installNode(ctx context.Context, t *testing.T, files string) string {
	t.Helper()
	cannot := t.Skipf
	if os.Getenv("CI") != "" {
		cannot = t.Fatalf
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			cannot("%v: %s needs it", err, files)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(files)); err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--prefer-offline")
	npm.Dir = dir
	if said, err := npm.CombinedOutput(); err != nil {
		cannot("npm ci: %v\n%s", err, said)
	}
	return dir
}
