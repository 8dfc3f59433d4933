package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
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

// on is the store as seen from the database itself, or from within one
// transaction of it.
type on struct {
	*Store
	q Querier
}

func (s *Store) auto() on { return on{s, s.db} }

// attempts bounds how often what another transaction got in the way of is tried.
const attempts = 12

// transact runs do in a transaction, which an error of do undoes.
//
// It is tried again only when the database said that it was undone for the sake
// of another. A connection that is lost is told as it is: nobody knows what
// became of it.
func (s *Store) transact(ctx context.Context, do func(on) error) error {
	return s.again(ctx, func() error {
		tx, err := s.db.BeginTx(ctx, s.dialect.options)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := do(on{s, tx}); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// again repeats what failed because of another transaction, later each time.
func (s *Store) again(ctx context.Context, do func() error) error {
	for n := range attempts {
		err := do()
		if err == nil || s.dialect.classify(err) != transient || n == attempts-1 {
			return named(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Millisecond << min(n, 6))):
		}
	}
	panic("unreachable")
}

// named says whose error it is, but for those of the contract.
func named(err error) error {
	var limit *store.LimitError
	if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("sqlstore: %w", err)
}

// exec runs a statement and says how many rows it matched. A key that is taken
// is store.ErrExists, without the driver's text, which may repeat the value.
func (o on) exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := o.q.ExecContext(ctx, o.dialect.bind(query), values(args)...)
	if err != nil {
		return 0, o.taken(err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// query runs a statement and shows each row to scan.
func (o on) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := o.q.QueryContext(ctx, o.dialect.bind(query), values(args)...)
	if err != nil {
		return o.taken(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return o.taken(rows.Err())
}

// one is query for the only row there can be: store.ErrNotFound if there is none.
func (o on) one(ctx context.Context, dest []any, query string, args ...any) error {
	found := false
	err := o.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	}, query, args...)
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

func (o on) taken(err error) error {
	if err != nil && o.dialect.classify(err) == duplicate {
		return store.ErrExists
	}
	return err
}

// statement is one that is put together. Each ? of it is one of its arguments.
type statement struct {
	text string
	args []any
}

func (s *statement) add(text string, args ...any) {
	s.text += text
	s.args = append(s.args, args...)
}

// values are arguments as every driver takes them: bytes, integers and nil.
// Text is bytes too, and an instant its milliseconds.
func values(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = value(arg)
	}
	return out
}

func value(arg any) any {
	switch v := arg.(type) {
	case string:
		return []byte(v)
	case store.Kind:
		return []byte(v)
	case identity.IdentityType:
		return []byte(v)
	case identity.VerifiedReason:
		return []byte(v)
	case identity.TOTPAlgorithm:
		return []byte(v)
	case store.Hash:
		return v[:]
	case []byte:
		if v == nil {
			return nil
		}
	case time.Time:
		return int64(identity.At(v))
	case identity.Instant:
		return int64(v)
	case int:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return arg
}

// instant is the time of a column, zero for none.
func instant(ms int64) time.Time { return identity.Instant(ms).Time() }

// forever is when ends what lives until it is revoked.
const forever = math.MaxInt64

func ends(t time.Time) int64 {
	if t.IsZero() {
		return forever
	}
	return int64(identity.At(t))
}

func endless(ms int64) time.Time {
	if ms == forever {
		return time.Time{}
	}
	return instant(ms)
}

// until is how long from now to an instant in milliseconds, by now's own
// millisecond.
func until(ms int64, now time.Time) time.Duration {
	return time.Duration(ms-now.UnixMilli()) * time.Millisecond
}
