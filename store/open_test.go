package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// parts hides that an engine is joined, and revokes everything of a user between
// the reads of one Open.
type parts struct {
	store.Engine
	between func()
}

func (p *parts) ListFactors(ctx context.Context, tenant, user string) ([]store.Factor, error) {
	f, err := p.Engine.ListFactors(ctx, tenant, user)
	p.between()
	return f, err
}

// IDN-06: a login decided on what was read before everything was revoked is not
// admitted, though the engine's parts are read one by one.
func TestOpenReadsTheEpochFirst(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	m := memstore.New()
	if err := m.Put(identity.User{ID: "1", TenantID: "t", Active: true}); err != nil {
		t.Fatal(err)
	}
	p := &parts{Engine: m}
	p.between = func() {
		if _, err := m.RevokeGrants(ctx, store.Filter{Tenant: "t", User: "1"}, now); err != nil {
			t.Error(err)
		}
	}
	s := store.Of(p)
	ticket := store.Ticket{ID: store.Hash{1}, Purpose: "login", Walk: "w", Tenant: "t", User: "1", Expires: now.Add(time.Minute)}
	if err := s.CreateTicket(ctx, ticket, now); err != nil {
		t.Fatal(err)
	}
	o, err := s.Open(ctx, ticket.ID, nil, "", now)
	if err != nil {
		t.Fatal(err)
	}
	l := store.Login{Walk: "w", Tenant: "t", User: "1", Epoch: o.Epoch, At: now}
	if _, err := s.Finish(ctx, ticket.ID, store.Exchange{}, l, nil, now); err == nil {
		t.Error("a login decided before everything was revoked was admitted")
	}
}
