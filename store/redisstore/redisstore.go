// Package redisstore keeps tickets and meters on Redis 6.2 or later, or on
// Valkey, alone or as a Cluster. It names no client library: give it one
// function that runs a script. With go-redis:
//
//	func(ctx context.Context, script, key string, args []string) (any, error) {
//		return redis.NewScript(script).Run(ctx, client, []string{key}, args).Result()
//	}
//
// and with valkey-go:
//
//	func(ctx context.Context, script, key string, args []string) (any, error) {
//		return valkey.NewLuaScript(script).Exec(ctx, client, []string{key}, args).ToAny()
//	}
//
// Both send a script by its digest and, to a server that has not seen it, whole.
//
// The other parts of a store are kept elsewhere:
//
//	s := store.Store{Users: mine, Tickets: tickets, Grants: sql, Factors: sql}
//
// # One key for each script
//
// A ticket is one key and a meter is one key, and no script touches two. So any
// key may be on any node of a Cluster, and keys need no hash tags. What touches
// several takes a script for each, in such an order that what is lost on the way
// is never a limit or the end of a ticket:
//
//   - OpenTicket charges the ticket, then its budget.
//   - CreateTicket takes its charges, in one order whoever calls, then creates.
//     If one is refused it gives back those it took; while it does, others may
//     find a budget spent that is not.
//   - SendTicket takes its charge, then counts the send, or gives the charge back.
//   - ExchangeTicket spends the ticket, which decides who has won; then creates
//     the next, then refunds. If it fails after the first, the ticket is spent
//     and there is no next; a refund that fails is left, and the login goes on.
//
// # Clients that send again
//
// Some clients send a script again if they get no answer, go-redis up to four
// times in all. A ticket that was spent by the first run is not found by the
// second: a login is lost, never made twice. A charge is taken again. A refund
// is not given again, and what the first run of a call created, the second has
// created.
//
// # What is lost, and when
//
// Redis replicates without waiting. A failover, a restart without an
// append-only file that is synced always, or a FLUSHALL may forget what was
// acknowledged a moment before: new tickets, and then somebody starts again;
// charges, and then somebody guesses that many times more; that a ticket was
// spent, and then it is there again. Even so a walk logs in once: Grants.Admit
// refuses it the second time, which is why Grants belongs on an engine that does
// not forget. What ends in no login, such as verifying an address, may then be
// done twice. min-replicas-to-write narrows the gap; appendfsync always closes
// it for restarts.
//
// A server short of memory must refuse writes rather than evict keys: see
// [Store.Check]. Every key expires by itself, an hour after it has ended.
// Whether it has ended is judged by the now that a method is given, never by the
// server's clock. A ticket takes a little under 1 KB of its memory, and a meter
// 0.2 KB.
package redisstore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Config is what a Store needs.
type Config struct {
	// Eval runs a Lua script with one key and these arguments, which may be any
	// bytes, on the primary that has the key, and returns what the script does:
	// an int64, or an []any of strings and nils. It may send it more than once.
	// Required.
	Eval func(ctx context.Context, script, key string, args []string) (any, error)

	// Prefix begins every key. Empty means "gatehouse:".
	Prefix string

	// InsecureEviction has Check accept any policy of eviction without asking
	// for it. A server that evicts a meter has forgotten the guesses it counted.
	// It is right where the server does not tell its policy, as some managed
	// ones, and you have made sure that it is noeviction.
	InsecureEviction bool
}

// Store is a store.Tickets. Its methods may be called concurrently. Errors that
// the contract does not name are those of Eval, wrapped, or tell of an answer
// that no script here gives.
type Store struct {
	run         func(ctx context.Context, script, key string, args []string) (any, error)
	prefix      string
	anyEviction bool
}

var _ store.Tickets = (*Store)(nil)

// New returns a store. It asks the server nothing: call Check once it can be
// reached.
func New(c Config) (*Store, error) {
	if c.Eval == nil {
		return nil, errors.New("redisstore: Config.Eval: missing")
	}
	if c.Prefix == "" {
		c.Prefix = "gatehouse:"
	}
	return &Store{run: c.Eval, prefix: c.Prefix, anyEviction: c.InsecureEviction}, nil
}

// DeleteExpired implements [store.Tickets]. It has nothing to do: keys expire by
// themselves.
func (s *Store) DeleteExpired(context.Context, time.Time, int) (int, error) { return 0, nil }

func (s *Store) ticketKey(id store.Hash) string { return s.prefix + "ticket:" + text(id) }

func (s *Store) meterKey(key store.Hash) string { return s.prefix + "meter:" + text(key) }

func text(h store.Hash) string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// number runs a script that returns one.
func (s *Store) number(ctx context.Context, script, key string, args ...string) (int64, error) {
	reply, err := s.run(ctx, script, key, args)
	if err != nil {
		return 0, fmt.Errorf("redisstore: %w", err)
	}
	n, ok := reply.(int64)
	if !ok {
		return 0, fmt.Errorf("redisstore: the script answered with %T, want int64", reply)
	}
	return n, nil
}

// list runs a script that returns one.
func (s *Store) list(ctx context.Context, script, key string, args ...string) ([]any, error) {
	reply, err := s.run(ctx, script, key, args)
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	l, ok := reply.([]any)
	if !ok {
		return nil, fmt.Errorf("redisstore: the script answered with %T, want []any", reply)
	}
	return l, nil
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func instant(t time.Time) string { return decimal(t.UnixMilli()) }

// margin is how long a key stays after it has ended: clocks of several callers
// may differ, and one may be set back.
const margin = time.Hour

// until is how long a key that ends at ends is kept, in milliseconds. It is
// counted from now, so that the server's own clock does not matter.
func until(ends, now time.Time) string { return decimal((ends.Sub(now) + margin).Milliseconds()) }
