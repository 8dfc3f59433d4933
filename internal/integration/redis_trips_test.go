package integration_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// Round trips to Redis, counted on the wire. Each script is one.
func TestRedisTrips(t *testing.T) {
	t.Parallel()
	address := redisAddress(t)
	clients := map[string]func(t *testing.T, address string) redisEval{
		"go-redis":  func(t *testing.T, address string) redisEval { return throughGoRedis(goRedis(t, address)) },
		"valkey-go": func(t *testing.T, address string) redisEval { return throughValkeyGo(valkeyGo(t, address)) },
	}
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := openRedisProxy(t, address)
			h := logintest.Open(t, openRedisSpace(t, client(t, proxy.address())).backend(t))
			h.Complete(h.Link()) // the server learns the scripts, and every budget has begun
			h.Complete(h.Form())
			trips := func(what string, want int64, do func()) {
				t.Helper()
				before := proxy.scripts.Load()
				do()
				if got := proxy.scripts.Load() - before; got != want {
					t.Errorf("%s: %d round trips, want %d", what, got, want)
				}
			}
			begin := func(strategy identity.LoginStrategy, client string) {
				r := logintest.Request(strategy)
				r.IPAddress = client
				_, err := h.Login().Begin(t.Context(), r)
				must(t, err)
			}
			trips("Begin: two charges and the ticket", 3, func() { begin(identity.ClickableLink, "") })
			begin(identity.ClickableLink, "192.0.2.1")
			trips("Begin for a client: three charges and the ticket", 4, func() { begin(identity.ClickableLink, "192.0.2.1") })
			link := h.Link()
			trips("Complete a link: open and spend", 2, func() { h.Complete(link) })
			form := h.Form()
			trips("Complete a form: ticket, budget, spend and refund", 4, func() { h.Complete(form) })
			trips("Complete what was spent: open", 1, func() { h.Refused(link) })
		})
	}
}
