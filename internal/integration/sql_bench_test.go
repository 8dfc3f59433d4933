package integration_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// loaded is for measuring by hand:
//
//	go test -run '^$' -bench SQLLogin -loaded 1000000 ./internal/integration
var loaded = flag.Int("loaded", 1000, "users and live tickets in the database that is measured")

// BenchmarkSQLLogin is what a login costs its store, by link and by form code,
// each beside its floor on PostgreSQL.
func BenchmarkSQLLogin(b *testing.B) {
	for _, e := range []*sqlEngine{postgres, mariadb, sqlite} {
		b.Run(e.name, func(b *testing.B) {
			s, db := e.open(b)
			load(b, e, db, *loaded)
			for _, callers := range []int{1, 16} {
				l := &logins{s: s, users: *loaded, at: time.Now().UTC().Truncate(time.Millisecond)}
				if e == postgres {
					measure(b, fmt.Sprintf("bare-floor/callers=%d", callers), callers, l.create, floor{l, db}.bare)
					measure(b, fmt.Sprintf("link-floor/callers=%d", callers), callers, l.create, floor{l, db}.link)
				}
				measure(b, fmt.Sprintf("link/callers=%d", callers), callers, l.create, l.link)
				if e == postgres {
					measure(b, fmt.Sprintf("form-floor/callers=%d", callers), callers, l.create, floor{l, db}.form)
				}
				measure(b, fmt.Sprintf("form/callers=%d", callers), callers, l.create, l.form)
			}
		})
	}
}

// measure runs b.N logins by so many callers. What a login needs is made before.
func measure(b *testing.B, name string, callers int, prepare, login func(context.Context, int64) error) {
	b.Run(name, func(b *testing.B) {
		first := serial.Add(int64(b.N)) - int64(b.N)
		each(b, callers, first, prepare)
		runtime.GC()
		b.ResetTimer()
		each(b, callers, first, login)
	})
}

var serial atomic.Int64

func each(b *testing.B, callers int, first int64, do func(context.Context, int64) error) {
	var next atomic.Int64
	var done sync.WaitGroup
	for range callers {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := do(b.Context(), first+i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
}

// logins are logins of many users.
type logins struct {
	s     *sqlstore.Store
	users int
	at    time.Time
}

func (l *logins) user(i int64) string { return benchUser(int(i) % l.users) }

func benchUser(n int) string { return fmt.Sprintf("00000000-0000-0001-0000-%012d", n) }

func benchTicket(i int64) store.Hash { return sha256.Sum256(fmt.Appendf(nil, "ticket %d", i)) }

func benchBudget(user string) store.Hash { return sha256.Sum256([]byte(user)) }

func benchWalk(i int64) string { return fmt.Sprintf("10000000-0000-0000-0000-%012d", i) }

func (l *logins) create(ctx context.Context, i int64) error {
	user := l.user(i)
	return l.s.CreateTicket(ctx, store.Ticket{
		ID: benchTicket(i), Purpose: "login", Walk: benchWalk(i), Tenant: logintest.TenantID, User: user,
		Budget: benchBudget(user), Expires: l.at.Add(time.Hour), Code: make([]byte, 64), Data: make([]byte, 200),
	}, l.at)
}

func (l *logins) link(ctx context.Context, i int64) error { return l.login(ctx, i, nil) }

func (l *logins) form(ctx context.Context, i int64) error {
	return l.login(ctx, i, &store.Guess{PerTicket: 5, PerBudget: 1 << 30, Window: 24 * time.Hour})
}

func (l *logins) login(ctx context.Context, i int64, g *store.Guess) error {
	now := l.at.Add(time.Duration(i) * time.Millisecond)
	o, err := l.s.OpenLogin(ctx, benchTicket(i), g, "", l.at)
	if err != nil {
		return err
	}
	x := store.Exchange{}
	if g != nil {
		x.Refund = &o.Ticket.Budget
	}
	return l.s.FinishLogin(ctx, o.Ticket.ID, x, store.Login{
		Walk: o.Ticket.Walk, Tenant: o.Ticket.Tenant, User: o.User.ID, Application: logintest.ApplicationID,
		Identity: o.User.Identities[0].Identifier(), Epoch: o.Epoch, At: now,
	}, &store.Grant{
		ID: "session " + o.Ticket.Walk, Kind: store.Session, Tenant: o.Ticket.Tenant, User: o.User.ID,
		Application: logintest.ApplicationID, Created: now, Expires: now.Add(30 * 24 * time.Hour), Data: make([]byte, 60),
	}, l.at)
}

// floor is the least that any implementation could ask of the same database, as
// durably: one read by key, and one statement that writes the same rows of the
// same tables, with their indexes. It checks nothing.
//
// The bare floor reads the ticket alone, and could not tell a user who is locked,
// or has a second factor, from one who may come in. The others read, once and by
// key, what a decision depends on, as the row that is the narrowest; whose user
// has two addresses or factors gets several.
type floor struct {
	*logins
	db *sql.DB
}

func (f floor) bare(ctx context.Context, i int64) error {
	return f.login(ctx, i, "SELECT walk, tenant FROM gatehouse_tickets WHERE id=$1", "")
}

// person is who a ticket t is about.
const person = `, u.doc, u.actions, h.epoch, i.doc, i.verified, r.doc, r.verified, f.id IS NULL FROM t
	LEFT JOIN gatehouse_users u ON u.tenant=t.tenant AND u.id=t.user_id
	LEFT JOIN gatehouse_holders h ON h.tenant=t.tenant AND h.user_id=t.user_id
	LEFT JOIN gatehouse_identities i ON i.tenant=t.tenant AND i.user_id=t.user_id
	LEFT JOIN gatehouse_registrations r ON r.tenant=t.tenant AND r.user_id=t.user_id
	LEFT JOIN gatehouse_factors f ON f.tenant=t.tenant AND f.user_id=t.user_id`

func (f floor) link(ctx context.Context, i int64) error {
	return f.login(ctx, i, "WITH t AS (SELECT * FROM gatehouse_tickets WHERE id=$1) SELECT walk, t.tenant"+person, "")
}

// form charges the guess before it is compared, which takes a commit of its own,
// and gives it back with the login.
func (f floor) form(ctx context.Context, i int64) error {
	return f.login(ctx, i, `WITH t AS (UPDATE gatehouse_tickets SET attempts=attempts+1 WHERE id=$1 RETURNING *),
		m AS (INSERT INTO gatehouse_meters AS m SELECT budget,1,1::bigint<<42 FROM t ON CONFLICT (id) DO UPDATE SET used=m.used+1)
		SELECT walk, t.tenant`+person, "m AS (UPDATE gatehouse_meters SET used=used-1 WHERE id=sha256($3)),")
}

func (f floor) login(ctx context.Context, i int64, read, refund string) error {
	id, n := benchTicket(i), int(i)%f.users
	user, mail := []byte(benchUser(n)), fmt.Appendf(nil, "user%d@piedpiper.com", n)
	rows, err := f.db.QueryContext(ctx, read, id[:])
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row := make([]any, len(columns))
	dest := make([]any, len(columns))
	for c := range row {
		dest[c] = &row[c]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	walk, tenant := row[0], row[1]
	_, err = f.db.ExecContext(ctx, `WITH t AS (DELETE FROM gatehouse_tickets WHERE id=$1), `+refund+`
		h AS (INSERT INTO gatehouse_holders VALUES ($2,$3,0,$4) ON CONFLICT (tenant,user_id) DO UPDATE SET last_login=excluded.last_login),
		i AS (UPDATE gatehouse_identities SET last_login=$4 WHERE tenant=$2 AND type='email' AND value=$5),
		r AS (UPDATE gatehouse_registrations SET last_login=$4 WHERE tenant=$2 AND user_id=$3 AND application=$6),
		l AS (INSERT INTO gatehouse_logins VALUES ($7,$2,$3,$6,'email',$5,0,0,0,$4,'','',NULL))
		INSERT INTO gatehouse_grants VALUES ($8,'session',$2,$3,$6,'',$9,0,$4,0,0,$10,$11)`,
		id[:], tenant, user, i, mail, []byte(logintest.ApplicationID), walk, fmt.Appendf(nil, "session %s", walk), id[:], i+1<<41, make([]byte, 60))
	return err
}

// load fills a database with users and live tickets, without the store: one at a
// time would take hours.
func load(b testing.TB, e *sqlEngine, db *sql.DB, n int) {
	b.Helper()
	numbers := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: "SELECT n FROM generate_series(0,%d) n",
		sqlstore.MySQL:      "SELECT seq AS n FROM seq_0_to_%d",
		sqlstore.SQLite:     "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM s WHERE n<%d) SELECT n FROM s",
	}[e.dialect]
	numbers = fmt.Sprintf(numbers, n-1)
	id, mail, hash := loadedColumns(e.dialect)
	tenant, app := logintest.TenantID, logintest.ApplicationID
	for _, statement := range []string{
		"INSERT INTO gatehouse_users SELECT " + text(e, tenant) + "," + id + "," + text(e, `{"active":true,"firstName":"John","lastName":"Doe"}`) + ",NULL,1,1 FROM (" + numbers + ") s",
		"INSERT INTO gatehouse_identities SELECT " + text(e, tenant) + "," + text(e, string(identity.Email)) + "," + mail + "," + id + ",0," +
			text(e, `{"primary":true,"verified":false}`) + ",1,1,1," + text(e, string(identity.ReasonCompleted)) + ",0 FROM (" + numbers + ") s",
		"INSERT INTO gatehouse_registrations SELECT " + text(e, tenant) + "," + id + "," + text(e, app) + ",0," + text(e, `{"roles":["user"],"verified":false}`) + ",1,1,0 FROM (" + numbers + ") s",
		"INSERT INTO gatehouse_tickets SELECT " + hash + "," + text(e, "login") + "," + id + "," + text(e, tenant) + "," + id + "," + hash + ",9999999999999,0,0,0,NULL," + text(e, "{}") + " FROM (" + numbers + ") s",
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	for _, table := range sqlTables {
		if e == postgres {
			if _, err := db.ExecContext(b.Context(), "VACUUM ANALYZE gatehouse_"+table); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func text(e *sqlEngine, s string) string {
	if e == postgres {
		return "convert_to('" + s + "','UTF8')"
	}
	return "CAST('" + s + "' AS " + map[bool]string{true: "BINARY", false: "BLOB"}[e == mariadb] + ")"
}

// loadedColumns are a user's id, address and a hash, by the number n.
func loadedColumns(d sqlstore.Dialect) (id, mail, hash string) {
	switch d {
	case sqlstore.PostgreSQL:
		return "convert_to('00000000-0000-0001-0000-'||lpad(n::text,12,'0'),'UTF8')", "convert_to('user'||n||'@piedpiper.com','UTF8')", "sha256(convert_to(n::text,'UTF8'))"
	case sqlstore.MySQL:
		return "CAST(CONCAT('00000000-0000-0001-0000-',LPAD(n,12,'0')) AS BINARY)", "CAST(CONCAT('user',n,'@piedpiper.com') AS BINARY)", "UNHEX(SHA2(n,256))"
	default:
		return "CAST(printf('00000000-0000-0001-0000-%012d',n) AS BLOB)", "CAST('user'||n||'@piedpiper.com' AS BLOB)", "randomblob(32)"
	}
}
