package memstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// who is a user, be it one of this store's or of the caller's own table.
type who struct{ tenant, id string }

// person is all that is kept of a user. A part's lock guards it whole.
type person struct {
	user    *identity.User // never changed in place; nil: not one of this store's
	epoch   int64
	logins  []login                 // by time
	grants  map[string]*store.Grant // Data is never changed in place
	factors []store.Factor          // Sealed is never changed in place
	codes   []store.Hash
}

// name is one thing that a user signs in with.
type name struct {
	tenant string
	kind   identity.IdentityType
	value  string
}

// read shows a person to do, if there is one, while nobody changes it.
func (s *Store) read(w who, do func(*person)) {
	p := s.people.at(w)
	p.RLock()
	defer p.RUnlock()
	if found := p.rows[w]; found != nil {
		do(found)
	}
}

// person finds or adds one in a part that the caller has locked.
func (s *Store) person(w who) *person {
	p := s.people.at(w)
	if p.rows[w] == nil {
		p.put(w, &person{}, never)
	}
	return p.rows[w]
}

// Put adds a user or replaces the one with its TenantID and ID, which must be
// set. If another user of the tenant signs in with one of its identities,
// nothing changes and the error names the type and is a [store.ErrExists].
// Values are kept as they are: Put does not make them canonical.
func (s *Store) Put(u identity.User) error {
	if u.TenantID == "" || u.ID == "" {
		return errors.New("memstore: a user needs a TenantID and an ID")
	}
	w := who{u.TenantID, u.ID}
	part := s.people.at(w)
	part.Lock()
	defer part.Unlock()

	var before []name
	if p := part.rows[w]; p != nil {
		before = namesOf(p.user)
	}
	if err := s.rename(u.ID, before, namesOf(&u)); err != nil {
		return err
	}
	kept := u.Clone()
	s.person(w).user = &kept
	return nil
}

// Delete removes a user, if there is one. What is not Users' stays: see
// RevokeGrants and RemoveFactors.
func (s *Store) Delete(tenant, id string) {
	w := who{tenant, id}
	part := s.people.at(w)
	part.Lock()
	defer part.Unlock()
	p := part.rows[w]
	if p == nil || p.user == nil {
		return
	}
	before := namesOf(p.user)
	defer s.names.lock(before...).release()
	for _, n := range before {
		delete(s.names.at(n).rows, n)
	}
	p.user = nil
}

// rename replaces the names of a user, or refuses one that is another's.
func (s *Store) rename(id string, before, after []name) error {
	defer s.names.lock(append(before[:len(before):len(before)], after...)...).release()
	for _, n := range after {
		if owner, taken := s.names.at(n).rows[n]; taken && owner != id {
			return fmt.Errorf("memstore: another user's %s: %w", n.kind, store.ErrExists)
		}
	}
	for _, n := range before {
		delete(s.names.at(n).rows, n)
	}
	for _, n := range after {
		s.names.at(n).put(n, id, never)
	}
	return nil
}

func namesOf(u *identity.User) []name {
	if u == nil {
		return nil
	}
	var names []name
	for _, i := range u.LoginIdentities() {
		names = append(names, name{u.TenantID, i.Type, i.Value})
	}
	return names
}

// User implements [store.Users].
func (s *Store) User(ctx context.Context, tenant, id string) (identity.User, error) {
	if err := ctx.Err(); err != nil {
		return identity.User{}, err
	}
	if u := s.user(who{tenant, id}); u != nil {
		return u.Clone(), nil
	}
	return identity.User{}, store.ErrNotFound
}

func (s *Store) user(w who) (u *identity.User) {
	s.read(w, func(p *person) { u = p.user })
	return u
}

// FindUser implements [store.Users].
func (s *Store) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	if err := ctx.Err(); err != nil {
		return identity.User{}, err
	}
	for _, id := range ids {
		if u := s.holder(tenant, id); u != nil {
			return u.Clone(), nil
		}
	}
	return identity.User{}, store.ErrNotFound
}

// holder is whose id is. Between the two look-ups a name may pass from one user
// to another: then the holder found first no longer has it, and another look
// tells who has.
func (s *Store) holder(tenant string, id identity.Identifier) *identity.User {
	for {
		owner, ok := s.names.get(name{tenant, id.Type, id.Value})
		if !ok {
			return nil
		}
		u := s.user(who{tenant, owner})
		if u == nil {
			continue
		}
		if _, ok := u.Identity(id); ok {
			return u
		}
	}
}

// RecordLogin implements [store.Users].
func (s *Store) RecordLogin(ctx context.Context, l store.Login) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.people.lock(who{l.Tenant, l.User}).release()
	s.recordLogin(l)
	return nil
}

// recordLogin is for a caller that has locked the user's part.
func (s *Store) recordLogin(l store.Login) {
	s.change(who{l.Tenant, l.User}, func(u *identity.User) bool {
		l.Apply(u)
		return true
	})
}

// Verify implements [store.Users].
func (s *Store) Verify(ctx context.Context, v store.Verification) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := who{v.Tenant, v.User}
	defer s.people.lock(w).release()
	if !s.change(w, v.Apply) {
		return store.ErrNotFound
	}
	return nil
}

// change puts a changed copy in a user's place, if do says so, and says whether
// it did. Readers clone the old one meanwhile.
func (s *Store) change(w who, do func(*identity.User) bool) bool {
	p := s.people.at(w).rows[w]
	if p == nil || p.user == nil {
		return false
	}
	u := p.user.Clone()
	if !do(&u) {
		return false
	}
	p.user = &u
	return true
}
