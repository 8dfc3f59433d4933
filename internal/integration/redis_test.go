package integration_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/valkey-io/valkey-go"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// redisEval is what redisstore asks of a client.
type redisEval = func(ctx context.Context, script, key string, args []string) (any, error)

// redisAddress is a Redis that these tests may use, under keys of their own.
func redisAddress(t testing.TB) string {
	t.Helper()
	address := os.Getenv("GATEHOUSE_TEST_REDIS")
	if address == "" {
		address = "127.0.0.1:6379"
	}
	c, err := net.Dial("tcp", address)
	switch {
	case err == nil:
		c.Close()
	case os.Getenv("CI") != "":
		t.Fatalf("no Redis at %s: %v", address, err)
	default:
		t.Skipf("no Redis at %s: start one there, or name one in GATEHOUSE_TEST_REDIS", address)
	}
	return address
}

// goRedis is a client of go-redis, as it is by default.
func goRedis(t testing.TB, address string) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { client.Close() })
	return client
}

func throughGoRedis(client redis.UniversalClient) redisEval {
	return func(ctx context.Context, script, key string, args []string) (any, error) {
		return redis.NewScript(script).Run(ctx, client, []string{key}, args).Result()
	}
}

// valkeyGo is a client of valkey-go, as it is by default but for a cache that
// it has no use for.
func valkeyGo(t testing.TB, addresses ...string) valkey.Client {
	t.Helper()
	client, err := valkey.NewClient(valkey.ClientOption{InitAddress: addresses, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func throughValkeyGo(client valkey.Client) redisEval {
	return func(ctx context.Context, script, key string, args []string) (any, error) {
		return valkey.NewLuaScript(script).Exec(ctx, client, []string{key}, args).ToAny()
	}
}

// redisClients runs a test through each client.
func redisClients(t *testing.T, test func(*testing.T, redisEval)) {
	t.Parallel()
	address := redisAddress(t)
	t.Run("go-redis", func(t *testing.T) {
		t.Parallel()
		test(t, throughGoRedis(goRedis(t, address)))
	})
	t.Run("valkey-go", func(t *testing.T) {
		t.Parallel()
		test(t, throughValkeyGo(valkeyGo(t, address)))
	})
}

// redisSpace is keys of a test's own, which are removed after it.
type redisSpace struct {
	eval   redisEval
	prefix string
	stores atomic.Int64
}

func openRedisSpace(t testing.TB, eval redisEval) *redisSpace {
	t.Helper()
	s := &redisSpace{eval: eval, prefix: "gatehouse-test:" + rand.Text() + ":"}
	t.Cleanup(func() { removeRedisKeys(t, s.prefix) })
	return s
}

// removeRedisKeys removes what a test has left, by a client of its own.
func removeRedisKeys(t testing.TB, prefix string) {
	client := redis.NewClient(&redis.Options{Addr: redisAddress(t)})
	defer client.Close()
	ctx := context.Background()
	keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		client.Del(ctx, keys.Val())
	}
	if err := keys.Err(); err != nil {
		t.Errorf("the keys of this test are still there: %v", err)
	}
}

// tickets is an empty store.
func (s *redisSpace) tickets(t testing.TB) *redisstore.Store {
	t.Helper()
	return redisTickets(t, s.eval, s.prefix+strconv.FormatInt(s.stores.Add(1), 10)+":")
}

func redisTickets(t testing.TB, eval redisEval, prefix string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(redisstore.Config{Eval: eval, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// subject is tickets on Redis, and all else in memory.
func (s *redisSpace) subject(t *testing.T) storetest.Subject {
	m := memstore.New()
	return storetest.Subject{
		Store:   store.Store{Users: m, Tickets: s.tickets(t), Grants: m, Factors: m},
		AddUser: func(u identity.User) (identity.User, error) { return u, m.Put(u) },
	}
}

// backend is the same for a login.
func (s *redisSpace) backend(t *testing.T) logintest.Backend {
	m := memstore.New()
	return logintest.Backend{
		Store: store.Store{Users: m, Tickets: s.tickets(t), Grants: m, Factors: m},
		Put:   m.Put,
	}
}

// SEC-01 SEC-02 SEC-03 SEC-07 SEC-10 LIM-01 LIM-02 LIM-03 LIM-13 FLT-04 TIM-01 TIM-02
func TestRedisKeepsTickets(t *testing.T) {
	redisClients(t, func(t *testing.T, eval redisEval) {
		storetest.Run(t, openRedisSpace(t, eval).subject)
	})
}

// redisTicketKey is the key of a ticket.
func redisTicketKey(prefix string, id store.Hash) string {
	return prefix + "ticket:" + base64.RawURLEncoding.EncodeToString(id[:])
}
