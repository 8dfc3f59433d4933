package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/sqldb"
	"github.com/gatehouse-go/gatehouse/store"
)

// DB is a database: a *sql.DB, or a *sql.Conn for one caller at a time.
type DB = sqldb.DB

// Querier is where a statement runs: a *sql.DB, a *sql.Conn or a *sql.Tx.
type Querier = sqldb.Querier

// on is the store as seen from the database itself, or from within one
// transaction of it.
type on struct {
	*Store
	conn sqldb.Conn
}

func (s *Store) auto() on { return on{s, s.db.Auto()} }

// within is a transaction of the caller's.
func (s *Store) within(tx Querier) sqldb.Conn { return sqldb.Conn{Querier: tx, Engine: s.db.Engine} }

// transact runs do in a transaction, as [sqldb.Database.Transact] does.
func (s *Store) transact(ctx context.Context, do func(on) error) error {
	return named(s.db.Transact(ctx, func(c sqldb.Conn) error { return do(on{s, c}) }))
}

// again repeats what left nothing behind, as [sqldb.Database.Again] does.
func (s *Store) again(ctx context.Context, do func() error) error {
	return named(s.db.Again(ctx, do))
}

// named says whose error it is, but for those of the contract.
func named(err error) error {
	var limit *store.LimitError
	if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrLast) || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("sqlstore: %w", err)
}

// exec runs a statement and says how many rows it matched. A key that is taken
// is store.ErrExists, without the driver's text, which may repeat the value.
func (o on) exec(ctx context.Context, query string, args ...any) (int, error) {
	n, err := o.conn.Exec(ctx, query, values(args)...)
	return n, o.taken(err)
}

// query runs a statement and shows each row to scan.
func (o on) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	return o.taken(o.conn.Query(ctx, scan, query, values(args)...))
}

// one is query for the only row there can be: store.ErrNotFound if there is none.
func (o on) one(ctx context.Context, dest []any, query string, args ...any) error {
	err := o.conn.One(ctx, dest, query, values(args)...)
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return o.taken(err)
}

func (o on) taken(err error) error {
	if err != nil && o.dialect.Classify(err) == sqldb.Duplicate {
		return store.ErrExists
	}
	return err
}

// statement is one that is put together. Each ? of it is one of its arguments.
type statement struct {
	pieces []string
	args   []any
}

func (s *statement) add(text string, args ...any) {
	s.pieces = append(s.pieces, text)
	s.args = append(s.args, args...)
}

func (s statement) text() string { return strings.Join(s.pieces, "") }

// saying is a statement of one piece.
func saying(text string, args ...any) statement { return statement{[]string{text}, args} }

// run runs a statement and says how many rows it matched, or read.
func (o on) run(ctx context.Context, q statement) (int, error) {
	return o.exec(ctx, q.text(), q.args...)
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
