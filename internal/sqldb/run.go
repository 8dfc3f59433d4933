package sqldb

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

// DB is a database: a *sql.DB, or a *sql.Conn for one caller at a time.
type DB interface {
	Querier
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

// Querier is where a statement runs: a *sql.DB, a *sql.Conn or a *sql.Tx.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Database is a database of an engine.
type Database struct {
	DB DB
	*Engine
}

// Conn is the database itself, or one transaction of it.
type Conn struct {
	Querier
	*Engine
}

// Auto is where each statement is a transaction.
func (d Database) Auto() Conn { return Conn{d.DB, d.Engine} }

// attempts bounds how often what another transaction got in the way of is tried.
const attempts = 12

// Transact runs do in a transaction, which an error of do undoes.
//
// It is tried again only when the database said that it was undone for the sake
// of another, or a statement before the COMMIT found no connection to run on. A
// connection that is lost is told as it is: nobody knows what became of it.
func (d Database) Transact(ctx context.Context, do func(Conn) error) error {
	return d.Again(ctx, func() error {
		tx, err := d.DB.BeginTx(ctx, d.options)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := do(Conn{tx, d.Engine}); err != nil {
			return err
		}
		return sent(tx.Commit())
	})
}

// Again repeats what failed because of another transaction, or what no connection
// took up, later each time.
func (d Database) Again(ctx context.Context, do func() error) error {
	for n := range attempts {
		err := do()
		if err == nil || !d.undone(err) || n == attempts-1 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Millisecond << min(n, 6))):
		}
	}
	panic("unreachable")
}

// Exec runs a statement and says how many rows it matched.
func (c Conn) Exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := c.ExecContext(ctx, c.bind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Query runs a statement and shows each row to scan.
func (c Conn) Query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := c.QueryContext(ctx, c.bind(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return sent(rows.Err())
}

// One is Query for the only row there can be: sql.ErrNoRows if there is none.
func (c Conn) One(ctx context.Context, dest []any, query string, args ...any) error {
	found := false
	err := c.Query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	}, query, args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}
