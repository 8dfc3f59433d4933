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
	store  store.Store
	put    func(context.Context, identity.User) error
	server string // the name of the server's processes; empty: there is none
	close  func()
}

// open opens an empty store of a kind.
func open(ctx context.Context, kind, dsn string, clients int) (*house, error) {
	name := fmt.Sprintf("gatehouse_cycles_%d", time.Now().UnixNano())
	switch kind {
	case "memory":
		m := memstore.New()
		return &house{
			store: store.Of(m), close: func() {},
			put: func(_ context.Context, u identity.User) error { return m.Put(u) },
		}, nil
	case "sqlite":
		dir, err := os.MkdirTemp("", name)
		if err != nil {
			return nil, err
		}
		dsn = "file:" + filepath.Join(dir, "gatehouse.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
		return overSQL(ctx, sqlstore.SQLite, "sqlite", dsn, 4, "", func() { os.RemoveAll(dir) })
	case "postgres":
		if dsn == "" {
			dsn = "host=127.0.0.1 port=5432 user=postgres sslmode=disable"
		}
		remove, err := database(ctx, "pgx", dsn+" dbname=postgres", name)
		if err != nil {
			return nil, err
		}
		return overSQL(ctx, sqlstore.PostgreSQL, "pgx", dsn+" dbname="+name, clients, "postgres", remove)
	case "mariadb":
		if dsn == "" {
			dsn = "root@tcp(127.0.0.1:3306)"
		}
		remove, err := database(ctx, "mysql", dsn+"/", name)
		if err != nil {
			return nil, err
		}
		return overSQL(ctx, sqlstore.MySQL, "mysql", dsn+"/"+name+"?clientFoundRows=true&interpolateParams=true", clients, "mariadbd", remove)
	}
	return nil, fmt.Errorf("no store is called %q", kind)
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

func overSQL(ctx context.Context, dialect sqlstore.Dialect, driver, dsn string, connections int, server string, remove func()) (*house, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	c := sqlstore.Config{Dialect: dialect}
	if err := sqlstore.Migrate(ctx, db, c); err != nil {
		return nil, err
	}
	s, err := sqlstore.Open(ctx, db, c)
	if err != nil {
		return nil, err
	}
	return &house{store: store.Of(s), put: s.PutUser, server: server, close: func() {
		db.Close()
		remove()
	}}, nil
}
