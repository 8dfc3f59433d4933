package passwordless

import (
	"context"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// StartVerificationRequest asks for the verification of a login id or, with
// StartVerifyRegistration, of its holder's registration for an application.
type StartVerificationRequest struct {
	ApplicationID string                `json:"applicationId,omitempty"` // required
	LoginID       string                `json:"loginId,omitempty"`       // required
	LoginIDType   identity.IdentityType `json:"loginIdType,omitempty"`   // email or phoneNumber; required

	// VerificationStrategy is how it is completed. Empty means as configured.
	VerificationStrategy identity.LoginStrategy `json:"verificationStrategy,omitempty"`

	// State comes back when the verification completes. At most 8 KiB.
	State identity.Object `json:"state,omitempty"`

	// TenantID, IPAddress, RevealUnknown and DiscloseCode are as in StartRequest.
	TenantID      string `json:"-"`
	IPAddress     string `json:"-"`
	RevealUnknown bool   `json:"-"`
	DiscloseCode  bool   `json:"-"`
}

// Verification is one that has begun, for a caller that is trusted with it. Its
// id is what Send… takes. Nothing completes before it was sent, but for a code
// that DiscloseCode asked for: whoever delivers that answers for the address.
// Once it was sent, by ClickableLink, the id alone does: do not pass it to a browser.
type Verification struct {
	VerificationID secret.Issued `json:"verificationId"`
	OneTimeCode    secret.Issued `json:"oneTimeCode,omitzero"` // if DiscloseCode asked for it
}

// CompleteVerificationRequest shows what the message carried.
type CompleteVerificationRequest struct {
	VerificationID secret.Text `json:"verificationId,omitzero"`
	OneTimeCode    secret.Text `json:"oneTimeCode,omitzero"`

	TenantID string `json:"-"`
}

// Verified is a verification that has completed.
type Verified struct {
	State identity.Object `json:"state,omitempty"`
}

// StartVerifyIdentity begins the verification of a login id. Nothing is sent.
// It answers alike whether or not anybody has it, unless RevealUnknown is set.
// Errors are as for [Login.Start].
func (l *Login) StartVerifyIdentity(ctx context.Context, r StartVerificationRequest) (Verification, error) {
	return l.startVerification(ctx, walk.VerifyIdentity, r)
}

// StartVerifyRegistration begins the verification of a person's registration
// for an application, by a message to their login id. Else it is as
// StartVerifyIdentity; who is not registered is not known.
func (l *Login) StartVerifyRegistration(ctx context.Context, r StartVerificationRequest) (Verification, error) {
	return l.startVerification(ctx, walk.VerifyRegistration, r)
}

// SendVerifyIdentity sends the message of an identity verification that was
// begun, or that outcome 212 gave the id of. It is as [Login.Send].
func (l *Login) SendVerifyIdentity(ctx context.Context, verificationID secret.Text, tenantID string) error {
	return l.sendVerification(ctx, walk.VerifyIdentity, verificationID, tenantID)
}

// SendVerifyRegistration sends the message of a registration verification that
// was begun, or that outcome 213 gave the id of. It is as [Login.Send].
func (l *Login) SendVerifyRegistration(ctx context.Context, verificationID secret.Text, tenantID string) error {
	return l.sendVerification(ctx, walk.VerifyRegistration, verificationID, tenantID)
}

// VerifyIdentity completes the verification of a login id. It mints nothing.
//
// If it is the first proof of its user, all that was granted to them before
// ends: whoever made the account may not be who owns the address.
//
// ErrRefused is the one answer to an id or code that is wrong, expired, spent,
// exhausted or unknown. Any error but that and a *ValidationError means that
// something failed; the id may be spent.
func (l *Login) VerifyIdentity(ctx context.Context, r CompleteVerificationRequest) (Verified, error) {
	return l.verify(ctx, walk.VerifyIdentity, IdentityVerified, r)
}

// VerifyRegistration completes the verification of a registration. It mints
// nothing. Errors are as for VerifyIdentity.
func (l *Login) VerifyRegistration(ctx context.Context, r CompleteVerificationRequest) (Verified, error) {
	return l.verify(ctx, walk.VerifyRegistration, RegistrationVerified, r)
}

func (l *Login) startVerification(ctx context.Context, purpose string, r StartVerificationRequest) (Verification, error) {
	p, err := l.place(ctx, r.ApplicationID, r.TenantID)
	if err != nil {
		return Verification{}, err
	}
	ids, err := l.verifiable(r.LoginID, r.LoginIDType)
	if err != nil {
		return Verification{}, err
	}
	form, err := isForm(r.VerificationStrategy, p.verificationStrategy(purpose, r.LoginIDType), "verificationStrategy")
	if err != nil {
		return Verification{}, err
	}
	b, err := l.open(ctx, opening{
		place:    p,
		purpose:  purpose,
		event:    VerificationStarted,
		ids:      ids,
		form:     form,
		disclose: r.DiscloseCode,
		reveal:   r.RevealUnknown,
		state:    r.State,
		client:   r.IPAddress,
	})
	if err != nil {
		return Verification{}, err
	}
	v := Verification{VerificationID: secret.Issue(b.handle.Reveal())}
	if b.Facts.Disclosed {
		v.OneTimeCode = secret.Issue(b.code.Reveal())
	}
	return v, nil
}

func (p place) verificationStrategy(purpose string, t identity.IdentityType) identity.LoginStrategy {
	if purpose == walk.VerifyRegistration {
		return p.application.RegistrationStrategy()
	}
	return p.tenant.VerificationStrategy(t)
}

func (l *Login) sendVerification(ctx context.Context, purpose string, id secret.Text, tenantID string) error {
	if id.IsZero() {
		return field("blank", "verificationId", "It is required.")
	}
	return l.send(ctx, purpose, id, tenantID)
}

func (l *Login) verify(ctx context.Context, purpose string, done EventType, r CompleteVerificationRequest) (Verified, error) {
	if r.VerificationID.IsZero() {
		return Verified{}, field("blank", "verificationId", "It is required.")
	}
	s, err := l.take(ctx, shown{
		purpose:  purpose,
		handle:   r.VerificationID,
		code:     r.OneTimeCode,
		guess:    l.guess(r.OneTimeCode),
		tenantID: r.TenantID,
	})
	if err == nil {
		err = l.carryOut(ctx, s, purpose)
	}
	if err != nil {
		l.tell(ctx, s.failure(VerificationFailed, err, LoginRequest{}))
		return Verified{}, refused(err)
	}
	l.tell(ctx, s.event(done, LoginRequest{}))
	return Verified{State: s.Facts.State}, nil
}

// carryOut spends a verification ticket and marks what it was for.
func (l *Login) carryOut(ctx context.Context, s step, purpose string) error {
	if err := l.c.Store.ExchangeTicket(ctx, s.ID, store.Exchange{Refund: s.refund}, s.now); err != nil {
		return raced(err)
	}
	if purpose == walk.VerifyRegistration {
		return l.c.Store.Verify(ctx, store.Verification{
			Tenant: s.Tenant, User: s.user.ID, Application: s.Facts.Application, Reason: identity.ReasonCompleted, At: s.now,
		})
	}
	return l.mark(ctx, s, identity.ReasonCompleted)
}

// mark marks the identity of a step verified. What a first proof ends is ended
// before the mark is made, so that a crash in between leaves somebody to be
// verified again and nothing granted to somebody else.
func (l *Login) mark(ctx context.Context, s step, reason identity.VerifiedReason) error {
	if !everVerified(s.user) {
		if err := l.sessions.RevokeAll(ctx, session.Who{TenantID: s.Tenant, UserID: s.user.ID}); err != nil {
			return err
		}
		l.tell(ctx, s.event(EarlierGrantsRevoked, LoginRequest{}))
	}
	return l.c.Store.Verify(ctx, store.Verification{
		Tenant: s.Tenant, User: s.user.ID, Identity: s.Facts.Identity, Reason: reason, At: s.now,
	})
}
