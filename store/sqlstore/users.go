package sqlstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// User implements [store.Users].
func (s *Store) User(ctx context.Context, tenant, id string) (identity.User, error) {
	return s.holderOf(ctx, s.whose(tenant, id))
}

// FindUser implements [store.Users].
func (s *Store) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	if len(ids) == 0 {
		return identity.User{}, store.ErrNotFound
	}
	q := saying("WITH t AS (")
	for i, id := range ids {
		if i > 0 {
			q.add(" UNION ALL ")
		}
		q.add("SELECT "+strconv.Itoa(i)+" AS turn, tenant, user_id FROM "+s.identities+" WHERE tenant=? AND type=? AND value=?", tenant, id.Type, id.Value)
	}
	q.add(" ORDER BY turn LIMIT 1) ")
	return s.holderOf(ctx, q)
}

// whose is a t of one user.
func (s *Store) whose(tenant, user string) (q statement) {
	q.add("WITH t AS (SELECT "+s.dialect.bytes+" AS tenant, "+s.dialect.bytes+" AS user_id) ", tenant, user)
	return q
}

// holderOf reads the user that a t names.
func (s *Store) holderOf(ctx context.Context, t statement) (identity.User, error) {
	s.parts(&t, []string{s.epochPart, s.userParts}, "", time.Time{})
	all, err := s.readAlone(ctx, t)
	if err != nil || !all.person.found {
		return identity.User{}, firstError(err, store.ErrNotFound)
	}
	return all.User, nil
}

// readAlone reads a statement of parts on its own.
func (s *Store) readAlone(ctx context.Context, q statement) (all opened, err error) {
	err = s.again(ctx, func() (err error) {
		all, err = s.auto().read(ctx, q)
		return err
	})
	return all, err
}

// OpenUser implements [store.JoinedUsers]. All is of one moment.
func (s *Store) OpenUser(ctx context.Context, tenant, user, trust string, now time.Time) (store.Opened, error) {
	q := s.whose(tenant, user)
	s.parts(&q, []string{s.epochPart, s.userParts, s.factorPart}, trust, now)
	all, err := s.readAlone(ctx, q)
	return all.Opened, err
}

// RecordLogin implements [store.Users].
func (s *Store) RecordLogin(ctx context.Context, l store.Login) error {
	if s.dialect.atOnce {
		return s.recordAtOnce(ctx, l)
	}
	return s.transact(ctx, func(o on) error { return o.recordLogin(ctx, l) })
}

func (o on) recordLogin(ctx context.Context, l store.Login) error {
	for _, n := range append([]statement{o.lastLogin(l)}, o.notes(l)...) {
		if _, err := o.run(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// lastLogin notes when a user logged in.
func (s *Store) lastLogin(l store.Login) (q statement) {
	q.add("UPDATE "+s.holders+" SET last_login=? WHERE tenant=? AND user_id=? AND last_login<?", l.At, l.Tenant, l.User, l.At)
	return q
}

// notes is what else a login leaves of its user: each a statement that ends in
// its conditions, no two of one row.
func (s *Store) notes(l store.Login) (notes []statement) {
	if l.Implicit {
		notes = s.userVerified(store.Verification{Tenant: l.Tenant, User: l.User, Identity: l.Identity, At: l.At})
	}
	set := saying("UPDATE "+s.identities+" SET last_login=CASE WHEN last_login<? THEN ? ELSE last_login END", l.At, l.At)
	if l.Implicit {
		set.add(", reason=CASE WHEN verified=0 THEN ? ELSE reason END, verified_at=CASE WHEN verified=0 THEN ? ELSE verified_at END, verified=1",
			identity.ReasonImplicit, l.At)
	}
	set.add(ofIdentity, l.Tenant, l.Identity.Type, l.Identity.Value, l.User)
	notes = append(notes, set)
	if l.Application == "" {
		return notes
	}
	var registration statement
	registration.add("UPDATE "+s.registrations+" SET last_login=? WHERE tenant=? AND user_id=? AND application=? AND last_login<?",
		l.At, l.Tenant, l.User, l.Application, l.At)
	return append(notes, registration)
}

const ofIdentity = " WHERE tenant=? AND type=? AND value=? AND user_id=?"

// userVerified marks a user whose primary identity is about to be verified. It
// reads what the identity was before that.
func (s *Store) userVerified(v store.Verification) []statement {
	if v.Identity.Type == identity.Username {
		return nil
	}
	var q statement
	q.add("UPDATE " + s.users + " SET ")
	if v.Identity.Type == identity.Email {
		q.add("verified=1, ")
	}
	q.add("verified_at=CASE WHEN verified_at=0 THEN ? ELSE verified_at END WHERE tenant=? AND id=?", v.At, v.Tenant, v.User)
	q.add(" AND EXISTS (SELECT 1 FROM "+s.identities+ofIdentity+" AND main=1 AND verified=0)", v.Tenant, v.Identity.Type, v.Identity.Value, v.User)
	return []statement{q}
}

// Verify implements [store.Users].
func (s *Store) Verify(ctx context.Context, v store.Verification) error {
	table, where := s.identities, saying(ofIdentity, v.Tenant, v.Identity.Type, v.Identity.Value, v.User)
	mark := saying("UPDATE "+s.identities+" SET reason=?, verified_at=?, verified=1", v.Reason, v.At)
	first := s.userVerified(v)
	if v.Application != "" {
		table, where = s.registrations, saying(" WHERE tenant=? AND user_id=? AND application=?", v.Tenant, v.User, v.Application)
		mark = saying("UPDATE "+s.registrations+" SET verified_at=?, verified=1", v.At)
		first = nil
	}
	mark.add(where.text()+" AND verified=0", where.args...)
	return s.transact(ctx, func(o on) error {
		for _, q := range first {
			if _, err := o.run(ctx, q); err != nil {
				return err
			}
		}
		n, err := o.run(ctx, mark)
		if err != nil || n > 0 {
			return err
		}
		return o.one(ctx, []any{&n}, "SELECT verified FROM "+table+where.text(), where.args...)
	})
}

// PutUser adds a user or replaces the one with its TenantID and ID, which must be
// set. It is one transaction. If another user of the tenant signs in with one of
// its identities, nothing changes and the error names the type and is a
// [store.ErrExists].
//
// Values are kept as they are: PutUser does not make them canonical. A user
// without Identities is kept with those of LoginIdentities. What is not kept is
// the secrets that have no JSON name, and TwoFactor, which is Factors'. The
// instants of last logins never go back, so that to change a user that was read
// some time ago loses no login.
func (s *Store) PutUser(ctx context.Context, u identity.User) error {
	return s.transact(ctx, func(o on) error { return o.putUser(ctx, u) })
}

// PutUserIn is PutUser in a transaction of the caller's, who commits it or not.
// After an error PostgreSQL lets them do nothing but roll it back.
func (s *Store) PutUserIn(ctx context.Context, tx Querier, u identity.User) error {
	return named(on{s, s.within(tx)}.putUser(ctx, u))
}

// DeleteUser removes a user, if there is one. What is not Users' stays: see
// RevokeGrants and RemoveFactors. Ids are not to be used again.
func (s *Store) DeleteUser(ctx context.Context, tenant, id string) error {
	return s.transact(ctx, func(o on) error { return o.deleteUser(ctx, tenant, id) })
}

// DeleteUserIn is DeleteUser in a transaction of the caller's.
func (s *Store) DeleteUserIn(ctx context.Context, tx Querier, tenant, id string) error {
	return named(on{s, s.within(tx)}.deleteUser(ctx, tenant, id))
}

func (o on) deleteUser(ctx context.Context, tenant, id string) error {
	for _, q := range []string{
		"UPDATE " + o.holders + " SET last_login=0 WHERE tenant=? AND user_id=?",
		"DELETE FROM " + o.users + " WHERE tenant=? AND id=?",
		"DELETE FROM " + o.identities + " WHERE tenant=? AND user_id=?",
		"DELETE FROM " + o.registrations + " WHERE tenant=? AND user_id=?",
	} {
		if _, err := o.exec(ctx, q, tenant, id); err != nil {
			return err
		}
	}
	return nil
}

var errNameless = errors.New("a user needs a TenantID and an ID")
