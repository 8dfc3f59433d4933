package passwordless

import (
	"cmp"
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
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
// Errors: a *ValidationError about the request; a *RateLimitError; ErrNoLink if
// the configuration lacks the link; any other means that the store or the
// messenger failed.
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

// begin starts a login. With sent its message is counted as leaving at once, so
// that beginning is one read and one write.
func (l *Login) begin(ctx context.Context, r StartRequest, sent bool) (begun, error) {
	if err := cmp.Or(checkBrowser(r.Browser), r.EventInfo.check()); err != nil {
		return begun{}, err
	}
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return begun{}, err
	}
	if err := p.permits(walk.Login); err != nil {
		return begun{}, err
	}
	ids, err := l.identifiers(r.LoginID, r.LoginIDTypes)
	if err != nil {
		return begun{}, err
	}
	form, err := isForm(r.LoginStrategy, p.strategy(ids), "loginStrategy")
	if err != nil {
		return begun{}, err
	}
	return l.open(ctx, opening{
		place:    p,
		purpose:  walk.Login,
		event:    LoginStarted,
		ids:      ids,
		form:     form,
		sent:     sent,
		disclose: r.DiscloseCode,
		reveal:   r.RevealUnknown,
		state:    r.State,
		client:   r.IPAddress,
		browser:  r.Browser,
		info:     r.seen(),
	})
}

// seen is what the caller knows of who asks.
func (r StartRequest) seen() EventInfo {
	e := r.EventInfo
	e.IPAddress = cmp.Or(e.IPAddress, r.IPAddress)
	return e
}

// strategy is how a login id is completed. It depends on what was typed and not
// on who was found, which it would tell.
func (p place) strategy(ids []identity.Identifier) identity.LoginStrategy {
	for _, id := range ids {
		if id.Type == identity.PhoneNumber {
			return p.application.PhoneLoginStrategy()
		}
	}
	return p.application.EmailLoginStrategy()
}

// isForm says whether a walk is completed by a form.
func isForm(asked, configured identity.LoginStrategy, name string) (bool, error) {
	switch asked {
	case "":
		return configured == identity.FormField, nil
	case identity.FormField, identity.ClickableLink:
		return asked == identity.FormField, nil
	}
	return false, field("invalid", name, "It must be ClickableLink or FormField.")
}
