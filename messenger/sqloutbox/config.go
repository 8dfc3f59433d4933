package sqloutbox

import (
	"cmp"
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Dialect is which engine a database is.
type Dialect = sqldb.Dialect

// The engines. There is no default: a Config names one.
const (
	PostgreSQL = sqldb.PostgreSQL // 14 or later
	MySQL      = sqldb.MySQL      // 8 or later, and MariaDB 10.6 or later
	SQLite     = sqldb.SQLite     // 3.40 or later
)

// DB is a database: a *sql.DB, or a *sql.Conn for one caller at a time.
type DB = sqldb.DB

// Config says where an [Outbox] keeps messages, and how it delivers them.
type Config struct {
	// Dialect is the engine. Required.
	Dialect Dialect

	// Schema is the PostgreSQL schema of the table, which must exist. Empty means
	// the first of the connection's search_path. Other engines have none.
	Schema string

	// Prefix begins the name of the table. Empty means "gatehouse_".
	Prefix string

	// Next delivers. Required.
	Next messenger.Messenger

	// Keys seal what a message says. A key must stay for as long as messages that
	// it sealed may wait. Required.
	Keys *secret.Keyring

	// Workers is how many messages this process sends at a time. Zero means 8.
	Workers int

	// Attempts is how often a message is tried in all. Zero means 5.
	Attempts int

	// Timeout bounds one attempt. Zero means 30 seconds. A message whose attempt
	// has not ended after twice as long, its process having died, is taken up by
	// another.
	Timeout time.Duration

	// Backoff is the wait before the second attempt, which doubles with each
	// further one up to MaxBackoff; at random up to half is taken off. Zero
	// means 1 second and 1 minute.
	Backoff    time.Duration
	MaxBackoff time.Duration

	// Poll is how long a process with nothing to send waits before it looks for
	// what others took in, or what is to be tried again. What it takes in itself
	// it sends at once. Zero means 1 second.
	Poll time.Duration

	// Now reports the time, against which expiry is judged. Nil means time.Now.
	Now func() time.Time

	// OnFailure is told of each message that was given up, and why:
	// messenger.ErrExpired, ErrAbandoned, the last error of Next, or that of a
	// message that cannot be opened, of which nothing is known but the ID. It is
	// called from many goroutines at a time; a panic in it is swallowed. Nil:
	// nobody is told.
	OnFailure func(ctx context.Context, m messenger.Message, err error)

	// OnFault is told when the database fails under Run, which goes on. It is
	// called like OnFailure. Nil: nobody is told.
	OnFault func(err error)
}

// ConfigError names the field of a Config that cannot be used, and why.
type ConfigError = sqldb.ConfigError

// check names the first field that is missing or wrong.
func (c Config) check() error {
	for _, field := range []struct {
		name   string
		wrong  bool
		reason string
	}{
		{"Next", c.Next == nil, "is required"},
		{"Keys", c.Keys.Check() != nil, "is required"},
		{"Workers", c.Workers < 0, "is negative"},
		{"Attempts", c.Attempts < 0, "is negative"},
		{"Timeout", c.Timeout < 0, "is negative"},
		{"Backoff", c.Backoff < 0, "is negative"},
		{"MaxBackoff", c.MaxBackoff < 0, "is negative"},
		{"Poll", c.Poll < 0, "is negative"},
	} {
		if field.wrong {
			return &ConfigError{Field: field.name, Reason: field.reason}
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Workers = cmp.Or(c.Workers, 8)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, time.Minute)
	c.Poll = cmp.Or(c.Poll, time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// place is where the table is, and how it came to be.
func (c Config) place() (e *sqldb.Engine, table string, s sqldb.Schema, err error) {
	e, prefix, index, err := sqldb.Place{Dialect: c.Dialect, Schema: c.Schema, Prefix: c.Prefix}.Names()
	if err != nil {
		return nil, "", s, err
	}
	s, err = sqldb.NewSchema(migrations, e, "outbox_schema", prefix, index)
	return e, prefix + "outbox", s, err
}
