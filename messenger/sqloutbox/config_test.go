package sqloutbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/sqloutbox"
	"github.com/gatehouse-go/gatehouse/secret"
)

func keys() *secret.Keyring {
	ring, err := secret.NewKeyring(secret.GenerateKey("2026"))
	if err != nil {
		panic(err)
	}
	return ring
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	ring, inbox := keys(), &messenger.Inbox{}
	whole := func(change func(*sqloutbox.Config)) sqloutbox.Config {
		c := sqloutbox.Config{Dialect: sqloutbox.SQLite, Next: inbox, Keys: ring}
		change(&c)
		return c
	}
	for field, c := range map[string]sqloutbox.Config{
		"Dialect":    whole(func(c *sqloutbox.Config) { c.Dialect = 0 }),
		"Schema":     whole(func(c *sqloutbox.Config) { c.Schema = "login" }),
		"Prefix":     whole(func(c *sqloutbox.Config) { c.Prefix = "x; DROP TABLE users" }),
		"Next":       whole(func(c *sqloutbox.Config) { c.Next = nil }),
		"Keys":       whole(func(c *sqloutbox.Config) { c.Keys = nil }),
		"Workers":    whole(func(c *sqloutbox.Config) { c.Workers = -1 }),
		"Attempts":   whole(func(c *sqloutbox.Config) { c.Attempts = -1 }),
		"Timeout":    whole(func(c *sqloutbox.Config) { c.Timeout = -1 }),
		"Backoff":    whole(func(c *sqloutbox.Config) { c.Backoff = -1 }),
		"MaxBackoff": whole(func(c *sqloutbox.Config) { c.MaxBackoff = -1 }),
		"Poll":       whole(func(c *sqloutbox.Config) { c.Poll = -1 }),
	} {
		_, err := sqloutbox.Open(t.Context(), nil, c)
		var refused *sqloutbox.ConfigError
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v, want a *ConfigError that names it", field, err)
		}
	}
	if _, err := sqloutbox.Open(t.Context(), nil, whole(func(*sqloutbox.Config) {})); err == nil {
		t.Error("Open without a database succeeded")
	}
}

// The steps can be printed for another tool, with the names that are configured.
func TestMigrationsArePrinted(t *testing.T) {
	t.Parallel()
	for dialect, names := range map[sqloutbox.Dialect][]string{
		sqloutbox.PostgreSQL: {"login_outbox ", "login_outbox_due", "login_outbox_schema"},
		sqloutbox.MySQL:      {"login_outbox ", "outbox_due", "login_outbox_schema"},
		sqloutbox.SQLite:     {"login_outbox ", "login_outbox_due", "login_outbox_schema"},
	} {
		steps, err := sqloutbox.Migrations(sqloutbox.Config{Dialect: dialect, Prefix: "login_"})
		if err != nil || len(steps) == 0 {
			t.Fatalf("%d steps, and %v", len(steps), err)
		}
		for _, name := range names {
			if !strings.Contains(steps[0].SQL, name) {
				t.Errorf("dialect %d: the first step does not have %q", dialect, name)
			}
		}
		if strings.ContainsAny(steps[0].SQL, "@#") {
			t.Errorf("dialect %d: a name has not been filled in", dialect)
		}
	}
}

func ExampleOpen() {
	login := func(ctx context.Context, db *sql.DB, mail messenger.Messenger, keyring *secret.Keyring) (*sqloutbox.Outbox, error) {
		c := sqloutbox.Config{
			Dialect: sqloutbox.PostgreSQL, Next: mail, Keys: keyring,
			OnFailure: func(_ context.Context, m messenger.Message, err error) { fmt.Println(m, err) },
		}
		if err := sqloutbox.Migrate(ctx, db, c); err != nil {
			return nil, err
		}
		outbox, err := sqloutbox.Open(ctx, db, c)
		if err != nil {
			return nil, err
		}
		go outbox.Run(ctx) // outbox is the Messenger of passwordless.Config; Close it last
		return outbox, nil
	}
	_ = login
}
