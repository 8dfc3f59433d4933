package passwordless

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
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
// id is what Send… takes. Nothing completes before it was sent. From then on, by
// ClickableLink, the id alone does: do not pass it to a browser.
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
	if r.LoginIDType != identity.Email && r.LoginIDType != identity.PhoneNumber {
		return Verification{}, field("invalid", "loginIdType", "It must be email or phoneNumber.")
	}
	if len(r.State) > maxState {
		return Verification{}, field("tooLong", "state", "It must be at most 8 KiB.")
	}
	ids, err := l.identifiers(r.LoginID, []identity.IdentityType{r.LoginIDType})
	if err != nil {
		return Verification{}, err
	}
	form, err := verificationForm(p, purpose, r)
	if err != nil {
		return Verification{}, err
	}
	user, err := l.holder(ctx, p, purpose, ids[0])
	if err != nil {
		return Verification{}, err
	}
	now := l.now()
	charges := l.starts(p.tenant.ID, ids[0], r.IPAddress)
	if user.ID == "" && r.RevealUnknown {
		return Verification{}, l.unknown(ctx, charges, now)
	}
	s := step{place: p, user: user, now: now}
	s.Tenant, s.Walk = p.tenant.ID, walk.NewWalk()
	facts := walk.Facts{
		Application: p.application.ID,
		Identity:    ids[0],
		To:          ids[0],
		Form:        form,
		Disclosed:   form && r.DiscloseCode,
		Started:     identity.At(now),
		State:       r.State,
	}
	t, handle, code, err := l.draft(s, purpose, facts)
	if err != nil {
		return Verification{}, err
	}
	if err := l.c.Store.CreateTicket(ctx, t, now, charges...); err != nil {
		return Verification{}, limited(err)
	}
	e := s.event(VerificationStarted, LoginRequest{IPAddress: r.IPAddress})
	e.Application = p.application.ID
	l.tell(ctx, e)
	v := Verification{VerificationID: secret.Issue(handle.Reveal())}
	if facts.Disclosed {
		v.OneTimeCode = secret.Issue(code.Reveal())
	}
	return v, nil
}

// verificationForm says whether a verification is completed by a form.
func verificationForm(p place, purpose string, r StartVerificationRequest) (bool, error) {
	switch r.VerificationStrategy {
	case identity.FormField:
		return true, nil
	case identity.ClickableLink:
		return false, nil
	case "":
		return p.verificationStrategy(purpose, r.LoginIDType) == identity.FormField, nil
	}
	return false, field("invalid", "verificationStrategy", "It must be ClickableLink or FormField.")
}

func (p place) verificationStrategy(purpose string, t identity.IdentityType) identity.LoginStrategy {
	if purpose == walk.VerifyRegistration {
		return p.application.RegistrationStrategy()
	}
	return p.tenant.VerificationStrategy(t)
}

// holder finds who has a login id, secondary and unverified ones included: those
// are what is verified.
func (l *Login) holder(ctx context.Context, p place, purpose string, id identity.Identifier) (identity.User, error) {
	u, err := l.c.Store.FindUser(ctx, p.tenant.ID, []identity.Identifier{id})
	if errors.Is(err, store.ErrNotFound) {
		return identity.User{}, nil
	}
	if err != nil {
		return identity.User{}, err
	}
	_, held := u.Identity(id)
	_, registered := u.Registration(p.application.ID)
	if !held || u.TenantID != p.tenant.ID || purpose == walk.VerifyRegistration && !registered {
		return identity.User{}, nil
	}
	return u, nil
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
	s, err := l.open(ctx, purpose, r.VerificationID, r.OneTimeCode, r.TenantID, "")
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

// carryOut spends a verification ticket and marks what it was for. What a first
// proof ends is ended before the mark is made, so that a crash in between
// leaves somebody to be verified again and nothing granted to somebody else.
func (l *Login) carryOut(ctx context.Context, s step, purpose string) error {
	if err := l.c.Store.ExchangeTicket(ctx, s.ID, store.Exchange{Refund: s.refund}, s.now); err != nil {
		return raced(err)
	}
	v := store.Verification{
		Tenant: s.Tenant,
		User:   s.user.ID,
		Reason: identity.ReasonCompleted,
		At:     s.now,
	}
	if purpose == walk.VerifyRegistration {
		v.Application = s.Facts.Application
		return l.c.Store.Verify(ctx, v)
	}
	v.Identity = s.Facts.Identity
	if !everVerified(s.user) {
		if _, err := l.c.Store.RevokeGrants(ctx, store.Filter{Tenant: s.Tenant, User: s.user.ID}, s.now); err != nil {
			return err
		}
		l.tell(ctx, s.event(EarlierGrantsRevoked, LoginRequest{}))
	}
	return l.c.Store.Verify(ctx, v)
}
