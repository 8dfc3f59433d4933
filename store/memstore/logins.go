package memstore

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// login is a store.Login but its Tenant and User, packed. It begins with the
// instant it happened.
type login string

func packLogin(l store.Login) login {
	p := make(packer, 0, 256)
	p.instant(l.At)
	p.number(l.Epoch)
	p.flag(l.Implicit)
	p.flag(l.First)
	p.text(l.Walk)
	p.text(l.Application)
	p.text(string(l.Identity.Type))
	p.text(l.Identity.Value)
	p.text(l.IP)
	p.text(l.Agent)
	p.bytes(l.Data)
	return login(p)
}

func (l login) unpack(w who) store.Login {
	u := unpacker(l)
	return store.Login{
		Tenant: w.tenant, User: w.id,
		At:          u.instant(),
		Epoch:       u.number(),
		Implicit:    u.flag(),
		First:       u.flag(),
		Walk:        u.text(),
		Application: u.text(),
		Identity:    identity.Identifier{Type: identity.IdentityType(u.text()), Value: u.text()},
		IP:          u.text(),
		Agent:       u.text(),
		Data:        u.bytes(),
	}
}

func (l login) at() int64 { return instantOf(string(l)) }

// addLogin keeps logins by time; of those at the same one, the last to come is the latest.
func (p *person) addLogin(l store.Login) {
	p.logins = slices.Insert(p.logins, p.loginsUntil(l.At.UnixMilli()+1), packLogin(l))
}

// loginsUntil counts the logins before an instant.
func (p *person) loginsUntil(before int64) int {
	n := len(p.logins)
	for n > 0 && p.logins[n-1].at() >= before {
		n--
	}
	return n
}

// Admit implements [store.Grants].
func (s *Store) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.people.lock(admitted(l, session)...).release()
	return s.admit(l, session)
}

// admitted is whom an admission touches.
func admitted(l store.Login, session *store.Grant) []who {
	whom := []who{{l.Tenant, l.User}}
	if session != nil {
		whom = append(whom, who{session.Tenant, session.User})
	}
	return whom
}

// admit is for a caller that has locked whom it touches.
func (s *Store) admit(l store.Login, session *store.Grant) error {
	w := who{l.Tenant, l.User}
	p := s.person(w)
	if err := s.mark(l.Walk, session, l.Epoch == p.epoch); err != nil {
		return err
	}
	p.addLogin(l)
	if l.First {
		s.revoke(p, func(*store.Grant) bool { return true })
		p.epoch++
	}
	if session != nil {
		s.keepGrant(*session)
	}
	return nil
}

// mark takes the walk and the session's id, or neither. A walk that is taken is
// told even to a caller of another epoch.
func (s *Store) mark(walk string, session *store.Grant, current bool) error {
	walks := s.walks.at(walk)
	walks.Lock()
	defer walks.Unlock()
	if _, taken := walks.rows[walk]; taken {
		return store.ErrExists
	}
	if !current {
		return store.ErrNotFound
	}
	if session != nil && !s.claim(*session) {
		return store.ErrExists
	}
	walks.put(walk, struct{}{}, never)
	return nil
}

// Epoch implements [store.Grants].
func (s *Store) Epoch(ctx context.Context, tenant, user string) (epoch int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.read(who{tenant, user}, func(p *person) { epoch = p.epoch })
	return epoch, nil
}

// Logins implements [store.Grants].
func (s *Store) Logins(ctx context.Context, tenant, user string, before time.Time, limit int) (listed []store.Login, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := who{tenant, user}
	s.read(w, func(p *person) {
		for n := p.loginsUntil(before.UnixMilli()); n > 0 && len(listed) < limit; n-- {
			listed = append(listed, p.logins[n-1].unpack(w))
		}
	})
	return listed, nil
}
