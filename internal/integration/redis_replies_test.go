package integration_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

func redisHash(format string, args ...any) store.Hash {
	return sha256.Sum256(fmt.Appendf(nil, format, args...))
}

// redisNow is when these tests happen. It is not the server's time.
var redisNow = logintest.Start

func redisTicket(id string) store.Ticket {
	return store.Ticket{
		ID: redisHash("ticket %s", id), Purpose: "login", Walk: "walk " + id,
		Tenant: logintest.TenantID, User: logintest.UserID, Budget: redisHash("budget %s", id),
		Expires: redisNow.Add(3 * time.Minute), Code: []byte("\x00sealed\xff"), Data: []byte(`{}`),
	}
}

// lossy is tickets behind a proxy, and the same without it.
type lossy struct {
	*testing.T
	proxy  *redisProxy
	behind store.Tickets
	near   store.Tickets
}

// lossyRedis runs a test through each client. tries is how often it sends a
// script that it gets no answer to.
func lossyRedis(t *testing.T, test func(l *lossy, tries int64)) {
	t.Parallel()
	address := redisAddress(t)
	open := func(t *testing.T, client func(*redisProxy) redisEval) *lossy {
		space := openRedisSpace(t, throughGoRedis(goRedis(t, address)))
		proxy := openRedisProxy(t, address)
		l := &lossy{T: t, proxy: proxy, near: space.tickets(t)}
		l.behind = redisTickets(t, client(proxy), space.prefix+"1:")
		l.learn()
		return l
	}
	t.Run("go-redis", func(t *testing.T) {
		t.Parallel()
		test(open(t, func(p *redisProxy) redisEval { return throughGoRedis(goRedis(t, p.address())) }), 4)
	})
	t.Run("valkey-go", func(t *testing.T) {
		t.Parallel()
		test(open(t, func(p *redisProxy) redisEval { return throughValkeyGo(valkeyGo(t, p.address())) }), 1)
	})
}

// learn has the server run every script once, so that their digests suffice.
func (l *lossy) learn() {
	l.Helper()
	k, next := redisTicket("learnt"), redisTicket("learnt next")
	c := l.budget("learnt")
	l.must(l.near.CreateTicket(l.Context(), k, redisNow, c))
	_, err := l.near.OpenTicket(l.Context(), k.ID, &store.Guess{PerTicket: 5, PerBudget: 5, Window: time.Hour}, redisNow)
	l.must(err)
	l.must(l.near.ExchangeTicket(l.Context(), k.ID, store.Exchange{Next: &next, Refund: &c.Key}, redisNow))
}

func (l *lossy) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lossy) budget(id string) store.Charge {
	return store.Charge{Key: redisHash("budget %s", id), Limit: 100, Window: time.Hour}
}

// used is what was taken from a budget. It takes what is left.
func (l *lossy) used(id string) int {
	l.Helper()
	c := l.budget(id)
	for n := 0; ; n++ {
		err := l.near.Charge(l.Context(), c, redisNow)
		if limit := (*store.LimitError)(nil); errors.As(err, &limit) {
			return c.Limit - n
		}
		l.must(err)
	}
}

func (l *lossy) alive(id string) bool {
	l.Helper()
	_, err := l.near.OpenTicket(l.Context(), redisHash("ticket %s", id), nil, redisNow)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		l.Fatal(err)
	}
	return err == nil
}

// SEC-01 SEC-04: the server runs a script, and its reply is lost, once or every time.
func TestRedisExchangeAfterALostReplyIsNoSuccess(t *testing.T) {
	lossyRedis(t, func(l *lossy, tries int64) {
		for lost := int64(1); lost <= tries; lost++ {
			id := fmt.Sprint(lost)
			l.must(l.near.CreateTicket(l.Context(), redisTicket(id), redisNow))
			next := redisTicket("next " + id)
			l.proxy.loseNext(lost)
			before := l.proxy.scripts.Load()
			err := l.behind.ExchangeTicket(l.Context(), redisHash("ticket %s", id), store.Exchange{Next: &next}, redisNow)
			if err == nil {
				l.Errorf("%d replies lost: ExchangeTicket succeeded, and nobody knows which run of it spent the ticket", lost)
			}
			if lost < tries && !errors.Is(err, store.ErrNotFound) {
				l.Errorf("%d replies lost: %v, want ErrNotFound from the run that was answered", lost, err)
			}
			if sent := l.proxy.scripts.Load() - before; sent != min(lost+1, tries) {
				l.Fatalf("%d replies lost: the script was sent %d times: this proves nothing", lost, sent)
			}
			if l.alive(id) || l.alive("next "+id) {
				l.Errorf("%d replies lost: the ticket or its next lives", lost)
			}
		}
	})
}

func TestRedisCreateAfterALostReplyIsASuccess(t *testing.T) {
	lossyRedis(t, func(l *lossy, tries int64) {
		for lost := int64(1); lost < tries; lost++ {
			id := fmt.Sprint(lost)
			l.proxy.loseNext(lost)
			if err := l.behind.CreateTicket(l.Context(), redisTicket(id), redisNow); err != nil {
				l.Errorf("%d replies lost: CreateTicket: %v, and the ticket is there: %v", lost, err, l.alive(id))
			}
			if err := l.behind.CreateTicket(l.Context(), redisTicket(id), redisNow); !errors.Is(err, store.ErrExists) {
				l.Errorf("CreateTicket by another call: %v, want ErrExists", err)
			}
		}
		l.proxy.loseNext(tries)
		if err := l.behind.CreateTicket(l.Context(), redisTicket("unheard"), redisNow, l.budget("starts")); err == nil {
			l.Error("no reply at all, and CreateTicket succeeded")
		}
		if used := l.used("starts"); int64(used) != tries {
			l.Errorf("the charge ran %d times and took %d", tries, used)
		}
	})
}

// LIM-03 LIM-04: what was not answered is charged, and charged again.
func TestRedisChargesAfterALostReplyAreNeverLess(t *testing.T) {
	lossyRedis(t, func(l *lossy, tries int64) {
		k := redisTicket("a")
		l.must(l.near.CreateTicket(l.Context(), k, redisNow))
		g := &store.Guess{PerTicket: 100, PerBudget: 100, Window: time.Hour}
		for lost := int64(1); lost <= tries; lost++ {
			l.proxy.loseNext(lost)
			_, err := l.behind.OpenTicket(l.Context(), k.ID, g, redisNow)
			if lost == tries && err == nil {
				l.Error("no reply at all, and the guess was let through")
			}
		}
		got, err := l.near.OpenTicket(l.Context(), k.ID, nil, redisNow)
		l.must(err)
		if got.Attempts < int(tries) {
			l.Errorf("%d guesses were sent, and %d are charged", tries, got.Attempts)
		}
	})
}

// What is given back is given back once, however often it is sent.
func TestRedisRefundAfterALostReplyIsGivenOnce(t *testing.T) {
	lossyRedis(t, func(l *lossy, tries int64) {
		for lost := int64(1); lost <= tries; lost++ {
			id := fmt.Sprint(lost)
			c := l.budget(id)
			for range 10 {
				l.must(l.near.Charge(l.Context(), c, redisNow))
			}
			l.proxy.loseNext(lost)
			if err := l.behind.Refund(l.Context(), c.Key, redisNow); lost < tries && err != nil {
				l.Errorf("%d replies lost: Refund: %v", lost, err)
			}
			if used := l.used(id); used != 9 {
				l.Errorf("%d replies lost: one refund of ten charges leaves %d, want 9", lost, used)
			}
		}
	})
}

// SEC-01 SEC-04 FLT-02: one reply in four is lost, after the server has run the
// script. Each login is completed by a crowd, and once more when all is well.
func TestRedisLosesRepliesAndNobodyLogsInTwice(t *testing.T) {
	lossyRedis(t, func(l *lossy, _ int64) {
		m := memstore.New()
		h := logintest.Open(l.T, logintest.Backend{
			Store: store.Store{Users: m, Tickets: l.behind, Grants: m, Factors: m},
			Put:   m.Put,
		})
		h.Config.Limits = logintest.Unlimited()
		total := 0
		for round := range 40 {
			h.Advance(time.Minute)
			r := h.Link()
			if round%2 == 1 {
				r = h.Form()
			}
			complete := func() error {
				_, err := h.Login().Complete(l.Context(), r)
				return err
			}
			l.proxy.loseIf(func() bool { return rand.IntN(4) == 0 })
			won := winnersOf(4, complete)
			l.proxy.loseNone()
			won += winnersOf(1, complete)
			if logins := h.LoginsAt(h.Now()); won > 1 || logins != won {
				l.Fatalf("round %d: %d calls completed one login, and %d logins are stored", round, won, logins)
			}
			total += won
		}
		if total == 0 {
			l.Error("nobody logged in at all: this proves nothing")
		}
	})
}

// winnersOf counts how many of n calls at once succeed.
func winnersOf(n int, call func() error) (won int) {
	var mu sync.Mutex
	var done sync.WaitGroup
	start := make(chan struct{})
	for range n {
		done.Go(func() {
			<-start
			if call() == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	close(start)
	done.Wait()
	return won
}
