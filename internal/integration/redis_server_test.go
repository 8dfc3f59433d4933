package integration_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// startRedis starts a server of the test's own on a loopback port, which keeps
// nothing, and stops it after the test.
func startRedis(t testing.TB, arguments ...string) *redis.Client {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skipf("%v: this test starts a server of its own", err)
	}
	port := freeRedisPort(t)
	arguments = append([]string{
		"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "",
		"--repl-diskless-load", "swapdb", "--repl-diskless-sync-delay", "0",
	}, arguments...)
	server := exec.Command(binary, arguments...)
	var log strings.Builder
	server.Stdout = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Logf("the server on port %d said:\n%s", port, log.String())
		}
	})
	client := goRedis(t, fmt.Sprintf("127.0.0.1:%d", port))
	eventually(t, "the server answers", func(ctx context.Context) bool { return client.Ping(ctx).Err() == nil })
	return client
}

// freeRedisPort is a port that is free, and so is the one 10000 above it, on
// which the nodes of a Cluster speak to each other.
func freeRedisPort(t testing.TB) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		bus, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+10000))
		l.Close()
		if err == nil {
			bus.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// eventually waits for another process to have come so far.
func eventually(t testing.TB, what string, come func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !come(ctx) {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("after 20 seconds, it is not so that %s", what)
		}
	}
}
