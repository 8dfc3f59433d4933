package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/store"
)

// takenKey is a driver's error that repeats a value.
type takenKey struct{}

func (takenKey) Error() string    { return "Key (value)=(jared@piedpiper.com) already exists" }
func (takenKey) SQLState() string { return "23505" }

// refusing is a transaction in which every statement fails.
type refusing struct{ err error }

func (r refusing) ExecContext(context.Context, string, ...any) (sql.Result, error) { return nil, r.err }
func (r refusing) QueryContext(context.Context, string, ...any) (*sql.Rows, error) { return nil, r.err }

func deleteUser(t *testing.T, err error) error {
	t.Helper()
	d, tables, _, failed := Config{Dialect: PostgreSQL}.layout()
	if failed != nil {
		t.Fatal(failed)
	}
	s := &Store{dialect: d, tables: tables}
	s.db.Engine = d.Engine
	return s.DeleteUserIn(t.Context(), refusing{err}, "tenant", "user")
}

// LOG-01
func TestATakenKeyIsNotRepeated(t *testing.T) {
	t.Parallel()
	if err := deleteUser(t, takenKey{}); err != store.ErrExists {
		t.Errorf("%v, want ErrExists and nothing of the driver's text", err)
	}
}

func TestAFailureIsNoAnswer(t *testing.T) {
	t.Parallel()
	lost := errors.New("unexpected EOF")
	err := deleteUser(t, lost)
	if !errors.Is(err, lost) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) {
		t.Errorf("%v, want the error of the connection", err)
	}
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), nil, Config{Dialect: SQLite}); err == nil {
		t.Error("Open took no database")
	}
}
