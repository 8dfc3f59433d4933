package integration_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// brokenRedis names, to a child process, the store that it is to run the kit against.
const brokenRedis = "GATEHOUSE_BROKEN_REDIS"

// brokenOnRedis is stores with one mistake each, and the rule that must find it.
var brokenOnRedis = map[string]struct {
	rule string
	open func(*redisstore.Store, *redisSpace) store.Tickets
}{
	"GET then DEL exchange": {"ExchangeTicketOnlyOneWins", func(s *redisstore.Store, _ *redisSpace) store.Tickets {
		return getThenDelete{s}
	}},
	"INCR after compare of guesses": {"GuessesAreExactInACrowd", func(s *redisstore.Store, _ *redisSpace) store.Tickets {
		return compareThenCount{s}
	}},
	"INCR after compare of charges": {"ChargeIsExactInACrowd", func(s *redisstore.Store, r *redisSpace) store.Tickets {
		return compareThenIncrement{s, r.eval, r.prefix + rand.Text()}
	}},
}

// A mistake that only a real server shows has to be found on one.
//
// SEC-01 SEC-03 LIM-01
func TestBrokenStoresOnRedisAreRefused(t *testing.T) {
	address := redisAddress(t)
	if name := os.Getenv(brokenRedis); name != "" {
		space := openRedisSpace(t, throughGoRedis(goRedis(t, address)))
		storetest.RunTickets(t, func(t *testing.T) storetest.Subject {
			return storetest.Subject{Store: store.Store{Tickets: brokenOnRedis[name].open(space.tickets(t), space)}}
		})
		return
	}
	t.Parallel()
	self, err := os.Executable()
	must(t, err)
	for name, b := range brokenOnRedis {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := "^TestBrokenStoresOnRedisAreRefused$/^Tickets$/^" + b.rule + "$"
			child := exec.CommandContext(t.Context(), self, "-test.run="+run, "-test.v", "-test.timeout=1m")
			child.Env = append(os.Environ(), brokenRedis+"="+name)
			out, err := child.CombinedOutput()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if !strings.Contains(string(out), "--- FAIL: TestBrokenStoresOnRedisAreRefused/Tickets/"+b.rule+" ") {
				t.Errorf("the kit's %s let this store pass:\n%s", b.rule, out)
			}
		})
	}
}

type getThenDelete struct{ *redisstore.Store }

func (s getThenDelete) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	err := s.Store.ExchangeTicket(ctx, id, x, now)
	if errors.Is(err, store.ErrNotFound) {
		return nil // DEL has no opinion
	}
	return err
}

type compareThenCount struct{ *redisstore.Store }

func (s compareThenCount) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := s.Store.OpenTicket(ctx, id, nil, now)
	if err != nil || g == nil {
		return t, err
	}
	if t.Attempts >= g.PerTicket {
		return store.Ticket{}, store.ErrNotFound
	}
	counted := *g
	counted.PerTicket = 1 << 30
	return s.Store.OpenTicket(ctx, id, &counted, now)
}

type compareThenIncrement struct {
	*redisstore.Store
	eval redisEval
	key  string
}

func (s compareThenIncrement) Charge(ctx context.Context, c store.Charge, _ time.Time) error {
	used, err := s.eval(ctx, "return tonumber(redis.call('GET', KEYS[1]) or 0)", s.key, nil)
	if err != nil {
		return err
	}
	if used.(int64) >= int64(c.Limit) {
		return &store.LimitError{}
	}
	_, err = s.eval(ctx, "return redis.call('INCR', KEYS[1])", s.key, nil)
	return err
}
