package store_test

import (
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// A user that a table knows by an address alone is verified by a login like any
// other, once.
func TestApplyToUserWithoutIdentities(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	u := identity.User{ID: "1", Email: "Jared@piedpiper.com"}
	l := store.Login{
		User: "1", Identity: identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"},
		Implicit: true, At: at,
	}
	l.Apply(&u)
	got, ok := u.Identity(l.Identity)
	if !ok || !got.Verified || got.VerifiedReason != identity.ReasonImplicit || got.LastLoginInstant != identity.At(at) {
		t.Errorf("identity after the login: %v, verified %v for %q", ok, got.Verified, got.VerifiedReason)
	}
	if !u.Verified || u.VerifiedInstant != identity.At(at) || u.LastLoginInstant != identity.At(at) {
		t.Errorf("user after the login: verified %v at %d, last login %d", u.Verified, u.VerifiedInstant, u.LastLoginInstant)
	}
	l.At = at.Add(time.Hour)
	l.Apply(&u)
	if u.VerifiedInstant != identity.At(at) || u.LastLoginInstant != identity.At(l.At) {
		t.Errorf("user after the second: verified at %d, last login %d", u.VerifiedInstant, u.LastLoginInstant)
	}
}
