package session_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
)

// rounds is how often each race is run: 10,000 by hand.
var rounds = flag.Int("rounds", 200, "rounds of each race")

// together runs n calls at once.
func together(n int, call func(i int)) {
	gate := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-gate
			call(i)
		})
	}
	close(gate)
	done.Wait()
}

// REF-01, REF-02: 32 parallel uses make one successor, and every one of them is given it.
func TestParallelRefreshesAreOneChild(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.grace(10)
	for range max(1, *rounds/20) {
		login := h.login()
		children := make([]session.Refreshed, 32)
		together(len(children), func(i int) {
			var err error
			if children[i], err = h.refresh(login.RefreshToken); err != nil {
				t.Errorf("refresh: %v (%s)", err, h.reason())
			}
		})
		for _, c := range children {
			if c.RefreshToken.Reveal() != children[0].RefreshToken.Reveal() || c.RefreshTokenID != login.RefreshTokenID {
				t.Fatal("one refresh token has two successors")
			}
		}
		g, err := h.engine.Grant(t.Context(), login.RefreshTokenID, h.now())
		h.must(err)
		if g.Counter != 1 {
			t.Fatalf("rotated %d times by 32 parallel uses", g.Counter)
		}
		h.refreshes(children[0].RefreshToken)
	}
}

// REF-01, REF-03: without a grace, one use succeeds and the others end the family.
func TestParallelRefreshesWithoutGrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range max(1, *rounds/20) {
		login := h.login()
		errs := make([]error, 32)
		children := make([]session.Refreshed, 32)
		together(len(errs), func(i int) { children[i], errs[i] = h.refresh(login.RefreshToken) })
		var child session.Refreshed
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won, child = won+1, children[i]
			case !errors.Is(err, session.ErrRefused):
				t.Errorf("refresh: %v", err)
			}
		}
		if won != 1 || h.lives(login.RefreshTokenID) {
			t.Fatalf("%d of 32 uses succeeded, and the session lives: %v; want one, and that it ended", won, h.lives(login.RefreshTokenID))
		}
		h.refuses(child.RefreshToken, session.Unknown)
		if _, err := h.verifier().Verify(t.Context(), child.Token.Reveal()); err == nil {
			t.Fatal("an access token of a family that ended is believed")
		}
	}
}

// A reusable token may be used at once by many, and stays.
func TestParallelUsesOfAReusableToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.application.JWTConfiguration.RefreshTokenUsagePolicy = identity.Reusable
	login := h.login()
	together(32, func(int) { h.refreshes(login.RefreshToken) })
	h.refreshes(login.RefreshToken)
}

// REF-05: after a revocation has returned, nothing that descends from the
// session refreshes or is believed, however the two met.
func TestRevokeAgainstRefresh(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(*session.Sessions, context.Context, session.Tokens) error{
		"one": func(s *session.Sessions, ctx context.Context, l session.Tokens) error {
			return s.Revoke(ctx, who(), l.RefreshTokenID)
		},
		"by token": func(s *session.Sessions, ctx context.Context, l session.Tokens) error {
			return s.RevokeToken(ctx, l.RefreshToken.Text)
		},
		"all": func(s *session.Sessions, ctx context.Context, _ session.Tokens) error { return s.RevokeAll(ctx, who()) },
		"all but none": func(s *session.Sessions, ctx context.Context, _ session.Tokens) error {
			return s.RevokeAllBut(ctx, who(), "")
		},
		"of an app": func(s *session.Sessions, ctx context.Context, _ session.Tokens) error {
			return s.RevokeApplication(ctx, who(), app.ID)
		},
		"user is locked": func(s *session.Sessions, ctx context.Context, _ session.Tokens) error {
			return s.After(ctx, session.Locked, tenant, john.ID)
		},
	} {
		for _, usage := range []identity.RefreshTokenUsagePolicy{identity.OneTimeUse, identity.Reusable} {
			t.Run(name+" "+string(usage), func(t *testing.T) {
				t.Parallel()
				for range max(1, *rounds/12) {
					revokeRound(t, usage, revoke)
				}
			})
		}
	}
}

func revokeRound(t *testing.T, usage identity.RefreshTokenUsagePolicy, revoke func(*session.Sessions, context.Context, session.Tokens) error) {
	h := newHouse(t)
	h.application.JWTConfiguration.RefreshTokenUsagePolicy = usage
	h.grace(10)
	login := h.login()
	s, v := h.sessions(), h.verifier()
	var mu sync.Mutex
	family := []secret.Issued{login.RefreshToken}
	access := []secret.Issued{login.Token}
	together(5, func(i int) {
		if i == 0 {
			err := revoke(s, t.Context(), login)
			if err != nil && !errors.Is(err, session.ErrNotFound) { // a reuse may have ended it first
				t.Errorf("revoke: %v", err)
			}
			if _, err := s.Refresh(t.Context(), session.RefreshRequest{RefreshToken: login.RefreshToken.Text}); !errors.Is(err, session.ErrRefused) {
				t.Errorf("a refresh after the revocation: %v", err)
			}
			return
		}
		next := login.RefreshToken
		for range 3 {
			r, err := s.Refresh(t.Context(), session.RefreshRequest{RefreshToken: next.Text})
			if err != nil {
				return
			}
			next = r.RefreshToken
			mu.Lock()
			family, access = append(family, next), append(access, r.Token)
			mu.Unlock()
		}
	})
	for _, each := range family {
		if _, err := h.refresh(each); !errors.Is(err, session.ErrRefused) {
			t.Fatalf("a descendant refreshes after the revocation: %v", err)
		}
	}
	for _, each := range access {
		if _, err := v.Verify(t.Context(), each.Reveal()); err == nil {
			t.Fatal("an access token of the family is believed after the revocation")
		}
	}
}

// A login that was decided before everything was revoked is not admitted.
func TestRevokeAllBeatsALoginOnItsWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.tryLogin(func(*session.Admission) { h.must(h.sessions().RevokeAll(t.Context(), who())) })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

// FLT-02, FLT-04, REF-02: every call of the store fails, one at a time, before and
// after it is done: what comes back is an error and no token; and a token that was
// used is good for the same child within the grace.
func TestRefreshOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	errFault := errors.New("fault")
	h := newHouse(t)
	h.grace(10)
	var calls []string
	h.tap.on(func(method string, do func() error) error {
		calls = append(calls, method)
		return do()
	})
	h.refreshes(h.login().RefreshToken)
	for k, method := range calls {
		for _, after := range []bool{false, true} {
			h := newHouse(t)
			h.grace(10)
			login := h.login()
			n := 0
			h.tap.on(func(_ string, do func() error) error {
				n++
				if n-1 != k {
					return do()
				}
				if after {
					_ = do()
				}
				return errFault
			})
			r, err := h.refresh(login.RefreshToken)
			h.tap.on(nil)
			if !errors.Is(err, errFault) || errors.Is(err, session.ErrRefused) || !r.Token.IsZero() || !r.RefreshToken.IsZero() {
				t.Errorf("%s fails (after: %v): %v, and a token: %v", method, after, err, !r.Token.IsZero())
			}
			if e := h.last(); e.Reason != session.Broken || !errors.Is(e.Err, errFault) {
				t.Errorf("%s fails: told %+v", method, e)
			}
			child := h.refreshes(login.RefreshToken)
			if again := h.refreshes(login.RefreshToken); again.RefreshToken.Reveal() != child.RefreshToken.Reveal() {
				t.Errorf("%s fails (after: %v): two children", method, after)
			}
			g, err := h.engine.Grant(t.Context(), login.RefreshTokenID, h.now())
			h.must(err)
			if g.Counter != 1 {
				t.Errorf("%s fails (after: %v): rotated %d times", method, after, g.Counter)
			}
		}
	}
}

// A reuse whose revocation fails is a failure, and the next reuse ends the family.
func TestReuseOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := h.login()
	h.refreshes(login.RefreshToken)
	h.tap.on(func(method string, do func() error) error {
		if method == "RevokeGrants" {
			return errors.New("fault")
		}
		return do()
	})
	if _, err := h.refresh(login.RefreshToken); err == nil || errors.Is(err, session.ErrRefused) {
		t.Errorf("%v, want a failure: the family lives", err)
	}
	h.tap.on(nil)
	h.refuses(login.RefreshToken, session.Reused)
	if h.lives(login.RefreshTokenID) {
		t.Error("the session lives")
	}
}

// Random sequences of logins, refreshes, reuses, revocations and leaps of the
// clock, against plain books.
//
// REF-01 REF-02 REF-03 REF-04 REF-05
func TestRandomWalks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(max(1, *rounds/10)) {
		w := &walker{house: newHouse(t), random: rand.New(rand.NewPCG(seed, 5)), seed: seed}
		w.grace(int(seed%3) * 10)
		if seed%4 == 3 {
			w.application.JWTConfiguration.RefreshTokenUsagePolicy = identity.Reusable
		}
		w.application.JWTConfiguration.RefreshTokenTimeToLiveInMinutes = 60
		w.application.JWTConfiguration.RefreshTokenExpirationPolicy = []identity.RefreshTokenExpirationPolicy{identity.Fixed, identity.Sliding}[seed/2%2]
		for range 150 {
			w.step()
		}
	}
}

type walker struct {
	*house
	random *rand.Rand
	seed   uint64
	books  []*family
}

// family is a session as the books have it.
type family struct {
	id      string
	tokens  []secret.Issued // each generation's
	rotated time.Time
	expires time.Time
	ended   bool
}

func (w *walker) step() {
	switch n := w.random.IntN(20); {
	case n < 3 || len(w.books) == 0:
		l := w.login()
		w.books = append(w.books, &family{id: l.RefreshTokenID, tokens: []secret.Issued{l.RefreshToken}, expires: w.now().Add(time.Hour)})
	case n < 15:
		f := w.some()
		w.use(f, max(0, len(f.tokens)-1-w.random.IntN(3)/2*w.random.IntN(3)))
	case n < 16:
		f := w.some()
		err := w.sessions().Revoke(w.t.Context(), who(), f.id)
		if w.alive(f) != (err == nil) {
			w.t.Fatalf("seed %d: revoke: %v", w.seed, err)
		}
		f.ended = true
	case n < 17 && w.random.IntN(5) == 0:
		w.must(w.sessions().RevokeAll(w.t.Context(), who()))
		for _, f := range w.books {
			f.ended = true
		}
	default:
		w.advance([]time.Duration{time.Millisecond, 9 * time.Second, 10 * time.Second, time.Minute, 20 * time.Minute}[w.random.IntN(5)])
	}
}

func (w *walker) some() *family { return w.books[max(0, len(w.books)-1-w.random.IntN(3))] }

func (w *walker) alive(f *family) bool { return !f.ended && w.now().Before(f.expires) }

// use shows the token of a generation, and checks the answer against the books.
func (w *walker) use(f *family, generation int) {
	w.t.Helper()
	policy := identity.RefreshTokenPolicy(w.tenant, w.application)
	last := len(f.tokens) - 1
	again := generation == last-1 && w.now().Sub(f.rotated) < policy.Grace
	r, err := w.refresh(f.tokens[generation])
	if want := w.alive(f) && (generation == last || again); want != (err == nil) {
		w.t.Fatalf("seed %d: generation %d of %d, alive %v, again %v: %v (%s)", w.seed, generation, last, w.alive(f), again, err, w.reason())
	}
	if err != nil {
		f.ended = f.ended || w.alive(f)
		return
	}
	if policy.Expiration == identity.Sliding {
		f.expires = w.now().Add(time.Hour)
	}
	if generation == last && policy.Usage == identity.OneTimeUse {
		f.tokens, f.rotated = append(f.tokens, r.RefreshToken), w.now()
	}
	if current := f.tokens[len(f.tokens)-1]; r.RefreshToken.Reveal() != current.Reveal() {
		w.t.Fatalf("seed %d: another successor than the family's", w.seed)
	}
}
