package integration_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// postgresServer is a PostgreSQL of the test's own.
type postgresServer struct {
	t        *testing.T
	programs string
	data     string
	port     int
	owner    *syscall.SysProcAttr // it refuses to run as root
}

// startPostgres starts an empty server on a loopback port, and stops it after the
// test. It skips the test where PostgreSQL is not installed; where CI is set it
// fails.
func startPostgres(t *testing.T) *postgresServer {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		found = append(found, path)
	}
	switch {
	case len(found) > 0:
	case os.Getenv("CI") != "":
		t.Fatal("PostgreSQL is not installed")
	default:
		t.Skip("PostgreSQL is not installed: this test starts a server of its own")
	}
	data, err := os.MkdirTemp("", "gatehouse-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	s := &postgresServer{t: t, programs: filepath.Dir(slices.Max(found)), data: data, port: freePort(t)}
	s.disown()
	s.run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
	s.start()
	t.Cleanup(func() { s.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop") })
	return s
}

// disown gives the server's files to a user who is not root.
func (s *postgresServer) disown() {
	if os.Getuid() != 0 {
		return
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		s.t.Skipf("%v: a server cannot run as root", err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	if err := os.Chown(s.data, uid, gid); err != nil {
		s.t.Fatal(err)
	}
	s.owner = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (s *postgresServer) run(program string, arguments ...string) {
	s.t.Helper()
	c := exec.Command(filepath.Join(s.programs, program), arguments...)
	c.SysProcAttr, c.Dir = s.owner, s.data
	if err := c.Run(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.data, "log"))
		s.t.Fatalf("%s: %v\n%s", program, err, log)
	}
}

func (s *postgresServer) start() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.data, "-l", filepath.Join(s.data, "log"), "-w",
		"-o", fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", s.port), "start")
}

// crash breaks the server off, as a kill of all its processes would, and starts it again.
func (s *postgresServer) crash() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.data, "-m", "immediate", "-w", "stop")
	s.start()
}

func (s *postgresServer) dsn() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", s.port)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// The database crashes and comes back, again and again, while people log in. Who
// is answered meanwhile is answered with an error or with what is so, and what
// they were told still holds afterwards.
//
// FLT-01 FLT-02
func TestDatabaseCrashes(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		crashes(t, postgres, startPostgres(t))
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		crashes(t, mariadb, startMariaDB(t))
	})
}

// mortalServer is a database of the test's own.
type mortalServer interface {
	dsn() string
	crash() // breaks it off and starts it again
}

func crashes(t *testing.T, e *sqlEngine, server mortalServer) {
	m := mortal{Driver: e.driver, Dialect: e.dialect, DSN: server.dsn(), Key: secret.GenerateKey("test").Reveal()}
	db := e.pool(t, m.DSN)
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.Config{Dialect: m.Dialect}); err != nil {
		t.Fatal(err)
	}
	whole, s, err := m.store(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	inbox := &messenger.Inbox{}
	login, err := mortalLogin(whole, inbox, m.Key)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	facts := ledger{}
	w := worker{login: login, inbox: inbox, put: s.PutUser, note: func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		facts.add(strings.Fields(fmt.Sprintln(words...)))
	}}
	in := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range facts {
			n += a.in
		}
		return n
	}

	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w.workOn(ctx, fmt.Sprintf("%d-%d", n, i), i)
			}
		})
	}
	for range 5 {
		before := in()
		eventually(t, "people log in", func(context.Context) bool { return in() > before+20 })
		server.crash()
	}
	stop()
	all.Wait()
	if err := w.resume(t.Context(), facts.unfinished()); err != nil {
		t.Fatal(err)
	}
	for _, a := range facts {
		for _, wrong := range a.check(t, whole, true) {
			t.Error(wrong)
		}
	}
	t.Logf("%d users, %d logins", len(facts), in())
}

// workOn works until something fails, and a moment longer.
func (w worker) workOn(ctx context.Context, name string, first int) {
	_ = w.work(ctx, name, first)
	moment := time.NewTimer(10 * time.Millisecond)
	defer moment.Stop()
	select {
	case <-moment.C:
	case <-ctx.Done():
	}
}
