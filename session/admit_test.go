package session_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

var (
	opened = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tenant = identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Issuer: "https://www.piedpiper.com"}
	app    = identity.Application{
		ID: "10000000-0000-0002-0000-000000000001", TenantID: tenant.ID,
		LoginConfiguration: identity.LoginConfiguration{GenerateRefreshTokens: true},
	}
	john = identity.User{
		ID: "00000000-0000-0001-0000-000000000000", TenantID: tenant.ID, Active: true, Email: "jared@piedpiper.com", Verified: true,
		Registrations: []identity.Registration{{ApplicationID: app.ID, Roles: []string{"user"}, Verified: true}},
	}
)

// counter signs, counts, and shows what holds while it does.
type counter struct {
	key    ed25519.PrivateKey
	signed int
	during func()
	err    error
}

func (c *counter) Sign(_ context.Context, message []byte) ([]byte, error) {
	c.signed++
	if c.during != nil {
		c.during()
	}
	return ed25519.Sign(c.key, message), c.err
}

// door is a session.Sessions and all that it stands on.
type door struct {
	engine *memstore.Store
	config session.Config
	signer *counter
}

func newDoor(t *testing.T) *door {
	t.Helper()
	keys, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{engine: memstore.New(), signer: &counter{key: private}}
	key, err := token.NewRemoteKey("remote", token.EdDSA, public, d.signer)
	if err != nil {
		t.Fatal(err)
	}
	set, err := token.NewKeySet(key)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: set, Issuer: tenant.Issuer, Now: func() time.Time { return opened }})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.engine.Put(john); err != nil {
		t.Fatal(err)
	}
	d.config = session.Config{Store: store.Of(d.engine), Keys: keys, Issuer: issuer}
	return d
}

func (d *door) sessions(t *testing.T) *session.Sessions {
	t.Helper()
	s, err := session.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// admission is John's, with a live ticket of its own.
func (d *door) admission(t *testing.T, walk string) session.Admission {
	t.Helper()
	spend := store.Hash(secret.Sum("test", walk))
	if err := d.engine.CreateTicket(t.Context(), store.Ticket{
		ID: spend, Purpose: "login", Walk: walk, Tenant: tenant.ID, User: john.ID, Expires: opened.Add(time.Minute),
	}, opened); err != nil {
		t.Fatal(err)
	}
	return session.Admission{
		Spend: spend,
		Login: store.Login{Walk: walk, Tenant: tenant.ID, User: john.ID, Application: app.ID, At: opened},
		User:  john, Tenant: tenant, Application: app, Named: true,
		Methods: []string{"otp", "sms"}, SecondFactor: true,
		MetaData: session.MetaData{
			Data: identity.Object(`{"any":["thing"]}`), Scopes: []string{"openid"},
			Device: session.Device{Description: "John's phone", LastAccessedAddress: "192.0.2.8", LastAccessedInstant: 1659380719000, Name: "iPhone", Type: "MOBILE"},
		},
	}
}

// kept counts what the store has of John.
func (d *door) kept(t *testing.T) (logins int, sessions []store.Grant) {
	t.Helper()
	l, err := d.engine.Logins(t.Context(), tenant.ID, john.ID, opened.Add(time.Hour), 10)
	if err != nil {
		t.Fatal(err)
	}
	if sessions, err = d.engine.ListGrants(t.Context(), tenant.ID, john.ID, store.Session, opened); err != nil {
		t.Fatal(err)
	}
	return len(l), sessions
}

// SEC-04: the ticket is spent, and the login and its session stored, before anything is signed.
func TestAdmitSpendsBeforeItMints(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := d.admission(t, "walk")
	d.signer.during = func() {
		if _, err := d.engine.OpenTicket(context.Background(), a.Spend, nil, opened); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("while it signs the ticket is %v, want spent", err)
		}
		if logins, sessions := d.kept(t); logins != 1 || len(sessions) != 1 {
			t.Errorf("while it signs there are %d logins and %d sessions, want one", logins, len(sessions))
		}
	}
	tokens, err := d.sessions(t).Admit(t.Context(), a)
	if err != nil || tokens.Token.IsZero() || d.signer.signed != 1 {
		t.Errorf("Admit: %v, a token: %v, %d signatures", err, !tokens.Token.IsZero(), d.signer.signed)
	}
	if _, err := d.sessions(t).Admit(t.Context(), a); !errors.Is(err, store.ErrNotFound) || d.signer.signed != 1 {
		t.Errorf("again: %v, %d signatures, want ErrNotFound and no other", err, d.signer.signed)
	}
}

// faulty fails where it is told to.
type faulty struct {
	store.Engine
	exchange, admit error
}

func (f faulty) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if f.exchange != nil {
		return f.exchange
	}
	return f.Engine.ExchangeTicket(ctx, id, x, now)
}

func (f faulty) Admit(ctx context.Context, l store.Login, g *store.Grant) error {
	if f.admit != nil {
		return f.admit
	}
	return f.Engine.Admit(ctx, l, g)
}

// SEC-04: a store that fails, or refuses, has nothing signed.
func TestAdmitOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for _, f := range []faulty{
		{exchange: broken}, {admit: broken}, {exchange: store.ErrNotFound}, {admit: store.ErrNotFound}, {admit: store.ErrExists},
	} {
		d := newDoor(t)
		want := f.exchange
		if want == nil {
			want = f.admit
		}
		f.Engine = d.engine
		d.config.Store = store.Of(f)
		tokens, err := d.sessions(t).Admit(t.Context(), d.admission(t, "walk"))
		if !errors.Is(err, want) || !reflect.DeepEqual(tokens, session.Tokens{}) {
			t.Errorf("Admit: %+v, %v, want %v", tokens, err, want)
		}
		if logins, sessions := d.kept(t); d.signer.signed != 0 || logins != 0 || len(sessions) != 0 {
			t.Errorf("%v: %d signatures, %d logins and %d sessions, want none", want, d.signer.signed, logins, len(sessions))
		}
	}
}

// A walk is admitted once, whatever tickets it comes with.
func TestAdmitOncePerWalk(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first := d.admission(t, "walk")
	second := d.admission(t, "another ticket")
	second.Login.Walk = "walk"
	if _, err := d.sessions(t).Admit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := d.sessions(t).Admit(t.Context(), second); !errors.Is(err, store.ErrExists) || d.signer.signed != 1 {
		t.Errorf("the walk again: %v, %d signatures, want ErrExists and one", err, d.signer.signed)
	}
}

// A signature that fails leaves nobody with half a login.
func TestAdmitOfASignerThatFails(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.signer.err = errors.New("the key service is down")
	a := d.admission(t, "walk")
	tokens, err := d.sessions(t).Admit(t.Context(), a)
	if !errors.Is(err, d.signer.err) || !reflect.DeepEqual(tokens, session.Tokens{}) {
		t.Errorf("Admit: %+v, %v, want what the signer returned", tokens, err)
	}
	d.signer.err = nil
	if _, err := d.sessions(t).Admit(t.Context(), a); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound: the ticket is spent", err)
	}
}

// S2-14..S2-19, S2-23: the session keeps what was proven, and what the client says of itself.
func TestRecordOfASession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := d.admission(t, "walk")
	if _, err := d.sessions(t).Admit(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, sessions := d.kept(t)
	var record struct {
		Salt     []byte           `json:"salt"`
		AuthTime identity.Instant `json:"auth_time"`
		Methods  []string         `json:"amr"`
		Second   bool             `json:"second"`
		MetaData session.MetaData `json:"metaData"`
	}
	g := sessions[0]
	if err := json.Unmarshal(g.Data, &record); err != nil {
		t.Fatal(err)
	}
	if len(record.Salt) != 16 || record.AuthTime != identity.At(opened) || !record.Second ||
		!reflect.DeepEqual(record.Methods, a.Methods) || !reflect.DeepEqual(record.MetaData, a.MetaData) {
		t.Errorf("the record is %+v", record)
	}
	if g.Kind != store.Session || g.Application != app.ID || g.Counter != 0 || !g.Created.Equal(opened) || !g.Used.Equal(opened) || !g.Expires.Equal(opened.Add(43_200*time.Minute)) {
		t.Errorf("the session is %+v", g)
	}
}

// A refresh token is id.counter.MAC, and the MAC is of a row that has no token in it.
func TestRefreshTokenOfALogin(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	seen := map[string]bool{}
	for _, walk := range []string{"one", "two"} {
		tokens, err := d.sessions(t).Admit(t.Context(), d.admission(t, walk))
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(tokens.RefreshToken.Reveal(), ".")
		if len(parts) != 3 || parts[0] != tokens.RefreshTokenID || parts[1] != "0" {
			t.Fatalf("%d parts of session %q, want id.0.MAC", len(parts), tokens.RefreshTokenID)
		}
		if mac, err := base64.RawURLEncoding.Strict().DecodeString(parts[2]); err != nil || len(mac) != 32 {
			t.Errorf("a MAC of %d bytes, %v, want 32", len(mac), err)
		}
		seen[parts[2]] = true
		_, sessions := d.kept(t)
		for _, g := range sessions {
			if row, err := json.Marshal(g); err != nil || strings.Contains(string(row), parts[2]) || strings.Contains(string(g.Data), parts[2]) {
				t.Errorf("the row holds the token (%v)", err)
			}
		}
	}
	if len(seen) != 2 {
		t.Error("two sessions have one MAC")
	}
}

// New names what is missing.
func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(c *session.Config)
		want   string
	}{
		{func(c *session.Config) { c.Store.Users = nil }, "Config.Store"},
		{func(c *session.Config) { c.Store.Tickets = nil }, "Config.Store"},
		{func(c *session.Config) { c.Store.Grants = nil }, "Config.Store"},
		{func(c *session.Config) { c.Keys = nil }, "Config.Keys"},
		{func(c *session.Config) { c.Keys = &secret.Keyring{} }, "Config.Keys"},
	} {
		d := newDoor(t)
		c.change(&d.config)
		if s, err := session.New(d.config); s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New: %v, want an error that names %s", err, c.want)
		}
	}
}
