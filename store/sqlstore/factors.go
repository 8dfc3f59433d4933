package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

const ofFactor = " WHERE tenant=? AND user_id=? AND id=?"

func (r row) factor() store.Factor {
	return store.Factor{
		FactorID: store.FactorID{Tenant: string(r.bytes[0]), User: string(r.bytes[1]), ID: string(r.bytes[2])},
		Kind:     string(r.bytes[3]), To: string(r.bytes[4]), Name: string(r.bytes[5]), Sealed: r.bytes[6],
		Codes:   identity.Authenticator{Algorithm: identity.TOTPAlgorithm(r.bytes[7]), CodeLength: int(r.ints[0]), TimeStep: int(r.ints[1])},
		Created: instant(r.ints[2]), Confirmed: instant(r.ints[3]), Used: instant(r.ints[4]), Step: r.ints[5],
		First: r.ints[6] != 0,
	}
}

// ListFactors implements [store.Factors].
func (s *Store) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	q := s.whose(tenant, user)
	s.parts(&q, []string{s.factorPart}, "", time.Time{})
	all, err := s.readAlone(ctx, q)
	return all.Factors, err
}

// PutFactor implements [store.Factors].
func (s *Store) PutFactor(ctx context.Context, f store.Factor) error {
	return s.holding(ctx, f.Tenant, f.User, func(o on) error {
		if _, err := o.exec(ctx, "DELETE FROM "+o.factors+" WHERE tenant=? AND user_id=? AND (id=? OR kind=?) AND confirmed=0",
			f.Tenant, f.User, f.ID, f.Kind); err != nil {
			return err
		}
		_, err := o.exec(ctx, "INSERT INTO "+o.factors+
			" (tenant,user_id,id,kind,recipient,name,sealed,algorithm,digits,period,created,confirmed,used,step,first_one) VALUES (?,?,?,?,?,?,?,?,?,?,?,0,0,?,?)",
			f.Tenant, f.User, f.ID, f.Kind, f.To, f.Name, f.Sealed, f.Codes.Algorithm, f.Codes.CodeLength, f.Codes.TimeStep, f.Created, f.Step, f.First)
		return err
	})
}

// holding is transact for what hangs together for one user.
func (s *Store) holding(ctx context.Context, tenant, user string, do func(on) error) error {
	return s.transact(ctx, func(o on) error {
		if err := o.hold(ctx, tenant, user); err != nil {
			return err
		}
		return do(o)
	})
}

// stepBound is what a factor's last step must be below.
func stepBound(step int64) int64 {
	if step <= 0 {
		return forever
	}
	return step
}

// ConfirmFactor implements [store.Factors].
func (s *Store) ConfirmFactor(ctx context.Context, f store.FactorID, step int64, codes []store.Hash, now time.Time) (stored bool, err error) {
	err = s.holding(ctx, f.Tenant, f.User, func(o on) error {
		var first bool
		err := o.one(ctx, []any{&first}, "SELECT first_one FROM "+o.factors+ofFactor+" AND confirmed=0", f.Tenant, f.User, f.ID)
		if err != nil {
			return err
		}
		others, err := o.confirmed(ctx, f)
		if err != nil {
			return err
		}
		if first && others > 0 {
			return store.ErrExists
		}
		n, err := o.exec(ctx, "UPDATE "+o.factors+" SET confirmed=?, used=?, step=CASE WHEN step<? THEN ? ELSE step END"+
			ofFactor+" AND step<?", now, now, step, step, f.Tenant, f.User, f.ID, stepBound(step))
		if err != nil || n == 0 {
			return firstError(err, store.ErrNotFound)
		}
		if stored = others == 0; !stored {
			return nil
		}
		return o.replaceCodes(ctx, f.Tenant, f.User, codes)
	})
	return stored && err == nil, err
}

// confirmed counts the confirmed factors of a user beside one.
func (o on) confirmed(ctx context.Context, beside store.FactorID) (n int, err error) {
	err = o.one(ctx, []any{&n}, "SELECT COUNT(*) FROM "+o.factors+" WHERE tenant=? AND user_id=? AND id<>? AND confirmed<>0",
		beside.Tenant, beside.User, beside.ID)
	return n, err
}

// UseFactor implements [store.Factors].
func (s *Store) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	return s.change(ctx, "UPDATE "+s.factors+" SET step=CASE WHEN step<? THEN ? ELSE step END, used=?"+ofFactor+" AND confirmed<>0 AND step<?",
		step, step, now, f.Tenant, f.User, f.ID, stepBound(step))
}

// ResealFactor implements [store.Factors].
func (s *Store) ResealFactor(ctx context.Context, f store.FactorID, old, sealed []byte) error {
	return s.change(ctx, "UPDATE "+s.factors+" SET sealed=?"+ofFactor+" AND (sealed=? OR sealed=?)",
		sealed, f.Tenant, f.User, f.ID, old, sealed)
}

// SealedFactors implements [store.Factors]. What comes after one are the rest of
// its user's, of its tenant's and of all: each by the key alone, whereas not
// every engine finds its way to (tenant, user_id, id) > (?, ?, ?) by that.
func (s *Store) SealedFactors(ctx context.Context, after store.FactorID, limit int) (all []store.Factor, err error) {
	rest := []statement{
		saying(" WHERE x.tenant=? AND x.user_id=? AND x.id>?", after.Tenant, after.User, after.ID),
		saying(" WHERE x.tenant=? AND x.user_id>?", after.Tenant, after.User),
		saying(" WHERE x.tenant>?", after.Tenant),
	}
	for _, where := range rest {
		q := saying(factorColumns.of(s.dialect, aFactor, "x") + " FROM " + s.factors + " x")
		q.add(where.text(), where.args...)
		q.add(" AND x.sealed IS NOT NULL ORDER BY x.tenant, x.user_id, x.id LIMIT ?", limit-len(all))
		found := len(all)
		err := s.again(ctx, func() error {
			all = all[:found]
			return s.auto().rows(ctx, func(r row) error {
				all = append(all, r.factor())
				return nil
			}, q)
		})
		if err != nil || len(all) == limit {
			return all, err
		}
	}
	return all, nil
}

// RenameFactor implements [store.Factors].
func (s *Store) RenameFactor(ctx context.Context, f store.FactorID, name string) error {
	return s.change(ctx, "UPDATE "+s.factors+" SET name=?"+ofFactor, name, f.Tenant, f.User, f.ID)
}

// change runs one statement, which must match a row.
func (s *Store) change(ctx context.Context, query string, args ...any) error {
	return s.again(ctx, func() error {
		n, err := s.auto().exec(ctx, query, args...)
		if err != nil || n == 0 {
			return firstError(err, store.ErrNotFound)
		}
		return nil
	})
}

// RemoveFactors implements [store.Factors].
func (s *Store) RemoveFactors(ctx context.Context, r store.Removal) error {
	whole := store.FactorID{Tenant: r.Tenant, User: r.User}
	return s.holding(ctx, r.Tenant, r.User, func(o on) error {
		before, err := o.confirmed(ctx, whole)
		if err != nil {
			return err
		}
		q := saying("DELETE FROM "+o.factors+" WHERE tenant=? AND user_id=?", r.Tenant, r.User)
		if r.ID != "" {
			q.add(" AND id=?", r.ID)
		}
		if _, err := o.run(ctx, q); err != nil {
			return err
		}
		left, err := o.confirmed(ctx, whole)
		switch {
		case err != nil || left > 0:
			return err
		case r.KeepOne && before > 0:
			return store.ErrLast
		}
		return o.replaceCodes(ctx, r.Tenant, r.User, nil)
	})
}

// TakeRecoveryCode implements [store.Factors], with a statement for each of oneOf.
func (s *Store) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	for _, code := range oneOf {
		err := s.change(ctx, "DELETE FROM "+s.codes+" WHERE tenant=? AND user_id=? AND digest=?", tenant, user, code)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return store.ErrNotFound
}

// ReplaceRecoveryCodes implements [store.Factors].
func (s *Store) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	return s.holding(ctx, tenant, user, func(o on) error {
		n, err := o.confirmed(ctx, store.FactorID{Tenant: tenant, User: user})
		if err != nil || n == 0 {
			return firstError(err, store.ErrNotFound)
		}
		return o.replaceCodes(ctx, tenant, user, codes)
	})
}

// replaceCodes is for a transaction that holds the user.
func (o on) replaceCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	if _, err := o.exec(ctx, "DELETE FROM "+o.codes+" WHERE tenant=? AND user_id=?", tenant, user); err != nil {
		return err
	}
	codes = slices.SortedFunc(slices.Values(codes), func(a, b store.Hash) int { return bytes.Compare(a[:], b[:]) })
	q := saying("INSERT INTO " + o.codes + " (tenant,user_id,digest) VALUES ")
	for i, code := range slices.Compact(codes) {
		q.add(strings.Repeat(",", min(i, 1))+"(?,?,?)", tenant, user, code)
	}
	if len(codes) == 0 {
		return nil
	}
	_, err := o.run(ctx, q)
	return err
}

// CountRecoveryCodes implements [store.Factors].
func (s *Store) CountRecoveryCodes(ctx context.Context, tenant, user string) (n int, err error) {
	err = s.again(ctx, func() error {
		return s.auto().one(ctx, []any{&n}, "SELECT COUNT(*) FROM "+s.codes+" WHERE tenant=? AND user_id=?", tenant, user)
	})
	return n, err
}
