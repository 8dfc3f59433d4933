package sqlstore

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/gatehouse-go/gatehouse/store"
)

//go:embed migrations
var migrations embed.FS

// Migration is one step of the schema, forward only.
type Migration struct {
	Version int    // from 1
	Name    string // such as 0001_tables.sql
	SQL     string // its statements, each ending in ";\n"; the last notes that it was applied
	sum     string
}

// SchemaError says that a schema is not the one that this version works with.
type SchemaError struct {
	Have int // the version that was found; zero for none
	Need int
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("sqlstore: the schema is at %d, this version needs %d", e.Have, e.Need)
}

// Migrations is the steps of the schema that c describes, in order, for a tool of
// the caller's own: it runs what is not in the schema table yet, a transaction a
// step. Errors are a [*ConfigError].
func Migrations(c Config) ([]Migration, error) {
	d, t, err := c.layout()
	if err != nil {
		return nil, err
	}
	return t.migrations(d)
}

func (t tables) migrations(d *dialect) ([]Migration, error) {
	files, err := migrations.ReadDir(path.Join("migrations", d.directory))
	if err != nil {
		return nil, err
	}
	var all []Migration
	for i, f := range files {
		text, err := migrations.ReadFile(path.Join("migrations", d.directory, f.Name()))
		if err != nil {
			return nil, err
		}
		m := Migration{Version: i + 1, Name: f.Name(), SQL: strings.NewReplacer("@", t.prefix, "#", t.bare).Replace(string(text))}
		sum := sha256.Sum256([]byte(m.SQL))
		m.sum = hex.EncodeToString(sum[:])
		if i == 0 {
			m.SQL = t.schemaTable() + ";\n\n" + m.SQL
		}
		m.SQL += fmt.Sprintf("\nINSERT INTO %s (version, checksum) VALUES (%d, '%s');\n", t.schema, m.Version, m.sum)
		all = append(all, m)
	}
	return all, nil
}

// schemaTable is what every engine takes alike.
func (t tables) schemaTable() string {
	return "CREATE TABLE IF NOT EXISTS " + t.schema + " (version INTEGER NOT NULL PRIMARY KEY, checksum CHAR(64) NOT NULL)"
}

// Migrate brings the schema that c describes up to date, from nothing or from
// any earlier version: a transaction for each step, and one caller at a time.
// What is up to date stays as it is. It needs the right to create tables, which
// nothing else here does.
//
// Errors are a [*ConfigError]; a [*SchemaError] if the schema is newer than this
// version; an error that names a step that is not the one that was applied under
// its number; and what the driver says, after which the step has left nothing.
// On MySQL, which cannot undo it, a step can be run again instead.
func Migrate(ctx context.Context, db DB, c Config) error {
	d, t, err := c.layout()
	if err != nil {
		return err
	}
	steps, err := t.migrations(d)
	if err != nil {
		return err
	}
	s := &Store{db: db, dialect: d, tables: t}
	for done := false; !done; {
		if err := s.transact(ctx, func(o on) (err error) {
			done, err = o.migrate(ctx, steps)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// migrate applies the first step that is missing, if one is.
func (o on) migrate(ctx context.Context, steps []Migration) (done bool, err error) {
	if err := o.alone(ctx, o.dialect.lock); err != nil {
		return false, err
	}
	if _, err := o.exec(ctx, o.schemaTable()); err != nil {
		return false, err
	}
	have, err := o.applied(ctx, steps)
	if err != nil || have == len(steps) {
		return true, firstError(err, o.alone(ctx, o.dialect.unlock))
	}
	for statement := range strings.SplitSeq(steps[have].SQL, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := o.q.ExecContext(ctx, statement); err != nil {
			return false, fmt.Errorf("migration %s: %w", steps[have].Name, err)
		}
	}
	return false, o.alone(ctx, o.dialect.unlock)
}

// alone takes or gives back the lock of migrations, where there is one.
func (o on) alone(ctx context.Context, query string) error {
	if query == "" {
		return nil
	}
	var got int
	if err := o.one(ctx, []any{&got}, query, o.schema); err != nil {
		return err
	}
	if got != 1 {
		return errors.New("another process is migrating the schema")
	}
	return nil
}

// applied is how many of the steps were, after checking that it was these.
func (o on) applied(ctx context.Context, steps []Migration) (have int, err error) {
	if err := o.one(ctx, []any{&have}, "SELECT COALESCE(MAX(version),0) FROM "+o.schema+" WHERE version>?", 0); err != nil {
		return 0, err
	}
	if have > len(steps) {
		return 0, &SchemaError{Have: have, Need: len(steps)}
	}
	for _, m := range steps[:have] {
		var sum string
		err := o.one(ctx, []any{&sum}, "SELECT checksum FROM "+o.schema+" WHERE version=?", m.Version)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return 0, err
		}
		if sum != m.sum {
			return 0, fmt.Errorf("what was applied as migration %d is not %s", m.Version, m.Name)
		}
	}
	return have, nil
}

// checkSchema says whether the schema is the one that the store works with.
func (s *Store) checkSchema(ctx context.Context) error {
	steps, err := s.migrations(s.dialect)
	if err != nil {
		return err
	}
	have, err := s.auto().applied(ctx, steps)
	if s.dialect.classify(err) == missing {
		have, err = 0, nil
	}
	if err == nil && have < len(steps) {
		err = &SchemaError{Have: have, Need: len(steps)}
	}
	var schema *SchemaError
	if errors.As(err, &schema) {
		return schema
	}
	return named(err)
}
