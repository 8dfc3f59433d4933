package memstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// listFactors copies a person's factors, oldest first.
func (p *person) listFactors() []store.Factor {
	listed := slices.Clone(p.factors)
	for i := range listed {
		listed[i].Sealed = slices.Clone(listed[i].Sealed)
	}
	slices.SortStableFunc(listed, func(a, b store.Factor) int { return a.Created.Compare(b.Created) })
	return listed
}

// factor is one of a person's, or nil.
func (p *person) factor(id string) *store.Factor {
	for i := range p.factors {
		if p.factors[i].ID == id {
			return &p.factors[i]
		}
	}
	return nil
}

// confirmed says whether a person has a confirmed factor beside one.
func (p *person) confirmed(beside string) bool {
	return slices.ContainsFunc(p.factors, func(f store.Factor) bool {
		return f.ID != beside && !f.Confirmed.IsZero()
	})
}

// use claims a step, if it is one, and says whether it could.
func use(f *store.Factor, step int64, now time.Time) bool {
	if step > 0 && step <= f.Step {
		return false
	}
	f.Step, f.Used = max(f.Step, step), cut(now)
	return true
}

// changePerson shows do a person that nobody else reads or writes meanwhile.
// One that was not there stays so unless do succeeds.
func (s *Store) changePerson(ctx context.Context, w who, do func(*person) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	part := s.people.at(w)
	part.Lock()
	defer part.Unlock()
	p := part.rows[w]
	if p == nil {
		p = &person{}
	}
	if err := do(p); err != nil {
		return err
	}
	part.put(w, p, never)
	return nil
}

// ListFactors implements [store.Factors].
func (s *Store) ListFactors(ctx context.Context, tenant, user string) (listed []store.Factor, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.read(who{tenant, user}, func(p *person) { listed = p.listFactors() })
	return listed, nil
}

// PutFactor implements [store.Factors].
func (s *Store) PutFactor(ctx context.Context, f store.Factor) error {
	f.Created, f.Confirmed, f.Used = cut(f.Created), time.Time{}, time.Time{}
	f.Sealed = slices.Clone(f.Sealed)
	return s.changePerson(ctx, who{f.Tenant, f.User}, func(p *person) error {
		if old := p.factor(f.ID); old != nil && !old.Confirmed.IsZero() {
			return store.ErrExists
		}
		p.factors = slices.DeleteFunc(p.factors, func(x store.Factor) bool {
			return x.Confirmed.IsZero() && (x.ID == f.ID || x.Kind == f.Kind)
		})
		p.factors = append(p.factors, f)
		return nil
	})
}

// ConfirmFactor implements [store.Factors].
func (s *Store) ConfirmFactor(ctx context.Context, id store.FactorID, step int64, codes []store.Hash, now time.Time) (stored bool, err error) {
	err = s.changePerson(ctx, who{id.Tenant, id.User}, func(p *person) error {
		f := p.factor(id.ID)
		switch first := !p.confirmed(id.ID); {
		case f == nil, !f.Confirmed.IsZero():
			return store.ErrNotFound
		case f.First && !first:
			return store.ErrExists
		case !use(f, step, now):
			return store.ErrNotFound
		default:
			stored = first
		}
		f.Confirmed = cut(now)
		if stored {
			p.codes = slices.Clone(codes)
		}
		return nil
	})
	return stored, err
}

// UseFactor implements [store.Factors].
func (s *Store) UseFactor(ctx context.Context, id store.FactorID, step int64, now time.Time) error {
	return s.changePerson(ctx, who{id.Tenant, id.User}, func(p *person) error {
		f := p.factor(id.ID)
		if f == nil || f.Confirmed.IsZero() || !use(f, step, now) {
			return store.ErrNotFound
		}
		return nil
	})
}

// ResealFactor implements [store.Factors].
func (s *Store) ResealFactor(ctx context.Context, id store.FactorID, old, sealed []byte) error {
	sealed = slices.Clone(sealed)
	return s.changePerson(ctx, who{id.Tenant, id.User}, func(p *person) error {
		f := p.factor(id.ID)
		if f == nil || !bytes.Equal(f.Sealed, old) && !bytes.Equal(f.Sealed, sealed) {
			return store.ErrNotFound
		}
		f.Sealed = sealed
		return nil
	})
}

// SealedFactors implements [store.Factors]. Each call looks at everybody.
func (s *Store) SealedFactors(ctx context.Context, after store.FactorID, limit int) ([]store.Factor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []store.Factor
	for i := range s.people.parts {
		part := &s.people.parts[i]
		part.RLock()
		for _, p := range part.rows {
			for _, f := range p.listFactors() {
				if f.Sealed != nil && f.Compare(after) > 0 {
					all = append(all, f)
				}
			}
		}
		part.RUnlock()
	}
	slices.SortFunc(all, func(a, b store.Factor) int { return a.Compare(b.FactorID) })
	return all[:min(limit, len(all))], nil
}

// RenameFactor implements [store.Factors].
func (s *Store) RenameFactor(ctx context.Context, id store.FactorID, name string) error {
	return s.changePerson(ctx, who{id.Tenant, id.User}, func(p *person) error {
		f := p.factor(id.ID)
		if f == nil {
			return store.ErrNotFound
		}
		f.Name = name
		return nil
	})
}

// RemoveFactors implements [store.Factors].
func (s *Store) RemoveFactors(ctx context.Context, r store.Removal) error {
	return s.changePerson(ctx, who{r.Tenant, r.User}, func(p *person) error {
		goes := func(f store.Factor) bool { return r.ID == "" || f.ID == r.ID }
		stays := func(f store.Factor) bool { return !goes(f) && !f.Confirmed.IsZero() }
		last := !slices.ContainsFunc(p.factors, stays)
		if r.KeepOne && last && p.confirmed("") {
			return store.ErrLast
		}
		p.factors = slices.DeleteFunc(p.factors, goes)
		if last {
			p.codes = nil
		}
		return nil
	})
}

// TakeRecoveryCode implements [store.Factors].
func (s *Store) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	return s.changePerson(ctx, who{tenant, user}, func(p *person) error {
		i := slices.IndexFunc(p.codes, func(c store.Hash) bool { return slices.Contains(oneOf, c) })
		if i < 0 {
			return store.ErrNotFound
		}
		p.codes = slices.Delete(p.codes, i, i+1)
		return nil
	})
}

// ReplaceRecoveryCodes implements [store.Factors].
func (s *Store) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	return s.changePerson(ctx, who{tenant, user}, func(p *person) error {
		if !p.confirmed("") {
			return store.ErrNotFound
		}
		p.codes = slices.Clone(codes)
		return nil
	})
}

// CountRecoveryCodes implements [store.Factors].
func (s *Store) CountRecoveryCodes(ctx context.Context, tenant, user string) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.read(who{tenant, user}, func(p *person) { n = len(p.codes) })
	return n, nil
}
