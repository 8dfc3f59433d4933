package session

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/store"
)

// decide reads the user again and makes the decision again that a login ends in.
func (s *Sessions) decide(ctx context.Context, u *use) error {
	var err error
	if u.user, err = s.Store.User(ctx, u.grant.Tenant, u.grant.User); err != nil {
		return missing(err, NoUser)
	}
	if u.user.ID != u.grant.User || u.user.TenantID != u.grant.Tenant {
		return because(NoUser)
	}
	c := outcome.Case{
		User:         u.user,
		Tenant:       u.tenant,
		Application:  u.application,
		Identity:     u.record.Identity,
		SecondFactor: u.record.Second,
		Now:          u.now,
	}
	if !c.SecondFactor {
		if c.Methods, c.Trusted, err = s.factors(ctx, u.kept, u.now); err != nil {
			return err
		}
	}
	if err := u.judge(outcome.Of(c).Decide()); err != nil {
		return err
	}
	return u.within()
}

// judge refuses whom the decision gives no token, or no longer a session.
func (u *use) judge(d outcome.Decision) error {
	if !d.Token {
		return &refusal{reason: Denied, outcome: d.Outcome, err: ErrRefused, ends: prevented(d.Outcome) && endsOnPrevention(u.tenant)}
	}
	var registered bool
	if u.registration, registered = u.application.Registration(u.user); !registered {
		return because(Unregistered)
	}
	return nil
}

// prevented says whether an outcome is one that its person cannot cure.
func prevented(o outcome.Outcome) bool {
	return o == outcome.UserLocked || o == outcome.UserExpired || o == outcome.LoginPrevented
}

func endsOnPrevention(t identity.Tenant) bool {
	return t.JWTConfiguration.RefreshTokenRevocationPolicy.OnLoginPrevented.Or(true)
}

// within bounds the lifetime that was asked for.
func (u *use) within() error {
	u.lifetime = identity.AccessTokenLifetime(u.tenant, u.application)
	switch asked := u.request.TimeToLive; {
	case asked > u.lifetime:
		return badLifetime("must not be more than the application's")
	case asked > 0:
		u.lifetime = asked
	}
	return nil
}

func badLifetime(reason string) error {
	return &identity.FieldError{Field: "timeToLiveInSeconds", Tag: identity.TagInvalid, Reason: reason}
}

// factors is what a second factor depends on, where the login proved none.
func (s *Sessions) factors(ctx context.Context, k kept, now time.Time) (methods []identity.TwoFactorMethod, trusted bool, err error) {
	all, err := s.Store.ListFactors(ctx, k.grant.Tenant, k.grant.User)
	if err != nil {
		return nil, false, err
	}
	methods = store.Methods(all)
	policy := k.application.MultiFactorTrustPolicy()
	if len(methods) == 0 || k.record.Trust == "" || policy == identity.TrustNone {
		return methods, false, nil
	}
	g, err := s.Store.Grant(ctx, k.record.Trust, now)
	if errors.Is(err, store.ErrNotFound) {
		return methods, false, nil
	}
	trusted = err == nil && g.Kind == store.Trust && g.Tenant == k.grant.Tenant && g.User == k.grant.User &&
		(policy == identity.TrustAny || g.Application == k.grant.Application)
	return methods, trusted, err
}

// grounds is what the token is minted on: what the login proved, and what holds now.
func (u *use) grounds() grounds {
	return grounds{
		user: u.user, tenant: u.tenant, application: u.application,
		registration: u.registration, registered: true, session: u.grant.ID,
		at: u.now, lifetime: u.lifetime, authTime: u.record.AuthTime.Time(),
		by: refreshed, methods: u.record.Methods, second: u.record.Second,
	}
}

// refusal is a refresh that is refused, with the reason that only an event tells.
type refusal struct {
	reason  Reason
	outcome outcome.Outcome
	err     error
	ends    bool // the session with it
}

func (r *refusal) Error() string { return "session: refused: " + string(r.reason) }
func (r *refusal) Unwrap() error { return r.err }

func because(r Reason) error { return &refusal{reason: r, err: ErrRefused} }

// missing is because, for what the store does not find.
func missing(err error, r Reason) error {
	if errors.Is(err, store.ErrNotFound) {
		return because(r)
	}
	return err
}

// patience is how long a revocation may take whose request has gone away.
const patience = 5 * time.Second

// refuse ends the session if a refusal is to end it, tells why the refresh was
// refused, and keeps the reason from the caller.
func (s *Sessions) refuse(ctx context.Context, u use, err error) error {
	var r *refusal
	if errors.As(err, &r) && r.ends {
		if failed := s.endThough(ctx, u); failed != nil {
			r, err = nil, failed
		}
	}
	e := u.event(RefreshRefused)
	var asked *identity.FieldError
	switch {
	case r != nil:
		e.Reason, e.Outcome, err = r.reason, r.outcome, r.err
	case !errors.As(err, &asked):
		e.Reason, e.Err = Broken, err
	}
	if errors.Is(err, ErrReused) {
		e.Type = RefreshReused
	}
	s.tell(ctx, e)
	return err
}

// endThough ends a session though its request has gone away: whoever shows a
// stolen token must not keep the session alive by hanging up.
func (s *Sessions) endThough(ctx context.Context, u use) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return s.end(ctx, u.grant, u.now)
}

func (u *use) event(t EventType) Event {
	return Event{Type: t, At: u.now, Tenant: u.grant.Tenant, Application: u.grant.Application, User: u.grant.User, Session: u.grant.ID}
}
