package sqldb

import (
	"fmt"
	"regexp"
)

// Dialect is which engine a database is.
type Dialect int

// The engines. There is no default.
const (
	PostgreSQL Dialect = 1 + iota // 14 or later
	MySQL                         // 8 or later, and MariaDB 10.6 or later
	SQLite                        // 3.40 or later
)

// Place is where tables are kept.
type Place struct {
	Dialect Dialect // required
	Schema  string  // of PostgreSQL; empty: the first of the search_path
	Prefix  string  // of the name of each table; empty: "gatehouse_"
}

// ConfigError names the field of a configuration that cannot be used, and why.
type ConfigError struct {
	Field  string
	Reason string
}

func (e *ConfigError) Error() string { return "config: " + e.Field + " " + e.Reason }

// plainName is a name that needs no quoting anywhere and leaves PostgreSQL, which
// cuts names at 63 bytes, room for the longest name of an index.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)

const notPlain = "must be at most 32 of a-z, 0-9 and _, and not begin with a digit"

// Names is the engine of p, and what stands before the name of a table and of an
// index in its statements. An error is a *[ConfigError].
func (p Place) Names() (e *Engine, table, index string, err error) {
	e, known := engines[p.Dialect]
	if !known {
		return nil, "", "", &ConfigError{"Dialect", "must be PostgreSQL, MySQL or SQLite"}
	}
	index = p.Prefix
	if index == "" {
		index = "gatehouse_"
	}
	switch {
	case !plainName.MatchString(index):
		return nil, "", "", &ConfigError{"Prefix", notPlain}
	case p.Schema == "":
		return e, index, index, nil
	case p.Dialect != PostgreSQL:
		return nil, "", "", &ConfigError{"Schema", "is for PostgreSQL alone"}
	case !plainName.MatchString(p.Schema):
		return nil, "", "", &ConfigError{"Schema", notPlain}
	}
	return e, fmt.Sprintf("%q.%s", p.Schema, index), index, nil
}
