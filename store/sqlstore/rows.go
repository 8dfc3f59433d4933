package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// What a decision reads comes in one statement, as rows of several kinds in one
// shape: a UNION over the tables, each of them joined to t, which is whose they
// are. What a kind has no use for is null, which costs next to nothing.

// part is which table a row comes from.
type part int64

const (
	aTicket part = iota
	aHolder
	aUser
	anIdentity
	aRegistration
	aFactor
	aGrant
)

// row is a row of any part: its bytes and its integers in the order of the
// columns below.
type row struct {
	part  part
	bytes [8][]byte
	ints  [7]int64
}

// integer scans an integer, zero for null. MySQL's driver tells it as text where
// arguments are put into the statement.
type integer int64

// Scan implements [sql.Scanner].
func (i *integer) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*i = 0
	case int64:
		*i = integer(v)
	case []byte:
		var n int64
		n, err = strconv.ParseInt(string(v), 10, 64)
		*i = integer(n)
	default:
		err = fmt.Errorf("%T is no integer", v)
	}
	return err
}

// columns are what a part selects.
type columns struct {
	bytes, ints []string
}

var (
	ticketColumns       = columns{fields("purpose walk tenant user_id budget code data"), fields("expires attempts sends sent")}
	holderColumns       = columns{nil, fields("epoch last_login")}
	userColumns         = columns{fields("tenant id doc actions"), fields("verified verified_at")}
	identityColumns     = columns{fields("type value reason doc"), fields("verified verified_at last_login position")}
	registrationColumns = columns{fields("application doc"), fields("verified verified_at last_login position")}
	factorColumns       = columns{fields("tenant user_id id kind recipient name sealed algorithm"), fields("digits period created confirmed used step first_one")}
	grantColumns        = columns{fields("id kind tenant user_id application name digest data"), fields("counter created rotated used expires")}
)

func fields(names string) []string { return strings.Fields(names) }

// of selects a part from the table called alias; more are further integers.
func (c columns) of(d *dialect, p part, alias string, more ...string) string {
	list := []string{string('0' + rune(p))}
	for _, name := range c.bytes {
		list = append(list, alias+"."+name)
	}
	for range len(row{}.bytes) - len(c.bytes) {
		list = append(list, d.none)
	}
	for _, name := range c.ints {
		list = append(list, alias+"."+name+d.integer)
	}
	for _, expression := range more {
		list = append(list, expression+d.integer)
	}
	for range len(row{}.ints) - len(c.ints) - len(more) {
		list = append(list, "NULL"+d.integer)
	}
	return "SELECT " + strings.Join(list, ",")
}

// reads is the parts of the statements that read, put together once.
type reads struct {
	ticketPart string // of a t that is a ticket
	epochPart  string // of a t of tenant and user_id
	userParts  string
	factorPart string
	trustPart  string // id, now
}

func readsOf(d *dialect, t tables) reads {
	join := func(c columns, p part, table, key string) string {
		return c.of(d, p, "x") + " FROM " + table + " x WHERE x.tenant=" + d.whose("tenant") + " AND x." + key + "=" + d.whose("user_id")
	}
	return reads{
		ticketPart: ticketColumns.of(d, aTicket, "t") + d.fromT(),
		epochPart:  join(holderColumns, aHolder, t.holders, "user_id"),
		userParts: join(userColumns, aUser, t.users, "id") +
			" UNION ALL " + join(identityColumns, anIdentity, t.identities, "user_id") +
			" UNION ALL " + join(registrationColumns, aRegistration, t.registrations, "user_id"),
		factorPart: join(factorColumns, aFactor, t.factors, "user_id"),
		trustPart:  grantColumns.of(d, aGrant, "x") + " FROM " + t.grants + " x WHERE x.id=? AND x.expires>?",
	}
}

// opened is what the rows of a statement say.
type opened struct {
	store.Opened
	person person
	ticket *row
}

// rows runs a statement of parts and shows each row to take.
func (o on) rows(ctx context.Context, take func(row) error, s statement) error {
	var r row
	dest := []any{&r.part}
	for i := range r.bytes {
		dest = append(dest, &r.bytes[i])
	}
	for i := range r.ints {
		dest = append(dest, (*integer)(&r.ints[i]))
	}
	return o.query(ctx, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return take(r)
	}, s.text(), s.args...)
}

// read puts together what the rows of a statement say.
func (o on) read(ctx context.Context, s statement) (opened, error) {
	var all opened
	if err := o.rows(ctx, all.take, s); err != nil {
		return opened{}, err
	}
	slices.SortFunc(all.Factors, func(a, b store.Factor) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	all.User = all.person.user()
	return all, nil
}

func (o *opened) take(r row) error {
	switch r.part {
	case aTicket:
		o.ticket, o.Ticket = &r, r.ticket()
	case aHolder:
		o.Epoch, o.person.lastLogin = r.ints[0], r.ints[1]
	case aFactor:
		o.Factors = append(o.Factors, r.factor())
	case aGrant:
		g := r.grant()
		o.Trust = &g
	default:
		return o.person.take(r)
	}
	return nil
}

func (r row) ticket() store.Ticket {
	return store.Ticket{
		Purpose: string(r.bytes[0]), Walk: string(r.bytes[1]), Tenant: string(r.bytes[2]), User: string(r.bytes[3]),
		Budget: hashOf(r.bytes[4]), Code: r.bytes[5], Data: r.bytes[6],
		Expires: instant(r.ints[0]), Attempts: int(r.ints[1]), Sends: int(r.ints[2]), Sent: instant(r.ints[3]),
	}
}

func (r row) grant() store.Grant {
	return store.Grant{
		ID: string(r.bytes[0]), Kind: store.Kind(r.bytes[1]), Tenant: string(r.bytes[2]), User: string(r.bytes[3]),
		Application: string(r.bytes[4]), Name: string(r.bytes[5]), Sum: hashOf(r.bytes[6]), Data: r.bytes[7],
		Counter: r.ints[0], Created: instant(r.ints[1]), Rotated: instant(r.ints[2]), Used: instant(r.ints[3]), Expires: endless(r.ints[4]),
	}
}

// hashOf is the hash of a column; one of another length is none that matches.
func hashOf(b []byte) (h store.Hash) {
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// parts adds what is read of a t: parts, and the grant of a trust id if there is one.
func (s *Store) parts(q *statement, parts []string, trust string, now time.Time) {
	separator := ""
	if s.dialect.lateral {
		separator = "SELECT p.* FROM t CROSS JOIN LATERAL ("
	}
	for _, p := range parts {
		q.add(separator)
		q.add(p)
		separator = " UNION ALL "
	}
	if trust != "" {
		q.add(separator)
		q.add(s.trustPart, trust, now)
	}
	if s.dialect.lateral {
		q.add(") p")
	}
}
