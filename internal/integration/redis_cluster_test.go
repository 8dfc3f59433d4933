package integration_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// redisCluster is three nodes that share the slots.
type redisCluster struct {
	nodes     []*redis.Client
	addresses []string
}

const redisSlots = 16384

func startRedisCluster(t *testing.T) redisCluster {
	t.Helper()
	var c redisCluster
	for range 3 {
		node := startRedis(t, "--cluster-enabled", "yes")
		c.nodes = append(c.nodes, node)
		c.addresses = append(c.addresses, node.Options().Addr)
	}
	ctx := t.Context()
	for i, node := range c.nodes {
		slots := make([]int, 0, redisSlots)
		for slot := i; slot < redisSlots; slot++ {
			if slot*len(c.nodes)/redisSlots == i {
				slots = append(slots, slot)
			}
		}
		must(t, node.ClusterAddSlots(ctx, slots...).Err())
		must(t, node.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		host, port, _ := strings.Cut(c.addresses[0], ":")
		must(t, node.ClusterMeet(ctx, host, port).Err())
	}
	for _, node := range c.nodes {
		eventually(t, "the cluster is whole", func(ctx context.Context) bool {
			info := node.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// evals is the cluster through each client.
func (c redisCluster) evals(t *testing.T) map[string]redisEval {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.addresses})
	t.Cleanup(func() { client.Close() })
	return map[string]redisEval{
		"go-redis":  throughGoRedis(client),
		"valkey-go": throughValkeyGo(valkeyGo(t, c.addresses...)),
	}
}

// SEC-01 SEC-02 SEC-03 LIM-01 LIM-02 LIM-03 FLT-04
func TestRedisClusterKeepsTickets(t *testing.T) {
	t.Parallel()
	c := startRedisCluster(t)
	c.isReal(t)
	for name, eval := range c.evals(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space := &redisSpace{eval: eval, prefix: name + ":"}
			storetest.RunTickets(t, space.subject)
		})
		t.Run(name+" when a slot moves", func(t *testing.T) {
			c.slotMoves(t, redisTickets(t, eval, name+" moves:"), name+" moves:")
		})
	}
	t.Cleanup(func() { c.areUsed(t) })
}

// isReal checks that this cluster does what makes clusters hard.
func (c redisCluster) isReal(t *testing.T) {
	t.Helper()
	two := c.nodes[0].Eval(t.Context(), "return 1", []string{"a", "b"})
	if err := two.Err(); err == nil || !strings.Contains(err.Error(), "CROSSSLOT") {
		t.Fatalf("a script of two keys: %v, want CROSSSLOT", err)
	}
	moved := 0
	for _, node := range c.nodes {
		if err := node.Get(t.Context(), "a").Err(); err != nil && strings.HasPrefix(err.Error(), "MOVED") {
			moved++
		}
	}
	if moved != 2 {
		t.Fatalf("%d of three nodes send callers elsewhere, want 2", moved)
	}
}

// areUsed checks that every node has kept something.
func (c redisCluster) areUsed(t *testing.T) {
	for _, node := range c.nodes {
		if n, err := node.DBSize(context.Background()).Result(); err != nil || n == 0 {
			t.Errorf("a node holds %d keys (%v): the tests went past it", n, err)
		}
	}
}

// slotMoves gives the slot of a ticket to another node, once the client has
// learnt whose it was.
func (c redisCluster) slotMoves(t *testing.T, tickets store.Tickets, prefix string) {
	ctx := t.Context()
	for i := range 20 {
		k := redisTicket(fmt.Sprint(i))
		must(t, tickets.CreateTicket(ctx, k, redisNow))
		must(t, tickets.ExchangeTicket(ctx, k.ID, store.Exchange{}, redisNow))
		key := redisTicketKey(prefix, k.ID)
		heir := c.move(t, c.nodes[0].ClusterKeySlot(ctx, key).Val())
		must(t, tickets.CreateTicket(ctx, k, redisNow))
		if _, err := tickets.OpenTicket(ctx, k.ID, nil, redisNow); err != nil {
			t.Errorf("OpenTicket after its slot has moved: %v", err)
		}
		if heir.Exists(ctx, key).Val() != 1 {
			t.Error("the ticket is not on the node that its slot has moved to")
		}
	}
}

// move gives an empty slot to the node after the one that has it.
func (c redisCluster) move(t *testing.T, slot int64) (heir *redis.Client) {
	t.Helper()
	ctx := t.Context()
	owner := int(slot) * len(c.nodes) / redisSlots
	heir = c.nodes[(owner+1)%len(c.nodes)]
	id, err := heir.Do(ctx, "CLUSTER", "MYID").Text()
	must(t, err)
	must(t, heir.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id).Err())
	for _, node := range c.nodes {
		must(t, node.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id).Err())
	}
	return heir
}
