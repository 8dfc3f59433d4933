package sqldb

import (
	"database/sql/driver"
	"errors"
	"strings"
)

// Fault is what an error of a driver means here.
type Fault int

// What an error can mean.
const (
	Broken    Fault = iota // anything else: the caller is told
	Duplicate              // a key is taken
	Transient              // the transaction was undone for the sake of another: it may be tried again
	Missing                // there is no such table
)

// undone says that nothing came of what failed, so that it may be tried again.
//
// driver.ErrBadConn is how a driver says that a connection had gone before it was
// asked. A caller who goes away in the middle of a call leaves such connections
// behind, and database/sql, which tries three, can meet as many in a busy pool.
func (e *Engine) undone(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || e.Classify(err) == Transient
}

// sent is the error of what the database had been asked already. Should a driver
// call that driver.ErrBadConn, it is not believed: who tries again what may have
// been done does it twice.
func sent(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return unknown{err}
	}
	return err
}

// unknown hides from errors.Is what an error wraps.
type unknown struct{ error }

// postgresFault reads the SQLSTATE that pgx and lib/pq both tell (PostgreSQL
// manual, appendix A).
func postgresFault(err error) Fault {
	var told interface{ SQLState() string }
	if !errors.As(err, &told) {
		return Broken
	}
	switch told.SQLState() {
	case "23505":
		return Duplicate
	case "40001", "40P01":
		return Transient
	case "42P01":
		return Missing
	}
	return Broken
}

// mysqlFault reads the number off the text: the driver's error has no method
// that tells it. "Error 1062 (23000): …" (MySQL error message reference).
func mysqlFault(err error) Fault {
	for ; err != nil; err = errors.Unwrap(err) {
		number, ok := strings.CutPrefix(err.Error(), "Error ")
		if !ok || len(number) < 5 {
			continue
		}
		switch number[:4] {
		case "1062":
			return Duplicate
		case "1213", "1020": // a deadlock; MariaDB: the record has changed since last read
			return Transient
		case "1146":
			return Missing
		}
	}
	return Broken
}

// sqliteFault reads the result code (SQLite, "Result and Error Codes") where the
// driver tells it, and the text that SQLite gives it where not.
func sqliteFault(err error) Fault {
	if err == nil {
		return Broken
	}
	var told interface{ Code() int }
	if errors.As(err, &told) {
		switch code := told.Code(); {
		case code == 1555, code == 2067: // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE
			return Duplicate
		case code&0xff == 5, code&0xff == 6: // SQLITE_BUSY, SQLITE_LOCKED
			return Transient
		}
	}
	switch text := err.Error(); {
	case strings.Contains(text, "UNIQUE constraint failed"):
		return Duplicate
	case strings.Contains(text, "database is locked"), strings.Contains(text, "database table is locked"):
		return Transient
	case strings.Contains(text, "no such table"):
		return Missing
	}
	return Broken
}
