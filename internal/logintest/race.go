package logintest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Many is a limit that a test does not run into.
const Many = 1 << 30

// Unlimited lifts the limits that a test is not about. A ticket keeps its guesses.
func Unlimited() passwordless.Limits {
	return passwordless.Limits{
		GuessesPerDay: Many, SendEvery: 1, SendsPerTicket: Many, SendsPerDay: Many,
		StartsPerHour: Many, StartsPerClientHour: Many,
	}
}

// crowds are how many callers race for one ticket.
var crowds = []int{2, 16, 64, 256}

// OneLogin has crowds of callers on two machines complete one login with the
// right code, over and over: each time exactly one succeeds, and the store has
// one login and one session for it.
func OneLogin(t *testing.T, open func(*testing.T) Backend, rounds int) {
	for _, strategy := range []identity.LoginStrategy{identity.ClickableLink, identity.FormField} {
		h := quiet(t, open)
		machines := []*passwordless.Login{h.Login(), h.Another()}
		for round := range rounds {
			for _, n := range crowds {
				h.Advance(time.Minute)
				r := h.by(strategy)
				errs := make([]error, n)
				tokens := make([]bool, n)
				rush(n, func(i int) {
					result, err := machines[i%2].Complete(t.Context(), r)
					errs[i] = err
					tokens[i] = result != nil && !result.Response.Token.IsZero()
				})
				if won, minted := winners(t, errs), count(tokens); won != 1 || minted != 1 {
					t.Fatalf("%s, round %d: %d of %d parallel calls succeeded and %d tokens were minted, want exactly 1: a code could be used twice or was lost",
						strategy, round, won, n, minted)
				}
				h.oneLoginStored()
			}
		}
	}
}

// oneLoginStored checks that exactly one login and one session are new, and
// ends the session.
func (h *House) oneLoginStored() {
	h.T.Helper()
	if logins := h.LoginsAt(h.Now()); logins != 1 {
		h.T.Fatalf("the store has %d logins of this round, want 1", logins)
	}
	sessions, err := h.Backend.Store.RevokeGrants(h.T.Context(), store.Filter{Tenant: TenantID, User: UserID, Kind: store.Session}, h.Now())
	h.must(err)
	if sessions != 1 {
		h.T.Fatalf("the store has %d sessions of this round, want 1", sessions)
	}
}

// OnePassword has crowds of callers set a password with one changePasswordId:
// exactly one password is stored, and exactly one login follows.
func OnePassword(t *testing.T, open func(*testing.T) Backend, rounds int) {
	h := quiet(t, open)
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	var mu sync.Mutex
	stored := 0
	h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error {
		mu.Lock()
		defer mu.Unlock()
		stored++
		return nil
	}
	for round := range rounds {
		for _, n := range crowds {
			h.Advance(time.Minute)
			u.PasswordChangeRequired = true
			h.Put(u)
			stored = 0
			id := h.Complete(h.Link()).Response.ChangePasswordID
			r := passwordless.ChangePasswordRequest{ChangePasswordID: secret.New(id.Reveal()), Password: secret.New("piper-net-3000")}
			errs := make([]error, n)
			codes := make([]secret.Issued, n)
			rush(n, func(i int) {
				response, err := h.Login().ChangePassword(t.Context(), r)
				codes[i], errs[i] = response.OneTimePassword, err
			})
			if won := winners(t, errs); won != 1 || stored != 1 {
				t.Fatalf("round %d: %d of %d parallel calls succeeded and %d passwords were stored, want exactly 1", round, won, n, stored)
			}
			u.PasswordChangeRequired = false
			h.Put(u)
			for _, code := range codes {
				if !code.IsZero() {
					h.Complete(passwordless.LoginRequest{ApplicationID: ApplicationID, Code: secret.New(code.Reveal())})
				}
			}
			h.oneLoginStored()
		}
	}
}

// OneVerification has crowds of callers complete one verification: exactly one does.
func OneVerification(t *testing.T, open func(*testing.T) Backend, rounds int) {
	h := quiet(t, open)
	for round := range rounds {
		for _, n := range crowds {
			h.Advance(time.Minute)
			h.Put(Unverified(h.User()))
			r := h.Verification()
			errs := make([]error, n)
			rush(n, func(i int) { _, errs[i] = h.Login().VerifyIdentity(t.Context(), r) })
			if won := winners(t, errs); won != 1 {
				t.Fatalf("round %d: %d of %d parallel calls verified, want exactly 1", round, won, n)
			}
			u, err := h.Backend.Store.User(t.Context(), TenantID, UserID)
			h.must(err)
			if id, _ := u.Primary(identity.Email); !id.Verified {
				t.Fatal("the address is not verified after the one success")
			}
		}
	}
}

// RevokedMeanwhile locks the user and revokes everything while a crowd completes
// logins, each its own. What is left afterwards is nothing: no login that was
// decided before is admitted after.
func RevokedMeanwhile(t *testing.T, open func(*testing.T) Backend, rounds int) {
	const n = 16
	h := quiet(t, open)
	h.Config.Limits.GuessesPerTicket = 5
	for round := range rounds {
		h.Advance(time.Minute)
		h.Put(h.User())
		requests := make([]passwordless.LoginRequest, n)
		for i := range requests {
			requests[i] = h.Link()
		}
		results := make([]*passwordless.Result, n+1)
		errs := make([]error, n+1)
		var revoked time.Time
		rush(n+1, func(i int) {
			if i < n {
				results[i], errs[i] = h.Login().Complete(t.Context(), requests[i])
				return
			}
			locked := h.User()
			locked.Active = false
			if errs[i] = h.Backend.Put(locked); errs[i] == nil {
				_, errs[i] = h.Backend.Store.RevokeGrants(t.Context(), store.Filter{Tenant: TenantID, User: UserID}, h.Now())
			}
			revoked = h.Now()
		})
		h.must(errs[n])
		for i := range n {
			switch {
			case errs[i] == nil && results[i].Outcome != outcome.Success && results[i].Outcome != outcome.UserLocked:
				t.Fatalf("outcome %v, want Success before the lock or UserLocked after it", results[i].Outcome)
			case errs[i] != nil && !errors.Is(errs[i], passwordless.ErrRefused):
				t.Fatal(errs[i])
			}
		}
		if live := h.Sessions(revoked); live != 0 {
			t.Fatalf("round %d: %d sessions live after everything was revoked, want none: a login decided before was admitted after", round, live)
		}
	}
}

// RevokedInBetween does what ends a login after it was decided and before it is
// admitted: it is refused, and nothing lives.
func RevokedInBetween(t *testing.T, open func(*testing.T) Backend) {
	for name, meanwhile := range map[string]func(*House, Backend){
		"locked and revoked": func(h *House, whole Backend) {
			locked := h.User()
			locked.Active = false
			h.must(whole.Put(locked))
			_, err := whole.Store.RevokeGrants(t.Context(), store.Filter{Tenant: TenantID, User: UserID}, h.Now())
			h.must(err)
		},
		"proven by the owner": func(h *House, _ Backend) {
			_, err := h.Login().VerifyIdentity(t.Context(), h.Verification())
			h.must(err)
		},
	} {
		var h *House
		armed := false
		whole := open(t)
		tapped := whole
		tapped.Store = Tap(whole.Store, func(c Call) error {
			if armed && (c.Method == "FinishLogin" || c.Method == "ExchangeTicket") {
				armed = false
				meanwhile(h, whole)
			}
			return c.Do()
		})
		h = unproven(t, func(*testing.T) Backend { return tapped })
		r := h.started()
		armed = true
		h.Refused(r)
		if h.Sessions(h.Now()) != 0 || h.LoginsAt(h.Now()) != 0 {
			t.Errorf("%s between decision and admission: the login was admitted", name)
		}
		if armed {
			t.Errorf("%s: nothing happened in between", name)
		}
	}
}

// quiet is a house without limits and without a memory of what happened.
func quiet(t *testing.T, open func(*testing.T) Backend) *House {
	t.Helper()
	h := Open(t, open(t))
	h.Config.Limits = Unlimited()
	h.Config.Events = nil
	return h
}

// rush calls do n times at once.
func rush(n int, do func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// winners counts the calls that succeeded; the others were refused.
func winners(t *testing.T, errs []error) int {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, passwordless.ErrRefused):
			t.Fatalf("a loser got %v, want ErrRefused", err)
		}
	}
	return won
}

func count(these []bool) int {
	n := 0
	for _, b := range these {
		if b {
			n++
		}
	}
	return n
}

// Forgotten has a crowd complete one login over tickets that are never spent, as
// after a failover that lost the write: the walk is admitted once all the same.
func Forgotten(t *testing.T, open func(*testing.T) Backend, rounds int) {
	b := open(t)
	b.Store = Split(Tap(b.Store, func(c Call) error {
		if c.Method == "ExchangeTicket" {
			return nil
		}
		return c.Do()
	}))
	h := Open(t, b)
	h.Config.Limits, h.Config.Events = Unlimited(), nil
	for round := range rounds {
		h.Advance(time.Minute)
		r := h.Link()
		errs := make([]error, 64)
		rush(len(errs), func(i int) { _, errs[i] = h.Login().Complete(t.Context(), r) })
		if won := winners(t, errs); won != 1 {
			t.Fatalf("round %d: %d of %d calls succeeded over tickets that are forgotten, want exactly 1", round, won, len(errs))
		}
		h.oneLoginStored()
	}
}
