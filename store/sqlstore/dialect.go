package sqlstore

import (
	"database/sql"
	"strconv"
	"strings"
)

// dialect is in what the engines differ. Statements are written with ? for each
// argument.
type dialect struct {
	name      string
	directory string // of its migrations

	// atOnce: one statement may write several tables and read what it wrote, so
	// that a verb is one round trip where others need a transaction.
	atOnce   bool
	numbered bool // arguments are $1, $2, … instead of ?

	none  string // no bytes, as a column of a UNION
	bytes string // an argument whose type nothing else tells

	// options of a transaction. A transaction relies on rows that it has locked
	// by writing them, and on reading what others committed before that.
	options *sql.TxOptions

	// orLock ends an INSERT: a row that is there is locked and stays as it is.
	orLock func(table, key, column string) string

	// sweep deletes at most so many rows that have ended, and waits for nobody
	// where it can.
	sweep func(table, key, ends string) string

	lock     string // of a migration; with one argument
	unlock   string // empty: the lock ends with its transaction
	classify func(error) fault
}

var dialects = map[Dialect]dialect{
	PostgreSQL: {
		name: "PostgreSQL", directory: "postgresql",
		atOnce: true, numbered: true, none: "NULL::bytea", bytes: "CAST(? AS bytea)",
		options: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:    "SELECT 1 FROM pg_advisory_xact_lock(hashtext(?))",
		sweep: func(table, key, ends string) string {
			return "WITH dead AS MATERIALIZED (SELECT " + key + " FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends +
				" LIMIT ? FOR UPDATE SKIP LOCKED) DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM dead)"
		},
		orLock: onConflictLock, classify: postgresFault,
	},
	MySQL: {
		name: "MySQL", directory: "mysql",
		none: "NULL", bytes: "CAST(? AS BINARY)",
		options: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:    "SELECT GET_LOCK(?, 60)",
		unlock:  "SELECT RELEASE_LOCK(?)",
		sweep: func(table, _, ends string) string {
			return "DELETE FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends + " LIMIT ?"
		},
		orLock: onDuplicateLock, classify: mysqlFault,
	},
	SQLite: {
		name: "SQLite", directory: "sqlite",
		none: "NULL", bytes: "CAST(? AS BLOB)",
		sweep: func(table, key, ends string) string {
			return "DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends + " LIMIT ?)"
		},
		orLock: onConflictLock, classify: sqliteFault,
	},
}

func onConflictLock(table, key, column string) string {
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + column + "=" + table + "." + column
}

func onDuplicateLock(_, _, column string) string {
	return " ON DUPLICATE KEY UPDATE " + column + "=" + column
}

// bind gives arguments the marks of the dialect. No statement has a ? elsewhere.
func (d *dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 64)
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = after
	}
}
