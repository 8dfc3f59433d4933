package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// table stands for a service's own users table: integer ids, one tenant, an
// e-mail address and nothing else to sign in by.
type table struct {
	mu   sync.Mutex
	rows []row
}

type row struct {
	email     string
	verified  identity.Instant // zero: not
	lastLogin identity.Instant
}

const onlyService = "f24aca2b-ce4a-4dad-951a-c9d690e71415"

func (t *table) user(id int) identity.User {
	r := t.rows[id]
	return identity.User{
		ID: strconv.Itoa(id), TenantID: onlyService, Active: true, Email: r.email,
		Verified: r.verified != 0, VerifiedInstant: r.verified, LastLoginInstant: r.lastLogin,
	}
}

// find is the row with an id, or nil. Its ids are integers; any other is no id.
func (t *table) find(tenant, id string) (int, *row) {
	i, err := strconv.Atoi(id)
	if err != nil || tenant != onlyService || i < 0 || i >= len(t.rows) || strconv.Itoa(i) != id {
		return 0, nil
	}
	return i, &t.rows[i]
}

func (t *table) FindUser(_ context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		for i, r := range t.rows {
			if tenant == onlyService && id.Type == identity.Email && id.Value == r.email {
				return t.user(i), nil
			}
		}
	}
	return identity.User{}, store.ErrNotFound
}

func (t *table) User(_ context.Context, tenant, id string) (identity.User, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, r := t.find(tenant, id)
	if r == nil {
		return identity.User{}, store.ErrNotFound
	}
	return t.user(i), nil
}

func (t *table) RecordLogin(_ context.Context, l store.Login) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, r := t.find(l.Tenant, l.User)
	if r == nil {
		return nil
	}
	r.lastLogin = max(r.lastLogin, identity.At(l.At))
	if l.Implicit && l.Identity.Value == r.email && r.verified == 0 {
		r.verified = identity.At(l.At)
	}
	return nil
}

func (t *table) Verify(_ context.Context, v store.Verification) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, r := t.find(v.Tenant, v.User)
	if r == nil || v.Identity != (identity.Identifier{Type: identity.Email, Value: r.email}) {
		return store.ErrNotFound
	}
	if r.verified == 0 {
		r.verified = identity.At(v.At)
	}
	return nil
}

func (t *table) add(u identity.User) (identity.User, error) {
	if u.TenantID != onlyService || u.Email == "" {
		return identity.User{}, fmt.Errorf("one tenant, addresses only: %w", errors.ErrUnsupported)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, row{email: u.Email})
	return t.user(len(t.rows) - 1), nil
}

func TestOwnUsersTable(t *testing.T) {
	t.Parallel()
	storetest.RunUsers(t, func(*testing.T) storetest.Subject {
		users := &table{}
		return storetest.Subject{Store: store.Store{Users: users}, AddUser: users.add}
	})
}
