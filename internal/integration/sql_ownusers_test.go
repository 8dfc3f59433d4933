package integration_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// newPeople is an empty table of people, in a database of its own.
func newPeople(t *testing.T) people {
	t.Helper()
	db := postgres.connect(t)
	if _, err := db.ExecContext(t.Context(), peopleTable); err != nil {
		t.Fatal(err)
	}
	return people{db, logintest.TenantID}
}

// add adds a person with an e-mail address, and returns them as they are kept.
func (p people) add(t *testing.T, u identity.User) (identity.User, error) {
	if u.TenantID != p.tenant || u.Email == "" {
		return u, errors.ErrUnsupported
	}
	var id int64
	err := p.db.QueryRowContext(t.Context(), "INSERT INTO people (mail, full_name) VALUES ($1,$2) RETURNING id", u.Email, u.FullName).Scan(&id)
	if err != nil {
		return u, err
	}
	return p.User(t.Context(), p.tenant, fmt.Sprint(id))
}

// IDN-09
// A table of the caller's own keeps the contract.
func TestOwnUsersTable(t *testing.T) {
	t.Parallel()
	postgres.dsn(t) // or skip
	storetest.RunUsers(t, func(t *testing.T) storetest.Subject {
		p := newPeople(t)
		return storetest.Subject{
			Store:   store.Store{Users: p},
			AddUser: func(u identity.User) (identity.User, error) { return p.add(t, u) },
		}
	})
}

// A whole login of a person in the caller's own table; the rest is in ours, in
// the same database, where one query joins them.
func TestLoginWithOwnUsersTable(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	s := postgres.migrated(t, p.db, "")
	var person identity.User
	backend := logintest.Backend{Store: store.Of(s), Put: func(u identity.User) (err error) {
		if person.ID == "" {
			person, err = p.add(t, u)
		}
		return err
	}}
	backend.Store.Users = p
	h := logintest.Open(t, backend)
	h.Application.Open = true
	for range 2 {
		h.Advance(2 * 60e9)
		result := h.Complete(h.Form())
		if result.Response.User.ID != person.ID || result.Response.Token.IsZero() {
			t.Errorf("the person %s logged in as %s", person.ID, result.Response.User.ID)
		}
	}
	var mail string
	var logins, sessions int
	err := p.db.QueryRowContext(t.Context(), `
		SELECT p.mail, count(DISTINCT l.walk), count(DISTINCT g.id) FROM people p
		JOIN gatehouse_logins l ON convert_from(l.user_id, 'UTF8')::bigint = p.id
		JOIN gatehouse_grants g ON g.tenant = l.tenant AND g.user_id = l.user_id AND g.kind = 'session'
		WHERE p.last_seen = to_timestamp($1::bigint / 1000.0) AND p.mail_verified IS NOT NULL
		GROUP BY p.mail`, h.Now().UnixMilli()).Scan(&mail, &logins, &sessions)
	if err != nil {
		t.Fatal(err)
	}
	if mail != logintest.Email || logins != 2 || sessions != 2 {
		t.Errorf("%d logins and %d sessions, want 2 and 2", logins, sessions)
	}
}
