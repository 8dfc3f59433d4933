// Package sqldb is what is done alike by all that keep something through
// database/sql, whatever the engine: transactions that are tried again, errors
// that are recognised without naming a driver, migrations, and a look at how the
// database is connected to.
package sqldb

import (
	"database/sql"
	"strconv"
	"strings"
)

// Engine is in what the engines differ for everybody. Statements are written
// with ? for each argument.
type Engine struct {
	Name      string
	Directory string // of its migrations

	numbered bool // arguments are $1, $2, … instead of ?

	// options of a transaction. A transaction relies on rows that it has locked
	// by writing them, and on reading what others committed before that.
	options *sql.TxOptions

	lock     string // of a migration; with one argument
	unlock   string // empty: the lock ends with its transaction
	Classify func(error) Fault
}

var engines = map[Dialect]*Engine{
	PostgreSQL: {
		Name: "PostgreSQL", Directory: "postgresql", numbered: true,
		options:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:     "SELECT 1 FROM pg_advisory_xact_lock(hashtext(?))",
		Classify: postgresFault,
	},
	MySQL: {
		Name: "MySQL", Directory: "mysql",
		options:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:     "SELECT GET_LOCK(?, 60)",
		unlock:   "SELECT RELEASE_LOCK(?)",
		Classify: mysqlFault,
	},
	SQLite: {
		Name: "SQLite", Directory: "sqlite",
		Classify: sqliteFault,
	},
}

// bind gives arguments the marks of the engine. No statement has a ? elsewhere.
func (e *Engine) bind(query string) string {
	if !e.numbered {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 2*strings.Count(query, "?"))
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
