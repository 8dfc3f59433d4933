package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Migration is one step of a schema, forward only.
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
	return fmt.Sprintf("the schema is at %d, this version needs %d", e.Have, e.Need)
}

// Schema is tables and how they came to be.
type Schema struct {
	Table string // where what was applied is noted
	Steps []Migration
}

// NewSchema reads the steps for e from the files in migrations: "@" there stands
// before the name of a table, "#" before that of an index.
func NewSchema(files fs.FS, e *Engine, note, table, index string) (Schema, error) {
	s := Schema{Table: table + note}
	directory := path.Join("migrations", e.Directory)
	entries, err := fs.ReadDir(files, directory)
	if err != nil {
		return s, err
	}
	for i, f := range entries {
		text, err := fs.ReadFile(files, path.Join(directory, f.Name()))
		if err != nil {
			return s, err
		}
		m := Migration{Version: i + 1, Name: f.Name(), SQL: strings.NewReplacer("@", table, "#", index).Replace(string(text))}
		sum := sha256.Sum256([]byte(m.SQL))
		m.sum = hex.EncodeToString(sum[:])
		if i == 0 {
			m.SQL = s.noteTable() + ";\n\n" + m.SQL
		}
		m.SQL += fmt.Sprintf("\nINSERT INTO %s (version, checksum) VALUES (%d, '%s');\n", s.Table, m.Version, m.sum)
		s.Steps = append(s.Steps, m)
	}
	return s, nil
}

// noteTable is what every engine takes alike.
func (s Schema) noteTable() string {
	return "CREATE TABLE IF NOT EXISTS " + s.Table + " (version INTEGER NOT NULL PRIMARY KEY, checksum CHAR(64) NOT NULL)"
}

// Migrate brings s up to date: a transaction for each step, and one caller at a
// time. An error is a [*SchemaError] if the schema is newer than s, names the
// step that is not the one that was applied under its number, or is the driver's.
func (d Database) Migrate(ctx context.Context, s Schema) error {
	for done := false; !done; {
		if err := d.Transact(ctx, func(c Conn) (err error) {
			done, err = s.advance(ctx, c)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// advance applies the first step that is missing, if one is, alone.
func (s Schema) advance(ctx context.Context, c Conn) (done bool, err error) {
	if err := s.alone(ctx, c, c.lock); err != nil {
		return false, err
	}
	done, err = s.step(ctx, c)
	if freed := s.alone(ctx, c, c.unlock); err == nil {
		err = freed
	}
	return done, err
}

func (s Schema) step(ctx context.Context, c Conn) (done bool, err error) {
	if _, err := c.Exec(ctx, s.noteTable()); err != nil {
		return false, err
	}
	have, err := s.applied(ctx, c)
	if err != nil || have == len(s.Steps) {
		return true, err
	}
	for statement := range strings.SplitSeq(s.Steps[have].SQL, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return false, fmt.Errorf("migration %s: %w", s.Steps[have].Name, err)
		}
	}
	return false, nil
}

// alone takes or gives back the lock of migrations, where there is one.
func (s Schema) alone(ctx context.Context, c Conn, query string) error {
	if query == "" {
		return nil
	}
	var got int
	if err := c.One(ctx, []any{&got}, query, s.Table); err != nil {
		return err
	}
	if got != 1 {
		return errors.New("another process is migrating the schema")
	}
	return nil
}

// applied is how many of the steps were, after checking that it was these.
func (s Schema) applied(ctx context.Context, c Conn) (have int, err error) {
	if err := c.One(ctx, []any{&have}, "SELECT COALESCE(MAX(version),0) FROM "+s.Table+" WHERE version>?", 0); err != nil {
		return 0, err
	}
	if have > len(s.Steps) {
		return 0, &SchemaError{Have: have, Need: len(s.Steps)}
	}
	for _, m := range s.Steps[:have] {
		var sum string
		err := c.One(ctx, []any{&sum}, "SELECT checksum FROM "+s.Table+" WHERE version=?", m.Version)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
		if sum != m.sum {
			return 0, fmt.Errorf("what was applied as migration %d is not %s", m.Version, m.Name)
		}
	}
	return have, nil
}

// checkSchema says whether the schema is s, or a [*SchemaError].
func (d Database) checkSchema(ctx context.Context, s Schema) error {
	have, err := s.applied(ctx, d.Auto())
	if d.Classify(err) == Missing {
		have, err = 0, nil
	}
	if err == nil && have < len(s.Steps) {
		err = &SchemaError{Have: have, Need: len(s.Steps)}
	}
	return err
}
