// Package sqlstore keeps all four parts of a store in PostgreSQL, MySQL, MariaDB
// or SQLite, through database/sql and whatever driver the caller brings.
//
//	db, err := sql.Open("pgx", dsn)
//	config := sqlstore.Config{Dialect: sqlstore.PostgreSQL}
//	err = sqlstore.Migrate(ctx, db, config)     // or apply sqlstore.Migrations yourself
//	s, err := sqlstore.Open(ctx, db, config)
//	login, err := passwordless.New(passwordless.Config{Store: store.Of(s), …})
//
// Each method is one statement, or one transaction where it must be several, and
// nothing is decided on what a transaction has not locked. On PostgreSQL what a
// login needs is one round trip to read and one to write: a statement writes
// several tables and reads what it wrote. MySQL and MariaDB cannot return what an
// UPDATE changed, so that a guess, a send and a login are transactions of a few
// statements there; on SQLite the same transactions cross no network.
//
// # Data sources
//
// PostgreSQL: any pool setting; a driver that sends arguments apart from the
// statement and keeps statements prepared, as pgx does by default, is fastest.
// fsync and synchronous_commit must be on: with either off a crash of the server
// may forget that a ticket was spent.
//
// MySQL and MariaDB: clientFoundRows=true, which Open insists on, and
// interpolateParams=true, which saves a round trip for each statement. The
// sql_mode must be strict, and innodb_flush_log_at_trx_commit 1, which is the
// default, for the reason above.
//
// SQLite: a file, with a busy_timeout and a synchronous that is FULL, which Open
// insists on; WAL, so that readers do not wait; and few connections, since there
// is one writer at a time. For the modernc.org driver:
//
//	file:gatehouse.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate
//
// A transaction that a deadlock, a serialization failure or a busy database
// undid is tried again, for a bounded number of times, and so is one that met a
// connection of the pool that had been closed before. A connection that is lost
// in the middle of a call is an error, and is not tried again: what became of the
// call is unknown, and the caller refuses.
package sqlstore

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
	"github.com/gatehouse-go/gatehouse/store"
)

// Store is a store.Engine, a store.Joined and a store.JoinedUsers. Its methods
// may be called concurrently and from several processes.
type Store struct {
	db      sqldb.Database
	dialect *dialect
	tables
	reads
}

var (
	_ store.Engine      = (*Store)(nil)
	_ store.Joined      = (*Store)(nil)
	_ store.JoinedUsers = (*Store)(nil)
)

// Open returns the store that c describes, in db. It changes nothing.
//
// Errors are a [*ConfigError]; a [*SchemaError] if the tables are not there or
// are those of another version; [ErrUnsafe] if the database, as db connects to
// it, would lose or mistake what is stored, with what to change; and what the
// driver says. Of a pool it looks at one connection: give all of them one data
// source name.
func Open(ctx context.Context, db DB, c Config) (*Store, error) {
	d, t, schema, err := c.layout()
	if err != nil {
		return nil, err
	}
	if db == nil {
		return nil, errors.New("sqlstore: Open needs a database")
	}
	s := &Store{db: sqldb.Database{DB: db, Engine: d.Engine}, dialect: d, tables: t, reads: readsOf(d, t)}
	if err := s.db.Check(ctx, schema); err != nil {
		return nil, named(err)
	}
	return s, nil
}
