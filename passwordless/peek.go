package passwordless

import (
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Peeked is what a confirmation page may show.
type Peeked struct {
	ApplicationID string           `json:"applicationId"`
	Expires       identity.Instant `json:"expiry"`

	// Strategy says what Complete asks for: with FormField, the short code too.
	Strategy identity.LoginStrategy `json:"loginStrategy"`

	// LoginID is the masked login id. It is shown only to who holds a link,
	// which is proof; not to who holds a handle, which is none.
	LoginID string `json:"loginId,omitempty"`
}

// Peek looks at a login without spending or changing anything, so that a page
// that is opened by GET can ask before it acts. It compares no short code.
// ErrRefused if code opens no live login.
func (l *Login) Peek(ctx context.Context, code secret.Text) (Peeked, error) {
	if code.IsZero() {
		return Peeked{}, field("blank", "code", "It is required.")
	}
	found, err := l.c.Store.OpenTicket(ctx, walk.ID(walk.Login, code), nil, l.now())
	if err != nil {
		return Peeked{}, l.closed(err)
	}
	t, err := l.desk.Read(found, walk.Login)
	if err != nil {
		return Peeked{}, l.closed(err)
	}
	p := Peeked{ApplicationID: t.Facts.Application, Expires: identity.At(t.Expires), Strategy: identity.FormField}
	if !t.Facts.Form {
		p.Strategy, p.LoginID = identity.ClickableLink, identity.Mask(t.Facts.Identity.Value)
	}
	return p, nil
}
