package integration_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// john is the documents' sample user.
func john() identity.User {
	return identity.User{
		ID: logintest.UserID, TenantID: logintest.TenantID, Active: true, FirstName: "John", LastName: "Doe",
		Identities: []identity.UserIdentity{
			{Type: identity.Email, Value: "example@fusionauth.io", Primary: true},
			{Type: identity.Username, Value: "johnny123", Primary: true},
		},
		Registrations: []identity.Registration{{ApplicationID: logintest.ApplicationID, Roles: []string{"user"}}},
		Actions:       []identity.Action{logintest.Suspended()},
		Data:          identity.Object(`{"n":12345678901234567890,"text":"<b> & \u0000"}`),
	}
}

func TestPutUser(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		s, db := e.open(t)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		read := func() identity.User {
			t.Helper()
			u, err := s.User(ctx, logintest.TenantID, logintest.UserID)
			must(err)
			return u
		}
		u := john()
		u.Password, u.Salt = secret.New("hash"), secret.New("salt")
		must(s.PutUser(ctx, u))

		got := read()
		if len(got.Actions) != 1 || got.Actions[0] != u.Actions[0] || !got.Actions[0].PreventLogin {
			t.Errorf("actions %v, want %v: a suspension was lost", got.Actions, u.Actions)
		}
		if !got.Password.IsZero() || !got.Salt.IsZero() {
			t.Error("a secret was kept")
		}
		if string(got.Data) != string(u.Data) {
			t.Errorf("data %s, want %s", got.Data, u.Data)
		}

		t.Run("another's identity", func(t *testing.T) {
			other := john()
			other.ID = "00000000-0000-0001-0000-000000000001"
			other.Identities = append(other.Identities[:0:0], identity.UserIdentity{Type: identity.Email, Value: "jared@piedpiper.com"}, other.Identities[1])
			if err := s.PutUser(ctx, other); !errors.Is(err, store.ErrExists) {
				t.Errorf("%v, want ErrExists: johnny123 is another's", err)
			}
			if _, err := s.User(ctx, other.TenantID, other.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%v, want ErrNotFound: half of a user was kept", err)
			}
		})
		t.Run("last logins never go back", func(t *testing.T) {
			at := time.UnixMilli(1_795_435_200_000).UTC()
			must(s.RecordLogin(ctx, store.Login{Tenant: u.TenantID, User: u.ID, Application: logintest.ApplicationID, Identity: u.Identities[0].Identifier(), At: at}))
			u.FirstName, u.Actions = "Jared", nil
			u.Identities = u.Identities[:1]
			must(s.PutUser(ctx, u)) // as it was read before the login
			got := read()
			if got.FirstName != "Jared" || len(got.Identities) != 1 || len(got.Actions) != 0 {
				t.Error("the user was not replaced")
			}
			if want := identity.At(at); got.LastLoginInstant != want || got.Identities[0].LastLoginInstant != want || got.Registrations[0].LastLoginInstant != want {
				t.Error("to replace a user lost a login that came in between")
			}
		})
		t.Run("in the caller's transaction", func(t *testing.T) {
			for _, commit := range []bool{false, true} {
				tx, err := db.BeginTx(ctx, nil)
				must(err)
				changed := u
				changed.LastName = "Dunn"
				must(s.PutUserIn(ctx, tx, changed))
				if commit {
					must(tx.Commit())
				} else {
					must(tx.Rollback())
				}
				if got := read().LastName == "Dunn"; got != commit {
					t.Errorf("the change is there: %v, committed: %v", got, commit)
				}
			}
		})
		t.Run("deleted", func(t *testing.T) {
			for range 2 {
				must(s.DeleteUser(ctx, u.TenantID, u.ID))
			}
			if _, err := s.FindUser(ctx, u.TenantID, []identity.Identifier{u.Identities[0].Identifier()}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%v, want ErrNotFound", err)
			}
			must(s.PutUser(ctx, john()))
			if got := read().LastLoginInstant; got != 0 {
				t.Errorf("another user of the id logged in at %d", got)
			}
		})
		for _, nameless := range []identity.User{{ID: "1"}, {TenantID: "1"}} {
			if err := s.PutUser(ctx, nameless); err == nil {
				t.Error("a user without an ID or a tenant was kept")
			}
		}
	})
}

// Users swap an address while others do the same: one holds it in the end.
func TestPutUserInACrowd(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		s, _ := e.open(t)
		var done sync.WaitGroup
		for n := range 24 {
			done.Go(func() {
				u := john()
				u.ID = string('a' + rune(n%4))
				if n%3 == 0 {
					u.Identities = u.Identities[:1]
				}
				if err := s.PutUser(t.Context(), u); err != nil && !errors.Is(err, store.ErrExists) {
					t.Error(err)
				}
			})
		}
		done.Wait()
		u, err := s.FindUser(t.Context(), logintest.TenantID, []identity.Identifier{john().Identities[0].Identifier()})
		if err != nil || len(u.Identities) == 0 {
			t.Errorf("nobody holds what all wanted: %v", err)
		}
	})
}
