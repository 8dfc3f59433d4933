package passwordless

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Links are the pages that messages lead to. They come from configuration
// alone. The pages must do nothing until the person acts: mail scanners open
// links. See [Login.Peek].
type Links struct {
	Login              *messenger.Links
	VerifyIdentity     *messenger.Links
	VerifyRegistration *messenger.Links

	// LoginInForm has a FormField message carry a link too, with the handle and
	// the short code. Whoever opens that link, anywhere, can complete the login.
	LoginInForm bool
}

// ErrNoLink means that a message needs a link that Config.Links does not have.
var ErrNoLink = errors.New("passwordless: Config.Links: the link that a message needs is missing")

// link is the page for a purpose.
func (l *Login) link(a identity.Application, purpose string) (page *messenger.Links, inForm bool) {
	own := Links{}
	if l.c.LinksOf != nil {
		own = l.c.LinksOf(a)
	}
	switch purpose {
	case walk.Login:
		return firstLink(own.Login, l.c.Links.Login), own.LoginInForm || l.c.Links.LoginInForm
	case walk.VerifyIdentity:
		return firstLink(own.VerifyIdentity, l.c.Links.VerifyIdentity), false
	default:
		return firstLink(own.VerifyRegistration, l.c.Links.VerifyRegistration), false
	}
}

func firstLink(a, b *messenger.Links) *messenger.Links {
	if a != nil {
		return a
	}
	return b
}

// needsLink says that a ticket's message cannot do without a link, and there is none.
func (l *Login) needsLink(a identity.Application, purpose string, form bool) error {
	if page, _ := l.link(a, purpose); page == nil && !form {
		return ErrNoLink
	}
	return nil
}

// deliver hands over the message of a ticket whose send has been counted.
// Nobody's takes the same way, as a decoy.
func (l *Login) deliver(ctx context.Context, b begun) error {
	if err := l.needsLink(b.application, b.Purpose, b.Facts.Form); err != nil {
		return err
	}
	m := l.message(b)
	if err := l.c.Messenger.Send(ctx, m); err != nil {
		return fmt.Errorf("passwordless: send: %w", err)
	}
	e := Event{Type: MessageSent, Tenant: b.Tenant, Application: b.application.ID, User: b.user.ID, Walk: b.Walk}
	if m.Decoy && b.user.ID != "" {
		e.Type = MessageUndeliverable
	}
	l.tell(ctx, e)
	return nil
}

func (l *Login) message(b begun) messenger.Message {
	m := messenger.Message{
		ID:          uuid.NewString(),
		Purpose:     purposes[b.Purpose],
		Channel:     messenger.Email,
		To:          secret.New(b.Facts.To.Value),
		Tenant:      messenger.Ref{ID: b.tenant.ID, Name: b.tenant.Name},
		Application: messenger.Ref{ID: b.application.ID, Name: b.application.Name},
		Locales:     locales(b.user, b.application),
		Code:        b.code,
		State:       b.Facts.State,
		Lifetime:    b.Expires.Sub(l.now()).Round(time.Second),
		Expires:     b.Expires,
		Decoy:       b.user.ID == "" || b.Facts.To.Value == "",
	}
	if b.Facts.To.Type == identity.PhoneNumber {
		m.Channel = messenger.SMS
	}
	if b.user.ID != "" {
		u := b.user.Secured()
		m.User = &u
	}
	page, inForm := l.link(b.application, b.Purpose)
	if page != nil && (!b.Facts.Form || inForm) {
		m.Link = page.URL(b.handle, b.code, url.Values{"tenantId": {b.tenant.ID}})
	}
	return m
}

// undelivered tells of a message that the outbox gave up.
func (l *Login) undelivered(ctx context.Context, m messenger.Message, err error) {
	e := Event{Type: MessageUndelivered, Tenant: m.Tenant.ID, Application: m.Application.ID, Err: err}
	if m.User != nil {
		e.User = m.User.ID
	}
	l.tell(ctx, e)
}

// purposes are the messages of the tickets that have one.
var purposes = map[string]messenger.Purpose{
	walk.Login:              messenger.PasswordlessLogin,
	walk.VerifyIdentity:     messenger.IdentityVerification,
	walk.VerifyRegistration: messenger.RegistrationVerification,
}

// locales are a person's languages: those of the registration win.
func locales(u identity.User, a identity.Application) []string {
	if r, ok := u.Registration(a.ID); ok && len(r.PreferredLanguages) > 0 {
		return r.PreferredLanguages
	}
	return u.PreferredLanguages
}
