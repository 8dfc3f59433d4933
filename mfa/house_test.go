package mfa_test

import (
	"context"
	"encoding/base32"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

const (
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	applicationID = "10000000-0000-0002-0000-000000000001"
	userID        = "00000000-0000-0001-0000-000000000000"
	email         = "jared@piedpiper.com"
	otherEmail    = "example@fusionauth.io"
	number        = "+13035551212"
)

const day = 24 * time.Hour

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// who is the sample user, signed in.
var who = mfa.Who{TenantID: tenantID, UserID: userID, ApplicationID: applicationID}

// house is what second factors stand on. Change config and tenant before the
// first call of factors.
type house struct {
	testing.TB
	users       *memstore.Store
	tenant      identity.Tenant
	application identity.Application
	config      mfa.Config
	inbox       *messenger.Inbox

	once   sync.Once
	made   *mfa.Factors
	mu     sync.Mutex
	at     time.Time
	events []mfa.Event
}

func open(t testing.TB) *house {
	t.Helper()
	ring, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{
		TB: t, users: memstore.New(), inbox: &messenger.Inbox{}, at: start,
		tenant: identity.Tenant{
			ID: tenantID, Name: "Pied Piper",
			MultiFactorConfiguration: identity.TenantMultiFactorConfiguration{
				Email: identity.MethodConfiguration{Enabled: true},
				SMS:   identity.MethodConfiguration{Enabled: true},
			},
		},
		application: identity.Application{ID: applicationID, TenantID: tenantID, Name: "Pied Piper"},
	}
	h.put(sample())
	h.config = mfa.Config{
		Store: store.Of(h.users), Keys: ring, Messenger: h.inbox,
		Phones: func(country string) identity.PhoneParser { return phone.Parser{Region: country} },
		Now:    h.now,
		Events: h.hear,
	}
	return h
}

// sample is the sample user, with a verified address and number.
func sample() identity.User {
	at := identity.At(start.Add(-24 * time.Hour))
	return identity.User{
		ID: userID, TenantID: tenantID, Active: true, FirstName: "John", LastName: "Doe",
		Email: email, PhoneNumber: number, Username: "johnny123",
		Identities: []identity.UserIdentity{
			{Type: identity.Email, Value: email, Primary: true, Verified: true, VerifiedInstant: at, VerifiedReason: identity.ReasonCompleted},
			{Type: identity.PhoneNumber, Value: number, Primary: true, Verified: true, VerifiedInstant: at, VerifiedReason: identity.ReasonCompleted},
			{Type: identity.Username, Value: "johnny123", Primary: true, VerifiedReason: identity.ReasonUnverifiable},
		},
	}
}

func (h *house) put(u identity.User) {
	h.Helper()
	h.must(h.users.Put(u))
}

// other is another user of the tenant, signed in.
func (h *house) other() mfa.Who {
	h.Helper()
	u := sample()
	u.ID, u.Email, u.PhoneNumber, u.Username = "00000000-0000-0001-0000-000000000001", otherEmail, "", ""
	u.Identities = []identity.UserIdentity{{Type: identity.Email, Value: otherEmail, Primary: true, Verified: true}}
	h.put(u)
	return mfa.Who{TenantID: tenantID, UserID: u.ID, ApplicationID: applicationID}
}

// factors are those of the configuration, made on first use.
func (h *house) factors() *mfa.Factors {
	h.Helper()
	h.once.Do(func() { h.made = h.another() })
	return h.made
}

// another is one more over the same store, as on another machine or after a restart.
func (h *house) another() *mfa.Factors {
	h.Helper()
	c := h.config
	if c.Applications == nil {
		c.Applications = identity.Static(h.tenant, h.application)
	}
	f, err := mfa.New(c)
	h.must(err)
	return f
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) advance(d time.Duration) { h.set(h.now().Add(d)) }

func (h *house) set(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = at
}

func (h *house) hear(_ context.Context, e mfa.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// happened counts the events of a type.
func (h *house) happened(t mfa.EventType) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, e := range h.events {
		if e.Type == t {
			n++
		}
	}
	return n
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// authenticator is one that a person holds.
type authenticator struct {
	h      *house
	id     string
	secret string // base32
	codes  identity.Authenticator
}

// shows is its code now.
func (a authenticator) shows() secret.Text { return a.at(a.h.now()) }

func (a authenticator) at(now time.Time) secret.Text {
	a.h.Helper()
	algorithm := map[identity.TOTPAlgorithm]otp.Algorithm{
		identity.HmacSHA1: otp.AlgorithmSHA1, identity.HmacSHA256: otp.AlgorithmSHA256, identity.HmacSHA512: otp.AlgorithmSHA512,
	}[a.codes.Algorithm]
	shown, err := hotp.GenerateCodeCustom(a.secret, uint64(now.Unix())/uint64(a.codes.TimeStep), hotp.ValidateOpts{
		Digits: otp.Digits(a.codes.CodeLength), Algorithm: algorithm,
	})
	a.h.must(err)
	return secret.New(shown)
}

// wrong is a code that it shows neither now nor did before.
func (a authenticator) wrong() secret.Text {
	for _, c := range []string{"000000", "000001", "000002"} {
		if typed := secret.New(c); !typed.Equal(a.shows()) && !typed.Equal(a.at(a.h.now().Add(-30*time.Second))) {
			return typed
		}
	}
	panic("unreachable: two codes are at most two of three")
}

// wait lets the code change.
func (a authenticator) wait() secret.Text {
	a.h.advance(30 * time.Second)
	return a.shows()
}

// enrol begins an authenticator of w's.
func (h *house) enrol(w mfa.Who, r mfa.EnrolRequest) (authenticator, mfa.Enrolment) {
	h.Helper()
	r.Kind = identity.MethodAuthenticator
	e, err := h.factors().Enrol(h.Context(), w, r)
	h.must(err)
	return authenticator{h, e.MethodID, e.SecretBase32.Reveal(), h.tenant.Authenticator()}, e
}

// authenticator gives w a first, confirmed authenticator, whose code is used.
func (h *house) authenticator(w mfa.Who) (authenticator, []secret.Issued) {
	h.Helper()
	a, _ := h.enrol(w, mfa.EnrolRequest{})
	done, err := h.factors().Confirm(h.Context(), w, mfa.ConfirmRequest{MethodID: a.id, Code: a.shows()})
	h.must(err)
	return a, done.RecoveryCodes
}

// message gives w a confirmed method by message.
func (h *house) message(w mfa.Who, kind, to string) string {
	h.Helper()
	e, err := h.factors().Enrol(h.Context(), w, mfa.EnrolRequest{Kind: kind, To: to, InsecureSkipProof: true})
	h.must(err)
	_, err = h.factors().Confirm(h.Context(), w, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(to)})
	h.must(err)
	return e.MethodID
}

// sent is the last code that was sent to an address.
func (h *house) sent(to string) secret.Text { return secret.New(h.inbox.LastCode(to)) }

// codes counts the messages with a code, and notices those of a purpose.
func (h *house) messages(p messenger.Purpose) []messenger.Message {
	return slices.DeleteFunc(h.inbox.Messages(), func(m messenger.Message) bool { return m.Purpose != p })
}

// challenge is a login of w's that waits for its second factor. Its code went to
// the carrier.
func (h *house) challenge(w mfa.Who, carrier identity.Identifier) secret.Text {
	h.Helper()
	t, handle, _, err := walk.Desk{Keys: h.config.Keys}.Make(walk.Draft{
		Ticket: store.Ticket{
			Purpose: walk.TwoFactor, Walk: walk.NewWalk(), Tenant: w.TenantID, User: w.UserID,
			Budget:  walk.Budget(walk.TwoFactor, w.TenantID, w.UserID, identity.Identifier{}),
			Expires: walk.Cut(h.now().Add(5 * time.Minute)),
		},
		Facts:  walk.Facts{Application: applicationID, To: carrier},
		Handle: h.tenant.PasswordlessGenerator(),
		Code:   h.tenant.TwoFactorCodeGenerator(),
	})
	h.must(err)
	h.must(h.config.Store.CreateTicket(h.Context(), t, h.now()))
	return handle
}

// answer is a person who answers a challenge; with g the guess is charged.
func (h *house) answer(handle secret.Text, g *store.Guess) (mfa.Person, error) {
	o, err := h.config.Store.Open(h.Context(), walk.ID(walk.TwoFactor, handle), g, "", h.now())
	if err != nil {
		return mfa.Person{}, err
	}
	t, err := walk.Desk{Keys: h.config.Keys}.Read(o.Ticket, walk.TwoFactor)
	return mfa.Person{
		Tenant: h.tenant, Application: h.application, User: o.User, Factors: o.Factors,
		Ticket: &t, Carrier: t.Facts.To,
	}, err
}

// complete answers a challenge with a code, as a login does.
func (h *house) complete(f *mfa.Factors, handle, code secret.Text) (mfa.Proof, error) {
	p, err := h.answer(handle, &store.Guess{PerTicket: 5})
	if err != nil {
		return mfa.Proof{}, err
	}
	proof, err := f.Prove(h.Context(), mfa.Challenge{Person: p}, code)
	if err != nil {
		return mfa.Proof{}, err
	}
	return proof, h.config.Store.ExchangeTicket(h.Context(), p.Ticket.ID, store.Exchange{Refund: proof.Refund}, h.now())
}

var (
	byEmail = identity.Identifier{Type: identity.Email, Value: email}
	byPhone = identity.Identifier{Type: identity.PhoneNumber, Value: number}
)

// codeOf is a secret's base32 as an authenticator holds it.
func codeOf(key []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
}
