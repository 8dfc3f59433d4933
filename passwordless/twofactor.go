package passwordless

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// SendTwoFactorRequest asks for the code of one of the methods that outcome 242
// listed.
type SendTwoFactorRequest struct {
	TwoFactorID secret.Text `json:"twoFactorId,omitzero"`
	MethodID    string      `json:"methodId,omitempty"`

	TenantID string `json:"-"`

	// Browser, if not empty, must be what the step before gave.
	Browser secret.Text `json:"-"`
}

// TwoFactorRequest completes a login by a second factor.
type TwoFactorRequest struct {
	// TwoFactorID is from outcome 242. Required.
	TwoFactorID secret.Text `json:"twoFactorId,omitzero"`

	// Code is what the authenticator shows, what was sent, or a recovery code.
	// MethodID, if not empty, says whose it is. Code is required.
	Code     secret.Text `json:"code,omitzero"`
	MethodID string      `json:"methodId,omitempty"`

	// TrustComputer asks for a twoFactorTrustId, by which this device skips the
	// second factor for a while. A recovery code earns none.
	TrustComputer bool `json:"trustComputer,omitempty"`

	// UserID, if not empty, must be the login's user.
	UserID string `json:"userId,omitempty"`

	// The rest is as in LoginRequest.
	ApplicationID     string           `json:"applicationId,omitempty"`
	NoJWT             bool             `json:"noJWT,omitempty"`
	NewDevice         bool             `json:"newDevice,omitempty"`
	IPAddress         string           `json:"ipAddress,omitempty"`
	MetaData          session.MetaData `json:"metaData,omitzero"`
	EventInfo         EventInfo        `json:"eventInfo,omitzero"`
	BotDetectionScore float64          `json:"botDetectionScore,omitempty"`
	TenantID          string           `json:"-"`

	// Browser must be what the step before gave, if that gave one, as in
	// LoginRequest: anything else is ErrRefused.
	Browser secret.Text `json:"-"`
}

// base is what a request has in common with the first step's.
func (r TwoFactorRequest) base() LoginRequest {
	return LoginRequest{
		ApplicationID: r.ApplicationID,
		NoJWT:         r.NoJWT,
		NewDevice:     r.NewDevice,
		IPAddress:     r.IPAddress,
		MetaData:      r.MetaData,
		EventInfo:     r.EventInfo,
		TenantID:      r.TenantID,
	}
}

// SendTwoFactor sends the code of a method for a login that waits for its second
// factor. It ends the code that was sent for it before; guesses are not given
// back.
//
// Errors: a *ValidationError; ErrRefused if the twoFactorId is unknown, expired,
// spent or exhausted; mfa.ErrNotConfigured for a method that the user has not;
// mfa.ErrNotAllowed for an authenticator, which has nothing to send, and for one
// that goes where the login's code went; a *RateLimitError. Any other means that
// the store or the messenger failed.
func (l *Login) SendTwoFactor(ctx context.Context, r SendTwoFactorRequest) error {
	s, err := l.waiting(ctx, r.TwoFactorID, nil, LoginRequest{TenantID: r.TenantID})
	if err == nil {
		err = s.keepIf(r.Browser)
	}
	if err != nil {
		return refused(err)
	}
	if s.Attempts >= l.limits.GuessesPerTicket { // no code that is sent would count
		return ErrRefused
	}
	if r.MethodID == "" {
		return field("blank", "methodId", "It is required.")
	}
	_, err = l.factors.SendCode(ctx, s.person(), r.MethodID)
	return limitedFactor(err)
}

// CompleteTwoFactor completes a login that waits for its second factor. The user
// is read again and the same decision made as at the first step, with one proof
// more; each outcome spends the twoFactorId.
//
// mfa.ErrWrongCode is the answer to a code that is wrong, used, exhausted or of a
// method that the login's own code went to: the twoFactorId stays good for five
// guesses in all, then ErrRefused, which is also the answer to one that is
// unknown, expired or spent. Other errors are as for [Login.Complete].
func (l *Login) CompleteTwoFactor(ctx context.Context, r TwoFactorRequest) (*Result, error) {
	if r.Code.IsZero() {
		return nil, field("blank", "code", "It is required.")
	}
	base := r.base()
	if err := base.check(); err != nil {
		return nil, err
	}
	base = base.merged()
	var g *store.Guess
	if mfa.Guessable(r.Code) {
		g = l.ticketGuess()
	}
	s, err := l.second(ctx, r.TwoFactorID, g, base)
	if err == nil {
		err = s.of(r.UserID)
	}
	if err == nil {
		err = s.keepOn(r.Browser)
	}
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, base))
		return nil, refused(err)
	}
	proof, err := l.factors.Prove(ctx, mfa.Challenge{Person: s.person(), MethodID: r.MethodID}, r.Code)
	if err != nil {
		err = wrongFactor(err)
		l.tell(ctx, s.failure(LoginFailed, err, base))
		return nil, refused(err)
	}
	s.proveSecond(proof)
	s.trust = r.TrustComputer && !proof.Recovery
	return l.conclude(ctx, s, base)
}

// EnrolTwoFactorRequest enrols the second factor that a login lacks.
type EnrolTwoFactorRequest struct {
	TwoFactorID secret.Text // from outcome 242 with configurableMethods; required
	Enrol       mfa.EnrolRequest
	UserID      string      // if not empty, must be the login's user
	Browser     secret.Text // if not empty, must be what the step before gave
	TenantID    string
}

// EnrolTwoFactor begins to enrol a second factor inside a login that requires one
// of a user who has none. The channel that carried the login's code is no second
// factor. The login goes on with [Login.ConfirmTwoFactor], or in two calls with
// [Login.EnableTwoFactor].
//
// Errors: ErrRefused for the twoFactorId; mfa.ErrAlreadyConfigured if the user
// has a factor after all; those of [mfa.Factors.Enrol].
func (l *Login) EnrolTwoFactor(ctx context.Context, r EnrolTwoFactorRequest) (mfa.Enrolment, error) {
	s, err := l.waiting(ctx, r.TwoFactorID, nil, LoginRequest{TenantID: r.TenantID})
	if err == nil {
		err = cmp.Or(s.of(r.UserID), s.keepIf(r.Browser))
	}
	if err != nil {
		return mfa.Enrolment{}, refused(err)
	}
	e, err := l.factors.EnrolFor(ctx, s.person(), r.Enrol)
	return e, limitedFactor(err)
}

// EnableTwoFactorRequest confirms the second factor that a login lacked.
type EnableTwoFactorRequest struct {
	TwoFactorID secret.Text // as for the enrolment; required
	Confirm     mfa.ConfirmRequest
	UserID      string      // if not empty, must be the login's user
	Browser     secret.Text // if not empty, must be what the step before gave
	TenantID    string
	EventInfo   EventInfo
}

// EnableTwoFactor confirms the method that EnrolTwoFactor began, and leaves the
// login waiting: [Login.CompleteTwoFactor] completes it by the Code that comes
// with the recovery codes. That is good for this twoFactorId alone, while it
// lives, and completes it once. It signs nobody in.
//
// Errors are as for CompleteTwoFactor, which a wrong code uses up a guess of too;
// those of [mfa.Factors.Confirm]; and mfa.ErrAlreadyConfigured if the user has got
// a factor another way. An error that comes with recovery codes is a failure of
// what follows the confirmation: the method counts, and the codes are shown once.
func (l *Login) EnableTwoFactor(ctx context.Context, r EnableTwoFactorRequest) (mfa.Confirmed, error) {
	if r.Confirm.Code.IsZero() {
		return mfa.Confirmed{}, field("blank", "code", "It is required.")
	}
	base := LoginRequest{TenantID: r.TenantID, EventInfo: r.EventInfo}
	return l.enable(ctx, r, base, func(s step) error { return s.keepIf(r.Browser) })
}

// enable is EnableTwoFactor for who may.
func (l *Login) enable(ctx context.Context, r EnableTwoFactorRequest, base LoginRequest, may func(step) error) (mfa.Confirmed, error) {
	s, err := l.waiting(ctx, r.TwoFactorID, l.ticketGuess(), base)
	if err == nil {
		err = s.of(r.UserID)
	}
	if err == nil {
		err = may(s)
	}
	var done mfa.Confirmed
	if err == nil {
		done, err = l.factors.ConfirmFor(ctx, s.person(), r.Confirm)
		err = wrongFactor(err)
	}
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, base))
		return mfa.Confirmed{}, refused(err)
	}
	return done, l.sessions.After(ctx, session.FirstFactor, s.tenant, s.user.ID)
}

// ConfirmedTwoFactor is a login that went on by enrolling a second factor.
type ConfirmedTwoFactor struct {
	*Result

	// RecoveryCodes are ten, shown once, for when the factor is lost.
	RecoveryCodes []secret.Issued `json:"recoveryCodes,omitempty"`
}

// ConfirmTwoFactor is EnableTwoFactor and CompleteTwoFactor in one: who has just
// shown a code of a factor has proven it. MethodID is the enrolment's. Errors are
// those of both.
//
// If the method is confirmed and the login then fails, there are recovery codes
// with the error, and no Result: show them. The login can go on, while its
// twoFactorId lives, by any other code of the method.
func (l *Login) ConfirmTwoFactor(ctx context.Context, r TwoFactorRequest) (ConfirmedTwoFactor, error) {
	if r.Code.IsZero() {
		return ConfirmedTwoFactor{}, field("blank", "code", "It is required.")
	}
	base := r.base()
	if err := base.check(); err != nil {
		return ConfirmedTwoFactor{}, err
	}
	done, err := l.enable(ctx, EnableTwoFactorRequest{
		TwoFactorID: r.TwoFactorID,
		Confirm:     mfa.ConfirmRequest{MethodID: r.MethodID, Code: r.Code},
		UserID:      r.UserID,
	}, base.merged(), func(s step) error { return s.keepOn(r.Browser) })
	confirmed := ConfirmedTwoFactor{RecoveryCodes: done.RecoveryCodes}
	if err != nil {
		return confirmed, err
	}
	r.Code = done.Code.Text
	confirmed.Result, err = l.CompleteTwoFactor(ctx, r)
	return confirmed, err
}

// of refuses a step that is another user's; an empty id is anybody's.
func (s step) of(userID string) error {
	if userID != "" && userID != s.user.ID {
		return because(Elsewhere)
	}
	return nil
}

// waiting is second for a user who has not come to a gate that they cannot cure.
func (l *Login) waiting(ctx context.Context, id secret.Text, g *store.Guess, r LoginRequest) (step, error) {
	s, err := l.second(ctx, id, g, r)
	if err == nil && s.blocked() {
		err = because(Unentitled)
	}
	return s, err
}

// second opens the ticket of a login that waits for its second factor.
func (l *Login) second(ctx context.Context, id secret.Text, g *store.Guess, r LoginRequest) (step, error) {
	if id.IsZero() {
		return step{now: l.now()}, field("blank", "twoFactorId", "It is required.")
	}
	return l.take(ctx, shown{
		purpose:       walk.TwoFactor,
		handle:        id,
		guess:         g,
		tenantID:      r.TenantID,
		applicationID: r.ApplicationID,
	})
}

// ticketGuess charges a ticket alone: what else a second factor is charged to
// depends on its kind.
func (l *Login) ticketGuess() *store.Guess {
	return &store.Guess{PerTicket: l.limits.GuessesPerTicket}
}

func (s *step) person() mfa.Person {
	ticket := s.Ticket // a copy, which outlives the step where it must
	return mfa.Person{
		Tenant:      s.tenant,
		Application: s.application,
		User:        s.user,
		Factors:     s.factors,
		Ticket:      &ticket,
		Carrier:     s.Facts.To,
	}
}

// proveSecond notes a second factor that was proven on the walk.
func (s *step) proveSecond(p mfa.Proof) {
	s.Facts.SecondFactor = true
	s.refund = p.Refund
	for _, m := range p.Methods {
		if !slices.Contains(s.Facts.Methods, m) {
			s.Facts.Methods = append(s.Facts.Methods, m)
		}
	}
}

// wrongFactor is what a login says of a second factor that did not pass: that
// its guesses have run out is told by an event alone.
func wrongFactor(err error) error {
	var exhausted *mfa.ExhaustedError
	switch {
	case errors.Is(err, mfa.ErrWrongCode):
		return &failed{reason: WrongCode, err: mfa.ErrWrongCode}
	case errors.As(err, &exhausted):
		return &failed{reason: Exhausted, err: mfa.ErrWrongCode}
	case errors.Is(err, mfa.ErrRefused):
		return because(Raced)
	}
	return err
}

// limitedFactor is what a caller hears of a code that could not be sent.
func limitedFactor(err error) error {
	var exhausted *mfa.ExhaustedError
	switch {
	case errors.As(err, &exhausted):
		return &RateLimitError{RetryAfter: exhausted.RetryAfter}
	case errors.Is(err, mfa.ErrRefused):
		return ErrRefused
	}
	return err
}
