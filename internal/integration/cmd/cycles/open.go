package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// house is a store, how users get into it, and how to leave no trace of it.
type house struct {
	place
	store store.Store
	put   func(context.Context, identity.User) error
	close func()
}

// place is where a store of a kind is kept.
type place struct {
	driver, dsn string
	dialect     sqlstore.Dialect
	connections int
	flag        string               // as examples/server is told
	cpu         func() time.Duration // of the processes that keep it; nil: there are none
	remove      func()
}

// open opens an empty store of a kind.
func open(ctx context.Context, kind, dsn string, clients int) (*house, error) {
	at, err := find(ctx, kind, dsn, clients)
	if err != nil {
		return nil, err
	}
	if at.driver == "" {
		m := memstore.New()
		return &house{
			place: at, store: store.Of(m), close: at.remove,
			put: func(_ context.Context, u identity.User) error { return m.Put(u) },
		}, nil
	}
	return overSQL(ctx, at)
}

// find makes an empty place for a store of a kind.
func find(ctx context.Context, kind, dsn string, clients int) (at place, err error) {
	name := fmt.Sprintf("gatehouse_cycles_%d", time.Now().UnixNano())
	switch kind {
	case "memory":
		return place{flag: kind, remove: func() {}}, nil
	case "sqlite":
		dir, err := os.MkdirTemp("", name)
		if err != nil {
			return place{}, err
		}
		file := filepath.Join(dir, "gatehouse.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
		return place{
			driver: "sqlite", dsn: "file:" + file, dialect: sqlstore.SQLite, connections: 4,
			flag: "sqlite:" + file, remove: func() { os.RemoveAll(dir) },
		}, nil
	case "postgres":
		if dsn == "" {
			dsn = "host=127.0.0.1 port=5432 user=postgres sslmode=disable"
		}
		at = place{driver: "pgx", dsn: dsn + " dbname=" + name, dialect: sqlstore.PostgreSQL, connections: clients}
		at.flag = "postgres:" + at.dsn
		at.remove, err = database(ctx, at.driver, dsn+" dbname=postgres", name)
		if err != nil {
			return place{}, err
		}
		at.cpu, err = postgresCPU(ctx, at)
		return at, err
	case "mariadb":
		if dsn == "" {
			dsn = "root@tcp(127.0.0.1:3306)"
		}
		at = place{
			driver: "mysql", dsn: dsn + "/" + name + "?clientFoundRows=true&interpolateParams=true", dialect: sqlstore.MySQL, connections: clients,
			flag: "mysql:" + dsn + "/" + name,
		}
		at.cpu = func() time.Duration { return cpuOf("mariadbd") }
		at.remove, err = database(ctx, at.driver, dsn+"/", name)
		return at, err
	}
	return place{}, fmt.Errorf("no store is called %q", kind)
}

// database makes a database, and returns what drops it.
func database(ctx context.Context, driver, dsn, name string) (remove func(), err error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	return func() {
		defer db.Close()
		if _, err := db.Exec("DROP DATABASE " + name); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}, nil
}

// postgresCPU is of the one server that keeps a place: there may be others here.
func postgresCPU(ctx context.Context, at place) (func() time.Duration, error) {
	db, err := sql.Open(at.driver, at.dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var backend int
	if err := c.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, err
	}
	server := parentOf(backend, "postgres")
	if server == 0 {
		return nil, nil
	}
	return func() time.Duration { return cpuBelow(server) }, nil
}

func overSQL(ctx context.Context, at place) (*house, error) {
	db, err := sql.Open(at.driver, at.dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(at.connections)
	db.SetMaxIdleConns(at.connections)
	c := sqlstore.Config{Dialect: at.dialect}
	if err := sqlstore.Migrate(ctx, db, c); err != nil {
		return nil, err
	}
	s, err := sqlstore.Open(ctx, db, c)
	if err != nil {
		return nil, err
	}
	return &house{place: at, store: store.Of(s), put: s.PutUser, close: func() {
		db.Close()
		at.remove()
	}}, nil
}
