package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// fakeDatabase answers every beginning, statement and commit with what it is told
// to; with a limit, only so many of them.
type fakeDatabase struct {
	begin, statement, commit error
	failures                 int64 // zero: without end
	failed                   atomic.Int64
	begun, ran, commits      atomic.Int64
}

// fails is err as often as failures has it.
func (f *fakeDatabase) fails(err error) error {
	if err != nil && f.failures > 0 && f.failed.Add(1) > f.failures {
		return nil
	}
	return err
}

func (f *fakeDatabase) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }
func (f *fakeDatabase) Driver() driver.Driver                        { return nil }

type fakeConn struct{ *fakeDatabase }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c fakeConn) Close() error                        { return nil }
func (c fakeConn) Rollback() error                     { return nil }

func (c fakeConn) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }

func (c fakeConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if err := c.fails(c.begin); err != nil {
		return nil, err
	}
	c.begun.Add(1)
	return c, nil
}

func (c fakeConn) Commit() error {
	c.commits.Add(1)
	return c.fails(c.commit)
}

func (c fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	c.ran.Add(1)
	return driver.RowsAffected(1), c.fails(c.statement)
}

func (f *fakeDatabase) open(t *testing.T) Database {
	t.Helper()
	db := sql.OpenDB(f)
	t.Cleanup(func() { db.Close() })
	return Database{DB: db, Engine: engines[PostgreSQL]}
}

func (f *fakeDatabase) write(t *testing.T) error {
	t.Helper()
	return f.open(t).Transact(t.Context(), func(c Conn) error {
		_, err := c.Exec(t.Context(), "UPDATE t SET a=?", 1)
		return err
	})
}

func TestWhatAnotherTransactionUndidIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, f := range []*fakeDatabase{{statement: stateError("40P01")}, {commit: stateError("40001")}} {
		if err := f.write(t); err == nil {
			t.Error("a transaction that is always undone succeeded")
		}
		if n := f.begun.Load(); n != attempts {
			t.Errorf("tried %d times, want %d and no more", n, attempts)
		}
	}
}

// SEC-01
// Whoever tries again what may have been done does it twice.
func TestALostConnectionIsToldAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	lost := errors.New("unexpected EOF")
	for _, f := range []*fakeDatabase{{statement: lost}, {commit: lost}} {
		if err := f.write(t); !errors.Is(err, lost) {
			t.Errorf("%v, want the error of the connection", err)
		}
		if n := f.begun.Load(); n != 1 {
			t.Errorf("tried %d times, want once", n)
		}
	}
}

// A connection that had gone before it was asked, as the driver says by
// driver.ErrBadConn, did nothing: callers who went away leave such connections in
// the pool, and database/sql itself gives up at the third.
func TestWhatNoConnectionTookUpIsTriedAgain(t *testing.T) {
	t.Parallel()
	gone := fmt.Errorf("wrapped: %w", driver.ErrBadConn)
	for name, f := range map[string]*fakeDatabase{
		"begin":     {begin: gone, failures: 8},
		"statement": {statement: gone, failures: 8},
	} {
		if err := f.write(t); err != nil || f.commits.Load() != 1 {
			t.Errorf("%s: %v and %d commits, want one", name, err, f.commits.Load())
		}
	}
	f := &fakeDatabase{statement: gone, failures: 8}
	d := f.open(t)
	if err := d.Again(t.Context(), func() error {
		_, err := d.Auto().Exec(t.Context(), "UPDATE t SET a=?", 1)
		return err
	}); err != nil {
		t.Errorf("a statement alone: %v", err)
	}
	if err := (&fakeDatabase{statement: gone}).write(t); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("%v, want what the driver says of a database that is gone for good", err)
	}
}

// SEC-01
// Whatever a driver says of a COMMIT: it was sent, or may have been.
func TestACommitIsNeverTriedAgain(t *testing.T) {
	t.Parallel()
	f := &fakeDatabase{commit: driver.ErrBadConn, failures: 1}
	if err := f.write(t); err == nil || !strings.Contains(err.Error(), driver.ErrBadConn.Error()) {
		t.Errorf("%v, want the error of the connection", err)
	}
	if f.begun.Load() != 1 || f.commits.Load() != 1 {
		t.Errorf("%d transactions and %d commits, want one", f.begun.Load(), f.commits.Load())
	}
}

func TestTryingAgainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeDatabase{}
	err := f.open(t).Again(ctx, func() error {
		if f.ran.Add(1) == 2 {
			cancel()
		}
		return stateError("40P01")
	})
	if !errors.Is(err, context.Canceled) || f.ran.Load() > 3 {
		t.Errorf("%v after %d tries, want the end of the context", err, f.ran.Load())
	}
}
