package integration_test

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
)

// through is e's engine behind a proxy, on one connection.
func (e *sqlEngine) through(t testing.TB) (*sql.DB, *sqlProxy) {
	t.Helper()
	dsn := e.dsn(t)
	var p *sqlProxy
	switch e {
	case postgres:
		host, port := field(dsn, `host=(\S+)`), field(dsn, `port=(\S+)`)
		p = newSQLProxy(t, host+":"+port)
		to, at, _ := strings.Cut(p.address, ":")
		dsn += " host=" + to + " port=" + at
	case mariadb:
		address := field(dsn, `tcp\(([^)]*)\)`)
		p = newSQLProxy(t, address)
		dsn = strings.Replace(dsn, address, p.address, 1)
	default:
		t.Fatal("no network to stand in")
	}
	db := e.pool(t, dsn)
	db.SetMaxOpenConns(1)
	return db, p
}

// field is the last match of a pattern in a data source name.
func field(dsn, pattern string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(dsn, -1)
	if len(all) == 0 {
		return "127.0.0.1"
	}
	return all[len(all)-1][1]
}

// trips are the round trips of a login, once the driver has prepared its statements.
type trips struct{ begin, link, form, wrong, start int }

func countTrips(t *testing.T, p *sqlProxy, h *logintest.House) (n trips) {
	t.Helper()
	complete := func(r passwordless.LoginRequest) func() {
		return func() {
			if _, err := h.Login().Complete(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 { // the last counts
		h.Advance(2 * 60e9)
		link := h.Link()
		n.link = p.count(complete(link))
		var form passwordless.LoginRequest
		h.Advance(2 * 60e9)
		n.begin = p.count(func() { form = h.Form() })
		wrong := form
		wrong.OneTimeCode = logintest.Other(form.OneTimeCode)
		n.wrong = p.count(func() { _, _ = h.Login().Complete(t.Context(), wrong) })
		n.form = p.count(complete(form))
		h.Advance(2 * 60e9)
		n.start = p.count(func() {
			if _, err := h.Login().Start(t.Context(), logintest.Request("")); err != nil {
				t.Fatal(err)
			}
		})
	}
	return n
}

// On PostgreSQL a login reads once and writes once, by a form code too, whose
// reading is the charge; with the caller's own users, who are another engine, it
// is twice and twice.
func TestRoundTripsOfALogin(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db, p := postgres.through(t)
		s := postgres.migrated(t, db, "")
		want := trips{begin: 2, link: 2, form: 2, wrong: 1, start: 2}
		if got := countTrips(t, p, logintest.Open(t, sqlBackend(s))); got != want {
			t.Errorf("round trips %+v, want %+v", got, want)
		}
		own := sqlBackend(s)
		own.Store = logintest.OwnUsers(own.Store)
		want = trips{begin: 2, link: 4, form: 4, wrong: 2, start: 2}
		if got := countTrips(t, p, logintest.Open(t, own)); got != want {
			t.Errorf("round trips with the caller's own users %+v, want %+v", got, want)
		}
		elsewhere := sqlBackend(s)
		elsewhere.Store.Tickets = struct{ store.Tickets }{elsewhere.Store.Tickets}
		want = trips{begin: 2, link: 4, form: 4, wrong: 2, start: 2}
		if got := countTrips(t, p, logintest.Open(t, elsewhere)); got != want {
			t.Errorf("round trips with tickets elsewhere, theirs counted too: %+v, want %+v", got, want)
		}
	})
	t.Run("MySQL", func(t *testing.T) {
		t.Parallel()
		db, p := mariadb.through(t)
		s := mariadb.migrated(t, db, "")
		got := countTrips(t, p, logintest.Open(t, sqlBackend(s)))
		t.Logf("round trips %+v", got)
		if got.link > 25 || got.form > 30 || got.start > 20 {
			t.Errorf("round trips %+v: a login has more statements than it had", got)
		}
	})
}
