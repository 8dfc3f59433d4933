package passwordless

import (
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
)

// PeekRequest asks what a page may show of a login.
type PeekRequest struct {
	Code     secret.Text // from the link, or the handle that Begin returned; required
	Browser  secret.Text // of the browser that looks, as in LoginRequest
	TenantID string      // if not empty, must be the login's tenant
}

// Peeked is what a confirmation page may show.
type Peeked struct {
	ApplicationID string           `json:"applicationId"`
	Expires       identity.Instant `json:"expiry"`

	// Strategy says what Complete asks for: with FormField, the short code too.
	Strategy identity.LoginStrategy `json:"loginStrategy"`

	// LoginID is the masked login id. It is shown only to who holds a link,
	// which is proof; not to who holds a handle, which is none.
	LoginID string `json:"loginId,omitempty"`

	// SameBrowser says that the login was asked for in the browser that looks. If
	// not, the page shows whose login it is, and Started and Origin, before it
	// lets the person go on: somebody may have sent them a link of their own, to
	// have them sign in to the wrong account.
	SameBrowser bool             `json:"sameBrowser"`
	Started     identity.Instant `json:"startInstant"`
	Origin      Origin           `json:"origin,omitzero"`
}

// Peek looks at a login without spending or changing anything, so that a page
// that is opened by GET can ask before it acts. It compares no short code.
// ErrRefused if Code opens no live login.
func (l *Login) Peek(ctx context.Context, r PeekRequest) (Peeked, error) {
	if r.Code.IsZero() {
		return Peeked{}, field("blank", "code", "It is required.")
	}
	found, err := l.c.Store.OpenTicket(ctx, walk.ID(walk.Login, r.Code), nil, l.now())
	if err != nil {
		return Peeked{}, l.closed(err)
	}
	t, err := l.desk.Read(found, walk.Login)
	if err != nil {
		return Peeked{}, l.closed(err)
	}
	if r.TenantID != "" && r.TenantID != t.Tenant {
		return Peeked{}, ErrRefused
	}
	p := Peeked{
		ApplicationID: t.Facts.Application,
		Expires:       identity.At(t.Expires),
		Strategy:      identity.FormField,
		SameBrowser:   t.Facts.In(t.Walk, r.Browser),
		Started:       t.Facts.Started,
		Origin:        Origin(t.Facts.Origin),
	}
	if !t.Facts.Form {
		p.Strategy, p.LoginID = identity.ClickableLink, identity.Mask(t.Facts.Identity.Value)
	}
	return p, nil
}
