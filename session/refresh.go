package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// refreshed is the authenticationType of tokens that a refresh token yields.
const refreshed = "REFRESH_TOKEN"

// RefreshRequest asks for a new access token.
type RefreshRequest struct {
	RefreshToken secret.Text // required

	// TenantID and ApplicationID are where the caller stands, if it stands in one
	// place: a token for another is refused. Empty: the session's own.
	TenantID      string
	ApplicationID string

	// TimeToLive is how long the access token is to live, less than the
	// application's own. Zero means as long as that.
	TimeToLive time.Duration
}

// Refreshed is what a refresh token yields.
type Refreshed struct {
	Token   secret.Issued
	Expires time.Time

	// RefreshToken is the one to use next time. Unless Rotated it is the one that
	// was shown, and need not be told again.
	RefreshToken   secret.Issued
	RefreshTokenID string // of the session; it never changes
	Rotated        bool
}

// Refresh takes a refresh token for an access token and, where it may be used
// once, its successor.
//
// Nothing is taken over from the login but what it proved: the user, their
// factors, the application and its tenant are read again, and the same decision
// that admitted them is made again. One who is locked, has expired, is
// prevented, is no longer registered, must verify something or prove a second
// factor that the session's login did not, is refused; where the tenant's
// policy OnLoginPrevented has it, the session of the first three ends. auth_time,
// amr, acr and sid stay those of the login.
//
// Of parallel uses of a token one rotates it. Within the grace period after, its
// holder is given the same successor again, so that a reply that was lost costs
// nothing; later, or once the successor was used, the token is in two hands: the
// session ends, durably, and the answer is ErrReused. With a grace of zero, the
// default, that is so for any second use.
//
// Errors: ErrRefused; ErrReused, which is one; an *identity.FieldError on
// timeToLiveInSeconds, and nothing was used. Any other is a failure, and the
// token may have been used: try again, within the grace. Refresh does not limit
// requests for each client, and is no login: no login is recorded.
func (s *Sessions) Refresh(ctx context.Context, r RefreshRequest) (Refreshed, error) {
	if s.Issuer == nil || s.Applications == nil {
		return Refreshed{}, errors.New("session: refresh: Config.Issuer or Config.Applications: missing")
	}
	if r.TimeToLive < 0 || 0 < r.TimeToLive && r.TimeToLive < time.Second {
		return Refreshed{}, badLifetime("must be at least a second")
	}
	u := use{now: s.now(), request: r}
	var ok bool
	if u.shown, ok = parse(r.RefreshToken); !ok {
		return Refreshed{}, s.refuse(ctx, u, because(Malformed))
	}
	// Whoever loses a race reads again. Each time the counter is greater, so
	// that the third time at the latest it is a reuse.
	for range 4 {
		won, err := s.rotate(ctx, &u)
		if err != nil {
			return Refreshed{}, s.refuse(ctx, u, err)
		}
		if won {
			return s.hand(ctx, u)
		}
	}
	return Refreshed{}, s.refuse(ctx, u, errors.New("session: refresh: the store's counter does not hold still"))
}

// use is a refresh token on its way to an access token.
type use struct {
	now     time.Time
	request RefreshRequest
	shown   shown
	kept
	rotation store.Rotation
	lifetime time.Duration
	claims   token.Claims
}

// kept is what the store and the configuration know of a session.
type kept struct {
	grant        store.Grant
	record       record
	tenant       identity.Tenant
	application  identity.Application
	user         identity.User
	registration identity.Registration
}

// rotate reads, decides and, if nothing stands against it, uses the session; it
// says whether that was in time.
func (s *Sessions) rotate(ctx context.Context, u *use) (bool, error) {
	if err := s.recall(ctx, u); err != nil {
		return false, err
	}
	if err := u.plan(); err != nil {
		return false, err
	}
	if err := s.decide(ctx, u); err != nil {
		return false, err
	}
	var err error
	if u.claims, err = s.claims(ctx, u.grounds()); err != nil {
		return false, err
	}
	won, err := s.Store.RotateGrant(ctx, u.grant.ID, u.rotation, u.now)
	if errors.Is(err, store.ErrNotFound) {
		return false, because(Unknown)
	}
	return won, err
}

// recall reads the session that a token names, and checks that it is the token's.
func (s *Sessions) recall(ctx context.Context, u *use) (err error) {
	if u.grant, err = s.Store.Grant(ctx, u.shown.id, u.now); err != nil {
		return missing(err, Unknown)
	}
	if u.grant.ID != u.shown.id || u.grant.Kind != store.Session {
		return because(Unknown)
	}
	if u.record, err = recordOf(u.grant); err != nil {
		return err
	}
	r := u.request
	switch {
	case !s.authentic(u.shown, u.record):
		return because(Forged)
	case r.TenantID != "" && r.TenantID != u.grant.Tenant, r.ApplicationID != "" && r.ApplicationID != u.grant.Application:
		return because(Elsewhere)
	}
	u.tenant, u.application, err = s.Applications.Application(ctx, u.grant.Application)
	switch {
	case errors.Is(err, identity.ErrUnknownApplication):
		return because(NotAllowed)
	case err != nil:
		return fmt.Errorf("session: application: %w", err)
	case u.application.ID != u.grant.Application, u.tenant.ID != u.grant.Tenant, !u.application.Active():
		return because(Elsewhere)
	case !u.application.LoginConfiguration.AllowTokenRefresh:
		return because(NotAllowed)
	}
	return nil
}

// plan says what the counter that was shown allows.
func (u *use) plan() error {
	policy := identity.RefreshTokenPolicy(u.tenant, u.application)
	behind := u.grant.Counter - u.shown.counter
	again := behind == 1 && u.now.Sub(u.grant.Rotated) < policy.Grace
	switch {
	case behind < 0:
		return because(Ahead)
	case behind > 0 && !again:
		return &refusal{reason: Reused, err: ErrReused, ends: true}
	}
	u.rotation = store.Rotation{
		From:    u.grant.Counter,
		Keep:    again || policy.Usage == identity.Reusable,
		Expires: ends(policy, u.grant.Created, u.now),
	}
	if !u.now.Before(u.rotation.Expires) {
		return because(Outlived)
	}
	return nil
}

// ends is when a session that is used at now ends.
func ends(p identity.RefreshTokens, created, now time.Time) time.Time {
	switch p.Expiration {
	case identity.Sliding:
		return now.Add(p.Lifetime)
	case identity.SlidingWithinMaximum:
		end, last := now.Add(p.Lifetime), created.Add(p.Maximum)
		if last.Before(end) {
			return last
		}
		return end
	}
	return created.Add(p.Lifetime)
}

// hand mints what a session that was just used yields.
func (s *Sessions) hand(ctx context.Context, u use) (Refreshed, error) {
	counter := u.grant.Counter
	if !u.rotation.Keep {
		counter++
	}
	r := Refreshed{
		RefreshToken:   s.refreshToken(u.grant.ID, counter, u.record.Salt),
		RefreshTokenID: u.grant.ID,
		Rotated:        counter != u.shown.counter,
	}
	var err error
	if r.Token, r.Expires, err = s.sign(ctx, u.claims); err != nil {
		return Refreshed{}, s.refuse(ctx, u, err)
	}
	s.tell(ctx, u.event(TokenRefreshed))
	return r, nil
}
