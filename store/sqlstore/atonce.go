package sqlstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// On PostgreSQL a verb that writes several tables is one statement, a WITH whose
// parts write. Parts that must not happen without another read its rows. What
// would have to be undone fails instead, which undoes all of the statement: a key
// that is taken by its index, a charge that only some of the budgets gave by a
// division by zero. The verb is then tried as a transaction of several
// statements, which tells exactly what was wrong: done is false.
//
// All parts see the database as it was when the statement began, whatever they
// waited for, except the rows that they change: those are seen, and their
// conditions checked, as they are when they are locked.

// divided is the SQLSTATE of a division by zero.
const divided = "22012"

// attempt runs a statement of one row that may have to be undone.
func (s *Store) attempt(ctx context.Context, q statement, dest ...any) (done bool, err error) {
	text := q.text()
	return orUndone(s.again(ctx, func() error { return s.auto().one(ctx, dest, text, q.args...) }))
}

// count is attempt for a statement that reads a row for each that it wrote: how
// many is all that the answer says, and costs less than a row that says it.
func (s *Store) count(ctx context.Context, q statement) (n int, done bool, err error) {
	text := q.text()
	done, err = orUndone(s.again(ctx, func() (err error) {
		n, err = s.auto().exec(ctx, text, q.args...)
		return err
	}))
	return n, done, err
}

func orUndone(err error) (done bool, _ error) {
	var told interface{ SQLState() string }
	if errors.Is(err, store.ErrExists) || errors.As(err, &told) && told.SQLState() == divided {
		return false, nil
	}
	return err == nil, err
}

// typed is a row of arguments for the columns of a table, where nothing else
// tells their types: b for bytes, i for an integer.
func typed(types string) string {
	return strings.NewReplacer("b", ",?::bytea", "i", ",?::bigint").Replace(types)[1:]
}

var (
	ticketTypes = typed("bbbbbbiiiibb")
	loginTypes  = typed("bbbbbbiiiibbb")
	grantTypes  = typed("bbbbbbbiiiiib")
)

// onMeter ends an INSERT of a charge of one into meters, called m: most gives
// the limit. Arguments: now, now, now.
func onMeter(most string) string {
	return " ON CONFLICT (id) DO UPDATE SET used=CASE WHEN m.resets<=? THEN 1 ELSE m.used+1 END," +
		" resets=CASE WHEN m.resets<=? THEN excluded.resets ELSE m.resets END WHERE m.resets<=? OR m.used<" + most + " RETURNING 1"
}

func (s *Store) chargeAtOnce(ctx context.Context, c store.Charge, now time.Time) error {
	if c.Limit <= 0 {
		return &store.LimitError{}
	}
	var q statement
	q.add("WITH m AS (INSERT INTO "+s.meters+" AS m (id,used,resets) VALUES (?,1,?)"+onMeter("?")+")",
		c.Key, now.Add(c.Window), now, now, now, c.Limit)
	q.add(" SELECT (SELECT COUNT(*) FROM m), COALESCE((SELECT resets FROM "+s.meters+" WHERE id=?),0)", c.Key)
	var taken, resets int64
	if _, err := s.attempt(ctx, q, &taken, &resets); err != nil || taken > 0 {
		return err
	}
	return spentUntil(resets, c.Window, now)
}

// spentUntil is for a budget that resets then, or was opened while the statement
// ran, and lasts for no more than its window.
func spentUntil(resets int64, window time.Duration, now time.Time) error {
	if resets <= now.UnixMilli() {
		return &store.LimitError{RetryAfter: window}
	}
	return &store.LimitError{RetryAfter: until(resets, now)}
}

func (s *Store) createAtOnce(ctx context.Context, t store.Ticket, now time.Time, charges []store.Charge) (done bool, err error) {
	var q statement
	insert := "INSERT INTO " + s.tickets + " " + ticketFields + " SELECT " + ticketTypes
	if len(charges) == 0 {
		_, done, err = s.count(ctx, saying(insert, ticketValues(t)...))
		return done, err
	}
	q.add("WITH c(id,most,ends) AS (VALUES ")
	for i, c := range charges {
		q.add(strings.Repeat(",", min(i, 1))+"(?::bytea,?::bigint,?::bigint)", c.Key, c.Limit, now.Add(c.Window))
	}
	q.add("), spent AS (SELECT MAX(m.resets) AS ends FROM "+s.meters+" m JOIN c ON c.id=m.id WHERE m.resets>? AND m.used>=c.most)", now)
	q.add(", m AS (INSERT INTO "+s.meters+" AS m (id,used,resets) SELECT id,1,ends FROM c WHERE (SELECT ends FROM spent) IS NULL ORDER BY id"+
		onMeter("(SELECT c.most FROM c WHERE c.id=excluded.id)")+")", now, now, now)
	q.add(", t AS ("+insert+" FROM (SELECT COUNT(*) AS n FROM m) taken WHERE n=? RETURNING 1)", append(ticketValues(t), len(charges))...)
	q.add(" SELECT (SELECT COUNT(*) FROM t), COALESCE((SELECT ends FROM spent),0), 1/CASE WHEN (SELECT COUNT(*) FROM m) IN (0,?) THEN 1 ELSE 0 END,"+
		" EXISTS (SELECT FROM "+s.tickets+" WHERE id=? AND expires>?)", len(charges), t.ID, now)
	var created, spent int64
	var live bool
	done, err = s.attempt(ctx, q, &created, &spent, new(int64), &live)
	switch {
	case err != nil || !done || created > 0:
		return done, err
	case live:
		return true, store.ErrExists
	case spent > 0:
		return true, &store.LimitError{RetryAfter: until(spent, now)}
	}
	return false, nil
}

func (s *Store) guessAtOnce(ctx context.Context, id store.Hash, g store.Guess, now time.Time, trust string, parts []string) (store.Opened, error) {
	q := saying("WITH t AS (UPDATE "+s.tickets+" SET attempts=attempts+1 WHERE id=? AND expires>? AND attempts<? RETURNING *)", id, now, g.PerTicket)
	charged := []string{"1", "0"}
	if g.PerBudget != 0 {
		q.add(", m AS (INSERT INTO "+s.meters+" AS m (id,used,resets) SELECT budget,1,?::bigint FROM t WHERE ?::bigint>0"+onMeter("?")+")",
			now.Add(g.Window), g.PerBudget, now, now, now, g.PerBudget)
		charged = []string{"(SELECT COUNT(*) FROM m)", "(SELECT x.resets FROM " + s.meters + " x WHERE x.id=t.budget)"}
	}
	q.add(" ")
	s.parts(&q, append([]string{ticketColumns.of(s.dialect, aTicket, "t", charged...) + s.dialect.fromT()}, parts...), trust, now)
	all, err := s.retried(ctx, id, q)
	if err != nil || all.ticket == nil {
		return store.Opened{}, firstError(err, store.ErrNotFound)
	}
	switch taken, resets := all.ticket.ints[4], all.ticket.ints[5]; {
	case taken > 0:
		return all.Opened, nil
	case g.PerBudget < 0:
		return store.Opened{}, &store.LimitError{}
	default:
		return store.Opened{}, spentUntil(resets, g.Window, now)
	}
}

func (s *Store) sendAtOnce(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	var q statement
	q.add("WITH t AS (SELECT sends,sent,(sends<? AND (sent=0 OR sent<=?)) AS due FROM "+s.tickets+" WHERE id=? AND expires>? FOR UPDATE)",
		m.Max, now.Add(-m.Every), id, now)
	q.add(", m AS (INSERT INTO "+s.meters+" AS m (id,used,resets) SELECT ?::bytea,1,?::bigint FROM t WHERE due AND ?::bigint>0"+onMeter("?")+")",
		m.Charge.Key, now.Add(m.Charge.Window), m.Charge.Limit, now, now, now, m.Charge.Limit)
	q.add(", u AS (UPDATE "+s.tickets+" SET sends=sends+1, sent=?, code=?, data=?, expires=? WHERE id=? AND EXISTS (SELECT FROM m))",
		now, m.Code, m.Data, m.Expires, id)
	q.add(" SELECT (SELECT COUNT(*) FROM m), sends, sent, due, COALESCE((SELECT resets FROM "+s.meters+" WHERE id=?),0) FROM t", m.Charge.Key)
	var charged, sends, sent, resets int64
	var due bool
	_, err := s.attempt(ctx, q, &charged, &sends, &sent, &due, &resets)
	switch {
	case err != nil || charged > 0:
		return err
	case !due:
		return tooSoon(sends, sent, m, now)
	case m.Charge.Limit <= 0:
		return &store.LimitError{}
	}
	return spentUntil(resets, m.Charge.Window, now)
}

// gate begins a statement that spends a ticket: what reads from gate happens
// only if it was there.
func (s *Store) gate(id store.Hash, now time.Time) statement {
	return saying("WITH gate AS (DELETE FROM "+s.tickets+" WHERE id=? AND expires>? RETURNING 1)", id, now)
}

// settled adds what an exchange does beside spending, if there is a row in gate.
func (s *Store) settled(q *statement, gate string, x store.Exchange, now time.Time) {
	if x.Next != nil {
		q.add(", next AS (INSERT INTO "+s.tickets+" "+ticketFields+" SELECT "+ticketTypes+" FROM "+gate+")", ticketValues(*x.Next)...)
	}
	if x.Refund != nil {
		q.add(", refund AS ("+s.giveBack()+" AND EXISTS (SELECT FROM "+gate+"))", *x.Refund, now)
	}
}

func (s *Store) exchangeAtOnce(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) (done bool, err error) {
	q := s.gate(id, now)
	s.settled(&q, "gate", x, now)
	q.add(" SELECT FROM gate")
	spent, done, err := s.count(ctx, q)
	if done && spent == 0 {
		return true, store.ErrNotFound
	}
	return done, err
}

// held adds hold, the row of a user of an epoch, locked; none if it is another
// epoch. What was revoked meanwhile is seen here and nowhere else.
func (s *Store) held(q *statement, tenant, user string, epoch int64, at time.Time) {
	q.add(", hold AS (INSERT INTO "+s.holders+" AS h (tenant,user_id,epoch,last_login) SELECT ?::bytea,?::bytea,0,?::bigint FROM gate", tenant, user, at)
	if epoch != 0 { // a row that is made now is of epoch 0
		q.add(" WHERE EXISTS (SELECT FROM "+s.holders+" WHERE tenant=? AND user_id=?)", tenant, user)
	}
	q.add(" ON CONFLICT (tenant,user_id) DO UPDATE SET last_login=GREATEST(h.last_login,excluded.last_login) WHERE h.epoch=? RETURNING 1)", epoch)
}

// admitAtOnce is for a login that is not a first proof: ending what was granted
// before takes a statement that begins when the user's row is locked.
func (s *Store) admitAtOnce(ctx context.Context, a admission) (done bool, err error) {
	q := saying("WITH gate AS (SELECT 1)")
	if a.ticket != nil {
		q = s.gate(*a.ticket, a.now)
	}
	s.held(&q, a.login.Tenant, a.login.User, a.login.Epoch, a.told())
	q.add(", login AS (INSERT INTO "+s.logins+" "+loginFields+" SELECT "+loginTypes+" FROM hold RETURNING 1)", loginValues(a.login)...)
	if a.session != nil {
		q.add(", session AS (INSERT INTO "+s.grants+" "+grantFields+" SELECT "+grantTypes+" FROM login)", grantValues(*a.session)...)
	}
	if a.tell {
		for i, n := range s.notes(a.login) {
			q.add(", note"+string('0'+rune(i))+" AS ("+n.text()+" AND EXISTS (SELECT FROM login))", n.args...)
		}
	}
	s.settled(&q, "login", a.exchange, a.now)
	q.add(" SELECT FROM login")
	admitted, done, err := s.count(ctx, q)
	if done && admitted == 0 {
		return true, store.ErrNotFound
	}
	return done, err
}

// createGrantAtOnce is for a grant without a name that could collide.
func (s *Store) createGrantAtOnce(ctx context.Context, g store.Grant, epoch int64) error {
	q := saying("WITH gate AS (SELECT 1)")
	s.held(&q, g.Tenant, g.User, epoch, time.Time{})
	q.add(", g AS (INSERT INTO "+s.grants+" "+grantFields+" SELECT "+grantTypes+" FROM hold) SELECT FROM hold", grantValues(g)...)
	held, done, err := s.count(ctx, q)
	switch {
	case err == nil && !done:
		return store.ErrExists
	case err == nil && held == 0:
		return store.ErrNotFound
	}
	return err
}

// recordAtOnce notes a login of a user who may be unknown.
func (s *Store) recordAtOnce(ctx context.Context, l store.Login) error {
	var q statement
	separator := "WITH "
	for i, n := range append(s.notes(l), s.lastLogin(l)) {
		q.add(separator+"note"+string('0'+rune(i))+" AS ("+n.text()+" RETURNING 1)", n.args...)
		separator = ", "
	}
	q.add(" SELECT")
	_, _, err := s.count(ctx, q)
	return err
}
