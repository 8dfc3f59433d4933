package passwordless

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// conclusion is where a proven step ends.
type conclusion struct {
	step
	request  LoginRequest
	decision outcome.Decision
	login    store.Login   // as the store keeps it, if it is admitted
	after    identity.User // as that leaves the user
}

func conclude(s step, r LoginRequest) conclusion {
	c := conclusion{step: s, request: r, decision: s.decision(), login: s.login(r), after: s.user}
	if c.decision.Token {
		c.after = s.user.Clone()
		c.login.Apply(&c.after)
	}
	return c
}

// epochAfter is the user's epoch as the login leaves it: a first proof raises it.
func (c conclusion) epochAfter() int64 {
	if c.decision.Token && c.login.First {
		return c.epoch + 1
	}
	return c.epoch
}

// conclude decides a proven step, exchanges its ticket for what follows, and
// tells. Every way in ends here.
func (l *Login) conclude(ctx context.Context, s step, r LoginRequest) (*Result, error) {
	c := conclude(s, r)
	if l.demands(ctx, c) {
		s.demanded = true
		c = conclude(s, r)
	}
	result := &Result{Outcome: c.decision.Outcome, Admitted: c.decision.Token, Epoch: c.epochAfter()}
	next, err := l.next(s, result)
	if err != nil {
		return nil, err
	}
	if next != nil {
		result.Expires = next.Expires
	}
	x := store.Exchange{Next: next, Refund: s.refund}
	if c.decision.Token {
		err = l.admit(ctx, c, x, &result.Response)
	} else {
		err = raced(l.c.Store.ExchangeTicket(ctx, s.ID, x, s.now))
	}
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, r))
		return nil, refused(err)
	}
	c.describe(&result.Response)
	l.tellConclusion(ctx, c)
	return result, nil
}

// admit asks the caller's hooks, spends the ticket and mints.
func (l *Login) admit(ctx context.Context, c conclusion, x store.Exchange, response *LoginResponse) error {
	err := l.veto(ctx, c)
	if err == nil {
		response.ThreatsDetected, err = l.threats(ctx, c)
	}
	if err != nil {
		spent := store.Exchange{Refund: c.refund}
		if gone := l.c.Store.ExchangeTicket(context.WithoutCancel(ctx), c.ID, spent, c.now); gone != nil {
			return raced(gone)
		}
		return err
	}
	tokens, err := l.sessions.Admit(ctx, session.Admission{
		Spend:        c.ID,
		Exchange:     x,
		Login:        c.login,
		User:         c.after,
		Tenant:       c.tenant,
		Application:  c.application,
		Named:        c.request.ApplicationID != "",
		NoJWT:        c.request.NoJWT,
		Methods:      c.Facts.Methods,
		SecondFactor: c.Facts.SecondFactor,
		MetaData:     c.request.MetaData,
		Trust:        c.trustUsed(),
	})
	if err != nil {
		return raced(err)
	}
	if tokens.Told != nil {
		e := c.event(RecordingFailed, c.request)
		e.Err = tokens.Told
		l.tell(ctx, e)
	}
	response.Token, response.TokenExpirationInstant = tokens.Token, identity.At(tokens.Expires)
	response.RefreshToken, response.RefreshTokenID = tokens.RefreshToken, tokens.RefreshTokenID
	if c.trust {
		response.TwoFactorTrustID = l.trustDevice(ctx, c)
	}
	return nil
}

// trustUsed is the trust that stood in for a second factor; empty: none did.
func (c conclusion) trustUsed() string {
	if !c.trusted || c.Facts.SecondFactor {
		return ""
	}
	return mfa.GrantOf(c.request.TwoFactorTrustID)
}

// trustDevice gives the device of an admitted login the handle by which it may
// skip the second factor. That it cannot undoes nothing.
func (l *Login) trustDevice(ctx context.Context, c conclusion) secret.Issued {
	handle, _, err := l.factors.Trust(ctx, c.person(), c.epochAfter())
	if err != nil && !errors.Is(err, mfa.ErrRefused) {
		e := c.event(RecordingFailed, c.request)
		e.Err = err
		l.tell(ctx, e)
	}
	return handle
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
		IP:          r.EventInfo.IPAddress,
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

// describe fills in what an outcome tells beside tokens and handles.
func (c conclusion) describe(response *LoginResponse) {
	switch c.decision.Outcome {
	case outcome.UserLocked, outcome.UserExpired:
		return
	case outcome.LoginPrevented:
		response.Actions = blocking(c.user.Actions, c.now)
		return
	case outcome.TwoFactorRequired:
		response.Methods, response.ConfigurableMethods = offer(c.step)
		return
	case outcome.ChangePasswordRequired:
		response.ChangePasswordReason = cmp.Or(c.user.PasswordChangeReason, identity.ChangeAdministrative)
		return
	case outcome.IdentityUnverified:
		if c.subject().Type == identity.Email {
			response.EmailVerificationID = response.IdentityVerificationID
		}
	}
	if c.decision.Token {
		response.State = c.Facts.State
	}
	user := c.after.Secured()
	user.TwoFactor.Methods = store.Methods(c.factors)
	response.User = &user
}

// distinct keeps the first of those that are equal.
func distinct(threats []identity.AuthenticationThreat) []identity.AuthenticationThreat {
	var out []identity.AuthenticationThreat
	for _, t := range threats {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// blocking are the actions that keep a user out, each with a name in some language.
func blocking(actions []identity.Action, now time.Time) []identity.Action {
	var out []identity.Action
	for _, a := range actions {
		if a.Blocks(now) {
			out = append(out, a.Localized())
		}
	}
	return out
}

// tellConclusion tells of a decision that was carried out.
func (l *Login) tellConclusion(ctx context.Context, c conclusion) {
	e := c.event(LoginFailed, c.request)
	e.Outcome = c.decision.Outcome
	switch {
	case e.Outcome == outcome.TwoFactorRequired:
		e.Type = TwoFactorChallenged
	case c.decision.Token:
		e.Type = LoginSucceeded
	}
	l.tell(ctx, e)
	if !c.decision.Token {
		return
	}
	for _, also := range []struct {
		happened bool
		event    EventType
	}{
		{c.request.NewDevice, LoginOnNewDevice},
		{c.login.Implicit, IdentityVerified},
		{c.login.First, EarlierGrantsRevoked},
	} {
		if also.happened {
			e.Type = also.event
			l.tell(ctx, e)
		}
	}
}
