package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// sqlEngine is an engine of sqlstore that can be reached.
type sqlEngine struct {
	name    string
	dialect sqlstore.Dialect
	driver  string
	dsn     func(t testing.TB) string // of an empty database, which ends with t
}

var postgres = &sqlEngine{name: "PostgreSQL", dialect: sqlstore.PostgreSQL, driver: "pgx", dsn: postgresDSN}
var mariadb = &sqlEngine{name: "MySQL", dialect: sqlstore.MySQL, driver: "mysql", dsn: mysqlDSN}
var sqlite = &sqlEngine{name: "SQLite", dialect: sqlstore.SQLite, driver: "sqlite", dsn: sqliteDSN}

// onEngines runs a test on each engine that can be reached.
func onEngines(t *testing.T, test func(t *testing.T, e *sqlEngine)) {
	t.Parallel()
	for _, e := range []*sqlEngine{postgres, mariadb, sqlite} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// onServer is the data source name of a server that a variable names, or that
// answers where such servers usually do. Without one the test is skipped; where
// CI is set it fails.
func onServer(t testing.TB, variable, address, usual string) string {
	t.Helper()
	if dsn := os.Getenv(variable); dsn != "" {
		return dsn
	}
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		conn.Close()
		return usual
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("nothing answers on %s, and %s is not set", address, variable)
	}
	t.Skipf("nothing answers on %s, and %s is not set", address, variable)
	return ""
}

func postgresDSN(t testing.TB) string {
	server := onServer(t, "GATEHOUSE_TEST_POSTGRES", "127.0.0.1:5432", "host=127.0.0.1 port=5432 user=postgres dbname=postgres sslmode=disable")
	return server + " dbname=" + emptyDatabase(t, "pgx", server, "DROP DATABASE %s WITH (FORCE)")
}

// quiet keeps MySQL's driver from writing of connections that tests cut.
var quiet = sync.OnceFunc(func() { _ = mysql.SetLogger(&mysql.NopLogger{}) })

func mysqlDSN(t testing.TB) string {
	quiet()
	server := onServer(t, "GATEHOUSE_TEST_MYSQL", "127.0.0.1:3306", "root@tcp(127.0.0.1:3306)/")
	server, _, _ = strings.Cut(server, "/")
	name := emptyDatabase(t, "mysql", server+"/", "DROP DATABASE %s")
	return server + "/" + name + "?clientFoundRows=true&interpolateParams=true"
}

func sqliteDSN(t testing.TB) string {
	dir, err := os.MkdirTemp("", "gatehouse-sqlite")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "file:" + filepath.Join(dir, "gatehouse.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
}

// emptyDatabase makes a database of a name that nobody else has, and drops it at
// the end.
func emptyDatabase(t testing.TB, driver, server, drop string) string {
	t.Helper()
	db, err := sql.Open(driver, server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("gatehouse_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer db.Close()
		if _, err := db.ExecContext(context.Background(), fmt.Sprintf(drop, name)); err != nil {
			t.Error(err)
		}
	})
	return name
}

// connect opens a pool on an empty database of t's own.
func (e *sqlEngine) connect(t testing.TB) *sql.DB {
	t.Helper()
	return e.pool(t, e.dsn(t))
}

func (e *sqlEngine) pool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	if e.dialect == sqlstore.SQLite {
		db.SetMaxOpenConns(4)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// open opens an empty store of t's own.
func (e *sqlEngine) open(t testing.TB) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db := e.connect(t)
	return e.migrated(t, db, ""), db
}

func (e *sqlEngine) migrated(t testing.TB, db sqlstore.DB, prefix string) *sqlstore.Store {
	t.Helper()
	c := sqlstore.Config{Dialect: e.dialect, Prefix: prefix}
	if err := sqlstore.Migrate(t.Context(), db, c); err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.Open(t.Context(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lender lends empty stores of one database to many cases: tables of their own
// for as many as run at once, emptied in between.
type lender struct {
	engine *sqlEngine
	db     *sql.DB
	mu     sync.Mutex
	free   []lent
	lent   map[*testing.T][]lent
	made   int
}

// lent is a store, and what the names of its tables begin with.
type lent struct {
	*sqlstore.Store
	prefix string
}

var sqlTables = strings.Fields("users identities registrations holders tickets meters grants logins factors codes")

// lender is for the cases within t.
func (e *sqlEngine) lender(t *testing.T) *lender {
	return &lender{engine: e, db: e.connect(t), lent: map[*testing.T][]lent{}}
}

// atATime is how many stores a case may use at once. Who asks for more gets the
// oldest again, emptied.
const atATime = 4

// lend lends an empty store until t ends.
func (l *lender) lend(t *testing.T) lent {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.lent[t]
	switch {
	case len(mine) == 0:
		t.Cleanup(func() { l.takeBack(t) })
	case len(mine) == atATime:
		l.free, mine = append(l.free, mine[0]), mine[1:]
	}
	if len(l.free) == 0 {
		l.made++
		prefix := fmt.Sprintf("kit%d_", l.made)
		l.free = append(l.free, lent{l.engine.migrated(t, l.db, prefix), prefix})
	}
	last := len(l.free) - 1
	s := l.free[last]
	l.free = l.free[:last]
	l.empty(t, s)
	l.lent[t] = append(mine, s)
	return s
}

func (l *lender) takeBack(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, l.lent[t]...)
	delete(l.lent, t)
}

func (l *lender) empty(t *testing.T, s lent) {
	t.Helper()
	tx, err := l.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, table := range sqlTables {
		if _, err := tx.ExecContext(t.Context(), "DELETE FROM "+s.prefix+table); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// put puts a user and returns them as they are kept.
func put(s *sqlstore.Store, u identity.User) (identity.User, error) {
	err := s.PutUser(context.Background(), u)
	shown := u.Secured()
	shown.TwoFactor, shown.ParentEmail, shown.PasswordChangeReason = identity.TwoFactor{}, u.ParentEmail, u.PasswordChangeReason
	shown.BreachedPasswordStatus, shown.BreachedPasswordLastCheckedInstant = u.BreachedPasswordStatus, u.BreachedPasswordLastCheckedInstant
	u = shown
	u.Identities = u.LoginIdentities()
	return u, err
}
