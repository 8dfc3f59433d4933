package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	// ErrEviction: a server that is short of memory would evict keys, and with
	// a meter the guesses it counted. Set maxmemory-policy to noeviction.
	ErrEviction = errors.New("redisstore: the server may evict meters: maxmemory-policy has to be noeviction")
	// ErrNoPolicy: the server does not tell its policy of eviction. Make sure by
	// hand that it is noeviction, and set Config.InsecureEviction.
	ErrNoPolicy = errors.New("redisstore: the server does not tell its maxmemory-policy")
)

// probes is how many keys Check asks for. Of a Cluster of twelve nodes of one
// size it misses any with a probability of less than one in five thousand.
const probes = 128

// Check asks the server, as INFO tells it, whether it would rather refuse writes
// than evict keys, and whether scripts run at all. Call it at start. Of a
// Cluster it asks the primaries of 128 keys. It does not see what is configured
// later, nor how the server persists and replicates.
//
// Errors: [ErrEviction], [ErrNoPolicy], which Config.InsecureEviction turns
// off; any other is that of Eval, as of a user whose ACL does not allow INFO.
func (s *Store) Check(ctx context.Context) error {
	if s.anyEviction {
		return nil
	}
	for i := range probes {
		if err := s.checkNode(ctx, s.prefix+"check:"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

// checkNode checks the node that has key.
func (s *Store) checkNode(ctx context.Context, key string) error {
	info, err := s.list(ctx, memory, key)
	if err != nil {
		return err
	}
	var r reader
	for _, part := range info {
		for line := range strings.Lines(string(r.bytes(part))) {
			if policy, ok := strings.CutPrefix(line, "maxmemory_policy:"); ok {
				return judge(strings.TrimSpace(policy))
			}
		}
	}
	return ErrNoPolicy
}

func judge(policy string) error {
	if policy != "noeviction" {
		return fmt.Errorf("%w, not %s", ErrEviction, policy)
	}
	return nil
}
