package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// kept is a store, and what it takes to fill, watch and close it.
type kept struct {
	store.Store
	put   func(ctx context.Context, u identity.User) error
	ping  func(ctx context.Context) error
	close func() error
}

// openStore opens what -store names.
func openStore(ctx context.Context, spec string) (kept, error) {
	kind, where, _ := strings.Cut(spec, ":")
	switch kind {
	case "memory":
		return inMemory(), nil
	case "sqlite":
		return openSQL(ctx, sqlstore.SQLite, "sqlite", sqliteSource(where))
	case "postgres":
		return openSQL(ctx, sqlstore.PostgreSQL, "pgx", where)
	case "mysql":
		source, err := mysqlSource(where)
		if err != nil {
			return kept{}, err
		}
		return openSQL(ctx, sqlstore.MySQL, "mysql", source)
	case "redis":
		addr, rest, _ := strings.Cut(where, "+")
		return withRedis(ctx, addr, rest)
	}
	return kept{}, errors.New("-store: must be memory, sqlite:FILE, postgres:DSN, mysql:DSN, or redis:ADDR+ and one of these")
}

func inMemory() kept {
	m := memstore.New()
	return kept{
		Store: store.Of(m),
		put:   func(_ context.Context, u identity.User) error { return m.Put(u) },
		ping:  func(context.Context) error { return nil },
		close: func() error { return nil },
	}
}

func openSQL(ctx context.Context, dialect sqlstore.Dialect, driver, source string) (kept, error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return kept{}, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	if dialect == sqlstore.SQLite {
		db.SetMaxOpenConns(4)
	}
	c := sqlstore.Config{Dialect: dialect}
	if err := sqlstore.Migrate(ctx, db, c); err != nil {
		return kept{}, errors.Join(err, db.Close())
	}
	s, err := sqlstore.Open(ctx, db, c)
	if err != nil {
		return kept{}, errors.Join(err, db.Close())
	}
	return kept{Store: store.Of(s), put: s.PutUser, ping: db.PingContext, close: db.Close}, nil
}

// sqliteSource says what a file needs, unless the flag says it.
func sqliteSource(file string) string {
	if strings.Contains(file, "?") {
		return "file:" + file
	}
	return "file:" + file + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
}

func mysqlSource(dsn string) (string, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", errors.New("-store: mysql: not a data source name")
	}
	c.ClientFoundRows, c.InterpolateParams = true, true
	return c.FormatDSN(), nil
}

// withRedis keeps tickets and meters on Redis, and all else in rest.
func withRedis(ctx context.Context, addr, rest string) (kept, error) {
	if strings.HasPrefix(rest, "redis:") {
		return kept{}, errors.New("-store: redis: what follows the + must keep users")
	}
	k, err := openStore(ctx, rest)
	if err != nil {
		return kept{}, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	closeBoth := func() error { return errors.Join(client.Close(), k.close()) }
	tickets, err := redisstore.New(redisstore.Config{
		Eval: func(ctx context.Context, script, key string, args []string) (any, error) {
			return redis.NewScript(script).Run(ctx, client, []string{key}, args).Result()
		},
	})
	if err == nil {
		err = tickets.Check(ctx)
	}
	if err != nil {
		return kept{}, errors.Join(fmt.Errorf("-store: %w", err), closeBoth())
	}
	both := kept{Store: k.Store, put: k.put, close: closeBoth}
	both.Tickets = tickets
	both.ping = func(ctx context.Context) error { return errors.Join(client.Ping(ctx).Err(), k.ping(ctx)) }
	return both, nil
}
