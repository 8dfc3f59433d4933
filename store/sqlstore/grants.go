package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var errFilter = errors.New("sqlstore: a filter of grants needs an ID, or a Tenant and a User")

const grantFields = "(id,kind,tenant,user_id,application,name,digest,counter,created,rotated,used,expires,data)"

func grantValues(g store.Grant) []any {
	return []any{g.ID, g.Kind, g.Tenant, g.User, g.Application, g.Name, g.Sum, g.Counter, g.Created, g.Rotated, g.Used, ends(g.Expires), g.Data}
}

func (o on) insertGrant(ctx context.Context, g store.Grant) error {
	_, err := o.exec(ctx, "INSERT INTO "+o.grants+" "+grantFields+" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", grantValues(g)...)
	return err
}

// CreateGrant implements [store.Grants].
func (s *Store) CreateGrant(ctx context.Context, g store.Grant, epoch int64, now time.Time) error {
	if s.dialect.atOnce && !collides(g) {
		return s.createGrantAtOnce(ctx, g, epoch)
	}
	return s.transact(ctx, func(o on) error {
		if err := o.hold(ctx, g.Tenant, g.User); err != nil {
			return err
		}
		if err := o.pass(ctx, g.Tenant, g.User, epoch, false); err != nil {
			return err
		}
		if err := o.nameIsFree(ctx, g, now); err != nil {
			return err
		}
		return o.insertGrant(ctx, g)
	})
}

// collides says whether the name of a grant may be another's too.
func collides(g store.Grant) bool { return g.Name != "" && g.Kind != store.Session }

// nameIsFree is for a transaction that holds the user. ErrExists if a live grant
// beside g has its name.
func (o on) nameIsFree(ctx context.Context, g store.Grant, now time.Time) error {
	if !collides(g) {
		return nil
	}
	var n int
	err := o.one(ctx, []any{&n}, "SELECT COUNT(*) FROM "+o.grants+" WHERE tenant=? AND user_id=? AND kind=? AND name=? AND id<>? AND expires>?",
		g.Tenant, g.User, g.Kind, g.Name, g.ID, now)
	if err == nil && n > 0 {
		return store.ErrExists
	}
	return err
}

// Grant implements [store.Grants].
func (s *Store) Grant(ctx context.Context, id string, now time.Time) (store.Grant, error) {
	listed, err := s.listGrants(ctx, " WHERE x.id=? AND x.expires>?", id, now)
	if err != nil || len(listed) == 0 {
		return store.Grant{}, firstError(err, store.ErrNotFound)
	}
	return listed[0], nil
}

// ListGrants implements [store.Grants].
func (s *Store) ListGrants(ctx context.Context, tenant, user string, k store.Kind, now time.Time) ([]store.Grant, error) {
	return s.listGrants(ctx, " WHERE x.tenant=? AND x.user_id=? AND x.kind=? AND x.expires>? ORDER BY x.created, x.id", tenant, user, k, now)
}

func (s *Store) listGrants(ctx context.Context, where string, args ...any) (listed []store.Grant, err error) {
	err = s.again(ctx, func() error {
		listed = nil
		return s.auto().rows(ctx, func(r row) error {
			listed = append(listed, r.grant())
			return nil
		}, saying(grantColumns.of(s.dialect, aGrant, "x")+" FROM "+s.grants+" x"+where, args...))
	})
	return listed, err
}

// RotateGrant implements [store.Grants].
func (s *Store) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	q := saying("UPDATE "+s.grants+" SET used=?, expires=?", now, ends(r.Expires))
	if !r.Keep {
		q.add(", counter=counter+1, rotated=?", now)
	}
	q.add(" WHERE id=? AND counter=? AND "+live, id, r.From, now)
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.auto().run(ctx, q)
		return err
	})
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = s.Grant(ctx, id, now)
	return false, err
}

// RenameGrant implements [store.Grants].
func (s *Store) RenameGrant(ctx context.Context, id, name string, now time.Time) error {
	return s.transact(ctx, func(o on) error {
		n, err := o.exec(ctx, "UPDATE "+o.grants+" SET name=? WHERE id=? AND "+live, name, id, now)
		if err != nil || n == 0 {
			return firstError(err, store.ErrNotFound)
		}
		g := store.Grant{ID: id, Name: name}
		err = o.one(ctx, []any{&g.Tenant, &g.User, (*string)(&g.Kind)}, "SELECT tenant,user_id,kind FROM "+o.grants+" WHERE id=?", id)
		if err != nil || !collides(g) {
			return err
		}
		if err := o.hold(ctx, g.Tenant, g.User); err != nil {
			return err
		}
		return o.nameIsFree(ctx, g, now)
	})
}

// RevokeGrants implements [store.Grants].
func (s *Store) RevokeGrants(ctx context.Context, f store.Filter, _ time.Time) (n int, err error) {
	if f.ID == "" && f.User == "" || f.User != "" && f.Tenant == "" {
		return 0, errFilter
	}
	if f != (store.Filter{Tenant: f.Tenant, User: f.User}) {
		err = s.again(ctx, func() (err error) {
			n, err = s.auto().revoke(ctx, f)
			return err
		})
		return n, err
	}
	err = s.transact(ctx, func(o on) (err error) {
		if err := o.hold(ctx, f.Tenant, f.User); err != nil {
			return err
		}
		if _, err := o.exec(ctx, "UPDATE "+o.holders+" SET epoch=epoch+1 WHERE tenant=? AND user_id=?", f.Tenant, f.User); err != nil {
			return err
		}
		n, err = o.revoke(ctx, f)
		return err
	})
	return n, err
}

func (o on) revoke(ctx context.Context, f store.Filter) (int, error) {
	q := saying("DELETE FROM "+o.grants+" WHERE id<>?", f.Except)
	for _, c := range []struct{ column, want string }{
		{"id", f.ID}, {"tenant", f.Tenant}, {"user_id", f.User}, {"application", f.Application}, {"kind", string(f.Kind)},
	} {
		if c.want != "" {
			q.add(" AND "+c.column+"=?", c.want)
		}
	}
	return o.run(ctx, q)
}
