package store

import (
	"context"
	"errors"
	"reflect"
	"time"
)

// Store is four parts. Each may be kept by another engine: replace a field.
type Store struct {
	Users
	Tickets
	Grants
	Factors
}

// Engine keeps all four parts.
type Engine interface {
	Users
	Tickets
	Grants
	Factors
}

// Of returns a store whose parts are all kept by e.
func Of(e Engine) Store { return Store{Users: e, Tickets: e, Grants: e, Factors: e} }

// Open reads all that a decision about the ticket id needs, charging the guess
// g first if it is not nil. A user that is not there is left empty: a decoy's
// guess is compared like any other. Errors are those of OpenTicket.
func (s Store) Open(ctx context.Context, id Hash, g *Guess, trust string, now time.Time) (Opened, error) {
	o, err := s.open(ctx, id, g, trust, now)
	if err != nil || s.told() {
		return o, err
	}
	if o.User, err = s.User(ctx, o.Ticket.Tenant, o.Ticket.User); err != nil && !errors.Is(err, ErrNotFound) {
		return Opened{}, err
	}
	return o, nil
}

func (s Store) open(ctx context.Context, id Hash, g *Guess, trust string, now time.Time) (o Opened, err error) {
	if j, ok := s.joined(); ok {
		return j.OpenLogin(ctx, id, g, trust, now)
	}
	t, err := s.OpenTicket(ctx, id, g, now)
	if err != nil {
		return Opened{}, err
	}
	if j, ok := s.joinedUsers(); ok {
		o, err = j.OpenUser(ctx, t.Tenant, t.User, trust, now)
	} else {
		o, err = s.openUser(ctx, t.Tenant, t.User, trust, now)
	}
	if err != nil {
		return Opened{}, err
	}
	o.Ticket = t
	return o, nil
}

// openUser is [JoinedUsers]' OpenUser, part by part and without the user.
func (s Store) openUser(ctx context.Context, tenant, user, trust string, now time.Time) (o Opened, err error) {
	// The epoch first: it is read no later than what is decided on.
	if o.Epoch, err = s.Epoch(ctx, tenant, user); err != nil {
		return o, err
	}
	if o.Factors, err = s.ListFactors(ctx, tenant, user); err != nil {
		return o, err
	}
	if trust == "" {
		return o, nil
	}
	g, err := s.Grant(ctx, trust, now)
	if errors.Is(err, ErrNotFound) {
		return o, nil
	}
	o.Trust = &g
	return o, err
}

// Finish spends the ticket id, then admits the login, then tells Users. A crash
// in between loses a login and cannot make two. With an err there is no login;
// told is what Users answered to hearing of one, which undoes nothing.
func (s Store) Finish(ctx context.Context, id Hash, x Exchange, l Login, session *Grant, now time.Time) (told, err error) {
	if err := s.finish(ctx, id, x, l, session, now); err != nil || s.told() {
		return nil, err
	}
	return s.RecordLogin(ctx, l), nil
}

func (s Store) finish(ctx context.Context, id Hash, x Exchange, l Login, session *Grant, now time.Time) error {
	if j, ok := s.joined(); ok {
		return j.FinishLogin(ctx, id, x, l, session, now)
	}
	if err := s.ExchangeTicket(ctx, id, x, now); err != nil {
		return err
	}
	if j, ok := s.joinedUsers(); ok {
		return j.AdmitLogin(ctx, l, session)
	}
	return s.Admit(ctx, l, session)
}

// told says whether the engine that joins parts keeps Users too, so that it
// reads them with the rest and hears of a login with the rest.
func (s Store) told() bool {
	if _, ok := s.joined(); ok {
		return same(s.Users, s.Tickets)
	}
	_, ok := s.joinedUsers()
	return ok && same(s.Users, s.Grants)
}

// joined is the engine that keeps all parts but, perhaps, Users.
func (s Store) joined() (Joined, bool) {
	j, ok := s.Tickets.(Joined)
	return j, ok && same(s.Tickets, s.Grants) && same(s.Tickets, s.Factors)
}

// joinedUsers is the engine that keeps all parts but Tickets and, perhaps, Users.
func (s Store) joinedUsers() (JoinedUsers, bool) {
	j, ok := s.Grants.(JoinedUsers)
	return j, ok && same(s.Grants, s.Factors)
}

// same says whether two parts are one engine. An engine that is no pointer and
// cannot be compared is not.
func same(a, b any) bool { return reflect.TypeOf(a).Comparable() && a == b }

// DeleteExpired removes at most limit records of each engine that can no longer
// matter, and says how many. The owner calls it, as often as they like.
func (s Store) DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := s.Tickets.DeleteExpired(ctx, now, limit)
	if err != nil || same(s.Tickets, s.Grants) {
		return n, err
	}
	m, err := s.Grants.DeleteExpired(ctx, now, limit)
	return n + m, err
}
