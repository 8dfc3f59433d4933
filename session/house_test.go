package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// house is sessions with all that they stand on, a clock, and what happened.
// Change what it has before the first call that needs it.
type house struct {
	t      testing.TB
	engine *memstore.Store
	tap    *tap
	config session.Config
	keys   *token.KeySet
	denied *token.MemoryDenylist

	tenant      identity.Tenant
	application identity.Application

	mu     sync.Mutex
	clock  time.Time
	walks  int
	events []session.Event
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, engine: memstore.New(), tenant: tenant, application: app, clock: opened}
	h.application.LoginConfiguration.AllowTokenRefresh = true
	h.application.JWTConfiguration.Enabled = true
	key, err := token.GenerateKey(token.EdDSA)
	h.must(err)
	h.keys, err = token.NewKeySet(key)
	h.must(err)
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: h.keys, Issuer: tenant.Issuer, Now: h.now})
	h.must(err)
	ring, err := secret.NewKeyring(secret.GenerateKey("test"))
	h.must(err)
	h.must(h.engine.Put(john))
	h.tap = &tap{Engine: h.engine}
	h.denied = &token.MemoryDenylist{Now: h.now}
	h.config = session.Config{
		Store: store.Of(h.tap), Keys: ring, Issuer: issuer, Applications: h,
		Denylist: h.denied, Events: h.hear, Now: h.now,
	}
	return h
}

// Application implements identity.Applications: configuration may change.
func (h *house) Application(_ context.Context, id string) (identity.Tenant, identity.Application, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id != h.application.ID || !h.application.Active() {
		return identity.Tenant{}, identity.Application{}, identity.ErrUnknownApplication
	}
	return h.tenant, h.application, nil
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

func (h *house) hear(_ context.Context, e session.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// last is what happened last.
func (h *house) last() session.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) == 0 {
		return session.Event{}
	}
	return h.events[len(h.events)-1]
}

// reason is why the last refresh that was refused was.
func (h *house) reason() session.Reason {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range slices.Backward(h.events) {
		if e.Reason != "" {
			return e.Reason
		}
	}
	return ""
}

func (h *house) sessions() *session.Sessions {
	h.t.Helper()
	s, err := session.New(h.config)
	h.must(err)
	return s
}

// grace lets a used refresh token be shown again for some seconds.
func (h *house) grace(seconds int) {
	h.application.JWTConfiguration.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds = seconds
}

func who() session.Who { return session.Who{TenantID: tenant.ID, UserID: john.ID} }

// login admits John, as changed.
func (h *house) login(changes ...func(*session.Admission)) session.Tokens {
	h.t.Helper()
	t, err := h.tryLogin(changes...)
	h.must(err)
	return t
}

func (h *house) tryLogin(changes ...func(*session.Admission)) (session.Tokens, error) {
	h.t.Helper()
	h.mu.Lock()
	h.walks++
	walk := fmt.Sprint("walk ", h.walks)
	h.mu.Unlock()
	epoch, err := h.engine.Epoch(h.t.Context(), tenant.ID, john.ID)
	h.must(err)
	now := h.now()
	spend := store.Hash(secret.Sum("test", walk))
	h.must(h.engine.CreateTicket(h.t.Context(), store.Ticket{
		ID: spend, Purpose: "login", Walk: walk, Tenant: tenant.ID, User: john.ID, Expires: now.Add(time.Minute),
	}, now))
	a := session.Admission{
		Spend: spend,
		Login: store.Login{
			Walk: walk, Tenant: tenant.ID, User: john.ID, Application: app.ID, At: now, Epoch: epoch,
			Identity: identity.Identifier{Type: identity.Email, Value: john.Email},
		},
		User: h.user(), Tenant: h.tenant, Application: h.application, Named: true, Methods: []string{"otp"},
	}
	for _, change := range changes {
		change(&a)
	}
	return h.sessions().Admit(h.t.Context(), a)
}

func (h *house) user() identity.User {
	h.t.Helper()
	u, err := h.engine.User(h.t.Context(), tenant.ID, john.ID)
	h.must(err)
	return u
}

// change changes John.
func (h *house) change(change func(*identity.User)) {
	h.t.Helper()
	u := h.user().Clone()
	change(&u)
	h.must(h.engine.Put(u))
}

func (h *house) refresh(t secret.Issued) (session.Refreshed, error) {
	return h.sessions().Refresh(h.t.Context(), session.RefreshRequest{RefreshToken: t.Text})
}

// refreshes is a refresh that must succeed.
func (h *house) refreshes(t secret.Issued) session.Refreshed {
	h.t.Helper()
	r, err := h.refresh(t)
	if err != nil {
		h.t.Fatalf("refresh: %v (%s)", err, h.reason())
	}
	return r
}

// refuses is a refresh that must be refused, for a reason that its caller is not told.
func (h *house) refuses(t secret.Issued, reason session.Reason) {
	h.t.Helper()
	r, err := h.refresh(t)
	if !errors.Is(err, session.ErrRefused) || !r.Token.IsZero() || !r.RefreshToken.IsZero() || r.RefreshTokenID != "" {
		h.t.Errorf("refresh: %v, want ErrRefused and nothing else", err)
	}
	if got := h.reason(); got != reason {
		h.t.Errorf("refused because %q, want %q", got, reason)
	}
	if errors.Is(err, session.ErrReused) != (reason == session.Reused) {
		h.t.Errorf("refresh: %v, because %q", err, reason)
	}
}

// lives says whether a session does.
func (h *house) lives(id string) bool {
	h.t.Helper()
	_, err := h.engine.Grant(context.WithoutCancel(h.t.Context()), id, h.now())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		h.t.Fatal(err)
	}
	return err == nil
}

func (h *house) verifier() *token.Verifier {
	h.t.Helper()
	v, err := token.NewVerifier(token.VerifierConfig{
		Keys: h.keys, Issuer: tenant.Issuer, Audiences: []string{app.ID}, Denylist: h.denied, Now: h.now,
	})
	h.must(err)
	return v
}

func (h *house) claims(t secret.Issued) token.Claims {
	h.t.Helper()
	c, err := h.verifier().Verify(h.t.Context(), t.Reveal())
	h.must(err)
	return c
}

// tap lets a test stand before a call of the store.
type tap struct {
	store.Engine
	mu   sync.Mutex
	hook func(method string, do func() error) error
}

func (t *tap) on(hook func(method string, do func() error) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = hook
}

func through[T any](t *tap, method string, do func() (T, error)) (v T, err error) {
	t.mu.Lock()
	hook := t.hook
	t.mu.Unlock()
	if hook == nil {
		return do()
	}
	err = hook(method, func() (err error) {
		v, err = do()
		return err
	})
	if err != nil {
		return *new(T), err
	}
	return v, nil
}

func (t *tap) User(ctx context.Context, tenant, id string) (identity.User, error) {
	return through(t, "User", func() (identity.User, error) { return t.Engine.User(ctx, tenant, id) })
}

func (t *tap) Grant(ctx context.Context, id string, now time.Time) (store.Grant, error) {
	return through(t, "Grant", func() (store.Grant, error) { return t.Engine.Grant(ctx, id, now) })
}

func (t *tap) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	return through(t, "ListFactors", func() ([]store.Factor, error) { return t.Engine.ListFactors(ctx, tenant, user) })
}

func (t *tap) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	return through(t, "RotateGrant", func() (bool, error) { return t.Engine.RotateGrant(ctx, id, r, now) })
}

func (t *tap) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	return through(t, "RevokeGrants", func() (int, error) { return t.Engine.RevokeGrants(ctx, f, now) })
}

func (t *tap) ListGrants(ctx context.Context, tenant, user string, k store.Kind, now time.Time) ([]store.Grant, error) {
	return through(t, "ListGrants", func() ([]store.Grant, error) { return t.Engine.ListGrants(ctx, tenant, user, k, now) })
}

func (t *tap) CreateGrant(ctx context.Context, g store.Grant, epoch int64, now time.Time) error {
	_, err := through(t, "CreateGrant", func() (bool, error) { return true, t.Engine.CreateGrant(ctx, g, epoch, now) })
	return err
}

func (t *tap) RenameGrant(ctx context.Context, id, name string, now time.Time) error {
	_, err := through(t, "RenameGrant", func() (bool, error) { return true, t.Engine.RenameGrant(ctx, id, name, now) })
	return err
}

func (t *tap) Epoch(ctx context.Context, tenant, user string) (int64, error) {
	return through(t, "Epoch", func() (int64, error) { return t.Engine.Epoch(ctx, tenant, user) })
}

func (t *tap) Logins(ctx context.Context, tenant, user string, before time.Time, limit int) ([]store.Login, error) {
	return through(t, "Logins", func() ([]store.Login, error) { return t.Engine.Logins(ctx, tenant, user, before, limit) })
}
