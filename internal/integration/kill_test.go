package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

var kills = flag.Int("kills", usualKills, "how often the process that logs people in is killed, on each store")

// A process that logs people in is killed with SIGKILL over and over, at any
// point, and started again. What it has told of still holds: a login that was
// begun can be completed, one that was completed is there once with its session
// and cannot be completed again, and a guess stays charged.
//
// FLT-01
func TestKilled(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) { killed(t, e, mortal{}) })
	t.Run("RedisBesidePostgreSQL", func(t *testing.T) {
		t.Parallel()
		address := redisAddress(t)
		prefix := openRedisSpace(t, throughGoRedis(goRedis(t, address))).prefix
		killed(t, postgres, mortal{Redis: address, Prefix: prefix})
	})
}

// What is said before it is so is found out.
func TestKilledTooEarly(t *testing.T) {
	t.Parallel()
	if wrong := killMany(t, sqlite, mortal{Hasty: true}, 20); len(wrong) == 0 {
		t.Error("a store that answers before it has written passes")
	}
}

func killed(t *testing.T, e *sqlEngine, m mortal) {
	for _, wrong := range killMany(t, e, m, *kills) {
		t.Error(wrong)
	}
}

// killMany kills a process so often, and says what of what it told is not so.
func killMany(t *testing.T, e *sqlEngine, m mortal, kills int) (wrong []string) {
	m.Driver, m.Dialect, m.DSN = e.driver, e.dialect, e.dsn(t)
	m.Key = secret.GenerateKey("test").Reveal()
	db := e.pool(t, m.DSN)
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.Config{Dialect: e.dialect}); err != nil {
		t.Fatal(err)
	}
	facts := ledger{}
	for m.Life = range kills {
		m.Open = facts.unfinished()
		m.live(t, facts.add, 1+rand.IntN(32))
	}
	m.Last, m.Open = true, facts.unfinished()
	m.live(t, facts.add, 0)
	s, _, err := m.store(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	in, charged := 0, 0
	for _, a := range facts {
		wrong = append(wrong, a.check(t, s, m.Redis == "")...)
		in, charged = in+a.in, charged+a.charged
	}
	if in == 0 || charged == 0 {
		t.Errorf("%d logins and %d guesses were told of in %d lives: that proves nothing", in, charged, kills)
	}
	t.Logf("%d lives: %d users, %d logins, %d guesses", kills, len(facts), in, charged)
	return wrong
}

// live starts a process, hears what it does, and kills it after so many steps.
// With none it comes to its end.
func (m mortal) live(t *testing.T, hear func(words []string), steps int) {
	t.Helper()
	told, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killVariable+"="+string(told))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		if n == steps {
			child.Process.Kill()
		}
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] == "error" {
			t.Fatalf("the process that is to be killed says: %s", lines.Text())
		}
		hear(words)
	}
	if err := child.Wait(); child.ProcessState.Exited() != (steps == 0) {
		t.Fatalf("the process was to be killed after %d steps, and ended so: %v", steps, err)
	}
}

// account is what was told of one user's login.
type account struct {
	unfinished
	guesses, charged  int // wrong guesses that were made, and those that were answered
	entering, in, out int // completions that were made, and how they were answered
	session           string
}

// ledger is what all lives together told, by user.
type ledger map[string]*account

func (l ledger) add(words []string) {
	if l[words[1]] == nil {
		l[words[1]] = &account{unfinished: unfinished{User: words[1]}}
	}
	a := l[words[1]]
	switch words[0] {
	case "begun":
		a.Handle = words[2]
		if len(words) > 3 {
			a.Code = words[3]
		}
	case "guessing":
		a.guesses++
	case "charged":
		a.charged++
	case "entering":
		a.entering++
	case "in":
		a.in++
		a.session = words[2]
	case "out":
		a.out++
	}
}

// unfinished are the logins that were begun and have no end that was told, but
// for those that were to be left with their guesses.
func (l ledger) unfinished() []unfinished {
	var open []unfinished
	for _, a := range l {
		if a.Handle != "" && a.in == 0 && a.out == 0 && a.charged < 2 {
			open = append(open, a.unfinished)
		}
	}
	return open
}

// check is what of what was told of one user is not so. whole says that one
// engine keeps everything: a ticket is spent with its login or not at all.
func (a *account) check(t *testing.T, s store.Store, whole bool) (wrong []string) {
	t.Helper()
	ctx := t.Context()
	say := func(format string, args ...any) {
		wrong = append(wrong, "user "+a.User+": "+fmt.Sprintf(format, args...))
	}
	if _, err := s.User(ctx, logintest.TenantID, a.User); err != nil {
		say("lost: %v", err)
	}
	logins, err := s.Logins(ctx, logintest.TenantID, a.User, logintest.Start.Add(1e9), 10)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := s.ListGrants(ctx, logintest.TenantID, a.User, store.Session, logintest.Start)
	if err != nil {
		t.Fatal(err)
	}
	if len(logins) > 1 || len(sessions) != len(logins) {
		say("%d logins and %d sessions of one walk", len(logins), len(sessions))
	}
	switch {
	case a.in > 1:
		say("told %d times that they are in", a.in)
	case a.in == 1 && (len(sessions) != 1 || sessions[0].ID != a.session):
		say("told that they are in, and the session is lost")
	case a.in == 0 && a.out > 0 && a.entering == a.out:
		say("refused, though no completion had been killed")
	case a.in == 0 && a.out > 0 && whole && a.guesses+a.entering <= 5 && len(logins) != 1:
		say("refused, and there is no login that the ticket was spent for")
	}
	if a.Handle != "" {
		a.checkTicket(ctx, s, len(logins) > 0, say)
	}
	return wrong
}

func (a *account) checkTicket(ctx context.Context, s store.Store, spent bool, say func(string, ...any)) {
	ticket, err := s.OpenTicket(ctx, walk.ID(walk.Login, secret.New(a.Handle)), nil, logintest.Start)
	switch {
	case spent && !errors.Is(err, store.ErrNotFound):
		say("the ticket is there after the login: %v", err)
	case a.entering == 0 && err != nil:
		say("a ticket that nobody used is lost: %v", err)
	case err == nil && (ticket.Attempts < a.charged || ticket.Attempts > a.guesses+a.entering):
		say("%d guesses are charged; %d were answered, and %d made", ticket.Attempts, a.charged, a.guesses+a.entering)
	}
	if a.charged == 0 {
		return
	}
	budget := walk.Budget(walk.Login, logintest.TenantID, a.User, identity.Identifier{})
	err = s.Charge(ctx, store.Charge{Key: budget, Limit: a.charged, Window: 1e9}, logintest.Start)
	if limit := (*store.LimitError)(nil); !errors.As(err, &limit) {
		say("fewer than the %d guesses that were answered are charged to the day: %v", a.charged, err)
	}
}
