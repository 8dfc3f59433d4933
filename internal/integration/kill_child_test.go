package integration_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
	"github.com/gatehouse-go/gatehouse/token"
)

// killVariable holds what a process that is there to be killed is told. What
// runs without it is a test.
const killVariable = "GATEHOUSE_TEST_KILL"

func TestMain(m *testing.M) {
	if what := os.Getenv(leakVariable); what != "" {
		leak(what)
		return
	}
	told := os.Getenv(killVariable)
	if told == "" {
		os.Exit(m.Run())
	}
	if err := live(told); err != nil {
		note("error", err.Error())
	}
}

// mortal is what a process that is killed works on.
type mortal struct {
	Driver  string
	DSN     string
	Dialect sqlstore.Dialect
	Redis   string // the address of the tickets; empty: they are in the database
	Prefix  string // of the keys in Redis
	Key     string
	Life    int
	Open    []unfinished // by lives before
	Last    bool         // this life finishes what is open, and ends
	Hasty   bool         // the store answers before it has written
	Posts   bool         // it sends messages, and logs nobody in
}

// unfinished is a login that was begun.
type unfinished struct{ User, Handle, Code string }

// store opens what m works on.
func (m mortal) store(ctx context.Context, db *sql.DB) (store.Store, *sqlstore.Store, error) {
	s, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: m.Dialect})
	if err != nil {
		return store.Store{}, nil, err
	}
	whole := store.Of(s)
	if m.Hasty {
		whole = store.Of(hasty{s})
	}
	if m.Redis != "" {
		eval := throughGoRedis(redis.NewClient(&redis.Options{Addr: m.Redis}))
		if whole.Tickets, err = redisstore.New(redisstore.Config{Eval: eval, Prefix: m.Prefix}); err != nil {
			return store.Store{}, nil, err
		}
	}
	return whole, s, nil
}

// hasty is a store that is wrong: it says that a login is kept, and then keeps it.
type hasty struct{ *sqlstore.Store }

func (h hasty) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	go h.Store.FinishLogin(ctx, id, x, l, session, now)
	return nil
}

// note tells the parent a fact, which a kill after it cannot take back: the pipe
// has it. A line is written at once, and whole.
func note(words ...any) { os.Stdout.WriteString(fmt.Sprintln(words...)) }

// worker logs people in, until the process is killed.
type worker struct {
	login *passwordless.Login
	inbox *messenger.Inbox
	put   func(context.Context, identity.User) error
	note  func(words ...any)
}

// workers is how many log people in at a time.
const workers = 4

func live(told string) error {
	var m mortal
	if err := json.Unmarshal([]byte(told), &m); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := sql.Open(m.Driver, m.DSN)
	if err != nil {
		return err
	}
	if m.Posts {
		return m.post(ctx, db)
	}
	whole, s, err := m.store(ctx, db)
	if err != nil {
		return err
	}
	w := worker{inbox: &messenger.Inbox{}, put: s.PutUser, note: note}
	if w.login, err = mortalLogin(whole, w.inbox, m.Key); err != nil {
		return err
	}
	if err := w.resume(ctx, m.Open); err != nil || m.Last {
		return err
	}
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { errs[i] = w.work(ctx, fmt.Sprintf("%d-%d", m.Life, i), i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// mortalLogin is a login whose clock stands still, so that nothing expires
// however long the machine takes.
func mortalLogin(s store.Store, inbox *messenger.Inbox, key string) (*passwordless.Login, error) {
	k, err := secret.ParseKey(key)
	if err != nil {
		return nil, err
	}
	ring, err := secret.NewKeyring(k)
	if err != nil {
		return nil, err
	}
	signs, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return nil, err
	}
	keys, err := token.NewKeySet(signs)
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return logintest.Start }
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com", Now: now})
	if err != nil {
		return nil, err
	}
	page, err := messenger.NewLinks(messenger.LinkConfig{Base: logintest.LoginPage})
	if err != nil {
		return nil, err
	}
	return passwordless.New(passwordless.Config{
		Store: s, Messenger: inbox, Keys: ring, Issuer: issuer, Now: now,
		Links: passwordless.Links{Login: page},
		Applications: identity.Static(
			identity.Tenant{ID: logintest.TenantID, Name: "Pied Piper", Issuer: "https://www.piedpiper.com"},
			identity.Application{
				ID: logintest.ApplicationID, TenantID: logintest.TenantID, Name: "Pied Piper",
				PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
				LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true},
			}),
	})
}

// work logs one user in after the other, each in one of four ways.
func (w worker) work(ctx context.Context, name string, first int) error {
	for n := first; ; n++ {
		u, err := w.begin(ctx, fmt.Sprintf("%s-%d", name, n), n%4 != 0)
		if err != nil {
			return err
		}
		switch n % 4 {
		case 0: // by link
			err = w.enter(ctx, u)
		case 1: // after a wrong guess
			if err = w.guess(ctx, u); err == nil {
				err = w.enter(ctx, u)
			}
		case 2: // two wrong guesses, and no more
			if err = w.guess(ctx, u); err == nil {
				err = w.guess(ctx, u)
			}
		case 3: // twice at a time
			errs := make([]error, 2)
			var both sync.WaitGroup
			for i := range errs {
				both.Go(func() { errs[i] = w.enter(ctx, u) })
			}
			both.Wait()
			err = errors.Join(errs...)
		}
		if err != nil {
			return err
		}
	}
}

// begin adds a user and begins a login of theirs.
func (w worker) begin(ctx context.Context, user string, form bool) (unfinished, error) {
	at := identity.At(logintest.Start)
	address := "jared+" + user + "@piedpiper.com"
	if err := w.put(ctx, identity.User{
		ID: user, TenantID: logintest.TenantID, Active: true, Email: address, Verified: true, VerifiedInstant: at,
		Registrations: []identity.Registration{{ID: user, ApplicationID: logintest.ApplicationID, Verified: true, VerifiedInstant: at}},
	}); err != nil {
		return unfinished{}, err
	}
	w.note("user", user)
	strategy := identity.ClickableLink
	if form {
		strategy = identity.FormField
	}
	begun, err := w.login.Begin(ctx, passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: address, LoginStrategy: strategy,
	})
	if err != nil {
		return unfinished{}, err
	}
	u := unfinished{User: user, Handle: begun.Code.Reveal(), Code: w.inbox.LastCode(address)}
	if !form {
		link, err := url.Parse(w.inbox.LastLink(address))
		if err != nil {
			return unfinished{}, err
		}
		u.Handle = link.Query().Get("code")
	}
	w.note("begun", u.User, u.Handle, u.Code)
	return u, nil
}

// guess guesses wrong.
func (w worker) guess(ctx context.Context, u unfinished) error {
	w.note("guessing", u.User)
	_, err := w.login.Complete(ctx, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID, Code: secret.New(u.Handle), OneTimeCode: logintest.Other(secret.New(u.Code)),
	})
	if !errors.Is(err, passwordless.ErrRefused) {
		return fmt.Errorf("a wrong guess: %w", err)
	}
	w.note("charged", u.User)
	return nil
}

// enter completes a login.
func (w worker) enter(ctx context.Context, u unfinished) error {
	w.note("entering", u.User)
	result, err := w.login.Complete(ctx, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID, Code: secret.New(u.Handle), OneTimeCode: secret.New(u.Code),
	})
	switch {
	case errors.Is(err, passwordless.ErrRefused):
		w.note("out", u.User)
	case err != nil:
		return err
	default:
		w.note("in", u.User, result.Response.RefreshTokenID)
	}
	return nil
}

// resume completes what was begun before the process was killed.
func (w worker) resume(ctx context.Context, open []unfinished) error {
	for _, u := range open {
		if err := w.enter(ctx, u); err != nil {
			return err
		}
	}
	return nil
}
