package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"
)

// fakeDatabase answers every statement, and every commit, with what it is told to.
type fakeDatabase struct {
	statement, commit   error
	begun, ran, commits atomic.Int64
}

func (f *fakeDatabase) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }
func (f *fakeDatabase) Driver() driver.Driver                        { return nil }

type fakeConn struct{ *fakeDatabase }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c fakeConn) Close() error                        { return nil }
func (c fakeConn) Rollback() error                     { return nil }

func (c fakeConn) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }

func (c fakeConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	c.begun.Add(1)
	return c, nil
}

func (c fakeConn) Commit() error {
	c.commits.Add(1)
	return c.commit
}

func (c fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	c.ran.Add(1)
	return driver.RowsAffected(1), c.statement
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
