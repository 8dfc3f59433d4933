package sqlstore

import (
	"fmt"
	"regexp"
)

// Dialect is which engine a database is.
type Dialect int

// The engines. There is no default: a Config names one.
const (
	PostgreSQL Dialect = 1 + iota // 14 or later
	MySQL                         // 8 or later, and MariaDB 10.6 or later
	SQLite                        // 3.40 or later
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
type ConfigError struct {
	Field  string
	Reason string
}

func (e *ConfigError) Error() string { return "sqlstore: config: " + e.Field + " " + e.Reason }

// plainName is a name that needs no quoting anywhere and leaves PostgreSQL, which
// cuts names at 63 bytes, room for the longest name of an index.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)

const notPlain = "must be at most 32 of a-z, 0-9 and _, and not begin with a digit"

// layout is what a valid Config stands for.
func (c Config) layout() (*dialect, tables, error) {
	d, known := dialects[c.Dialect]
	if !known {
		return nil, tables{}, &ConfigError{"Dialect", "must be PostgreSQL, MySQL or SQLite"}
	}
	prefix := c.Prefix
	if prefix == "" {
		prefix = "gatehouse_"
	}
	if !plainName.MatchString(prefix) {
		return nil, tables{}, &ConfigError{"Prefix", notPlain}
	}
	if c.Schema == "" {
		return &d, tablesOf(prefix, prefix), nil
	}
	if c.Dialect != PostgreSQL {
		return nil, tables{}, &ConfigError{"Schema", "is for PostgreSQL alone"}
	}
	if !plainName.MatchString(c.Schema) {
		return nil, tables{}, &ConfigError{"Schema", notPlain}
	}
	return &d, tablesOf(fmt.Sprintf("%q.%s", c.Schema, prefix), prefix), nil
}

// tables is what the tables are called in statements.
type tables struct {
	prefix, bare string // before the name of a table, and of an index

	users, identities, registrations string
	holders                          string
	tickets, meters                  string
	grants, logins                   string
	factors, codes                   string
	schema                           string
}

func tablesOf(prefix, bare string) tables {
	return tables{
		prefix: prefix, bare: bare,
		users: prefix + "users", identities: prefix + "identities", registrations: prefix + "registrations",
		holders: prefix + "holders",
		tickets: prefix + "tickets", meters: prefix + "meters",
		grants: prefix + "grants", logins: prefix + "logins",
		factors: prefix + "factors", codes: prefix + "codes",
		schema: prefix + "schema",
	}
}
