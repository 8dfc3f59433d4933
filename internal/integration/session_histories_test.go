package integration

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

const (
	refreshUser        = "00000000-0000-0001-0000-000000000000"
	refreshApplication = "10000000-0000-0002-0000-000000000001"
)

// A family of refresh tokens is one chain: the current generation has one
// successor; the one before it is, with a grace, given the current one again;
// whatever is older ends the family, and so does a revocation.
type familyState struct {
	current int
	ended   bool
}

// shown is a generation that is used, or a revocation; taken, what came of it.
type shown struct {
	generation int
	revoke     bool
}

type taken struct {
	child int
	ok    bool
}

func familyModel(grace bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return familyState{} },
		Step: func(state, in, out any) (bool, any) {
			s, i, o := state.(familyState), in.(shown), out.(taken)
			again := grace && i.generation == s.current-1
			switch {
			case i.revoke:
				return true, familyState{s.current, true}
			case o.ok && i.generation == s.current:
				return !s.ended && o.child == s.current+1, familyState{o.child, false}
			case o.ok:
				return !s.ended && again && o.child == s.current, s
			case s.ended:
				return true, s
			}
			return i.generation < s.current && !again, familyState{s.current, true}
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
	}
}

// chain is one family that clients use at once.
type chain struct {
	sessions *session.Sessions
	id       string
	mu       sync.Mutex
	tokens   []secret.Issued // by generation
}

// begin logs the sample user in over an engine.
func begin(t *testing.T, e store.Engine, grace bool, walk string) *chain {
	t.Helper()
	ring, err := secret.NewKeyring(secret.GenerateKey("test"))
	fatal(t, err)
	key, err := token.GenerateKey(token.EdDSA)
	fatal(t, err)
	keySet, err := token.NewKeySet(key)
	fatal(t, err)
	clock := func() time.Time { return now }
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keySet, Issuer: "acme.com", Now: clock})
	fatal(t, err)
	application := identity.Application{
		ID: refreshApplication, TenantID: tenant, Open: true,
		LoginConfiguration: identity.LoginConfiguration{GenerateRefreshTokens: true, AllowTokenRefresh: true},
	}
	home := identity.Tenant{ID: tenant}
	if grace {
		home.JWTConfiguration.RefreshTokenOneTimeUseConfiguration.GracePeriodInSeconds = 10
	}
	s, err := session.New(session.Config{Store: store.Of(e), Keys: ring, Issuer: issuer, Applications: identity.Static(home, application), Now: clock})
	fatal(t, err)
	fatal(t, e.CreateTicket(t.Context(), store.Ticket{ID: hash(walk), Tenant: tenant, User: refreshUser, Expires: now.Add(time.Minute)}, now))
	tokens, err := s.Admit(t.Context(), session.Admission{
		Spend: hash(walk),
		Login: store.Login{Walk: walk, Tenant: tenant, User: refreshUser, Application: application.ID, At: now},
		User:  identity.User{ID: refreshUser, TenantID: tenant, Active: true}, Tenant: home, Application: application, Named: true,
	})
	fatal(t, err)
	return &chain{sessions: s, id: tokens.RefreshTokenID, tokens: []secret.Issued{tokens.RefreshToken}}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// some is a generation that somebody holds, most often a late one.
func (c *chain) some(random *rand.Rand) (int, secret.Issued) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := max(0, len(c.tokens)-1-random.IntN(5)/3*random.IntN(3))
	return g, c.tokens[g]
}

// use shows a generation, and says what came of it.
func (c *chain) use(t *testing.T, r secret.Issued) taken {
	got, err := c.sessions.Refresh(t.Context(), session.RefreshRequest{RefreshToken: r.Text})
	if err != nil {
		if !errors.Is(err, session.ErrRefused) {
			t.Error(err)
		}
		return taken{}
	}
	child, err := strconv.Atoi(strings.Split(got.RefreshToken.Reveal(), ".")[1])
	if err != nil {
		t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if child == len(c.tokens) {
		c.tokens = append(c.tokens, got.RefreshToken)
	}
	return taken{child, true}
}

// record has eight clients use a family at once.
func (c *chain) record(t *testing.T, seed uint64) []porcupine.Operation {
	var (
		mu      sync.Mutex
		history []porcupine.Operation
		done    sync.WaitGroup
		gate    = make(chan struct{})
		began   = time.Now()
	)
	for client := range clients {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		done.Go(func() {
			<-gate
			for range calls {
				op := porcupine.Operation{ClientId: client}
				if random.IntN(60) == 0 {
					op.Input, op.Call = shown{revoke: true}, time.Since(began).Nanoseconds()
					err := c.sessions.Revoke(t.Context(), session.Who{TenantID: tenant}, c.id)
					if err != nil && !errors.Is(err, session.ErrNotFound) {
						t.Error(err)
					}
					op.Output = taken{}
				} else {
					g, text := c.some(random)
					op.Input, op.Call = shown{generation: g}, time.Since(began).Nanoseconds()
					op.Output = c.use(t, text)
				}
				op.Return = time.Since(began).Nanoseconds()
				mu.Lock()
				history = append(history, op)
				mu.Unlock()
			}
		})
	}
	close(gate)
	done.Wait()
	return history
}

// sampleUser is an engine with the sample user in it.
func sampleUser(t *testing.T) *memstore.Store {
	t.Helper()
	e := memstore.New()
	fatal(t, e.Put(identity.User{ID: refreshUser, TenantID: tenant, Active: true}))
	return e
}

// Whatever clients saw of a family at once could have happened one after the other.
//
// REF-01 REF-02 REF-03 REF-05
func TestRefreshHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	for _, grace := range []bool{false, true} {
		t.Run(fmt.Sprint("grace ", grace), func(t *testing.T) {
			t.Parallel()
			e := sampleUser(t)
			for seed := range uint64(200) {
				history := begin(t, e, grace, fmt.Sprint("walk ", seed)).record(t, seed)
				if got := porcupine.CheckOperationsTimeout(familyModel(grace), history, time.Minute); got != porcupine.Ok {
					t.Fatalf("the history of seed %d is %s", seed, got)
				}
			}
		})
	}
}

// A checker that accepts everything proves nothing: over a store that rotates by
// reading and then writing, one token has two successors.
func TestRacyRefreshHistoriesAreRefused(t *testing.T) {
	t.Parallel()
	e := racy{sampleUser(t)}
	for seed := range uint64(2000) {
		history := begin(t, e, false, fmt.Sprint("walk ", seed)).record(t, seed)
		if porcupine.CheckOperationsTimeout(familyModel(false), history, time.Minute) == porcupine.Illegal {
			return
		}
	}
	t.Error("a store that reads and then writes passed for one that is atomic")
}
