package integration_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// The server of the examples runs on every engine that its flag names.
func TestServerOnEngines(t *testing.T) {
	t.Parallel()
	binary := buildServer(t)
	for name, spec := range map[string]func(t *testing.T) string{
		"PostgreSQL": func(t *testing.T) string { return "postgres:" + postgresDSN(t) },
		"MySQL":      func(t *testing.T) string { return "mysql:" + mysqlDSN(t) },
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db") },
		"Redis":      func(t *testing.T) string { return "redis:" + startRedis(t).Options().Addr + "+memory" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, binary, "-store", spec(t))
			login := s.post(t, http.StatusOK, "/api/passwordless/start", map[string]string{
				"applicationId": logintest.ApplicationID, "loginId": logintest.Email,
			})
			login["applicationId"] = logintest.ApplicationID
			if answer := s.post(t, http.StatusOK, "/api/passwordless/login", login); answer["token"] == nil {
				t.Errorf("login: %v", answer)
			}
			s.post(t, http.StatusNotFound, "/api/passwordless/login", login)
		})
	}
}

const serverKey = "this-is-an-api-key-of-forty-characters-!"

// runningServer is examples/server, as its own process.
type runningServer struct {
	url, outbox string
	said        *complaints
}

// buildServer builds the server for a test and those within it.
func buildServer(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "server")
	build := exec.CommandContext(t.Context(), "go", "-C", "../../examples", "build", "-o", binary, "./server")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return binary
}

// startServer starts the server, with a user for each outcome and more
// flags at the end, and stops it after the test.
func startServer(t *testing.T, binary string, flags ...string) runningServer {
	t.Helper()
	outbox := filepath.Join(t.TempDir(), "outbox.jsonl")
	server := exec.Command(binary, append([]string{
		"-addr", "127.0.0.1:0", "-seed", "../../examples/server/testdata/outcomes.json",
		"-outbox", outbox, "-api-key", serverKey, "-clock-control",
	}, flags...)...)
	s := runServer(t, server)
	s.outbox = outbox
	return s
}

// runServer starts a server, and stops it after the test.
func runServer(t *testing.T, server *exec.Cmd) runningServer {
	t.Helper()
	logs, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(logs)
	said := &complaints{}
	address := listening(lines, said)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			said.hear(lines.Text())
		}
	}()
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		<-ended
		if err := server.Wait(); err != nil || t.Failed() {
			t.Errorf("the server ended with %v and said:\n%s", err, strings.Join(said.all(), "\n"))
		}
	})
	if address == "" {
		t.Fatalf("the server does not say where it listens, but:\n%s", strings.Join(said.all(), "\n"))
	}
	return runningServer{url: "http://" + address, said: said}
}

// complaints are what a server says beyond its daily business: the first of it.
type complaints struct {
	mu    sync.Mutex
	lines []string
}

func (c *complaints) hear(line string) {
	const most = 1000
	c.mu.Lock()
	defer c.mu.Unlock()
	if !strings.Contains(line, `"level":"INFO"`) && len(c.lines) < most {
		c.lines = append(c.lines, line)
	}
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lines)
}

// listening reads a server's log until it says where it listens.
func listening(lines *bufio.Scanner, said *complaints) string {
	for lines.Scan() {
		said.hear(lines.Text())
		var entry struct{ Msg, Addr string }
		err := json.Unmarshal(lines.Bytes(), &entry)
		if err == nil && entry.Msg == "listening" {
			return entry.Addr
		}
	}
	return ""
}

// post sends JSON with the API key, and returns an answer that must have that
// status.
func (s runningServer) post(t *testing.T, status int, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", serverKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != status {
		t.Fatalf("%s: %d %s, want %d", path, answer.StatusCode, text, status)
	}
	var members map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
	}
	return members
}
