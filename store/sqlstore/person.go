package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// A user is kept as JSON, but for what is looked up and for what a login or a
// verification changes: that has columns.

// person is a user as it is read, row by row.
type person struct {
	found         bool
	whole         identity.User
	lastLogin     int64
	identities    []placed[identity.UserIdentity]
	registrations []placed[identity.Registration]
}

// placed is what has its place in a list.
type placed[T any] struct {
	position int64
	value    T
}

// action is an identity.Action with what has no name on the wire.
type action struct {
	identity.Action
	PreventLogin bool `json:"preventLogin"`
}

func (p *person) take(r row) error {
	switch r.part {
	case aUser:
		return p.takeUser(r)
	case anIdentity:
		return p.takeIdentity(r)
	case aRegistration:
		return p.takeRegistration(r)
	}
	return errors.New("a row of no part")
}

func (p *person) takeUser(r row) error {
	p.found = true
	u := &p.whole
	if err := decode("user", r.bytes[2], u); err != nil {
		return err
	}
	u.TenantID, u.ID = string(r.bytes[0]), string(r.bytes[1])
	u.Verified, u.VerifiedInstant = r.ints[0] != 0, identity.Instant(r.ints[1])
	if r.bytes[3] == nil {
		return nil
	}
	var actions []action
	err := decode("actions", r.bytes[3], &actions)
	for _, a := range actions {
		a.Action.PreventLogin = a.PreventLogin
		u.Actions = append(u.Actions, a.Action)
	}
	return err
}

func (p *person) takeIdentity(r row) error {
	var i identity.UserIdentity
	err := decode("identity", r.bytes[3], &i)
	i.Type, i.Value, i.VerifiedReason = identity.IdentityType(r.bytes[0]), string(r.bytes[1]), identity.VerifiedReason(r.bytes[2])
	i.Verified, i.VerifiedInstant, i.LastLoginInstant = r.ints[0] != 0, identity.Instant(r.ints[1]), identity.Instant(r.ints[2])
	p.identities = append(p.identities, placed[identity.UserIdentity]{r.ints[3], i})
	return err
}

func (p *person) takeRegistration(r row) error {
	var g identity.Registration
	err := decode("registration", r.bytes[1], &g)
	g.ApplicationID = string(r.bytes[0])
	g.Verified, g.VerifiedInstant, g.LastLoginInstant = r.ints[0] != 0, identity.Instant(r.ints[1]), identity.Instant(r.ints[2])
	p.registrations = append(p.registrations, placed[identity.Registration]{r.ints[3], g})
	return err
}

// user is the whole of it, zero if it was not found.
func (p *person) user() identity.User {
	if !p.found {
		return identity.User{}
	}
	u := p.whole
	u.LastLoginInstant = identity.Instant(p.lastLogin)
	u.Identities = inPlace(p.identities)
	u.Registrations = inPlace(p.registrations)
	return u
}

func inPlace[T any](all []placed[T]) (list []T) {
	slices.SortFunc(all, func(a, b placed[T]) int { return cmp.Compare(a.position, b.position) })
	for _, p := range all {
		list = append(list, p.value)
	}
	return list
}

// decode reads what encode wrote. The error says of what, and not what it holds.
func decode(what string, doc []byte, into any) error {
	if err := json.Unmarshal(doc, into); err != nil {
		return fmt.Errorf("the %s in a row is not as it was written", what)
	}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// document is what is kept of u as JSON: not what has a column, nor secrets.
func document(u identity.User) ([]byte, error) {
	u.ID, u.TenantID = "", ""
	u.Identities, u.Registrations, u.TwoFactor = nil, nil, identity.TwoFactor{}
	u.Verified, u.VerifiedInstant, u.LastLoginInstant = false, 0, 0
	return encode(u)
}

func actionsOf(u identity.User) ([]byte, error) {
	if len(u.Actions) == 0 {
		return nil, nil
	}
	var list []action
	for _, a := range u.Actions {
		list = append(list, action{a, a.PreventLogin})
	}
	return encode(list)
}

func (o on) putUser(ctx context.Context, u identity.User) error {
	if u.TenantID == "" || u.ID == "" {
		return errNameless
	}
	doc, err := document(u)
	if err != nil {
		return err
	}
	actions, err := actionsOf(u)
	if err != nil {
		return err
	}
	if err := o.hold(ctx, u.TenantID, u.ID); err != nil {
		return err
	}
	seen := o.lastLogin(store.Login{Tenant: u.TenantID, User: u.ID, At: u.LastLoginInstant.Time()})
	if _, err := o.run(ctx, seen); err != nil {
		return err
	}
	err = o.put(ctx, "UPDATE "+o.users+" SET doc=?, actions=?, verified=?, verified_at=? WHERE tenant=? AND id=?",
		"INSERT INTO "+o.users+" (doc,actions,verified,verified_at,tenant,id) VALUES (?,?,?,?,?,?)",
		doc, actions, u.Verified, u.VerifiedInstant, u.TenantID, u.ID)
	if err != nil {
		return err
	}
	if err := o.putAll(ctx, o.identities, u, len(u.LoginIdentities()), o.putIdentity); err != nil {
		return err
	}
	return o.putAll(ctx, o.registrations, u, len(u.Registrations), o.putRegistration)
}

// put updates a row that is there, or inserts it. The caller holds the user.
func (o on) put(ctx context.Context, update, insert string, args ...any) error {
	n, err := o.exec(ctx, update, args...)
	if err != nil || n > 0 {
		return err
	}
	_, err = o.exec(ctx, insert, args...)
	return err
}

// putAll puts n rows of a user in place of those that are there. Rows that stay
// are updated: they know when they were last logged in by.
func (o on) putAll(ctx context.Context, table string, u identity.User, n int, put func(context.Context, identity.User, int) error) error {
	if _, err := o.exec(ctx, "UPDATE "+table+" SET position=-1 WHERE tenant=? AND user_id=?", u.TenantID, u.ID); err != nil {
		return err
	}
	for i := range n {
		if err := put(ctx, u, i); err != nil {
			return err
		}
	}
	_, err := o.exec(ctx, "DELETE FROM "+table+" WHERE tenant=? AND user_id=? AND position=-1", u.TenantID, u.ID)
	return err
}

const laterLogin = ", last_login=CASE WHEN last_login<? THEN ? ELSE last_login END"

func (o on) putIdentity(ctx context.Context, u identity.User, n int) error {
	i := u.LoginIdentities()[n]
	kept := identity.UserIdentity{
		DisplayValue: i.DisplayValue, Primary: i.Primary, ModerationStatus: i.ModerationStatus,
		InsertInstant: i.InsertInstant, LastUpdateInstant: i.LastUpdateInstant,
	}
	doc, err := encode(kept)
	if err != nil {
		return err
	}
	found, err := o.exec(ctx, "UPDATE "+o.identities+" SET position=?, doc=?, main=?, verified=?, verified_at=?, reason=?"+laterLogin+ofIdentity,
		n, doc, i.Primary, i.Verified, i.VerifiedInstant, i.VerifiedReason, i.LastLoginInstant, i.LastLoginInstant,
		u.TenantID, i.Type, i.Value, u.ID)
	if err != nil || found > 0 {
		return err
	}
	_, err = o.exec(ctx, "INSERT INTO "+o.identities+" (position,doc,main,verified,verified_at,reason,last_login,tenant,type,value,user_id)"+
		" VALUES (?,?,?,?,?,?,?,?,?,?,?)", n, doc, i.Primary, i.Verified, i.VerifiedInstant, i.VerifiedReason, i.LastLoginInstant,
		u.TenantID, i.Type, i.Value, u.ID)
	if err != nil {
		return fmt.Errorf("another user's %s: %w", i.Type, err)
	}
	return nil
}

func (o on) putRegistration(ctx context.Context, u identity.User, n int) error {
	g := u.Registrations[n]
	kept := g
	kept.ApplicationID, kept.Verified, kept.VerifiedInstant, kept.LastLoginInstant = "", false, 0, 0
	doc, err := encode(kept)
	if err != nil {
		return err
	}
	found, err := o.exec(ctx, "UPDATE "+o.registrations+" SET position=?, doc=?, verified=?, verified_at=?"+laterLogin+
		" WHERE tenant=? AND user_id=? AND application=?",
		n, doc, g.Verified, g.VerifiedInstant, g.LastLoginInstant, g.LastLoginInstant, u.TenantID, u.ID, g.ApplicationID)
	if err != nil || found > 0 {
		return err
	}
	_, err = o.exec(ctx, "INSERT INTO "+o.registrations+" (position,doc,verified,verified_at,last_login,tenant,user_id,application) VALUES (?,?,?,?,?,?,?,?)",
		n, doc, g.Verified, g.VerifiedInstant, g.LastLoginInstant, u.TenantID, u.ID, g.ApplicationID)
	return err
}
