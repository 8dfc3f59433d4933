package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// people is a users table that a service has had for years, with another layout
// than ours: numbers for ids, one e-mail address in lower case, one tenant. It
// becomes a store.Users, and all else stays in sqlstore's tables beside it:
//
//	all := store.Of(s)
//	all.Users = people{db, tenant}
type people struct {
	db     *sql.DB
	tenant string
}

const peopleTable = `CREATE TABLE people (
	id bigserial PRIMARY KEY, mail text NOT NULL UNIQUE, mail_verified timestamptz, locked boolean NOT NULL DEFAULT false,
	full_name text NOT NULL DEFAULT '', last_seen timestamptz)`

// one reads the person that a condition names.
func (p people) one(ctx context.Context, where string, arg any) (identity.User, error) {
	var id int64
	var verified, seen sql.NullTime
	u := identity.User{TenantID: p.tenant}
	err := p.db.QueryRowContext(ctx, "SELECT id, mail, mail_verified, NOT locked, full_name, last_seen FROM people WHERE "+where, arg).
		Scan(&id, &u.Email, &verified, &u.Active, &u.FullName, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return identity.User{}, store.ErrNotFound
	}
	u.ID = strconv.FormatInt(id, 10)
	u.Verified, u.VerifiedInstant, u.LastLoginInstant = verified.Valid, identity.At(verified.Time), identity.At(seen.Time)
	return u, err
}

// number is an id as the table has it. What is none finds nobody.
func (p people) number(tenant, id string) (int64, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil && tenant == p.tenant && strconv.FormatInt(n, 10) == id
}

// FindUser implements store.Users.
func (p people) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	for _, id := range ids {
		if tenant != p.tenant || id.Type != identity.Email {
			continue
		}
		if u, err := p.one(ctx, "mail=$1", id.Value); !errors.Is(err, store.ErrNotFound) {
			return u, err
		}
	}
	return identity.User{}, store.ErrNotFound
}

// User implements store.Users.
func (p people) User(ctx context.Context, tenant, id string) (identity.User, error) {
	n, ok := p.number(tenant, id)
	if !ok {
		return identity.User{}, store.ErrNotFound
	}
	return p.one(ctx, "id=$1", n)
}

// RecordLogin implements store.Users.
func (p people) RecordLogin(ctx context.Context, l store.Login) error {
	n, ok := p.number(l.Tenant, l.User)
	if !ok {
		return nil
	}
	_, err := p.db.ExecContext(ctx, "UPDATE people SET last_seen=greatest(last_seen,$2) WHERE id=$1", n, l.At)
	if err != nil || !l.Implicit {
		return err
	}
	_, err = p.verify(ctx, n, l.Identity, l.At)
	return err
}

// Verify implements store.Users.
func (p people) Verify(ctx context.Context, v store.Verification) error {
	n, ok := p.number(v.Tenant, v.User)
	if !ok || v.Application != "" {
		return store.ErrNotFound
	}
	found, err := p.verify(ctx, n, v.Identity, v.At)
	if err == nil && found == 0 {
		return store.ErrNotFound
	}
	return err
}

func (p people) verify(ctx context.Context, n int64, id identity.Identifier, at time.Time) (int64, error) {
	if id.Type != identity.Email {
		return 0, nil
	}
	r, err := p.db.ExecContext(ctx, "UPDATE people SET mail_verified=coalesce(mail_verified,$3) WHERE id=$1 AND mail=$2", n, id.Value, at)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
