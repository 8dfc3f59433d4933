package memstore_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

var (
	jared = identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"}
	john  = identity.Identifier{Type: identity.Username, Value: "johnny123"}
)

func user(id string, ids ...identity.Identifier) identity.User {
	u := identity.User{ID: id, TenantID: tenant, Active: true}
	for _, i := range ids {
		u.Identities = append(u.Identities, identity.UserIdentity{Type: i.Type, Value: i.Value, Primary: true})
	}
	return u
}

func holder(t *testing.T, s *memstore.Store, id identity.Identifier) string {
	t.Helper()
	u, err := s.FindUser(t.Context(), tenant, []identity.Identifier{id})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return u.ID
}

// S3-135: a login id is one person's, in its tenant and type.
func TestPutRefusesAnotherUsersIdentity(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	if err := s.Put(user("1", jared, john)); err != nil {
		t.Fatal(err)
	}
	other := user("2", identity.Identifier{Type: identity.Email, Value: "example@fusionauth.io"}, john)
	err := s.Put(other)
	if !errors.Is(err, store.ErrExists) || !strings.Contains(err.Error(), string(identity.Username)) || strings.Contains(err.Error(), john.Value) {
		t.Errorf("Put: %v, want ErrExists that names the type and not the value", err)
	}
	if got := holder(t, s, other.Identities[0].Identifier()); got != "" {
		t.Error("a user that was refused is found")
	}
	elsewhere := user("2", john)
	elsewhere.TenantID = "another"
	if err := s.Put(elsewhere); err != nil {
		t.Errorf("Put into another tenant: %v", err)
	}
	for _, u := range []identity.User{{ID: "3"}, {TenantID: tenant}} {
		if err := s.Put(u); err == nil {
			t.Errorf("Put took a user without an id or a tenant: %+v", u)
		}
	}
}

func TestPutReplaces(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	for _, u := range []identity.User{user("1", jared), user("1", john)} {
		if err := s.Put(u); err != nil {
			t.Fatal(err)
		}
	}
	if got := holder(t, s, jared); got != "" {
		t.Errorf("a user is found by an identity they no longer have: %q", got)
	}
	if err := s.Put(user("2", jared)); err != nil {
		t.Errorf("Put of an identity that was given up: %v", err)
	}
	s.Delete(tenant, "1")
	s.Delete(tenant, "nobody")
	if got := holder(t, s, john); got != "" {
		t.Errorf("a deleted user is found: %q", got)
	}
	if _, err := s.User(t.Context(), tenant, "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("User: %v, want ErrNotFound", err)
	}
	if err := s.Put(user("3", john)); err != nil {
		t.Errorf("Put of a deleted user's identity: %v", err)
	}
}

// An identity has one holder at any moment, though many want it, and is found
// with whoever has it then.
func TestPutIsExactInACrowd(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	var crowd sync.WaitGroup
	for round := range 50 {
		id := identity.Identifier{Type: identity.Email, Value: fmt.Sprintf("%d@piedpiper.com", round)}
		won := make([]bool, 8)
		for i := range won {
			crowd.Go(func() {
				switch err := s.Put(user(fmt.Sprint(i), id)); {
				case err == nil:
					won[i] = true
					s.Delete(tenant, fmt.Sprint(i))
				case !errors.Is(err, store.ErrExists):
					t.Error(err)
				}
				if u, err := s.FindUser(t.Context(), tenant, []identity.Identifier{id}); err == nil {
					if _, ok := u.Identity(id); !ok {
						t.Error("FindUser returned a user without the identity")
					}
				}
			})
		}
		crowd.Wait()
		if holder(t, s, id) != "" {
			t.Fatal("an identity is held by a user that was deleted")
		}
	}
	winners := 0
	for i := range 64 {
		crowd.Go(func() { _ = s.Put(user(fmt.Sprint("last ", i), john)) })
	}
	crowd.Wait()
	for i := range 64 {
		if _, err := s.User(t.Context(), tenant, fmt.Sprint("last ", i)); err == nil {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d of 64 users have one username, want exactly 1", winners)
	}
}

// A table may know no identities, but an address and a name.
func TestUserWithoutIdentities(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	u := identity.User{ID: "1", TenantID: tenant, Email: jared.Value, Username: john.Value, Password: secret.New("hash")}
	if err := s.Put(u); err != nil {
		t.Fatal(err)
	}
	for _, id := range []identity.Identifier{jared, john} {
		if holder(t, s, id) != "1" {
			t.Errorf("not found by %s", id.Type)
		}
	}
	v := store.Verification{Tenant: tenant, User: "1", Identity: jared, Reason: identity.ReasonCompleted, At: start}
	if err := s.Verify(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	got, err := s.User(t.Context(), tenant, "1")
	if err != nil {
		t.Fatal(err)
	}
	if i, _ := got.Identity(jared); !i.Verified || i.VerifiedInstant != identity.At(start) || !got.Verified {
		t.Errorf("the address is not verified: %+v", i)
	}
	if got.Password.Reveal() != "hash" {
		t.Error("the user's secrets are gone")
	}
	if s.Delete(tenant, "1"); holder(t, s, john) != "" {
		t.Error("a deleted user is found")
	}
}

// No method leaves a goroutine behind, and New starts none.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	s := filled(t, 1000)
	var crowd sync.WaitGroup
	for i := range 64 {
		crowd.Go(func() {
			id := numbered(1, uint64(i))
			_, _ = s.OpenTicket(t.Context(), id, &store.Guess{PerTicket: 5}, start)
			_ = s.FinishLogin(t.Context(), id, store.Exchange{}, store.Login{Walk: fmt.Sprint(i), Tenant: tenant, User: "1", At: start}, nil, start)
			_, _ = s.DeleteExpired(t.Context(), start.Add(24*time.Hour), 10)
		})
	}
	crowd.Wait()
	// A finished goroutine is counted until its thread has run on, which may take a
	// while on a busy machine.
	for range 5000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
