package integration_test

import (
	"cmp"
	"flag"
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

var besieging = flag.Int("besieging", 0, "logins that are begun to guess at their second factor; 0: as many as usual, on MySQL a tenth")

// Who holds the first factor guesses at the second, on each store: every now and
// then over connections that are all new.
//
// LIM-01 LIM-02 LIM-03 LIM-05 LIM-06 LIM-09 LIM-13 SEC-13
func TestGuessesAtSecondFactors(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		usual := usualLogins
		if e == mariadb { // each login waits for the disk four times, which takes minutes for 10,000
			usual /= 10
		}
		besieged(t, e.reopened(t), usual)
	})
	t.Run("RedisBesidePostgreSQL", func(t *testing.T) {
		t.Parallel()
		besieged(t, redisReopened(t, postgres), usualLogins)
	})
}

// LIM-02 LIM-03
func TestGuessesAtSecondFactorsAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		open := e.reopened(t)
		logintest.SecondFactorGuessesAtOnce(t, func(*testing.T) logintest.Backend { return open() })
	})
	t.Run("RedisBesidePostgreSQL", func(t *testing.T) {
		t.Parallel()
		open := redisReopened(t, postgres)
		logintest.SecondFactorGuessesAtOnce(t, func(*testing.T) logintest.Backend { return open() })
	})
}

func besieged(t *testing.T, open func() logintest.Backend, usual int) {
	if err := logintest.SecondFactorGuesses(t, open, cmp.Or(*besieging, usual)); err != nil {
		t.Error(err)
	}
}

// reopened opens one database, each time over a pool of its own, and closes the
// one before.
func (e *sqlEngine) reopened(t *testing.T) func() logintest.Backend {
	dsn := e.dsn(t)
	if e == postgres {
		dsn += " synchronous_commit=off" // nothing crashes here: what outlives that is tested elsewhere
	}
	closed := func() {}
	return func() logintest.Backend {
		closed()
		db := e.pool(t, dsn)
		closed = func() { db.Close() }
		return sqlBackend(e.migrated(t, db, ""))
	}
}

// redisReopened is reopened with tickets on Redis, through a client as new.
func redisReopened(t *testing.T, e *sqlEngine) func() logintest.Backend {
	address := redisAddress(t)
	prefix := openRedisSpace(t, throughGoRedis(goRedis(t, address))).prefix
	database := e.reopened(t)
	closed := func() {}
	return func() logintest.Backend {
		closed()
		client := goRedis(t, address)
		closed = func() { client.Close() }
		b := database()
		b.Store.Tickets = redisTickets(t, throughGoRedis(client), prefix)
		return b
	}
}
