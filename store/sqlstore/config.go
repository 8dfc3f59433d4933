package sqlstore

import (
	"fmt"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
)

// Dialect is which engine a database is.
type Dialect = sqldb.Dialect

// The engines. There is no default: a Config names one.
const (
	PostgreSQL = sqldb.PostgreSQL // 14 or later
	MySQL      = sqldb.MySQL      // 8 or later, and MariaDB 10.6 or later
	SQLite     = sqldb.SQLite     // 3.40 or later
)

// Config is where a Store keeps its tables.
type Config struct {
	// Dialect is the engine. Required.
	Dialect Dialect

	// Schema is the PostgreSQL schema of the tables, which must exist. Empty
	// means the first of the connection's search_path. Other engines have none.
	Schema string

	// Prefix begins the name of each table. Empty means "gatehouse_".
	Prefix string
}

// ConfigError names the field of a Config that cannot be used, and why.
type ConfigError = sqldb.ConfigError

// layout is what a valid Config stands for.
func (c Config) layout() (*dialect, tables, sqldb.Schema, error) {
	engine, prefix, index, err := sqldb.Place{Dialect: c.Dialect, Schema: c.Schema, Prefix: c.Prefix}.Names()
	if err != nil {
		return nil, tables{}, sqldb.Schema{}, fmt.Errorf("sqlstore: %w", err)
	}
	d := dialects[c.Dialect]
	d.Engine = engine
	schema, err := sqldb.NewSchema(migrations, engine, "schema", prefix, index)
	return &d, tablesOf(prefix), schema, err
}

// tables is what the tables are called in statements.
type tables struct {
	users, identities, registrations string
	holders                          string
	tickets, meters                  string
	grants, logins                   string
	factors, codes                   string
}

func tablesOf(prefix string) tables {
	return tables{
		users: prefix + "users", identities: prefix + "identities", registrations: prefix + "registrations",
		holders: prefix + "holders",
		tickets: prefix + "tickets", meters: prefix + "meters",
		grants: prefix + "grants", logins: prefix + "logins",
		factors: prefix + "factors", codes: prefix + "codes",
	}
}
