package integration_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/gatehouse-go/gatehouse/store"
)

// fourOperations is a bare script: the floor of any that reads, compares and writes.
const fourOperations = `
local a = redis.call('HGET', KEYS[1], 'a')
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HLEN', KEYS[1])`

// BenchmarkRedis measures the verbs of a login beside their floor, with 1 and
// with 16 callers at once. CreateAndExchange is two trips.
func BenchmarkRedis(b *testing.B) {
	address := redisAddress(b)
	client := goRedis(b, address)
	clients := map[string]redisEval{
		"go-redis": throughGoRedis(client), "valkey-go": throughValkeyGo(valkeyGo(b, address)),
	}
	for name, eval := range clients {
		s := openRedisSpace(b, eval)
		tickets := s.tickets(b)
		k := redisTicket("a")
		k.Expires = redisNow.Add(24 * time.Hour)
		must(b, tickets.CreateTicket(b.Context(), k, redisNow))
		endless := &store.Guess{PerTicket: 1 << 30}
		verbs := []struct {
			name string
			do   func(ctx context.Context, i int64) error
		}{
			{"floor: GETDEL by go-redis", func(ctx context.Context, i int64) error {
				if err := client.GetDel(ctx, s.prefix+"absent").Err(); err != redis.Nil {
					return err
				}
				return nil
			}},
			{"floor: four operations", func(ctx context.Context, i int64) error {
				_, err := eval(ctx, fourOperations, s.prefix+"four", []string{"60000"})
				return err
			}},
			{"OpenTicket", func(ctx context.Context, i int64) error {
				_, err := tickets.OpenTicket(ctx, k.ID, nil, redisNow)
				return err
			}},
			{"OpenTicketWithAGuess", func(ctx context.Context, i int64) error {
				_, err := tickets.OpenTicket(ctx, k.ID, endless, redisNow)
				return err
			}},
			{"Charge", func(ctx context.Context, i int64) error {
				return tickets.Charge(ctx, store.Charge{Key: redisHash("%d", i%1000), Limit: 1 << 30, Window: time.Hour}, redisNow)
			}},
			{"CreateAndExchange", func(ctx context.Context, i int64) error {
				k := k
				k.ID = redisHash("ticket %d", i)
				if err := tickets.CreateTicket(ctx, k, redisNow); err != nil {
					return err
				}
				return tickets.ExchangeTicket(ctx, k.ID, store.Exchange{}, redisNow)
			}},
		}
		for _, callers := range []int{1, 16} {
			for _, v := range verbs {
				b.Run(fmt.Sprintf("%s/%s/%d", name, v.name, callers), func(b *testing.B) {
					var next atomic.Int64
					b.SetParallelism(max(1, callers/2)) // on two cores
					if callers == 1 {
						for b.Loop() {
							must(b, v.do(b.Context(), next.Add(1)))
						}
						return
					}
					b.RunParallel(func(p *testing.PB) {
						for p.Next() {
							if err := v.do(b.Context(), next.Add(1)); err != nil {
								b.Error(err)
							}
						}
					})
				})
			}
		}
	}
}
