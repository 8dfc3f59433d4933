package integration_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
)

// loginOver is a login with its tickets on Redis, and all else on an engine that
// does not forget.
func loginOver(t *testing.T, eval redisEval) *logintest.House {
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{
		Store: store.Store{Users: m, Tickets: redisTickets(t, eval, ""), Grants: m, Factors: m},
		Put:   m.Put,
	})
	h.Config.Limits = logintest.Unlimited()
	return h
}

// SEC-01: what Redis has forgotten is refused, and what comes after works.
func TestRedisFlushedForgetsTicketsAndCharges(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	h := loginOver(t, throughGoRedis(server))
	link, form := h.Link(), h.Form()
	for range 5 {
		h.Refused(passwordless.LoginRequest{ApplicationID: form.ApplicationID, Code: form.Code, OneTimeCode: logintest.Other(form.OneTimeCode)})
	}
	must(t, server.FlushAll(t.Context()).Err())
	must(t, server.ScriptFlush(t.Context()).Err())
	h.Refused(link)
	h.Refused(form)
	h.Complete(h.Link())
	h.Complete(h.Form())
}

// SEC-01 SEC-04: a crowd completes each of many logins while the server is
// flushed again and again.
func TestRedisFlushedMidRunLogsNobodyInTwice(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	h := loginOver(t, throughGoRedis(server))
	total := 0
	for range 100 {
		h.Advance(time.Minute)
		r := h.Link()
		var flushed sync.WaitGroup
		flushed.Go(func() {
			if err := errors.Join(server.FlushAll(t.Context()).Err(), server.ScriptFlush(t.Context()).Err()); err != nil {
				t.Error(err)
			}
		})
		won := winnersOf(4, func() error {
			_, err := h.Login().Complete(t.Context(), r)
			return err
		})
		flushed.Wait()
		if logins := h.LoginsAt(h.Now()); won > 1 || logins != won {
			t.Fatalf("%d of 4 calls completed one login while the server was flushed, and %d logins are stored", won, logins)
		}
		h.Refused(r)
		total += won
	}
	t.Logf("%d of 100 logins won against the flush", total)
}

// failover is a primary, and a replica that takes its place.
type failover struct {
	primary, replica *redis.Client
	serving          atomic.Pointer[redis.Client]
}

func startFailover(t *testing.T) *failover {
	t.Helper()
	f := &failover{primary: startRedis(t), replica: startRedis(t)}
	f.serving.Store(f.primary)
	host, port, _ := strings.Cut(f.primary.Options().Addr, ":")
	must(t, f.replica.ReplicaOf(t.Context(), host, port).Err())
	eventually(t, "the replica follows", func(ctx context.Context) bool {
		return strings.Contains(f.replica.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	return f
}

func (f *failover) eval(ctx context.Context, script, key string, args []string) (any, error) {
	return throughGoRedis(f.serving.Load())(ctx, script, key, args)
}

// cut has the replica have all there is, and hear no more.
func (f *failover) cut(t *testing.T) {
	t.Helper()
	must(t, f.primary.Do(t.Context(), "WAIT", 1, 10000).Err())
	must(t, f.replica.ReplicaOf(t.Context(), "NO", "ONE").Err())
}

// over has the replica serve.
func (f *failover) over() { f.serving.Store(f.replica) }

// SEC-01: a failover forgets that a ticket was spent. The walk has logged in all
// the same, and does not again.
func TestRedisFailoverThatForgetsASpentTicketLogsNobodyInTwice(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*logintest.House) passwordless.LoginRequest{
		"link": (*logintest.House).Link, "form": (*logintest.House).Form,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFailover(t)
			h := loginOver(t, f.eval)
			r := begin(h)
			f.cut(t)
			h.Complete(r)
			h.Refused(r)
			f.over()
			if _, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code}); err != nil {
				t.Fatalf("the replica has forgotten nothing (%v): this proves nothing", err)
			}
			h.Refused(r)
			if logins, sessions := h.LoginsAt(h.Now()), h.Sessions(h.Now()); logins != 1 || sessions != 1 {
				t.Errorf("%d logins and %d sessions, want one of each", logins, sessions)
			}
			h.Complete(begin(h))
		})
	}
}

// SEC-01: a ticket that comes back gives a second next ticket. Both are of one
// walk, and only one of them logs in.
func TestRedisFailoverThatForksAWalkLogsInOnce(t *testing.T) {
	t.Parallel()
	f := startFailover(t)
	h := loginOver(t, f.eval)
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	r := h.Link()
	f.cut(t)
	first := h.Complete(r)
	changed := func(result *passwordless.Result) passwordless.LoginRequest {
		response, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
			ChangePasswordID: secret.New(result.Response.ChangePasswordID.Reveal()), Password: secret.New("piper-net-3000"),
		})
		must(t, err)
		return passwordless.LoginRequest{ApplicationID: r.ApplicationID, Code: secret.New(response.OneTimePassword.Reveal())}
	}
	mine := changed(first)
	f.over()
	second := h.Complete(r)
	if second.Outcome != outcome.ChangePasswordRequired {
		t.Fatalf("outcome %v: the walk has not forked", second.Outcome)
	}
	theirs := changed(second)
	u.PasswordChangeRequired = false
	h.Put(u)
	h.Complete(theirs)
	f.serving.Store(f.primary)
	h.Refused(mine)
	if logins := h.LoginsAt(h.Now()); logins != 1 {
		t.Errorf("%d logins of one walk, want 1", logins)
	}
}

// What a failover forgets of guesses is guessed again: the loss that is documented.
func TestRedisFailoverForgetsTheLastGuesses(t *testing.T) {
	t.Parallel()
	f := startFailover(t)
	h := loginOver(t, f.eval)
	r := h.Form()
	wrong := r
	wrong.OneTimeCode = logintest.Other(r.OneTimeCode)
	h.Refused(wrong)
	f.cut(t)
	for range 4 {
		h.Refused(wrong)
	}
	h.Refused(r) // five guesses
	f.over()
	for range 3 {
		h.Refused(wrong)
	}
	h.Complete(r) // the fifth of those that the replica knows
}

// A server that may evict a meter is refused, and so is one that does not tell.
func TestRedisCheckKnowsTheServersEviction(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	eval := throughGoRedis(server)
	for policy, want := range map[string]error{
		"noeviction": nil, "allkeys-lru": redisstore.ErrEviction, "allkeys-random": redisstore.ErrEviction,
		"volatile-lru": redisstore.ErrEviction, "volatile-lfu": redisstore.ErrEviction, "volatile-ttl": redisstore.ErrEviction,
	} {
		must(t, server.ConfigSet(t.Context(), "maxmemory-policy", policy).Err())
		if err := redisTickets(t, eval, "").Check(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", policy, err, want)
		}
		careless, err := redisstore.New(redisstore.Config{Eval: eval, InsecureEviction: true})
		must(t, err)
		must(t, careless.Check(t.Context()))
	}
	must(t, server.Do(t.Context(), "ACL", "SETUSER", "gatehouse", "on", ">secret", "~*", "+@all", "-info").Err())
	mute := redis.NewClient(&redis.Options{Addr: server.Options().Addr, Username: "gatehouse", Password: "secret"})
	t.Cleanup(func() { mute.Close() })
	if err := redisTickets(t, throughGoRedis(mute), "").Check(t.Context()); err == nil {
		t.Error("Check passed a server that does not tell its policy")
	}
}

// LIM-04 SEC-04: a server without memory refuses; it does not forget, and it
// lets nobody guess for nothing.
func TestRedisOutOfMemoryRefuses(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	h := loginOver(t, throughGoRedis(server))
	link, form := h.Link(), h.Form()
	must(t, server.ConfigSet(t.Context(), "maxmemory", "1").Err())
	for range 10 {
		if _, err := h.Login().Complete(t.Context(), form); err == nil || errors.Is(err, passwordless.ErrRefused) {
			t.Errorf("a guess that cannot be charged: %v, want that the store is broken", err)
		}
	}
	if _, err := h.Login().Begin(t.Context(), logintest.Request(identity.ClickableLink)); err == nil {
		t.Error("a start that cannot be kept succeeded")
	}
	h.Complete(link) // spending takes no memory
	must(t, server.ConfigSet(t.Context(), "maxmemory", "0").Err())
	h.Complete(form)
}

// Every key ends by itself, an hour after what it holds, whatever the clock says.
func TestRedisKeysExpireByThemselves(t *testing.T) {
	t.Parallel()
	client := goRedis(t, redisAddress(t))
	space := openRedisSpace(t, throughGoRedis(client))
	tickets := space.tickets(t)
	prefix := space.prefix + "1:"
	lives := func(key string, want time.Duration) {
		t.Helper()
		got, err := client.PTTL(t.Context(), key).Result()
		must(t, err)
		if got > want || got < want-time.Minute {
			t.Errorf("the key is kept for %v, want %v", got, want)
		}
	}
	k := redisTicket("a")
	key := redisTicketKey(prefix, k.ID)
	must(t, tickets.CreateTicket(t.Context(), k, redisNow))
	lives(key, time.Hour+3*time.Minute)
	_, err := tickets.OpenTicket(t.Context(), k.ID, &store.Guess{PerTicket: 5, PerBudget: 5, Window: 24 * time.Hour}, redisNow)
	must(t, err)
	lives(key, time.Hour+3*time.Minute)
	must(t, tickets.SendTicket(t.Context(), k.ID, store.Sending{
		Expires: redisNow.Add(10 * time.Minute), Max: 5, Charge: store.Charge{Key: redisHash("sends"), Limit: 5, Window: time.Hour},
	}, redisNow))
	lives(key, time.Hour+10*time.Minute)

	keys, err := client.Keys(t.Context(), prefix+"meter:*").Result()
	must(t, err)
	if len(keys) != 2 {
		t.Fatalf("%d meters, want 2", len(keys))
	}
	for _, key := range keys {
		if ttl := client.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > 25*time.Hour {
			t.Errorf("a meter is kept for %v", ttl)
		}
	}
	must(t, tickets.ExchangeTicket(t.Context(), k.ID, store.Exchange{}, redisNow))
	if client.Exists(t.Context(), key).Val() != 0 {
		t.Error("a spent ticket leaves its key")
	}
}
