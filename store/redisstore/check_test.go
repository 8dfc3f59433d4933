package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
)

// tells is a server that tells this of its memory.
func tells(info string) func(context.Context, string, string, []string) (any, error) {
	return func(context.Context, string, string, []string) (any, error) { return []any{info}, nil }
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		info     string
		insecure bool
		want     error
	}{
		"noeviction":        {"# Memory\r\nused_memory:1\r\nmaxmemory_policy:noeviction\r\nmem_allocator:libc\r\n", false, nil},
		"volatile":          {"# Memory\r\nmaxmemory_policy:volatile-lru\r\n", false, redisstore.ErrEviction},
		"all keys":          {"maxmemory_policy:allkeys-lfu", false, redisstore.ErrEviction},
		"almost noeviction": {"maxmemory_policy:noeviction-ever\r\n", false, redisstore.ErrEviction},
		"mute":              {"# Memory\r\n", false, redisstore.ErrNoPolicy},
		"another line":      {"x_maxmemory_policy:noeviction\r\n", false, redisstore.ErrNoPolicy},
		"mute, by hand":     {"", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := redisstore.New(redisstore.Config{Eval: tells(c.info), InsecureEviction: c.insecure})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Check(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("Check: %v, want %v", err, c.want)
			}
		})
	}
}

// Each node of a Cluster has its own policy.
func TestCheckAsksManyKeys(t *testing.T) {
	t.Parallel()
	var keys []string
	s, err := redisstore.New(redisstore.Config{Eval: func(_ context.Context, _, key string, _ []string) (any, error) {
		keys = append(keys, key)
		if len(keys) == 100 {
			return []any{"maxmemory_policy:allkeys-lru"}, nil
		}
		return []any{"maxmemory_policy:noeviction"}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, redisstore.ErrEviction) {
		t.Errorf("Check: %v, want ErrEviction of the hundredth", err)
	}
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != 100 {
		t.Errorf("a hundred keys were asked for, and %d of them are different", n)
	}
}

// The tickets of a store on Redis, and all else on another engine.
func Example() {
	ctx := context.Background()
	// With go-redis, eval is
	//	func(ctx context.Context, script, key string, args []string) (any, error) {
	//		return redis.NewScript(script).Run(ctx, client, []string{key}, args).Result()
	//	}
	eval := tells("maxmemory_policy:noeviction")
	tickets, err := redisstore.New(redisstore.Config{Eval: eval})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := tickets.Check(ctx); err != nil {
		fmt.Println(err)
		return
	}
	durable := memstore.New() // in earnest, an engine that outlives the process
	s := store.Store{Users: durable, Tickets: tickets, Grants: durable, Factors: durable}
	fmt.Println(s.Tickets == tickets)
	// Output: true
}

// A server that may evict keys is refused.
func ExampleStore_Check() {
	tickets, err := redisstore.New(redisstore.Config{Eval: tells("maxmemory_policy:allkeys-lru")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tickets.Check(context.Background()))
	// Output: redisstore: the server may evict meters: maxmemory-policy has to be noeviction, not allkeys-lru
}
