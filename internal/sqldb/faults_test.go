package sqldb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestBindNumbersArguments(t *testing.T) {
	t.Parallel()
	numbered, plain := engines[PostgreSQL], engines[SQLite]
	for query, want := range map[string]string{
		"":                           "",
		"SELECT 1":                   "SELECT 1",
		"?":                          "$1",
		"a=? AND b=?":                "a=$1 AND b=$2",
		strings.Repeat("?,", 11):     "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,",
		"INSERT INTO t VALUES (?,?)": "INSERT INTO t VALUES ($1,$2)",
	} {
		if got := numbered.bind(query); got != want {
			t.Errorf("%q became %q, want %q", query, got, want)
		}
		if got := plain.bind(query); got != query {
			t.Errorf("%q became %q where arguments are not numbered", query, got)
		}
	}
}

type stateError string

func (e stateError) Error() string    { return "ERROR: something (SQLSTATE " + string(e) + ")" }
func (e stateError) SQLState() string { return string(e) }

type codeError int

func (e codeError) Error() string { return "something" }
func (e codeError) Code() int     { return int(e) }

func TestFaultsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect Dialect
		err     error
		want    Fault
	}{
		{PostgreSQL, stateError("23505"), Duplicate},
		{PostgreSQL, stateError("40001"), Transient},
		{PostgreSQL, stateError("40P01"), Transient},
		{PostgreSQL, stateError("42P01"), Missing},
		{PostgreSQL, stateError("57P01"), Broken}, // the server is going down: nobody knows
		{PostgreSQL, stateError("08006"), Broken},
		{PostgreSQL, errors.New("driver: bad connection"), Broken},
		{MySQL, errors.New("Error 1062 (23000): Duplicate entry 'x' for key 'PRIMARY'"), Duplicate},
		{MySQL, errors.New("Error 1062: Duplicate entry"), Duplicate},
		{MySQL, errors.New("Error 1213 (40001): Deadlock found when trying to get lock"), Transient},
		{MySQL, errors.New("Error 1146 (42S02): Table 'x' doesn't exist"), Missing},
		{MySQL, errors.New("Error 1205 (HY000): Lock wait timeout exceeded"), Broken},
		{MySQL, errors.New("Error 106"), Broken},
		{MySQL, errors.New("invalid connection"), Broken},
		{SQLite, codeError(1555), Duplicate},
		{SQLite, codeError(2067), Duplicate},
		{SQLite, codeError(5), Transient},
		{SQLite, codeError(517), Transient}, // SQLITE_BUSY_SNAPSHOT
		{SQLite, codeError(262), Transient}, // SQLITE_LOCKED_SHAREDCACHE
		{SQLite, codeError(19), Broken},
		{SQLite, errors.New("UNIQUE constraint failed: t.id"), Duplicate},
		{SQLite, errors.New("database is locked"), Transient},
		{SQLite, errors.New("SQL logic error: no such table: t (1)"), Missing},
		{SQLite, errors.New("disk I/O error"), Broken},
	} {
		d := engines[c.dialect]
		for _, err := range []error{c.err, fmt.Errorf("wrapped: %w", c.err)} {
			if got := d.Classify(err); got != c.want {
				t.Errorf("%s: %q is %d, want %d", d.Name, err, got, c.want)
			}
		}
		if got := d.Classify(nil); got != Broken {
			t.Errorf("%s: no error is %d", d.Name, got)
		}
	}
}
