package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// brokenSQL names, to a child process, the mistake that its store makes.
const brokenSQL = "GATEHOUSE_BROKEN_SQL"

// plain is a store that others' verbs replace, and hides that it is joined.
type plain struct {
	store.Engine
	db       *sql.DB
	prefix   string
	numbered bool
}

// marked gives a statement of up to three arguments the marks of its engine.
func (p plain) marked(query string) string {
	if p.numbered {
		for _, mark := range []string{"$1", "$2", "$3"} {
			query = strings.Replace(query, "?", mark, 1)
		}
	}
	return query
}

// look reads one number.
func (p plain) look(ctx context.Context, query string, id store.Hash) (n int64, err error) {
	err = p.db.QueryRowContext(ctx, p.marked(query), id[:]).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, store.ErrNotFound
	}
	return n, err
}

// selectsThenDeletes looks whether a ticket is there, and then deletes it.
type selectsThenDeletes struct{ plain }

func (s selectsThenDeletes) ExchangeTicket(ctx context.Context, id store.Hash, _ store.Exchange, _ time.Time) error {
	if _, err := s.look(ctx, "SELECT expires FROM "+s.prefix+"tickets WHERE id=?", id); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, s.marked("DELETE FROM "+s.prefix+"tickets WHERE id=?"), id[:])
	return err
}

// countsOutside compares the guesses of a ticket and writes one more, outside a
// transaction.
type countsOutside struct{ plain }

func (s countsOutside) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g != nil {
		n, err := s.look(ctx, "SELECT attempts FROM "+s.prefix+"tickets WHERE id=?", id)
		if err != nil || n >= int64(g.PerTicket) {
			return store.Ticket{}, store.ErrNotFound
		}
		if _, err := s.db.ExecContext(ctx, s.marked("UPDATE "+s.prefix+"tickets SET attempts=? WHERE id=?"), n+1, id[:]); err != nil {
			return store.Ticket{}, err
		}
	}
	return s.Engine.OpenTicket(ctx, id, nil, now)
}

// chargesOutside compares what was taken from a budget and writes one more,
// outside a transaction.
type chargesOutside struct{ plain }

func (s chargesOutside) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	n, err := s.look(ctx, "SELECT used FROM "+s.prefix+"meters WHERE id=?", c.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s.Engine.Charge(ctx, c, now)
	case err != nil:
		return err
	case n >= int64(c.Limit):
		return &store.LimitError{}
	}
	_, err = s.db.ExecContext(ctx, s.marked("UPDATE "+s.prefix+"meters SET used=? WHERE id=?"), n+1, c.Key[:])
	return err
}

// sqlMistakes are mistakes that somebody has made with SQL, and the case of the
// kit that must find each on a real database.
var sqlMistakes = []struct {
	name, rule string
	engine     func(plain) store.Engine
}{
	{"select then delete", "Tickets/ExchangeTicketOnlyOneWins", func(p plain) store.Engine { return selectsThenDeletes{p} }},
	{"count outside a transaction", "Tickets/GuessesAreExactInACrowd", func(p plain) store.Engine { return countsOutside{p} }},
	{"charge outside a transaction", "Tickets/ChargeIsExactInACrowd", func(p plain) store.Engine { return chargesOutside{p} }},
}

// SEC-01 SEC-03 LIM-01
// A kit that passes everything proves nothing: each of these it has to refuse.
func TestBrokenSQLIsRefused(t *testing.T) {
	if mistake := os.Getenv(brokenSQL); mistake != "" {
		onEngines(t, func(t *testing.T, e *sqlEngine) { runBrokenSQL(t, e, mistake) })
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		e.dsn(t) // or skip
		for _, m := range sqlMistakes {
			t.Run(m.name, func(t *testing.T) {
				run := "^TestBrokenSQLIsRefused$/^" + e.name + "$/^" + strings.ReplaceAll(m.rule, "/", "$/^") + "$"
				child := exec.CommandContext(t.Context(), self, "-test.run="+run, "-test.v", "-test.timeout=1m")
				child.Env = append(os.Environ(), brokenSQL+"="+m.name)
				out, err := child.CombinedOutput()
				if failed := "--- FAIL: TestBrokenSQLIsRefused/" + e.name + "/" + m.rule + " "; err == nil || !strings.Contains(string(out), failed) {
					t.Errorf("the kit's %s let this store pass: %v\n%s", m.rule, err, out)
				}
			})
		}
	})
}

func runBrokenSQL(t *testing.T, e *sqlEngine, mistake string) {
	l := e.lender(t)
	for _, m := range sqlMistakes {
		if m.name != mistake {
			continue
		}
		storetest.Run(t, func(t *testing.T) storetest.Subject {
			s := l.lend(t)
			engine := m.engine(plain{s.Store, l.db, s.prefix, e.dialect == sqlstore.PostgreSQL})
			return storetest.Subject{
				Store:   store.Of(engine),
				AddUser: func(u identity.User) (identity.User, error) { return put(s.Store, u) },
			}
		})
	}
}
