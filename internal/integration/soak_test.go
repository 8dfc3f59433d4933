package integration_test

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const usualSoak = 20_000

var soaked = flag.Int("soak", usualSoak, "how many requests the server is soaked in, on each store")

// The server answers many thousand requests to all of its endpoints, most of them
// wrong in some way, from connections that come and go. Then it holds no more
// than before, has failed at none, and every honest login among them succeeded.
//
// In memory a login is kept for good; a database keeps it instead.
//
// ROB-01
func TestSoak(t *testing.T) {
	binary := buildServer(t)
	for _, c := range []struct {
		name string
		kept int // bytes of the server's memory for each login
		pool int // connections to the database
		open func(t *testing.T) (flag string, check func(t *testing.T))
	}{
		{"memory", 600, 0, func(*testing.T) (string, func(*testing.T)) { return "memory", func(*testing.T) {} }},
		{"PostgreSQL", 0, 16, func(t *testing.T) (string, func(*testing.T)) {
			dsn := postgresDSN(t)
			return "postgres:" + dsn, func(t *testing.T) { nothingLeft(t, postgres.pool(t, dsn)) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, check := c.open(t)
			r := &rain{operations: operations(t), answers: map[int]int{}, asked: map[operation]bool{}}
			visitors := *soaked/requestsOfAVisitor/4 + 100
			s := startServer(t, binary, "-store", at, "-seed", r.seed(t, visitors), "-sweep", "200ms")
			r.server = s
			for _, leak := range s.load(t, c.kept, c.pool, time.Minute, func() { r.drops(t, *soaked/4) }) {
				t.Errorf("after %d requests: %s", r.sent.Load(), leak)
			}
			check(t)
			r.judge(t)
			if said := s.said.all(); len(said) > 0 {
				t.Errorf("the server complained:\n%s", strings.Join(said, "\n"))
			}
		})
	}
}

// nothingLeft finds nothing in a database that was to expire.
func nothingLeft(t *testing.T, db *sql.DB) {
	t.Helper()
	// API keys are for good, until somebody ends them.
	for _, rows := range []string{"tickets", "meters", "grants WHERE kind <> 'api-key'"} {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM gatehouse_"+rows).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			t.Errorf("%d of %s are left", n, rows)
		}
	}
}

// rain is what falls upon a server, from many visitors.
type rain struct {
	server     runningServer
	operations []operation
	people     []string // their addresses
	careful    []string // those of people with an authenticator

	visitor atomic.Int64 // the number of the next
	sent    atomic.Int64

	mu      sync.Mutex
	answers map[int]int // by status
	asked   map[operation]bool
	faults  []string
}

// operation is one of the APIs.
type operation struct{ method, path string }

// operations are those of the three documents.
func operations(t *testing.T) (all []operation) {
	t.Helper()
	for prefix, file := range map[string]string{"": "openapi.json", "/authn": "authn/openapi.json", "/account": "account/openapi.json"} {
		text, err := os.ReadFile(filepath.Join("../../httpapi", file))
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Paths map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		for path, methods := range document.Paths {
			for method := range methods {
				all = append(all, operation{strings.ToUpper(method), prefix + path})
			}
		}
	}
	slices.SortFunc(all, func(a, b operation) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.method, b.method))
	})
	return all
}

const (
	soakTenant      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	soakApplication = "10000000-0000-0002-0000-000000000001"
	soakSecret      = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

// seed writes a file with a person for each visitor, and some with an authenticator.
func (r *rain) seed(t *testing.T, visitors int) string {
	t.Helper()
	type members = map[string]any
	var users []members
	add := func(name string, more members) string {
		address := fmt.Sprintf("jared+%s@piedpiper.com", name)
		u := members{
			"id": fmt.Sprintf("00000000-0000-0001-0000-%012d", len(users)), "active": true, "verified": true, "email": address,
			"registrations": []members{{"applicationId": soakApplication, "verified": true}},
		}
		maps.Copy(u, more)
		users = append(users, u)
		return address
	}
	for i := range visitors {
		r.people = append(r.people, add(fmt.Sprint(i), nil))
	}
	for i := range visitors/10 + 1 {
		r.careful = append(r.careful, add(fmt.Sprintf("careful%d", i), members{
			"twoFactor": members{"methods": []members{{"method": "authenticator", "secret": soakSecret}}},
		}))
	}
	add("locked", members{"active": false})
	add("unverified", members{"verified": false})
	add("password", members{"passwordChangeRequired": true})
	enabled := members{"enabled": true}
	text, err := json.Marshal(members{
		"tenants": []members{{
			"id": soakTenant, "name": "Pied Piper", "issuer": "https://www.piedpiper.com",
			"jwtConfiguration":         members{"refreshTokenOneTimeUseConfiguration": members{"gracePeriodInSeconds": 10}},
			"multiFactorConfiguration": members{"email": enabled, "sms": enabled},
		}},
		"applications": []members{{
			"id": soakApplication, "name": "Pied Piper",
			"passwordlessConfiguration": members{"enabled": true, "emailLoginStrategy": "FormField"},
			"loginConfiguration":        members{"allowTokenRefresh": true, "generateRefreshTokens": true},
		}},
		"users": users,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// drops sends at least n requests, from eight visitors at a time.
func (r *rain) drops(t *testing.T, n int) {
	t.Helper()
	clock := r.server.post(t, 200, "/test/clock", map[string]int{"advanceSeconds": 0})
	ahead := time.Until(time.UnixMilli(int64(clock["now"].(float64))))
	last := r.sent.Load() + int64(n)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for r.sent.Load() < last {
				newVisitor(r, ahead).visit()
			}
		})
	}
	all.Wait()
}

// note remembers an answer's status; zero: there was none.
func (r *rain) note(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[status]++
}

// reached remembers that an operation was asked for, and answered.
func (r *rain) reached(o operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[o] = true
}

// fault remembers what should not have been: the first of it.
func (r *rain) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < 20 {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// judge tells what was answered, and holds it to what may be.
func (r *rain) judge(t *testing.T) {
	t.Helper()
	t.Logf("%d requests of %d visitors; answers by status: %v", r.sent.Load(), r.visitor.Load(), r.answers)
	for _, f := range r.faults {
		t.Error(f)
	}
	for status, n := range r.answers {
		if status >= 500 {
			t.Errorf("%d answers are %d", n, status)
		}
	}
	for _, o := range r.operations {
		if !r.asked[o] {
			t.Errorf("%s %s was not asked for", o.method, o.path)
		}
	}
}
