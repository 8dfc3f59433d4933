package integration_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

func TestMigrateByManyAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		db := e.connect(t)
		c := sqlstore.Config{Dialect: e.dialect}
		var missing *sqlstore.SchemaError
		if _, err := sqlstore.Open(t.Context(), db, c); !errors.As(err, &missing) || missing.Have != 0 || missing.Need == 0 {
			t.Fatalf("Open of an empty database: %v, want a *SchemaError that has nothing", err)
		}
		var done sync.WaitGroup
		for range 8 {
			done.Go(func() {
				if err := sqlstore.Migrate(t.Context(), db, c); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		if _, err := sqlstore.Open(t.Context(), db, c); err != nil {
			t.Error(err)
		}
	})
}

func TestSchemaOfAnotherVersionIsRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		_, db := e.open(t)
		c := sqlstore.Config{Dialect: e.dialect}
		change := func(statement string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		change("INSERT INTO gatehouse_schema (version, checksum) VALUES (99, 'of a later version')")
		var newer *sqlstore.SchemaError
		if _, err := sqlstore.Open(t.Context(), db, c); !errors.As(err, &newer) || newer.Have != 99 {
			t.Errorf("Open: %v, want a *SchemaError that has 99", err)
		}
		if err := sqlstore.Migrate(t.Context(), db, c); !errors.As(err, &newer) || newer.Have != 99 {
			t.Errorf("Migrate: %v, want a *SchemaError that has 99", err)
		}
		change("DELETE FROM gatehouse_schema WHERE version = 99")
		change("UPDATE gatehouse_schema SET checksum = 'of another file' WHERE version = 1")
		if _, err := sqlstore.Open(t.Context(), db, c); err == nil {
			t.Error("Open took a schema that another file made")
		}
	})
}

// A tool of the caller's own runs the migrations, in a schema and with a prefix of
// their own, and Open is satisfied.
func TestMigrationsByAnotherTool(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		db := e.connect(t)
		c := sqlstore.Config{Dialect: e.dialect, Prefix: "login_"}
		if e == postgres {
			c.Schema = "user" // a word that SQL reserves
			if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA "user"`); err != nil {
				t.Fatal(err)
			}
		}
		steps, err := sqlstore.Migrations(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range steps {
			for statement := range strings.SplitSeq(m.SQL, ";\n") {
				if strings.TrimSpace(statement) == "" {
					continue
				}
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", m.Name, err)
				}
			}
		}
		s, err := sqlstore.Open(t.Context(), db, c)
		if err != nil {
			t.Fatal(err)
		}
		tables := "login_"
		if c.Schema != "" {
			tables = `"user".login_`
		}
		l := store.Login{Walk: "walk", Tenant: "tenant", User: "user"}
		for _, first := range []bool{false, true} {
			l.Walk, l.First = l.Walk+"'", first
			if err := s.AdmitLogin(t.Context(), l, &store.Grant{ID: l.Walk, Kind: store.Session, Tenant: l.Tenant, User: l.User}); err != nil {
				t.Error(err)
			}
		}
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+tables+"logins").Scan(&n); err != nil || n != 2 {
			t.Errorf("%d logins in the tables that were asked for, want 2 (%v)", n, err)
		}
	})
}

func TestConnectionsThatLoseAreRefused(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, e *sqlEngine, good, bad, why string) {
		t.Helper()
		e.migrated(t, e.pool(t, good), "")
		_, err := sqlstore.Open(t.Context(), e.pool(t, bad), sqlstore.Config{Dialect: e.dialect})
		if !errors.Is(err, sqlstore.ErrUnsafe) || !strings.Contains(err.Error(), why) {
			t.Errorf("Open with %q: %v, want ErrUnsafe for %s", bad, err, why)
		}
	}
	t.Run("MySQL", func(t *testing.T) {
		t.Parallel()
		dsn := mariadb.dsn(t)
		refused(t, mariadb, dsn, strings.Replace(dsn, "clientFoundRows=true", "clientFoundRows=false", 1), "clientFoundRows")
		refused(t, mariadb, dsn, dsn+"&sql_mode=%27%27", "sql_mode")
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		file := "file:" + filepath.Join(t.TempDir(), "gatehouse.db")
		good := file + "?_pragma=busy_timeout(1000)&_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)"
		for why, bad := range map[string]string{
			"busy_timeout": file + "?_pragma=synchronous(FULL)",
			"synchronous":  file + "?_pragma=busy_timeout(1000)&_pragma=synchronous(NORMAL)",
			"journal":      file + "?_pragma=busy_timeout(1000)&_pragma=journal_mode(MEMORY)",
		} {
			refused(t, sqlite, good, bad, why)
		}
		memory, err := sql.Open("sqlite", "file::memory:?_pragma=busy_timeout(1000)")
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		memory.SetMaxOpenConns(1)
		c := sqlstore.Config{Dialect: sqlstore.SQLite}
		if err := sqlstore.Migrate(t.Context(), memory, c); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlstore.Open(t.Context(), memory, c); !errors.Is(err, sqlstore.ErrUnsafe) {
			t.Errorf("Open of a database in memory: %v, want ErrUnsafe", err)
		}
	})
}
