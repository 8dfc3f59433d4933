package passwordless

import (
	"cmp"
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

// conclude decides a proven step, exchanges its ticket for what follows, and
// tells. Every way in ends here.
func (l *Login) conclude(ctx context.Context, s step, r LoginRequest) (*Result, error) {
	d := s.decision()
	result := &Result{Outcome: d.Outcome}
	next, err := l.next(s, d.Outcome, &result.Response)
	if err != nil {
		return nil, err
	}
	x := store.Exchange{Next: next, Refund: s.refund}
	if d.Token {
		err = l.admit(ctx, s, r, x, result)
	} else {
		err = raced(l.c.Store.ExchangeTicket(ctx, s.ID, x, s.now))
	}
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, r))
		return nil, refused(err)
	}
	l.describe(s, d, result)
	l.tellOutcome(ctx, s, d, r)
	return result, nil
}

// admit asks the caller's veto, spends the ticket and mints.
func (l *Login) admit(ctx context.Context, s step, r LoginRequest, x store.Exchange, result *Result) error {
	a := s.attempt(result.Outcome, r)
	if err := l.veto(ctx, a); err != nil {
		spent := store.Exchange{Refund: s.refund}
		if gone := l.c.Store.ExchangeTicket(ctx, s.ID, spent, s.now); gone != nil {
			return raced(gone)
		}
		return err
	}
	if l.c.Threats != nil {
		result.Response.ThreatsDetected = l.c.Threats(ctx, a)
	}
	tokens, err := l.sessions.Admit(ctx, session.Admission{
		Spend:        s.ID,
		Exchange:     x,
		Login:        s.login(r),
		User:         s.user,
		Tenant:       s.tenant,
		Application:  s.application,
		Named:        r.ApplicationID != "",
		NoJWT:        r.NoJWT,
		Methods:      s.Facts.Methods,
		SecondFactor: s.Facts.SecondFactor,
		MetaData:     r.MetaData,
	})
	if err != nil {
		return raced(err)
	}
	if tokens.Told != nil {
		e := s.event(RecordingFailed, r)
		e.Err = tokens.Told
		l.tell(ctx, e)
	}
	result.Response.Token, result.Response.RefreshToken = tokens.Token, tokens.RefreshToken
	result.Response.RefreshTokenID = tokens.RefreshTokenID
	result.Response.TokenExpirationInstant = identity.At(tokens.Expires)
	return nil
}

// raced is why a login that was decided was not admitted.
func raced(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) {
		return because(Raced)
	}
	return err
}

// login is what the store keeps of a login.
func (s step) login(r LoginRequest) store.Login {
	return store.Login{
		Walk:        s.Walk,
		Tenant:      s.Tenant,
		User:        s.user.ID,
		Application: r.ApplicationID,
		Identity:    s.Facts.Identity,
		Implicit:    s.implicit(),
		First:       s.implicit() && !everVerified(s.user),
		Epoch:       s.epoch,
		At:          s.now,
		IP:          r.address(),
		Agent:       r.EventInfo.UserAgent,
	}
}

// implicit says whether this login verifies the identity it used.
func (s step) implicit() bool {
	held, ok := s.user.Identity(s.Facts.Identity)
	return ok && s.Facts.Proven && held.NeedsVerification() && s.tenant.ImplicitVerification(held.Type)
}

// everVerified says whether anything of a user was ever really verified. Until
// then whoever made the account may not be who owns its address.
func everVerified(u identity.User) bool {
	if u.Verified || !u.VerifiedInstant.IsZero() {
		return true
	}
	for _, i := range u.LoginIdentities() {
		if i.Verified {
			return true
		}
	}
	return false
}

// veto runs the caller's hook, and bounds it: an answer that does not come is no.
func (l *Login) veto(ctx context.Context, a Attempt) error {
	if l.c.Veto == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.VetoTimeout)
	defer cancel()
	answer := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				answer <- errors.New("panic in Config.Veto")
			}
		}()
		answer <- l.c.Veto(ctx, a)
	}()
	var err error
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	return &failed{reason: Vetoed, err: fmt.Errorf("%w: %w", ErrVetoed, err)}
}

func (s step) attempt(o outcome.Outcome, r LoginRequest) Attempt {
	return Attempt{
		User:        s.user.Secured(),
		Application: s.application,
		Outcome:     o,
		Methods:     s.Facts.Methods,
		IPAddress:   r.address(),
		Info:        r.EventInfo,
	}
}

// next makes the ticket that takes the place of one that is spent, and puts its
// handle into the response. Most outcomes have none.
func (l *Login) next(s step, o outcome.Outcome, response *LoginResponse) (*store.Ticket, error) {
	switch o {
	case outcome.TwoFactorRequired:
		return l.successor(s, walk.TwoFactor, &response.TwoFactorID)
	case outcome.ChangePasswordRequired:
		return l.successor(s, walk.ChangePassword, &response.ChangePasswordID)
	case outcome.IdentityUnverified:
		return l.verification(s, walk.VerifyIdentity, &response.IdentityVerificationID)
	case outcome.RegistrationUnverified:
		return l.verification(s, walk.VerifyRegistration, &response.RegistrationVerificationID)
	}
	return nil, nil
}

// successor makes a ticket that carries on what the walk has proven.
func (l *Login) successor(s step, purpose string, handle *secret.Issued) (*store.Ticket, error) {
	facts := s.Facts
	facts.Form, facts.Disclosed = false, true
	return l.issue(s, purpose, facts, handle)
}

// verification makes a ticket for what is yet to be verified, if that is done by
// a form; a link is asked for by the caller.
func (l *Login) verification(s step, purpose string, handle *secret.Issued) (*store.Ticket, error) {
	id := s.subject()
	if s.verificationStrategy(purpose, id.Type) != identity.FormField {
		return nil, nil
	}
	return l.issue(s, purpose, walk.Facts{
		Application: s.Facts.Application,
		Identity:    id,
		To:          address(s.user, id, s.tenant),
		Form:        true,
		Started:     identity.At(s.now),
		State:       s.Facts.State,
	}, handle)
}

func (l *Login) issue(s step, purpose string, facts walk.Facts, handle *secret.Issued) (*store.Ticket, error) {
	t, opens, _, err := l.draft(s, purpose, facts)
	if err != nil {
		return nil, err
	}
	*handle = secret.Issue(opens.Reveal())
	return &t, nil
}

// draft makes the ticket of a step for a purpose.
func (l *Login) draft(s step, purpose string, facts walk.Facts) (t store.Ticket, handle, code secret.Text, err error) {
	d := walk.Draft{
		Ticket: store.Ticket{
			Purpose: purpose,
			Walk:    s.Walk,
			Tenant:  s.Tenant,
			User:    s.user.ID,
			Budget:  walk.Budget(purpose, s.Tenant, s.user.ID, facts.Identity),
			Expires: s.now.Add(lifetime(s.tenant, purpose, facts.Identity.Type)),
		},
		Facts:  facts,
		Handle: handles(s.tenant, purpose, facts.Identity.Type),
	}
	if facts.Form {
		d.Code = codes(s.tenant, purpose, facts.Identity.Type)
	}
	return l.desk.Make(d)
}

// subject is the identity whose verification counts: the one that was used or,
// for a user name, the e-mail address that stands behind it.
func (s step) subject() identity.Identifier {
	return outcome.Subject(s.user, s.Facts.Identity)
}

// describe fills in what an outcome tells beside tokens and handles.
func (l *Login) describe(s step, d outcome.Decision, result *Result) {
	response := &result.Response
	switch d.Outcome {
	case outcome.LoginPrevented:
		response.Actions = blocking(s.user.Actions, s)
		return
	case outcome.TwoFactorRequired:
		response.Methods, response.ConfigurableMethods = offer(s)
		return
	case outcome.ChangePasswordRequired:
		response.ChangePasswordReason = s.user.PasswordChangeReason
		if response.ChangePasswordReason == "" {
			response.ChangePasswordReason = identity.ChangeAdministrative
		}
		return
	case outcome.UserLocked, outcome.UserExpired:
		return
	case outcome.IdentityUnverified:
		if s.subject().Type == identity.Email {
			response.EmailVerificationID = response.IdentityVerificationID
		}
	}
	user := s.user.Clone()
	user.TwoFactor.Methods = s.methods
	if d.Token {
		s.login(LoginRequest{ApplicationID: s.Facts.Application}).Apply(&user)
		response.State = s.Facts.State
	}
	user = user.Secured()
	response.User = &user
}

// blocking are the actions that keep a user out, each with a name in some language.
func blocking(actions []identity.Action, s step) []identity.Action {
	var out []identity.Action
	for _, a := range actions {
		if a.Blocks(s.now) {
			out = append(out, localized(a))
		}
	}
	return out
}

// localized falls back to the plain texts of an action.
func localized(a identity.Action) identity.Action {
	a.LocalizedName = cmp.Or(a.LocalizedName, a.Name)
	a.LocalizedOption = cmp.Or(a.LocalizedOption, a.Option)
	a.LocalizedReason = cmp.Or(a.LocalizedReason, a.Reason)
	return a
}

// tellOutcome tells of a decision that was carried out.
func (l *Login) tellOutcome(ctx context.Context, s step, d outcome.Decision, r LoginRequest) {
	e := s.event(LoginFailed, r)
	e.Outcome = d.Outcome
	switch {
	case d.Outcome == outcome.TwoFactorRequired:
		e.Type = TwoFactorChallenged
	case d.Token:
		e.Type = LoginSucceeded
	}
	l.tell(ctx, e)
	if !d.Token {
		return
	}
	if r.NewDevice {
		e.Type = LoginOnNewDevice
		l.tell(ctx, e)
	}
	login := s.login(r)
	if login.Implicit {
		e.Type = IdentityVerified
		l.tell(ctx, e)
	}
	if login.First {
		e.Type = EarlierGrantsRevoked
		l.tell(ctx, e)
	}
}
