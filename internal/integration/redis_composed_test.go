package integration_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// Tickets on Redis and all else in a database are a store like any other.
//
// SEC-01 SEC-02 SEC-03 LIM-01 LIM-02 LIM-03 IDN-09
func TestRedisBesideSQL(t *testing.T) {
	address := redisAddress(t)
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		space := openRedisSpace(t, throughGoRedis(goRedis(t, address)))
		lender := e.lender(t)
		beside := func(t *testing.T) (store.Store, *sqlstore.Store) {
			s := lender.lend(t).Store
			return store.Store{Users: s, Tickets: space.tickets(t), Grants: s, Factors: s}, s
		}
		if e == postgres { // the kit is long, and what is left of the engines is tested elsewhere
			storetest.Run(t, func(t *testing.T) storetest.Subject {
				whole, s := beside(t)
				return storetest.Subject{Store: whole, AddUser: func(u identity.User) (identity.User, error) { return put(s, u) }}
			})
		}
		backend := func(t *testing.T) logintest.Backend {
			whole, s := beside(t)
			return logintest.Backend{Store: whole, Put: func(u identity.User) error { return s.PutUser(context.Background(), u) }}
		}
		t.Run("OneLogin", func(t *testing.T) { logintest.OneLogin(t, backend, 1) })
		t.Run("Forgotten", func(t *testing.T) { logintest.Forgotten(t, backend, 1) })
		t.Run("RevokedMeanwhile", func(t *testing.T) { logintest.RevokedMeanwhile(t, backend, 2) })
	})
}

// countedDB counts the statements that run outside a transaction, and every
// transaction as if it were many.
type countedDB struct {
	*sql.DB
	statements atomic.Int64
}

func (d *countedDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	d.statements.Add(1)
	return d.DB.ExecContext(ctx, query, args...)
}

func (d *countedDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	d.statements.Add(1)
	return d.DB.QueryContext(ctx, query, args...)
}

func (d *countedDB) BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	d.statements.Add(1000)
	return d.DB.BeginTx(ctx, options)
}

// What a login costs with its tickets on Redis and all else in PostgreSQL.
func TestRedisBesidePostgresTrips(t *testing.T) {
	t.Parallel()
	proxy := openRedisProxy(t, redisAddress(t))
	space := openRedisSpace(t, throughGoRedis(goRedis(t, proxy.address())))
	db := &countedDB{DB: postgres.connect(t)}
	s := postgres.migrated(t, db, "")
	h := logintest.Open(t, logintest.Backend{
		Store: store.Store{Users: s, Tickets: space.tickets(t), Grants: s, Factors: s},
		Put:   func(u identity.User) error { return s.PutUser(context.Background(), u) },
	})
	h.Complete(h.Link()) // the server learns the scripts
	h.Complete(h.Form())
	for _, c := range []struct {
		what            string
		begin           func() passwordless.LoginRequest
		redis, postgres int64
	}{
		{"a link: open and spend; read and admit", h.Link, 2, 2},
		{"a form: ticket, budget, spend and refund; read and admit", h.Form, 4, 2},
	} {
		r := c.begin()
		scripts, statements := proxy.scripts.Load(), db.statements.Load()
		h.Complete(r)
		scripts, statements = proxy.scripts.Load()-scripts, db.statements.Load()-statements
		if scripts != c.redis || statements != c.postgres {
			t.Errorf("%s: %d scripts and %d statements, want %d and %d", c.what, scripts, statements, c.redis, c.postgres)
		}
	}
}
