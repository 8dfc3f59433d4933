package passwordless

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// ChangePasswordRequest sets the password that outcome 203 asked for.
type ChangePasswordRequest struct {
	ChangePasswordID secret.Text     `json:"changePasswordId,omitzero"`
	Password         secret.Text     `json:"password,omitzero"`
	State            identity.Object `json:"state,omitempty"` // comes back with the login that follows

	// TwoFactorTrustID is as in LoginRequest: whoever skipped the second factor on
	// a trusted device changes the password there.
	TwoFactorTrustID secret.Text `json:"-"`

	TenantID string `json:"-"`
}

// ChangePasswordResponse is the way on.
type ChangePasswordResponse struct {
	// OneTimePassword is a Code for Complete, within a minute. It carries all
	// that this login has proven, until everything of the user is revoked.
	OneTimePassword secret.Issued   `json:"oneTimePassword"`
	State           identity.Object `json:"state,omitempty"`
}

// ErrNoPasswords means that Config.SetPassword is nil.
var ErrNoPasswords = errors.New("passwordless: Config.SetPassword: missing")

// ChangePassword spends a changePasswordId, has Config.SetPassword store the
// password, and gives a code that completes the login.
//
// The password's length is held to the tenant's rules before anything is spent;
// what else makes a password good is for SetPassword to say. If SetPassword
// fails the id is spent all the same. A user who has been locked, has expired or
// is prevented since is ErrRefused. The user's sessions end, unless the tenant's
// RefreshTokenRevocationPolicy says that they do not.
//
// Errors: a *ValidationError, ErrRefused, ErrNoPasswords, what SetPassword
// returned; any other means that something failed.
func (l *Login) ChangePassword(ctx context.Context, r ChangePasswordRequest) (ChangePasswordResponse, error) {
	if err := checkObject("state", r.State); err != nil {
		return ChangePasswordResponse{}, err
	}
	s, err := l.changing(ctx, r)
	if err != nil {
		l.tell(ctx, s.failure(ChangePasswordFailed, err, LoginRequest{}))
		return ChangePasswordResponse{}, refused(err)
	}
	if err := s.tenant.CheckPassword(r.Password); err != nil {
		return ChangePasswordResponse{}, invalid(err)
	}
	return l.setPassword(ctx, s, r)
}

// CheckChangePassword says whether a changePasswordId would set a password, for
// the page that asks for one. It spends and changes nothing. Errors are those of
// [Login.ChangePassword], without the password's own.
func (l *Login) CheckChangePassword(ctx context.Context, r ChangePasswordRequest) error {
	_, err := l.changing(ctx, r)
	return refused(err)
}

// changing opens the ticket of a change of password.
func (l *Login) changing(ctx context.Context, r ChangePasswordRequest) (step, error) {
	if l.c.SetPassword == nil {
		return step{now: l.now()}, ErrNoPasswords
	}
	if r.ChangePasswordID.IsZero() {
		return step{now: l.now()}, field("blank", "changePasswordId", "It is required.")
	}
	s, err := l.take(ctx, shown{purpose: walk.ChangePassword, handle: r.ChangePasswordID, trust: r.TwoFactorTrustID, tenantID: r.TenantID})
	if err == nil && s.barred() {
		err = because(Unentitled)
	}
	return s, err
}

func (l *Login) setPassword(ctx context.Context, s step, r ChangePasswordRequest) (ChangePasswordResponse, error) {
	if len(r.State) > 0 {
		s.Facts.State = r.State
	}
	response := ChangePasswordResponse{State: s.Facts.State}
	next, err := l.oneTimeLogin(s, &response.OneTimePassword)
	if err != nil {
		return ChangePasswordResponse{}, err
	}
	if err := l.c.Store.ExchangeTicket(ctx, s.ID, store.Exchange{Next: next}, s.now); err != nil {
		err = raced(err)
		l.tell(ctx, s.failure(ChangePasswordFailed, err, LoginRequest{}))
		return ChangePasswordResponse{}, refused(err)
	}
	change := PasswordChange{TenantID: s.Tenant, UserID: s.user.ID, Password: r.Password}
	if err := l.c.SetPassword(ctx, change); err != nil {
		l.tell(ctx, s.failure(ChangePasswordFailed, err, LoginRequest{}))
		return ChangePasswordResponse{}, fmt.Errorf("passwordless: set password: %w", err)
	}
	l.tell(ctx, s.event(PasswordChanged, LoginRequest{}))
	if err := l.sessions.After(ctx, session.PasswordReplaced, s.tenant, s.user.ID); err != nil {
		return ChangePasswordResponse{}, fmt.Errorf("passwordless: end sessions: %w", err)
	}
	return response, nil
}

// oneTimeLogin makes a login ticket that carries on what the walk has proven.
func (l *Login) oneTimeLogin(s step, code *secret.Issued) (*store.Ticket, error) {
	next, err := l.successor(s, walk.Login, code)
	if err != nil {
		return nil, err
	}
	next.Expires = s.now.Add(s.tenant.OneTimePasswordLifetime())
	return next, nil
}

// barred says whether the user has come to a gate before the password's.
func (s step) barred() bool {
	return s.blocked() || s.decision().Outcome == outcome.TwoFactorRequired
}

// blocked says whether the user has come to a gate that they cannot cure.
func (s step) blocked() bool {
	switch s.decision().Outcome {
	case outcome.UserLocked, outcome.UserExpired, outcome.LoginPrevented:
		return true
	}
	return false
}
