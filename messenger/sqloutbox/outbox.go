// Package sqloutbox is an outbox that outlives the process: it keeps messages in
// PostgreSQL, MySQL, MariaDB or SQLite, through database/sql and whatever driver
// the caller brings, until they are delivered.
//
//	c := sqloutbox.Config{Dialect: sqloutbox.PostgreSQL, Next: mail, Keys: keyring}
//	err := sqloutbox.Migrate(ctx, db, c)     // or apply sqloutbox.Migrations yourself
//	outbox, err := sqloutbox.Open(ctx, db, c)
//	go outbox.Run(ctx)                       // in this process, another, or many
//	login, err := passwordless.New(passwordless.Config{Messenger: outbox, …})
//
// What Send has taken in is delivered at least once, unless it expires or is
// given up first. It is delivered twice only if a process dies, or loses the
// database, between the delivery and the note of it; the message is then the same
// to the letter, and a gateway recognises it by its ID.
//
// A row shows an ID, when it is due and how often it was tried. All else is
// sealed: code, link, address, state, expiry, and whether it is a decoy. Its size
// shows in steps of 4 KiB.
//
// How the database must be connected to is told in package
// [github.com/gatehouse-go/gatehouse/store/sqlstore].
package sqloutbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
	"github.com/gatehouse-go/gatehouse/messenger"
)

// ErrAbandoned is what OnFailure is told of a message whose every attempt was cut
// short by the end of its process.
var ErrAbandoned = errors.New("sqloutbox: no attempt came to an end")

// Outbox is a [messenger.Queue]. Its methods may be called concurrently, and any
// number of processes may share a table.
type Outbox struct {
	config Config
	db     sqldb.Database
	table  string
	cut    context.Context // done once Close has waited long enough
	cutOff context.CancelFunc
	wake   chan struct{} // there is something new

	mu      sync.Mutex
	runs    sync.WaitGroup
	closing chan struct{} // closed by Close
}

var _ messenger.Queue = (*Outbox)(nil)

// Open returns the outbox that c describes, in db. It changes and starts nothing.
//
// Errors are a [*ConfigError]; a [*SchemaError] if the table is not there or is
// that of another version; [ErrUnsafe], with what to change; and what the driver
// says.
func Open(ctx context.Context, db DB, c Config) (*Outbox, error) {
	engine, table, schema, err := c.place()
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, named(err)
	}
	if db == nil {
		return nil, errors.New("sqloutbox: Open needs a database")
	}
	o := &Outbox{
		config: c.withDefaults(), db: sqldb.Database{DB: db, Engine: engine}, table: table,
		wake: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	if err := o.db.Check(ctx, schema); err != nil {
		return nil, named(err)
	}
	o.cut, o.cutOff = context.WithCancel(context.Background())
	return o, nil
}

// Queues implements [messenger.Queue].
func (*Outbox) Queues() {}

// Send writes m, and returns once the database has it. A message whose ID is
// there already is that message: nothing is written, and Send returns nil.
// Errors are [messenger.ErrClosed], a *[messenger.FieldError] for an ID that is
// empty or longer than 255 bytes, and what the driver says.
func (o *Outbox) Send(ctx context.Context, m messenger.Message) error {
	if o.closed() {
		return messenger.ErrClosed
	}
	if m.ID == "" || len(m.ID) > 255 {
		return &messenger.FieldError{Field: "ID", Reason: "must have 1 to 255 bytes"}
	}
	sealed, err := o.seal(m)
	if err != nil {
		return named(err)
	}
	if err := o.insert(ctx, m.ID, sealed); err != nil {
		return named(err)
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return nil
}

// Close refuses further messages, and has Run deliver what is due and then
// return. What waits for another try stays, for another process or the next
// start. When ctx ends first, Close breaks off the attempts under way, which are
// then due at once, and once Next has heeded that it returns an error that wraps
// ctx's. Without a Run it delivers nothing. Calling it again waits again.
func (o *Outbox) Close(ctx context.Context) error {
	o.mu.Lock()
	if !o.closed() {
		close(o.closing)
	}
	o.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		o.runs.Wait()
		close(ended)
	}()
	defer o.cutOff()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		o.cutOff()
		<-ended
		return fmt.Errorf("sqloutbox: messages were still being sent: %w", ctx.Err())
	}
}

// named says whose error it is.
func named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqloutbox: %w", err)
}
