package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

const loginFields = "(walk,tenant,user_id,application,identity_type,identity_value,implicit,first_proof,epoch,admitted,ip,agent,data)"

func loginValues(l store.Login) []any {
	return []any{l.Walk, l.Tenant, l.User, l.Application, l.Identity.Type, l.Identity.Value, l.Implicit, l.First, l.Epoch, l.At, l.IP, l.Agent, l.Data}
}

// admission is what a login leaves, all of it or nothing.
type admission struct {
	login   store.Login
	session *store.Grant
	tell    bool // note it of the user

	ticket   *store.Hash // nil: another engine's
	exchange store.Exchange
	now      time.Time
}

// told is when the user last logged in, after it.
func (a admission) told() time.Time {
	if !a.tell {
		return time.Time{}
	}
	return a.login.At
}

// Admit implements [store.Grants].
func (s *Store) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	return s.admit(ctx, admission{login: l, session: session})
}

// AdmitLogin implements [store.JoinedUsers].
func (s *Store) AdmitLogin(ctx context.Context, l store.Login, session *store.Grant) error {
	return s.admit(ctx, admission{login: l, session: session, tell: true})
}

// FinishLogin implements [store.Joined].
func (s *Store) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	return s.admit(ctx, admission{login: l, session: session, tell: true, ticket: &id, exchange: x, now: now})
}

func (s *Store) admit(ctx context.Context, a admission) error {
	if s.dialect.atOnce && !a.login.First {
		if done, err := s.admitAtOnce(ctx, a); done || err != nil {
			return err
		}
	}
	err := s.transact(ctx, func(o on) error { return o.admit(ctx, a) })
	if a.ticket != nil && (errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrNotFound)) {
		// What was refused was undone, the spending too. Until the ticket is
		// spent after all it serves only a login that is not refused.
		return firstError(s.spendAnyway(ctx, *a.ticket, a.now), err)
	}
	return err
}

func (s *Store) spendAnyway(ctx context.Context, id store.Hash, now time.Time) error {
	err := s.ExchangeTicket(ctx, id, store.Exchange{}, now)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func (o on) admit(ctx context.Context, a admission) error {
	l := a.login
	if a.ticket != nil {
		if err := o.spend(ctx, *a.ticket, a.now); err != nil {
			return err
		}
	}
	if err := o.hold(ctx, l.Tenant, l.User); err != nil {
		return err
	}
	if err := o.pass(ctx, l.Tenant, l.User, l.Epoch, l.First); err != nil {
		return err
	}
	if _, err := o.exec(ctx, "INSERT INTO "+o.logins+" "+loginFields+" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", loginValues(l)...); err != nil {
		return err
	}
	if l.First {
		if _, err := o.exec(ctx, "DELETE FROM "+o.grants+" WHERE tenant=? AND user_id=?", l.Tenant, l.User); err != nil {
			return err
		}
	}
	if a.session != nil {
		if err := o.insertGrant(ctx, *a.session); err != nil {
			return err
		}
	}
	if a.tell {
		if err := o.recordLogin(ctx, l); err != nil {
			return err
		}
	}
	return o.settle(ctx, a.exchange, a.now)
}

// hold locks the row of a user, and makes it if need be. Whoever grants, revokes
// or changes what hangs together for one user holds it first.
func (o on) hold(ctx context.Context, tenant, user string) error {
	_, err := o.exec(ctx, "INSERT INTO "+o.holders+" (tenant,user_id,epoch,last_login) VALUES (?,?,0,0)"+
		o.dialect.orLock(o.holders, "tenant,user_id", "epoch"), tenant, user)
	return err
}

// pass lets by who read the epoch that is, and raises it for a first proof.
func (o on) pass(ctx context.Context, tenant, user string, epoch int64, first bool) error {
	n, err := o.exec(ctx, "UPDATE "+o.holders+" SET epoch=epoch+? WHERE tenant=? AND user_id=? AND epoch=?", first, tenant, user, epoch)
	if err != nil || n == 0 {
		return firstError(err, store.ErrNotFound)
	}
	return nil
}

// Epoch implements [store.Grants].
func (s *Store) Epoch(ctx context.Context, tenant, user string) (epoch int64, err error) {
	err = s.again(ctx, func() error {
		return s.auto().one(ctx, []any{&epoch}, "SELECT epoch FROM "+s.holders+" WHERE tenant=? AND user_id=?", tenant, user)
	})
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return epoch, err
}

// Logins implements [store.Grants].
func (s *Store) Logins(ctx context.Context, tenant, user string, before time.Time, limit int) (listed []store.Login, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = s.again(ctx, func() error {
		listed = nil
		return s.auto().query(ctx, func(rows *sql.Rows) error {
			l := store.Login{Tenant: tenant, User: user}
			var kind, value string
			var implicit, first, at int64
			err := rows.Scan(&l.Walk, &l.Application, &kind, &value, &implicit, &first, &l.Epoch, &at, &l.IP, &l.Agent, &l.Data)
			l.Identity = identity.Identifier{Type: identity.IdentityType(kind), Value: value}
			l.Implicit, l.First, l.At = implicit != 0, first != 0, instant(at)
			listed = append(listed, l)
			return err
		}, "SELECT walk,application,identity_type,identity_value,implicit,first_proof,epoch,admitted,ip,agent,data FROM "+s.logins+
			" WHERE tenant=? AND user_id=? AND admitted<? ORDER BY admitted DESC LIMIT ?", tenant, user, before, limit)
	})
	return listed, err
}
