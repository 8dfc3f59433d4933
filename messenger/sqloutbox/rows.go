package sqloutbox

import (
	"context"
	"database/sql"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/sqldb"
)

// taken is a message that this process has the lease of. Whoever takes it up
// after the lease counts another attempt, which ends what the former can do.
type taken struct {
	id       []byte
	attempts int // this one included
	sealed   []byte
}

// insert writes a message, if it is not there.
func (o *Outbox) insert(ctx context.Context, id string, sealed []byte) error {
	err := o.db.Again(ctx, func() error {
		_, err := o.db.Auto().Exec(ctx, "INSERT INTO "+o.table+" (id,due,attempts,sealed) VALUES (?,?,0,?)",
			[]byte(id), o.config.Now().UnixMilli(), sealed)
		return err
	})
	if o.db.Classify(err) == sqldb.Duplicate {
		return nil
	}
	return err
}

// take leases at most limit messages that are due, the longest waiting first.
// Rows that another process is taking are passed over; SQLite has one writer.
func (o *Outbox) take(ctx context.Context, limit int) (all []taken, err error) {
	now := o.config.Now()
	query := "SELECT id,attempts,sealed FROM " + o.table + " WHERE due<=? ORDER BY due LIMIT ?"
	if o.config.Dialect != SQLite {
		query += " FOR UPDATE SKIP LOCKED"
	}
	err = o.db.Transact(ctx, func(c sqldb.Conn) error {
		all = nil
		if err := c.Query(ctx, func(rows *sql.Rows) error {
			var t taken
			err := rows.Scan(&t.id, &t.attempts, &t.sealed)
			all = append(all, t)
			return err
		}, query, now.UnixMilli(), limit); err != nil {
			return err
		}
		for i := range all {
			all[i].attempts++
			if _, err := c.Exec(ctx, "UPDATE "+o.table+" SET due=?, attempts=? WHERE id=?",
				now.Add(2*o.config.Timeout).UnixMilli(), all[i].attempts, all[i].id); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// remove forgets a message, unless somebody else has taken it up.
func (o *Outbox) remove(t taken) error {
	return o.settle("DELETE FROM "+o.table+" WHERE id=? AND attempts=?", t.id, t.attempts)
}

// postpone makes a message due after wait, unless somebody else has taken it up.
func (o *Outbox) postpone(t taken, wait time.Duration) error {
	return o.settle("UPDATE "+o.table+" SET due=? WHERE id=? AND attempts=?",
		o.config.Now().Add(wait).UnixMilli(), t.id, t.attempts)
}

// settle has a time of its own: it happens though the attempt was broken off.
func (o *Outbox) settle(query string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), o.config.Timeout)
	defer cancel()
	return o.db.Again(ctx, func() error {
		_, err := o.db.Auto().Exec(ctx, query, args...)
		return err
	})
}

// Waiting is how many messages are undelivered, over all processes, decoys and
// those being sent included: a number to watch.
func (o *Outbox) Waiting(ctx context.Context) (n int, err error) {
	err = o.db.Auto().One(ctx, []any{&n}, "SELECT COUNT(*) FROM "+o.table)
	return n, named(err)
}
