package integration_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// SEC-01
// The server does what it was asked, the reply is lost, the person tries again:
// whichever reply it was, there is at most one login.
func TestLoginWithALostReplyOfSQL(t *testing.T) {
	t.Parallel()
	for _, e := range []*sqlEngine{postgres, mariadb} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			db, p := e.through(t)
			s := e.migrated(t, db, "")
			h := logintest.Open(t, sqlBackend(s))
			h.Config.Limits = logintest.Unlimited()
			for name, begin := range map[string]func() passwordless.LoginRequest{"link": h.Link, "form": h.Form} {
				for reply := range 24 {
					h.Advance(1e9)
					loseReply(t, h, s, p, name, begin(), int64(reply+1))
				}
			}
			if p.lost.Load() < 4 {
				t.Errorf("%d replies were lost: the proxy loses nothing", p.lost.Load())
			}
		})
	}
}

func loseReply(t *testing.T, h *logintest.House, s *sqlstore.Store, p *sqlProxy, name string, r passwordless.LoginRequest, reply int64) {
	t.Helper()
	before := loginsOf(t, h, s)
	p.lose.Store(reply)
	succeeded := 0
	for range 3 {
		if _, err := h.Login().Complete(t.Context(), r); err == nil {
			succeeded++
		}
	}
	p.lose.Store(0)
	logins := loginsOf(t, h, s) - before
	if succeeded > 1 || logins > 1 || succeeded > logins {
		t.Errorf("by %s with reply %d lost: %d of 3 tries succeeded and %d logins were kept", name, reply, succeeded, logins)
	}
}

// loginsOf counts the logins, and makes sure that each has its session.
func loginsOf(t *testing.T, h *logintest.House, s *sqlstore.Store) int {
	t.Helper()
	logins, err := s.Logins(t.Context(), logintest.TenantID, logintest.UserID, h.Now().Add(1e12), 1000)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := s.ListGrants(t.Context(), logintest.TenantID, logintest.UserID, store.Session, h.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(logins) != len(sessions) {
		t.Fatalf("%d logins and %d sessions: half a login was kept", len(logins), len(sessions))
	}
	return len(logins)
}
