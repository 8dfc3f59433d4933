package mfa

import (
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/store"
)

// notice is word to a person of something done to their factors, which they
// would want to hear of if it was not them.
type notice struct {
	purpose messenger.Purpose
	method  store.Factor // that was added or removed; zero: all, or none
}

const (
	addedNotice            = messenger.TwoFactorAdded
	removedNotice          = messenger.TwoFactorRemoved
	recoveryUsedNotice     = messenger.RecoveryCodeUsed
	recoveryReplacedNotice = messenger.RecoveryCodesReplaced
)

// notify sends a notice. One that fails is told to the hook, and undoes nothing.
func (f *Factors) notify(ctx context.Context, p Person, n notice) {
	to := p.noticesTo(n.method)
	if to.Value == "" {
		return
	}
	if err := f.c.Messenger.Send(ctx, f.message(p, to, n.purpose)); err != nil {
		f.tell(ctx, p, Event{Type: NoticeFailed, Method: n.method.ID, Kind: n.method.Kind, Err: err})
	}
}

// noticesTo is where a person hears of a change to a method: the e-mail address
// on record or, if that is the method's own, a phone number they sign in by.
// Who has no other address hears it there all the same.
func (p Person) noticesTo(x store.Factor) identity.Identifier {
	email := identity.Identifier{Type: identity.Email, Value: p.User.EmailAddress(p.Tenant)}
	phone, ok := p.User.Primary(identity.PhoneNumber)
	ok = ok && !phone.NeedsVerification() && phone.Value != x.To
	if ok && (email.Value == "" || email.Value == x.To) {
		return phone.Identifier()
	}
	return email
}
