package passwordless

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// opening is a walk about to begin.
type opening struct {
	place
	purpose  string
	event    EventType
	ids      []identity.Identifier // what was typed may be any of these
	form     bool
	sent     bool // its message leaves at once
	disclose bool // the caller is given the short code
	reveal   bool // the caller may know that nobody is found
	state    identity.Object
	client   string
	browser  secret.Text
	info     EventInfo
}

// begun is a walk that has begun, with all that its message needs.
type begun struct {
	walk.Ticket
	place
	user   identity.User // zero: nobody
	handle secret.Text
	code   secret.Text
}

// open begins a walk: it finds the person and makes the ticket. For nobody it
// makes one too, which nothing completes.
func (l *Login) open(ctx context.Context, o opening) (begun, error) {
	if err := checkObject("state", o.state); err != nil {
		return begun{}, err
	}
	if o.client != "" && !isAddress(o.client) {
		return begun{}, field("invalid", "ipAddress", "It must be an IPv4 or IPv6 address.")
	}
	if err := l.needsLink(o.application, o.purpose, o.form); err != nil && o.sent {
		return begun{}, err
	}
	user, id, err := l.find(ctx, o)
	if err != nil {
		return begun{}, err
	}
	now := l.now()
	charges := l.starts(o)
	if user.ID == "" && o.reveal {
		return begun{}, l.unknown(ctx, charges, now)
	}
	b, err := l.ticket(o, user, id, now)
	if err != nil {
		return begun{}, err
	}
	if o.sent {
		charges = append(charges, l.sends(b.Tenant, b.Facts))
	}
	if err := l.c.Store.CreateTicket(ctx, b.Ticket.Ticket, now, charges...); err != nil {
		return begun{}, limited(err)
	}
	l.tell(ctx, Event{Type: o.event, At: now, Tenant: o.tenant.ID, Application: o.application.ID,
		User: user.ID, Walk: b.Walk, IPAddress: o.client, Info: o.info})
	return b, nil
}

// identifiers is what a login id may stand for. Text that fits none of its
// types is nobody's: it stands for itself, so that it is counted.
func (l *Login) identifiers(loginID string, types []identity.IdentityType) ([]identity.Identifier, error) {
	ids, err := l.parser.Parse(loginID, types)
	if err != nil {
		return nil, invalid(err)
	}
	if len(ids) == 0 {
		sum := secret.Sum("no login id", loginID)
		ids = []identity.Identifier{{Type: nobody, Value: hex.EncodeToString(sum[:])}}
	}
	return ids, nil
}

// nobody is the type of an identifier that nobody can have.
const nobody identity.IdentityType = "none"

// find returns the holder of the first identifier that is held, and which one
// that is. A zero user is nobody: an answer that does not hold exactly what was
// asked for, as from a table that folds case, is none.
func (l *Login) find(ctx context.Context, o opening) (identity.User, identity.Identifier, error) {
	first := o.counted()
	u, err := l.c.Store.FindUser(ctx, o.tenant.ID, o.ids)
	if errors.Is(err, store.ErrNotFound) {
		return identity.User{}, first, nil
	}
	if err != nil {
		return identity.User{}, first, err
	}
	for _, id := range o.ids {
		if held, ok := u.Identity(id); ok && u.TenantID == o.tenant.ID && o.admits(o.purpose, u, held) {
			return u, id, nil
		}
	}
	return identity.User{}, first, nil
}

// admits says whether an identity will do for a purpose. To log in, a secondary
// one must be verified; to verify a registration, there must be one.
func (p place) admits(purpose string, u identity.User, held identity.UserIdentity) bool {
	switch purpose {
	case walk.VerifyIdentity:
		return true
	case walk.VerifyRegistration:
		_, registered := u.Registration(p.application.ID)
		return registered
	}
	return mayLogIn(held)
}

// mayLogIn says whether an identity is a login id: a secondary one must be verified.
func mayLogIn(i identity.UserIdentity) bool { return i.Primary || !i.NeedsVerification() }

// ticket makes the first ticket of a walk.
func (l *Login) ticket(o opening, user identity.User, id identity.Identifier, now time.Time) (begun, error) {
	s := step{place: o.place, user: user, now: now}
	s.Tenant, s.Walk = o.tenant.ID, walk.NewWalk()
	facts := walk.Facts{
		Application: o.application.ID,
		Identity:    id,
		To:          l.address(user, id, o.tenant),
		Form:        o.form,
		Disclosed:   o.disclosed(),
		Started:     identity.At(now),
		State:       o.state,
		Browser:     walk.Browser(s.Walk, o.browser),
		Origin:      o.info.origin(),
	}
	t, handle, code, err := l.draft(s, o.purpose, facts)
	if err != nil {
		return begun{}, err
	}
	if o.sent {
		t.Sends, t.Sent = 1, now
	}
	return begun{Ticket: walk.Ticket{Ticket: t, Facts: facts}, place: o.place, user: user, handle: handle, code: code}, nil
}

// disclosed says whether the caller is given what completes the walk.
func (o opening) disclosed() bool {
	if o.sent {
		return false
	}
	if o.form {
		return o.disclose
	}
	return o.purpose == walk.Login
}

// counted is what a login id is counted by, whoever holds it and in whatever
// order its types were asked for. A user name has as many spellings as there are;
// an address or number that it also reads as has one.
func (o opening) counted() identity.Identifier {
	for _, id := range o.ids {
		if id.Type != identity.Username {
			return id
		}
	}
	return o.ids[0]
}

// address is where a user's messages go for a login id: to the value on record,
// never to what was typed. Nobody's go to the login id itself, to be counted
// and not delivered. A mailbox has one spelling, in whatever case it is on
// record: with two it would have two budgets, and be a second factor beside itself.
func (l *Login) address(u identity.User, id identity.Identifier, t identity.Tenant) identity.Identifier {
	if u.ID == "" || id.Type != identity.Username {
		return id
	}
	value := u.EmailAddress(t)
	if canonical, err := l.parser.ParseEmail(value); err == nil {
		value = canonical
	}
	return identity.Identifier{Type: identity.Email, Value: value}
}

// starts are the budgets of starts: of a login id and, where its address is
// given, of a client. They are the same for nobody.
func (l *Login) starts(o opening) []store.Charge {
	typed := o.counted()
	c := []store.Charge{{
		Key:    secret.Sum("starts", o.tenant.ID, string(typed.Type), typed.Value),
		Limit:  l.limits.StartsPerHour,
		Window: time.Hour,
	}}
	if o.client != "" {
		c = append(c, store.Charge{
			Key:    secret.Sum("starts of a client", o.tenant.ID, network(o.client)),
			Limit:  l.limits.StartsPerClientHour,
			Window: time.Hour,
		})
	}
	return c
}

// network is what a client is counted by: an IPv4 address or the /64 of an IPv6
// address, whose holder has all the others in it.
func network(client string) string {
	a, _ := netip.ParseAddr(client) // open has refused what is none
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// sends is the budget of messages to a ticket's address. Who has none is counted
// by what was typed, as nobody is: a budget that many share would tell of them.
func (l *Login) sends(tenant string, f walk.Facts) store.Charge {
	to := f.To
	if to.Value == "" {
		to = f.Identity
	}
	return store.Charge{
		Key:    secret.Sum("sends", tenant, string(to.Type), to.Value),
		Limit:  l.limits.SendsPerDay,
		Window: day,
	}
}

// unknown counts a start for nobody, and says so.
func (l *Login) unknown(ctx context.Context, charges []store.Charge, now time.Time) error {
	for _, c := range charges {
		if err := l.c.Store.Charge(ctx, c, now); err != nil {
			return limited(err)
		}
	}
	return ErrUnknownUser
}

// limited is what a caller hears of a start or send that was refused.
func limited(err error) error {
	var spent *store.LimitError
	if errors.As(err, &spent) {
		return &RateLimitError{RetryAfter: spent.RetryAfter}
	}
	return err
}
