package memstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

var errFilter = errors.New("memstore: a filter of grants needs an ID, or a Tenant and a User")

// claim takes a grant's id for its holder, or says that it is taken.
func (s *Store) claim(g store.Grant) bool {
	p := s.holders.at(g.ID)
	p.Lock()
	defer p.Unlock()
	if _, taken := p.rows[g.ID]; taken {
		return false
	}
	p.put(g.ID, who{g.Tenant, g.User}, never)
	return true
}

// keepGrant adds a grant whose id was claimed and whose holder's part the
// caller has locked.
func (s *Store) keepGrant(g store.Grant) {
	w := who{g.Tenant, g.User}
	p := s.person(w)
	if p.grants == nil {
		p.grants = make(map[string]*store.Grant)
	}
	g.Created, g.Rotated, g.Used, g.Expires = cut(g.Created), cut(g.Rotated), cut(g.Used), cut(g.Expires)
	g.Data = slices.Clone(g.Data)
	p.grants[g.ID] = &g
	s.people.at(w).put(w, p, endOf(&g))
}

// endOf is when a grant expires.
func endOf(g *store.Grant) int64 {
	if g.Expires.IsZero() {
		return never
	}
	return g.Expires.UnixMilli()
}

func live(g *store.Grant, now time.Time) bool { return g != nil && endOf(g) > now.UnixMilli() }

func copyOf(g *store.Grant) store.Grant {
	c := *g
	c.Data = slices.Clone(g.Data)
	return c
}

// named says whether a live grant beside g has the name that g wants.
func (p *person) named(g *store.Grant, name string, now time.Time) bool {
	if name == "" || g.Kind == store.Session {
		return false
	}
	for _, other := range p.grants {
		if other.ID != g.ID && other.Kind == g.Kind && other.Name == name && live(other, now) {
			return true
		}
	}
	return false
}

// CreateGrant implements [store.Grants].
func (s *Store) CreateGrant(ctx context.Context, g store.Grant, epoch int64, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := who{g.Tenant, g.User}
	defer s.people.lock(w).release()
	p := s.person(w)
	if p.epoch != epoch {
		return store.ErrNotFound
	}
	if p.named(&g, g.Name, now) || !s.claim(g) {
		return store.ErrExists
	}
	s.keepGrant(g)
	return nil
}

// Grant implements [store.Grants].
func (s *Store) Grant(ctx context.Context, id string, now time.Time) (store.Grant, error) {
	if err := ctx.Err(); err != nil {
		return store.Grant{}, err
	}
	if g, ok := s.grant(id, now); ok {
		return g, nil
	}
	return store.Grant{}, store.ErrNotFound
}

func (s *Store) grant(id string, now time.Time) (g store.Grant, ok bool) {
	w, ok := s.holders.get(id)
	if !ok {
		return store.Grant{}, false
	}
	ok = false
	s.read(w, func(p *person) {
		if found := p.grants[id]; live(found, now) {
			g, ok = copyOf(found), true
		}
	})
	return g, ok
}

// ListGrants implements [store.Grants].
func (s *Store) ListGrants(ctx context.Context, tenant, user string, k store.Kind, now time.Time) (listed []store.Grant, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.read(who{tenant, user}, func(p *person) {
		for _, g := range p.grants {
			if g.Kind == k && live(g, now) {
				listed = append(listed, copyOf(g))
			}
		}
	})
	slices.SortFunc(listed, func(a, b store.Grant) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return listed, nil
}

// changeGrant shows do a live grant that nobody else reads or writes meanwhile.
func (s *Store) changeGrant(ctx context.Context, id string, now time.Time, do func(*person, *store.Grant) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, ok := s.holders.get(id)
	if !ok {
		return store.ErrNotFound
	}
	part := s.people.at(w)
	part.Lock()
	defer part.Unlock()
	p := part.rows[w]
	g := p.grants[id]
	if !live(g, now) {
		return store.ErrNotFound
	}
	err := do(p, g)
	part.due = min(part.due, endOf(g))
	return err
}

// RotateGrant implements [store.Grants].
func (s *Store) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (rotated bool, err error) {
	err = s.changeGrant(ctx, id, now, func(_ *person, g *store.Grant) error {
		if rotated = g.Counter == r.From; !rotated {
			return nil
		}
		g.Used, g.Expires = cut(now), cut(r.Expires)
		if !r.Keep {
			g.Counter++
			g.Rotated = g.Used
		}
		return nil
	})
	return rotated, err
}

// RenameGrant implements [store.Grants].
func (s *Store) RenameGrant(ctx context.Context, id, name string, now time.Time) error {
	return s.changeGrant(ctx, id, now, func(p *person, g *store.Grant) error {
		if p.named(g, name, now) {
			return store.ErrExists
		}
		g.Name = name
		return nil
	})
}

// RevokeGrants implements [store.Grants].
func (s *Store) RevokeGrants(ctx context.Context, f store.Filter, _ time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	w := who{f.Tenant, f.User}
	switch {
	case f.ID == "" && f.User == "", f.User != "" && f.Tenant == "":
		return 0, errFilter
	case f.User == "":
		w, _ = s.holders.get(f.ID)
	}
	defer s.people.lock(w).release()
	if f == (store.Filter{Tenant: f.Tenant, User: f.User}) {
		s.person(w).epoch++
	}
	p := s.people.at(w).rows[w]
	if p == nil {
		return 0, nil
	}
	return s.revoke(p, func(g *store.Grant) bool { return matches(f, g) }), nil
}

// revoke removes the grants of a person whose part the caller has locked.
func (s *Store) revoke(p *person, which func(*store.Grant) bool) (n int) {
	for id, g := range p.grants {
		if which(g) {
			delete(p.grants, id)
			s.holders.remove(id)
			n++
		}
	}
	return n
}

func matches(f store.Filter, g *store.Grant) bool {
	set := func(want, got string) bool { return want == "" || want == got }
	return set(f.ID, g.ID) && set(f.Tenant, g.Tenant) && set(f.User, g.User) &&
		set(f.Application, g.Application) && set(string(f.Kind), string(g.Kind)) && (f.Except == "" || f.Except != g.ID)
}
