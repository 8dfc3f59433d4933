package passwordless

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Send sends the message of a login that Start began, again if need be. A short
// code is a new one each time, and ends the one before it; its guesses are not
// given back. Sending makes the login live longer, up to ten minutes from Start.
//
// Without a Code it is the older form: a login is begun and its message sent.
// It takes no phone numbers, nor what reads as one, and answers alike whether or
// not the person exists.
//
// The message goes to the address on record. Somebody without one is sent
// nothing, which only an event tells. ErrRefused if the code is unknown,
// expired, spent, exhausted, not for a login, or a one-time password, which
// carries what was proven and goes into no message; a *ValidationError, a
// *RateLimitError; any other means that the store or the messenger failed.
func (l *Login) Send(ctx context.Context, r SendRequest) error {
	if r.Code.IsZero() {
		return l.sendOlder(ctx, r)
	}
	return l.send(ctx, walk.Login, r.Code, r.TenantID)
}

func (l *Login) sendOlder(ctx context.Context, r SendRequest) error {
	if r.ApplicationID == "" && r.LoginID == "" {
		return field("blank", "code", "It is required.")
	}
	if l.isPhone(r.LoginID) {
		return field("invalid", "loginId", "It must be an e-mail address or user name. Start takes phone numbers.")
	}
	_, err := l.Begin(ctx, StartRequest{
		ApplicationID: r.ApplicationID,
		LoginID:       r.LoginID,
		LoginIDTypes:  []identity.IdentityType{identity.Email, identity.Username},
		LoginStrategy: identity.ClickableLink,
		State:         r.State,
		TenantID:      r.TenantID,
		IPAddress:     r.IPAddress,
	})
	return err
}

func (l *Login) isPhone(loginID string) bool {
	if l.c.Phones == nil {
		return false
	}
	_, err := l.c.Phones.ParsePhone(loginID)
	return err == nil
}

// send sends the message of the live ticket that handle opens.
func (l *Login) send(ctx context.Context, purpose string, handle secret.Text, tenantID string) error {
	now := l.now()
	o, err := l.c.Store.Open(ctx, walk.ID(purpose, handle), nil, "", now)
	if err != nil {
		return l.closed(err)
	}
	t, err := l.desk.Read(o.Ticket, purpose)
	if err != nil {
		return l.closed(err)
	}
	if t.Facts.Proves() {
		return ErrRefused
	}
	if t.Facts.Form && t.Attempts >= l.limits.GuessesPerTicket { // no code that is sent would count
		return ErrRefused
	}
	p, err := l.place(ctx, t.Facts.Application, "")
	if err != nil {
		return err
	}
	if err := p.permits(purpose); err != nil {
		return err
	}
	if tenantID != "" && tenantID != t.Tenant || p.tenant.ID != t.Tenant {
		return ErrRefused
	}
	b := begun{Ticket: t, place: p, handle: handle}
	if l.holds(t, o.User, p) {
		b.user = o.User
	}
	s := store.Sending{
		Code:    t.Code,
		Data:    t.Data,
		Expires: renewed(t, p.tenant, now),
		Every:   l.limits.SendEvery,
		Max:     l.limits.SendsPerTicket,
		Charge:  l.sends(t.Tenant, t.Facts),
	}
	if t.Facts.Form {
		s.Code, b.code = l.desk.Recode(t, codes(p.tenant, purpose, t.Facts.Identity.Type))
		t.Facts.Disclosed = false
		if s.Data, err = t.Facts.Encode(); err != nil {
			return err
		}
	}
	b.Expires = s.Expires
	if err := l.c.Store.SendTicket(ctx, t.ID, s, now); err != nil {
		return l.closed(limited(err))
	}
	return l.deliver(ctx, b)
}

// closed is what a caller hears of a ticket that is not there.
func (l *Login) closed(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefused
	}
	return err
}
