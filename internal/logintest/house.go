// Package logintest furnishes a login for tests: the documents' sample user, an
// application, an inbox, a clock and what happened, over any store.
package logintest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/token"
)

// The sample data of the documents that the wire contract comes from.
const (
	TenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	ApplicationID = "10000000-0000-0002-0000-000000000001"
	UserID        = "00000000-0000-0001-0000-000000000000"
	Email         = "jared@piedpiper.com"
	Phone         = "+13035551212"
	Username      = "johnny123"
	LoginPage     = "https://www.piedpiper.com/login"
)

// Backend is a store under test, and a way to add or replace its users.
type Backend struct {
	Store store.Store
	Put   func(identity.User) error
}

// House is a login and all that it stands on. Change Config, Tenant or
// Application before the first call of Login.
type House struct {
	T           *testing.T
	Backend     Backend
	Tenant      identity.Tenant
	Application identity.Application
	Config      passwordless.Config
	Inbox       *messenger.Inbox
	Keys        *token.KeySet

	once   sync.Once
	login  *passwordless.Login
	mu     sync.Mutex
	now    time.Time
	events []passwordless.Event
}

// Start is when every house opens.
var Start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Open furnishes a house over b, with the sample user in it, registered.
func Open(t *testing.T, b Backend) *House {
	t.Helper()
	h := &House{
		T:       t,
		Backend: b,
		Tenant:  identity.Tenant{ID: TenantID, Name: "Pied Piper", Issuer: "https://www.piedpiper.com"},
		Application: identity.Application{
			ID: ApplicationID, TenantID: TenantID, Name: "Pied Piper",
			PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
			LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true},
		},
		Inbox: &messenger.Inbox{},
		now:   Start,
	}
	h.Put(h.User())
	links, err := messenger.NewLinks(messenger.LinkConfig{Base: LoginPage})
	h.must(err)
	h.Config = passwordless.Config{
		Store:     b.Store,
		Messenger: h.Inbox,
		Keys:      Keyring(t),
		Issuer:    h.issuer(),
		Links:     passwordless.Links{Login: links, VerifyIdentity: links, VerifyRegistration: links},
		Phones:    phone.Parser{},
		Now:       h.Now,
		Events:    h.hear,
	}
	return h
}

// Keyring is a fresh keyring of one key.
func Keyring(t *testing.T) *secret.Keyring {
	t.Helper()
	ring, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func (h *House) issuer() *token.Issuer {
	key, err := token.GenerateKey(token.EdDSA)
	h.must(err)
	h.Keys, err = token.NewKeySet(key)
	h.must(err)
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: h.Keys, Issuer: h.Tenant.Issuer, Now: h.Now})
	h.must(err)
	return issuer
}

// User is the sample user: active, registered, with a verified e-mail address, a
// phone number and a user name. Change the copy and Put it.
func (h *House) User() identity.User {
	at := identity.At(Start.Add(-24 * time.Hour))
	return identity.User{
		ID: UserID, TenantID: TenantID, Active: true,
		Email: Email, PhoneNumber: Phone, Username: Username,
		FirstName: "John", LastName: "Doe", FullName: "John Doe",
		PreferredLanguages: []string{"en", "fr"},
		Verified:           true, VerifiedInstant: at, InsertInstant: at,
		Identities: []identity.UserIdentity{
			{Type: identity.Email, Value: Email, Primary: true, Verified: true, VerifiedInstant: at, VerifiedReason: identity.ReasonCompleted},
			{Type: identity.PhoneNumber, Value: Phone, Primary: true, Verified: true, VerifiedInstant: at, VerifiedReason: identity.ReasonCompleted},
			{Type: identity.Username, Value: Username, DisplayValue: Username, Primary: true, VerifiedReason: identity.ReasonUnverifiable},
		},
		Registrations: []identity.Registration{{
			ID: "00000000-0000-0002-0000-000000000000", ApplicationID: ApplicationID,
			Roles: []string{"user", "community_helper"}, Verified: true, VerifiedInstant: at,
		}},
	}
}

// Unverified makes every identity of u one that is yet to be verified.
func Unverified(u identity.User) identity.User {
	u.Verified, u.VerifiedInstant = false, 0
	u.Identities = slices.Clone(u.Identities)
	for i := range u.Identities {
		if id := &u.Identities[i]; id.Type != identity.Username {
			id.Verified, id.VerifiedInstant, id.VerifiedReason = false, 0, identity.ReasonPending
		}
	}
	return u
}

// Put adds or replaces a user.
func (h *House) Put(u identity.User) {
	h.T.Helper()
	h.must(h.Backend.Put(u))
}

// Login is the login, made on first use of what is configured by then.
func (h *House) Login() *passwordless.Login {
	h.T.Helper()
	h.once.Do(func() {
		if h.Config.Applications == nil {
			h.Config.Applications = identity.Static(h.Tenant, h.Application)
		}
		var err error
		h.login, err = passwordless.New(h.Config)
		h.must(err)
	})
	return h.login
}

// Now is the house's clock.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Advance moves the clock.
func (h *House) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *House) hear(_ context.Context, e passwordless.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// Events are what happened so far, oldest first.
func (h *House) Events() []passwordless.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// Happened counts the events of a type.
func (h *House) Happened(t passwordless.EventType) int {
	n := 0
	for _, e := range h.Events() {
		if e.Type == t {
			n++
		}
	}
	return n
}

// Request starts a login of the sample user by e-mail.
func Request(strategy identity.LoginStrategy) passwordless.StartRequest {
	return passwordless.StartRequest{ApplicationID: ApplicationID, LoginID: Email, LoginStrategy: strategy}
}

// Form begins a login by short code, and returns what completes it.
func (h *House) Form() passwordless.LoginRequest {
	h.T.Helper()
	begun, err := h.Login().Begin(h.T.Context(), Request(identity.FormField))
	h.must(err)
	return passwordless.LoginRequest{
		ApplicationID: ApplicationID,
		Code:          secret.New(begun.Code.Reveal()),
		OneTimeCode:   secret.New(h.Inbox.LastCode(Email)),
	}
}

// Link begins a login by link, and returns what completes it.
func (h *House) Link() passwordless.LoginRequest {
	h.T.Helper()
	_, err := h.Login().Begin(h.T.Context(), Request(identity.ClickableLink))
	h.must(err)
	return passwordless.LoginRequest{ApplicationID: ApplicationID, Code: CodeOf(h.T, h.Inbox.LastLink(Email))}
}

// Complete completes a login that must succeed.
func (h *House) Complete(r passwordless.LoginRequest) *passwordless.Result {
	h.T.Helper()
	result, err := h.Login().Complete(h.T.Context(), r)
	h.must(err)
	return result
}

func (h *House) must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}
