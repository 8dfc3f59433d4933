package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTypeScriptClient has FusionAuth's own client for TypeScript drive a server,
// call by call: client/client.test.mjs. The client is the one that the lock file
// names; it is fetched by npm, from its cache if it is there.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	dir := installClient(ctx, t)
	server := startServer(t, "../../examples/server/testdata/outcomes.json")

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

// installClient copies the client's files to a directory of the test's own, and
// what they depend on. Without node or npm, or if npm cannot get it, the test is
// skipped; where CI is set it fails.
func installClient(ctx context.Context, t *testing.T) string {
	t.Helper()
	cannot := t.Skipf
	if os.Getenv("CI") != "" {
		cannot = t.Fatalf
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			cannot("%v: the official client needs it", err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("client")); err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--prefer-offline")
	npm.Dir = dir
	if said, err := npm.CombinedOutput(); err != nil {
		cannot("npm ci: %v\n%s", err, said)
	}
	return dir
}

const serverKey = "this-is-an-api-key-of-forty-characters-!"

// runningServer is examples/server, as its own process.
type runningServer struct{ url, outbox string }

// startServer builds and starts the server, and stops it after the test.
func startServer(t *testing.T, seed string) runningServer {
	t.Helper()
	dir := t.TempDir()
	binary, outbox := filepath.Join(dir, "server"), filepath.Join(dir, "outbox.jsonl")
	seed, err := filepath.Abs(seed)
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "-C", "../../examples", "build", "-o", binary, "./server")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	server := exec.Command(binary, "-addr", "127.0.0.1:0", "-seed", seed, "-outbox", outbox, "-api-key", serverKey, "-clock-control")
	logs, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(logs)
	address := listening(lines)
	rest := make(chan string, 1)
	go func() {
		var kept strings.Builder
		for lines.Scan() {
			kept.WriteString(lines.Text() + "\n")
		}
		rest <- kept.String()
	}()
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		said := <-rest
		if err := server.Wait(); err != nil || t.Failed() {
			t.Errorf("the server ended with %v and said:\n%s", err, said)
		}
	})
	if address == "" {
		t.Fatal("the server does not say where it listens")
	}
	return runningServer{"http://" + address, outbox}
}

// listening reads a server's log until it says where it listens.
func listening(lines *bufio.Scanner) string {
	for lines.Scan() {
		var entry struct{ Msg, Addr string }
		err := json.Unmarshal(lines.Bytes(), &entry)
		if err == nil && entry.Msg == "listening" {
			return entry.Addr
		}
	}
	return ""
}
