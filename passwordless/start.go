package passwordless

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Begun is what a browser may hold of a login that has begun.
type Begun struct {
	// Strategy is how the person completes the login.
	Strategy identity.LoginStrategy `json:"loginStrategy"`

	// Code is the handle that completes the login together with the short code
	// from the message. It is absent for a link: what completes that login is
	// nowhere but in the message.
	Code secret.Issued `json:"code,omitzero"`
}

// Started is a login that has begun, for a caller that is trusted with it.
type Started struct {
	// Code is what Send takes. With ClickableLink it is the login itself: do
	// not pass it to a browser. With FormField it is a handle that completes
	// nothing without the short code.
	Code secret.Issued `json:"code"`

	// OneTimeCode is the short code, if it was asked for by DiscloseCode.
	OneTimeCode secret.Issued `json:"oneTimeCode,omitzero"`
}

// Begin starts a login and sends its message, for a handler that answers a
// browser. It answers alike whether or not the person exists, may sign in, or
// can be reached; RevealUnknown and DiscloseCode are ignored.
//
// Errors: a *ValidationError about the request; a *RateLimitError; any other
// means that the store or the messenger failed.
func (l *Login) Begin(ctx context.Context, r StartRequest) (Begun, error) {
	r.RevealUnknown, r.DiscloseCode = false, false
	b, err := l.begin(ctx, r, true)
	if err != nil {
		return Begun{}, err
	}
	if err := l.deliver(ctx, b); err != nil {
		return Begun{}, err
	}
	if b.Facts.Form {
		return Begun{Strategy: identity.FormField, Code: secret.Issue(b.handle.Reveal())}, nil
	}
	return Begun{Strategy: identity.ClickableLink}, nil
}

// Start starts a login and sends nothing. It is for callers that are trusted
// with its code: see [Started]. Unless RevealUnknown is set, it answers alike
// whether or not the person exists.
//
// A login that was started counts for nothing about the address until Send has
// sent it; where its link code has been in the caller's hands, not even then
// (see Config.InsecureTrustStartedCodes). Earlier logins stay valid.
//
// Errors: as for Begin, and ErrUnknownUser.
func (l *Login) Start(ctx context.Context, r StartRequest) (Started, error) {
	b, err := l.begin(ctx, r, false)
	if err != nil {
		return Started{}, err
	}
	s := Started{Code: secret.Issue(b.handle.Reveal())}
	if r.DiscloseCode && b.Facts.Form {
		s.OneTimeCode = secret.Issue(b.code.Reveal())
	}
	return s, nil
}

// begun is a ticket that was just made, with all that its message needs.
type begun struct {
	walk.Ticket
	place
	user   identity.User // zero: nobody
	handle secret.Text
	code   secret.Text
}

// begin makes a login ticket. With sent it is made as one whose message leaves
// at once, so that beginning is one read and one write.
func (l *Login) begin(ctx context.Context, r StartRequest, sent bool) (begun, error) {
	p, ids, err := l.readStart(ctx, r)
	if err != nil {
		return begun{}, err
	}
	user, id, err := l.find(ctx, p.tenant.ID, ids)
	if err != nil {
		return begun{}, err
	}
	now := l.now()
	if user.ID == "" && r.RevealUnknown {
		return begun{}, l.unknown(ctx, l.starts(p.tenant.ID, ids[0], r.IPAddress), now)
	}
	b, err := l.ticket(r, p, user, id, ids, sent, now)
	if err != nil {
		return begun{}, err
	}
	if err := l.c.Store.CreateTicket(ctx, b.Ticket.Ticket, now, l.charges(r, p, b, ids[0], sent)...); err != nil {
		return begun{}, limited(err)
	}
	l.tell(ctx, Event{Type: LoginStarted, At: now, Tenant: p.tenant.ID, Application: p.application.ID,
		User: user.ID, Walk: b.Walk, IPAddress: r.IPAddress})
	return b, nil
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

// readStart checks a request without looking anybody up.
func (l *Login) readStart(ctx context.Context, r StartRequest) (place, []identity.Identifier, error) {
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return place{}, nil, err
	}
	if !p.application.PasswordlessConfiguration.Enabled {
		return place{}, nil, general("PasswordlessDisabled", "Passwordless login is not enabled for this application.")
	}
	switch r.LoginStrategy {
	case "", identity.ClickableLink, identity.FormField:
	default:
		return place{}, nil, field("invalid", "loginStrategy", "It must be ClickableLink or FormField.")
	}
	if len(r.State) > maxState {
		return place{}, nil, field("tooLong", "state", "It must be at most 8 KiB.")
	}
	ids, err := l.identifiers(r.LoginID, r.LoginIDTypes)
	return p, ids, err
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
		ids = []identity.Identifier{{Type: nobody, Value: string(sum[:])}}
	}
	return ids, nil
}

// nobody is the type of an identifier that nobody can have.
const nobody identity.IdentityType = "none"

// find returns the holder of the first of ids that is held, and which one that
// is. A zero user is nobody: an answer that does not hold exactly what was asked
// for, as from a table that folds case, is none.
func (l *Login) find(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, identity.Identifier, error) {
	u, err := l.c.Store.FindUser(ctx, tenant, ids)
	if errors.Is(err, store.ErrNotFound) {
		return identity.User{}, ids[0], nil
	}
	if err != nil {
		return identity.User{}, ids[0], err
	}
	for _, id := range ids {
		held, ok := u.Identity(id)
		if !ok {
			continue
		}
		if !mayLogIn(held) || u.TenantID != tenant {
			break
		}
		return u, id, nil
	}
	return identity.User{}, ids[0], nil
}

// mayLogIn says whether an identity is a login id: a secondary one must be verified.
func mayLogIn(i identity.UserIdentity) bool { return i.Primary || !i.NeedsVerification() }

// ticket makes the ticket of a login.
func (l *Login) ticket(r StartRequest, p place, user identity.User, id identity.Identifier, ids []identity.Identifier, sent bool, now time.Time) (begun, error) {
	form := p.strategy(r.LoginStrategy, ids) == identity.FormField
	if err := l.needsLink(p.application, walk.Login, form); sent && err != nil {
		return begun{}, err
	}
	s := step{place: p, user: user, now: now}
	s.Tenant, s.Walk = p.tenant.ID, walk.NewWalk()
	facts := walk.Facts{
		Application: p.application.ID,
		Identity:    id,
		To:          address(user, id, p.tenant),
		Form:        form,
		Disclosed:   !sent && (!form || r.DiscloseCode),
		Started:     identity.At(now),
		State:       r.State,
	}
	t, handle, code, err := l.draft(s, walk.Login, facts)
	if err != nil {
		return begun{}, err
	}
	if sent {
		t.Sends, t.Sent = 1, now
	}
	return begun{Ticket: walk.Ticket{Ticket: t, Facts: facts}, place: p, user: user, handle: handle, code: code}, nil
}

// strategy is how a login id is completed. It depends on what was typed and not
// on who was found, which it would tell.
func (p place) strategy(asked identity.LoginStrategy, ids []identity.Identifier) identity.LoginStrategy {
	if asked != "" {
		return asked
	}
	for _, id := range ids {
		if id.Type == identity.PhoneNumber {
			return p.application.PhoneLoginStrategy()
		}
	}
	return p.application.EmailLoginStrategy()
}

// address is where a user's messages go for a login id: to the value on record,
// never to what was typed. Nobody's go to the login id itself, to be counted
// and not delivered.
func address(u identity.User, id identity.Identifier, t identity.Tenant) identity.Identifier {
	if u.ID == "" || id.Type != identity.Username {
		return id
	}
	return identity.Identifier{Type: identity.Email, Value: u.EmailAddress(t)}
}

// charges are what a start is counted by. They are the same for nobody.
func (l *Login) charges(r StartRequest, p place, b begun, typed identity.Identifier, sent bool) []store.Charge {
	c := l.starts(p.tenant.ID, typed, r.IPAddress)
	if sent {
		c = append(c, l.sends(p.tenant.ID, b.Facts))
	}
	return c
}

// starts are the budgets of starts: of a login id and, where its address is
// given, of a client.
func (l *Login) starts(tenant string, typed identity.Identifier, client string) []store.Charge {
	c := []store.Charge{{
		Key:    secret.Sum("starts", tenant, string(typed.Type), typed.Value),
		Limit:  l.limits.StartsPerHour,
		Window: time.Hour,
	}}
	if client != "" {
		c = append(c, store.Charge{
			Key:    secret.Sum("starts of a client", tenant, client),
			Limit:  l.limits.StartsPerClientHour,
			Window: time.Hour,
		})
	}
	return c
}

// sends is the budget of messages to a ticket's address.
func (l *Login) sends(tenant string, f walk.Facts) store.Charge {
	return store.Charge{
		Key:    secret.Sum("sends", tenant, string(f.To.Type), f.To.Value),
		Limit:  l.limits.SendsPerDay,
		Window: day,
	}
}

// limited is what a caller hears of a start or send that was refused.
func limited(err error) error {
	var spent *store.LimitError
	if errors.As(err, &spent) {
		return &RateLimitError{RetryAfter: spent.RetryAfter}
	}
	return err
}
