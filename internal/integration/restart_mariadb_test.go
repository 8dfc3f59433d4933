package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"
)

// mariadbServer is a MariaDB of the test's own.
type mariadbServer struct {
	t       *testing.T
	program string
	data    string
	port    int
	running *exec.Cmd
}

// startMariaDB starts an empty server on a loopback port, and kills it after the
// test. It skips the test where MariaDB is not installed; where CI is set it fails.
func startMariaDB(t *testing.T) *mariadbServer {
	t.Helper()
	quiet()
	install, err := exec.LookPath("mariadb-install-db")
	program, missing := exec.LookPath("mariadbd")
	switch {
	case err == nil && missing == nil:
	case os.Getenv("CI") != "":
		t.Fatal("MariaDB is not installed")
	default:
		t.Skip("MariaDB is not installed: this test starts a server of its own")
	}
	data, err := os.MkdirTemp("", "gatehouse-mariadb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	s := &mariadbServer{t: t, program: program, data: data, port: freePort(t)}
	c := exec.Command(install, append(s.options(), "--auth-root-authentication-method=normal", "--skip-test-db")...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	s.start()
	t.Cleanup(s.kill)
	s.do("CREATE DATABASE gatehouse")
	return s
}

// options are what both programs take. Root must be named, to be run as.
func (s *mariadbServer) options() []string {
	options := []string{"--no-defaults", "--datadir=" + s.data}
	if me, err := user.Current(); err == nil && me.Uid == "0" {
		options = append(options, "--user=root")
	}
	return options
}

func (s *mariadbServer) start() {
	s.t.Helper()
	s.running = exec.Command(s.program, append(s.options(),
		fmt.Sprintf("--port=%d", s.port), "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(s.data, "socket"), "--pid-file="+filepath.Join(s.data, "pid"),
		"--log-error="+filepath.Join(s.data, "log"), "--innodb-buffer-pool-size=64M")...)
	if err := s.running.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.do("SELECT 1")
}

// do waits until the server answers, and has it do something.
func (s *mariadbServer) do(statement string) {
	s.t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	eventually(s.t, "MariaDB answers", func(ctx context.Context) bool { return db.PingContext(ctx) == nil })
	if _, err := db.Exec(statement); err != nil {
		s.t.Fatal(err)
	}
}

func (s *mariadbServer) kill() {
	_ = s.running.Process.Kill()
	_ = s.running.Wait()
}

func (s *mariadbServer) crash() {
	s.t.Helper()
	s.kill()
	s.start()
}

func (s *mariadbServer) dsn() string {
	return fmt.Sprintf("root@tcp(127.0.0.1:%d)/gatehouse?clientFoundRows=true", s.port)
}
