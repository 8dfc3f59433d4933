package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrUnsafe is wrapped by what Check says of a database that, as it is connected
// to, would lose what is stored or mistake one thing for another.
var ErrUnsafe = errors.New("the database cannot be used as it is connected to")

func unsafe(what string) error { return fmt.Errorf("%w: %s", ErrUnsafe, what) }

// Check looks at the schema, and at what the engine and the data source name
// decide. It changes nothing. Errors are a [*SchemaError], [ErrUnsafe] and the
// driver's.
func (d Database) Check(ctx context.Context, s Schema) error {
	if err := d.checkSchema(ctx, s); err != nil {
		return err
	}
	switch d.Engine {
	case engines[MySQL]:
		return d.Auto().checkMySQL(ctx, s)
	case engines[SQLite]:
		return d.Auto().checkSQLite(ctx)
	}
	return nil
}

func (c Conn) checkMySQL(ctx context.Context, s Schema) error {
	var mode string
	if err := c.One(ctx, []any{&mode}, "SELECT @@sql_mode FROM "+s.Table+" WHERE version=?", 1); err != nil {
		return err
	}
	if !strings.Contains(mode, "STRICT_") {
		return unsafe("the sql_mode is not strict, and values that are too long would be cut")
	}
	// A row that is as the statement leaves it counts only if found rows are counted.
	n, err := c.Exec(ctx, "UPDATE "+s.Table+" SET version=version WHERE version=?", 1)
	if err != nil {
		return err
	}
	if n != 1 {
		return unsafe("the driver counts changed rows: set clientFoundRows=true")
	}
	return nil
}

func (c Conn) checkSQLite(ctx context.Context) error {
	var file string
	if err := c.One(ctx, []any{&file}, "SELECT file FROM pragma_database_list WHERE name='main' AND ?=1", 1); err != nil {
		return err
	}
	if file == "" {
		return unsafe("it is in memory, and each connection has its own: name a file, or use memstore")
	}
	var busy, synchronous int
	var journal string
	if err := c.One(ctx, []any{&busy, &synchronous, &journal},
		"SELECT timeout, synchronous, journal_mode FROM pragma_busy_timeout, pragma_synchronous, pragma_journal_mode WHERE ?=1", 1); err != nil {
		return err
	}
	switch {
	case busy <= 0:
		return unsafe("busy_timeout is zero, and callers would fail instead of waiting: set it to some seconds")
	case synchronous < 2:
		return unsafe("synchronous is less than FULL, and what was committed may be forgotten: a ticket could be used twice")
	case journal == "off" || journal == "memory":
		return unsafe("the journal is not on disk, and a crash would leave half a transaction: set journal_mode to WAL")
	}
	return nil
}
