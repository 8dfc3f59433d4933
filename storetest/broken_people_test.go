package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

type forgetsWalks engine

func (s forgetsWalks) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.Walk += time.Now().String()
	if err := s.Engine.Admit(ctx, l, nil); err != nil || session == nil {
		return err
	}
	_ = s.CreateGrant(ctx, *session, l.Epoch, l.At)
	return nil
}

type ignoresEpoch engine

func (s ignoresEpoch) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	for {
		l.Epoch, _ = s.Epoch(ctx, l.Tenant, l.User)
		if err := s.Engine.Admit(ctx, l, session); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
}

type comparesEarly engine

func (s comparesEarly) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if e, err := s.Epoch(ctx, l.Tenant, l.User); err != nil || e != l.Epoch {
		return store.ErrNotFound
	}
	pause()
	return ignoresEpoch(s).Admit(ctx, l, session)
}

type firstIsNothing engine

func (s firstIsNothing) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.First = false
	return s.Engine.Admit(ctx, l, session)
}

type sessionFirst engine

func (s sessionFirst) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if session != nil {
		_ = s.CreateGrant(ctx, *session, l.Epoch, l.At)
	}
	return s.Engine.Admit(ctx, l, nil)
}

type rotatesBlindly engine

func (s rotatesBlindly) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	g, err := s.Grant(ctx, id, now)
	if err != nil || g.Counter != r.From {
		return false, err
	}
	pause()
	_, err = s.Engine.RotateGrant(ctx, id, r, now)
	return err == nil, err
}

type alwaysRotates engine

func (s alwaysRotates) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	r.Keep = false
	return s.Engine.RotateGrant(ctx, id, r, now)
}

type usesAnyCounter engine

func (s usesAnyCounter) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	if g, err := s.Grant(ctx, id, now); err == nil && r.Keep {
		r.From = g.Counter
	}
	return s.Engine.RotateGrant(ctx, id, r, now)
}

type sparesEpoch engine

func (s sparesEpoch) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	f.Except = "nothing"
	return s.Engine.RevokeGrants(ctx, f, now)
}

type anyFilter engine

func (s anyFilter) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	if f.ID == "" && f.User == "" {
		return 0, nil
	}
	return s.Engine.RevokeGrants(ctx, f, now)
}

type sparesExpired engine

func (s sparesExpired) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	n := 0
	for _, k := range []store.Kind{store.APIKey, store.Session} {
		live, _ := s.ListGrants(ctx, f.Tenant, f.User, k, now)
		for _, g := range live {
			m, _ := s.Engine.RevokeGrants(ctx, store.Filter{ID: g.ID}, now)
			n += m
		}
	}
	return n, nil
}

type lastStepOnly struct {
	engine
	mu   sync.Mutex
	last int64
}

func (s *lastStepOnly) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if step > 0 && step == s.last {
		return store.ErrNotFound
	}
	s.last = step
	return s.Engine.UseFactor(ctx, f, 0, now)
}

type stepReadFirst engine

func (s stepReadFirst) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	all, err := s.ListFactors(ctx, f.Tenant, f.User)
	if err != nil || len(all) == 0 || all[0].Step >= step {
		return store.ErrNotFound
	}
	pause()
	_ = s.Engine.UseFactor(ctx, f, step, now)
	return nil
}

type codeReadFirst engine

func (s codeReadFirst) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	before, _ := s.CountRecoveryCodes(ctx, tenant, user)
	pause()
	if err := s.Engine.TakeRecoveryCode(ctx, tenant, user, oneOf); err != nil && before == 0 {
		return err
	}
	return nil
}

type addsCodes struct {
	engine
	mu  sync.Mutex
	all []store.Hash
}

func (s *addsCodes) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	s.mu.Lock()
	s.all = nil
	s.mu.Unlock()
	for _, c := range codes {
		pause()
		s.mu.Lock()
		s.all = append(s.all, c)
		err := s.Engine.ReplaceRecoveryCodes(ctx, tenant, user, s.all)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

type putReplaces engine

func (s putReplaces) PutFactor(ctx context.Context, f store.Factor) error {
	_ = s.RemoveFactors(ctx, store.Removal{FactorID: f.FactorID})
	return s.Engine.PutFactor(ctx, f)
}

// putLeaves replaces a pending factor by its id alone.
type putLeaves engine

func (s putLeaves) PutFactor(ctx context.Context, f store.Factor) error {
	f.Kind += f.ID
	return s.Engine.PutFactor(ctx, f)
}

// confirmed counts a user's confirmed factors.
func (s engine) confirmed(ctx context.Context, f store.FactorID) (n int) {
	all, _ := s.ListFactors(ctx, f.Tenant, f.User)
	for _, x := range all {
		if !x.Confirmed.IsZero() && x.ID != f.ID {
			n++
		}
	}
	return n
}

// neverFirst keeps factors as if another had been proven, and looks whether there
// is another before it confirms one.
type neverFirst struct {
	engine
	first sync.Map
}

func (s *neverFirst) PutFactor(ctx context.Context, f store.Factor) error {
	s.first.Store(f.FactorID, f.First)
	f.First = false
	return s.Engine.PutFactor(ctx, f)
}

func (s *neverFirst) ConfirmFactor(ctx context.Context, f store.FactorID, step int64, codes []store.Hash, now time.Time) (bool, error) {
	if first, _ := s.first.Load(f); first == true && s.confirmed(ctx, f) > 0 {
		return false, store.ErrExists
	}
	pause()
	return s.Engine.ConfirmFactor(ctx, f, step, codes, now)
}

// looksThenSeals compares the secret that is there, and then replaces it.
type looksThenSeals struct {
	engine
	mu sync.Mutex
}

func (s *looksThenSeals) ResealFactor(ctx context.Context, f store.FactorID, old, sealed []byte) error {
	all, _ := s.ListFactors(ctx, f.Tenant, f.User)
	if len(all) == 0 || !slices.Equal(all[0].Sealed, old) {
		return store.ErrNotFound
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	all, _ = s.ListFactors(ctx, f.Tenant, f.User)
	return s.Engine.ResealFactor(ctx, f, all[0].Sealed, sealed)
}

// looksThenRemoves counts the confirmed factors, and then removes one.
type looksThenRemoves struct{ engine }

func (s looksThenRemoves) RemoveFactors(ctx context.Context, r store.Removal) error {
	if r.KeepOne && s.confirmed(ctx, r.FactorID) == 0 && s.confirmed(ctx, store.FactorID{Tenant: r.Tenant, User: r.User}) > 0 {
		return store.ErrLast
	}
	pause()
	r.KeepOne = false
	return s.Engine.RemoveFactors(ctx, r)
}

// oneTenant forgets WHERE tenant = $1.
type oneTenant engine

const onlyTenant = "f24aca2b-ce4a-4dad-951a-c9d690e71415"

func (s oneTenant) User(ctx context.Context, _, id string) (identity.User, error) {
	return s.Engine.User(ctx, onlyTenant, id)
}

func (s oneTenant) FindUser(ctx context.Context, _ string, ids []identity.Identifier) (identity.User, error) {
	return s.Engine.FindUser(ctx, onlyTenant, ids)
}

func (s oneTenant) ListFactors(ctx context.Context, _, user string) ([]store.Factor, error) {
	return s.Engine.ListFactors(ctx, onlyTenant, user)
}

func (s oneTenant) PutFactor(ctx context.Context, f store.Factor) error {
	f.Tenant = onlyTenant
	return s.Engine.PutFactor(ctx, f)
}

func (s oneTenant) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	f.Tenant = onlyTenant
	return s.Engine.UseFactor(ctx, f, step, now)
}

type folds engine

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (s folds) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	for i := range ids {
		ids[i].Value = fold(ids[i].Value)
	}
	return s.Engine.FindUser(ctx, tenant, ids)
}

func (s folds) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.Walk = fold(l.Walk)
	return s.Engine.Admit(ctx, l, session)
}

type goesBack struct {
	engine
	users *memstore.Store
}

func (s goesBack) RecordLogin(ctx context.Context, l store.Login) error {
	u, err := s.User(ctx, l.Tenant, l.User)
	if err != nil {
		return nil
	}
	l.Apply(&u)
	u.LastLoginInstant = identity.At(l.At)
	pause()
	return s.users.Put(u)
}

type verifiesAgain struct {
	engine
	users *memstore.Store
}

func (s verifiesAgain) Verify(ctx context.Context, v store.Verification) error {
	u, err := s.User(ctx, v.Tenant, v.User)
	if err != nil {
		return err
	}
	for i := range u.Identities {
		u.Identities[i].Verified = u.Identities[i].Verified && u.Identities[i].Identifier() != v.Identity
	}
	if !v.Apply(&u) {
		return store.ErrNotFound
	}
	return s.users.Put(u)
}

type halfAdmits engine

func (s halfAdmits) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if err := s.Engine.Admit(context.WithoutCancel(ctx), l, nil); err != nil || session == nil {
		return err
	}
	pause()
	return s.CreateGrant(ctx, *session, l.Epoch, l.At)
}

type spendsLast struct{ *memstore.Store }

func (s *spendsLast) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if err := s.Admit(ctx, l, session); err != nil {
		return err
	}
	return s.ExchangeTicket(ctx, id, x, now)
}

type opensBlindly struct{ *memstore.Store }

func (s *opensBlindly) OpenLogin(ctx context.Context, id store.Hash, g *store.Guess, trust string, now time.Time) (store.Opened, error) {
	o, err := s.Store.OpenLogin(ctx, id, g, trust, now)
	o.Epoch = 0
	return o, err
}
