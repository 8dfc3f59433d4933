package sqloutbox

import (
	"context"
	"embed"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Migration is one step of the schema, forward only.
type Migration = sqldb.Migration

// SchemaError says that the schema is not the one that this version works with.
type SchemaError = sqldb.SchemaError

// ErrUnsafe is wrapped by what [Open] says of a database that, as it is connected
// to, would lose what is stored.
var ErrUnsafe = sqldb.ErrUnsafe

// Migrations is the steps of the schema that c describes, in order, for a tool of
// the caller's own: it runs what is not in the schema table yet, a transaction a
// step. Of c it reads Dialect, Schema and Prefix. Errors are a [*ConfigError].
func Migrations(c Config) ([]Migration, error) {
	_, _, schema, err := c.place()
	if err != nil {
		return nil, named(err)
	}
	return schema.Steps, nil
}

// Migrate brings the schema that c describes up to date: a transaction for each
// step, and one caller at a time. What is up to date stays as it is. It needs the
// right to create tables, which nothing else here does. Of c it reads Dialect,
// Schema and Prefix.
//
// Errors are a [*ConfigError]; a [*SchemaError] if the schema is newer than this
// version; an error that names a step that is not the one that was applied under
// its number; and what the driver says.
func Migrate(ctx context.Context, db DB, c Config) error {
	engine, _, schema, err := c.place()
	if err != nil {
		return named(err)
	}
	return named(sqldb.Database{DB: db, Engine: engine}.Migrate(ctx, schema))
}
