package storetest

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

const (
	tenant      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	otherTenant = "f24aca2b-ce4a-4dad-951a-c9d690e71416"
	person      = "00000000-0000-0001-0000-000000000000"
	otherPerson = "00000000-0000-0001-0000-000000000001"
	application = "10000000-0000-0002-0000-000000000001"

	lifetime = 3 * time.Minute
	day      = 24 * time.Hour
)

var (
	email    = identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"}
	phone    = identity.Identifier{Type: identity.PhoneNumber, Value: "+13035551212"}
	username = identity.Identifier{Type: identity.Username, Value: "johnny123"}
)

// hash is a key like those of the core.
func hash(format string, args ...any) store.Hash {
	return sha256.Sum256(fmt.Appendf(nil, format, args...))
}

// octets is every byte there is, so that an engine that takes bytes for text shows.
func octets() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// ticket has every field set.
func (t *trial) ticket(id string) store.Ticket {
	return store.Ticket{
		ID: hash("ticket %s", id), Purpose: "login", Walk: "walk " + id, Tenant: tenant, User: person,
		Budget: hash("budget"), Expires: t.at(lifetime), Attempts: 1, Sends: 2, Sent: t.at(-time.Hour),
		Code: octets(), Data: []byte(`{"i":"jared@piedpiper.com","s":"Grüße, 世界"}`),
	}
}

// fresh is a ticket that was neither guessed at nor sent.
func (t *trial) fresh(id string) store.Ticket {
	k := t.ticket(id)
	k.Attempts, k.Sends, k.Sent = 0, 0, time.Time{}
	return k
}

// create stores fresh tickets.
func (t *trial) create(ids ...string) {
	t.Helper()
	for _, id := range ids {
		t.must("CreateTicket", t.CreateTicket(t.Context(), t.fresh(id), t.start))
	}
}

// alive says whether a ticket is, at the start of the trial.
func (t *trial) alive(id string) bool { return t.aliveAt(id, t.start) }

func (t *trial) aliveAt(id string, now time.Time) bool {
	t.Helper()
	_, err := t.OpenTicket(t.Context(), hash("ticket %s", id), nil, now)
	if err != nil {
		t.want("OpenTicket", err, store.ErrNotFound, "a ticket is there or is not found")
	}
	return err == nil
}

// budget is what the guesses at a ticket are charged to, ten a day.
func budget(limit int) store.Charge {
	return store.Charge{Key: hash("budget"), Limit: limit, Window: day}
}

// grant has every field set, and a name of its own.
func (t *trial) grant(id string) store.Grant {
	return store.Grant{
		ID: id, Kind: store.APIKey, Tenant: tenant, User: person, Application: application, Name: "name of " + id,
		Sum: hash("sum %s", id), Counter: 3, Created: t.at(-2 * time.Hour), Rotated: t.at(-time.Hour),
		Used: t.at(-time.Minute), Expires: t.at(day), Data: octets(),
	}
}

// session is a grant that a login starts.
func (t *trial) session(id string) *store.Grant {
	g := t.grant(id)
	g.Kind, g.Name, g.Counter = store.Session, "", 0
	return &g
}

// grants stores grants of the epoch zero.
func (t *trial) grants(grants ...store.Grant) {
	t.Helper()
	for _, g := range grants {
		t.must("CreateGrant", t.CreateGrant(t.Context(), g, 0, t.start))
	}
}

// held says whether a grant is live, at the start of the trial.
func (t *trial) held(id string) bool { return t.heldAt(id, t.start) }

func (t *trial) heldAt(id string, now time.Time) bool {
	t.Helper()
	_, err := t.Grant(t.Context(), id, now)
	if err != nil {
		t.want("Grant", err, store.ErrNotFound, "a grant is there or is not found")
	}
	return err == nil
}

// login has every field set but First.
func (t *trial) login(walk string) store.Login {
	return store.Login{
		Walk: walk, Tenant: tenant, User: person, Application: application, Identity: email, Implicit: true,
		At: t.start, IP: "2001:db8::1", Agent: "Mozilla/5.0 (Größe; 世界)", Data: octets(),
	}
}

// logins is all logins of a user.
func (t *trial) logins(tenant, user string) []store.Login {
	t.Helper()
	all, err := t.Logins(t.Context(), tenant, user, t.at(1000*day), 1000)
	t.must("Logins", err)
	return all
}

// sessions is all live sessions of a user.
func (t *trial) sessions(tenant, user string) []store.Grant {
	t.Helper()
	all, err := t.ListGrants(t.Context(), tenant, user, store.Session, t.start)
	t.must("ListGrants", err)
	return all
}

func (t *trial) epoch(tenant, user string) int64 {
	t.Helper()
	e, err := t.Epoch(t.Context(), tenant, user)
	t.must("Epoch", err)
	return e
}

func factorID(id string) store.FactorID {
	return store.FactorID{Tenant: tenant, User: person, ID: id}
}

// factor is pending, of a kind of its own, and has every other field set.
func (t *trial) factor(id string) store.Factor {
	return store.Factor{
		FactorID: factorID(id), Kind: identity.MethodSMS + id, To: "+13035551212", Name: "Jared’s telephone",
		Codes:  identity.Authenticator{Algorithm: "HmacSHA256", CodeLength: 8, TimeStep: 60},
		Sealed: octets(), Created: t.start, First: true,
	}
}

func removal(id string) store.Removal { return store.Removal{FactorID: factorID(id)} }

// pend puts factors that may be confirmed beside others.
func (t *trial) pend(ids ...string) {
	t.Helper()
	for _, id := range ids {
		f := t.factor(id)
		f.First = false
		t.must("PutFactor", t.PutFactor(t.Context(), f))
	}
}

// enrol confirms factors, the first with codes.
func (t *trial) enrol(step int64, codes []store.Hash, ids ...string) {
	t.Helper()
	for _, id := range ids {
		t.pend(id)
		_, err := t.ConfirmFactor(t.Context(), factorID(id), step, codes, t.start)
		t.must("ConfirmFactor", err)
	}
}

func (t *trial) factors(tenant, user string) []store.Factor {
	t.Helper()
	all, err := t.ListFactors(t.Context(), tenant, user)
	t.must("ListFactors", err)
	return all
}

// codes is n recovery codes.
func codes(set string, n int) []store.Hash {
	all := make([]store.Hash, n)
	for i := range all {
		all[i] = hash("code %s %d", set, i)
	}
	return all
}

func (t *trial) codesLeft(tenant, user string) int {
	t.Helper()
	n, err := t.CountRecoveryCodes(t.Context(), tenant, user)
	t.must("CountRecoveryCodes", err)
	return n
}

// lookalikes is texts that a collation may take for one another. No two are the
// same bytes.
func lookalikes(base string) []string {
	return []string{
		base, strings.ToUpper(base), base + " ", " " + base, base + "\x00", base + "\u0301",
		strings.Replace(base, "a", "á", 1), strings.Replace(base, "a", "а", 1), // accented, Cyrillic
		strings.Replace(base, "k", "\u212a", 1), strings.Replace(base, "s", "ſ", 1),
		base + "%", strings.Replace(base, "a", "_", 1),
	}
}
