package session

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// Info is what can be told of a session: everything but its refresh token.
type Info struct {
	ID            string // the refreshTokenId, and the sid of its access tokens
	TenantID      string
	UserID        string
	ApplicationID string

	Started time.Time // the login
	Used    time.Time // the last refresh, or the login
	Expires time.Time

	Methods      []string // what the login proved, as RFC 8176 names it
	SecondFactor bool
	MetaData     MetaData // as the client said it
}

// List is the live sessions of a user, oldest first.
func (s *Sessions) List(ctx context.Context, w Who) ([]Info, error) {
	grants, err := s.Store.ListGrants(ctx, w.TenantID, w.UserID, store.Session, s.now())
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(grants))
	for i, g := range grants {
		if infos[i], err = infoOf(g); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

// Get is one live session by its id. ErrNotFound if w has no such session; with
// an empty UserID it may be anyone's of the tenant.
func (s *Sessions) Get(ctx context.Context, w Who, id string) (Info, error) {
	g, err := s.session(ctx, w, id, s.now())
	if err != nil {
		return Info{}, err
	}
	return infoOf(g)
}

// session reads a session that is w's.
func (s *Sessions) session(ctx context.Context, w Who, id string, now time.Time) (store.Grant, error) {
	if !isID(id) || w.TenantID == "" {
		return store.Grant{}, ErrNotFound
	}
	g, err := s.Store.Grant(ctx, id, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Grant{}, ErrNotFound
	case err != nil:
		return store.Grant{}, err
	case g.ID != id, g.Kind != store.Session, g.Tenant != w.TenantID, w.UserID != "" && g.User != w.UserID:
		return store.Grant{}, ErrNotFound
	}
	return g, nil
}

func infoOf(g store.Grant) (Info, error) {
	r, err := recordOf(g)
	if err != nil {
		return Info{}, err
	}
	return Info{
		ID: g.ID, TenantID: g.Tenant, UserID: g.User, ApplicationID: g.Application,
		Started: g.Created, Used: g.Used, Expires: g.Expires,
		Methods: r.Methods, SecondFactor: r.Second, MetaData: r.MetaData,
	}, nil
}

// maxPage is the most logins that one call lists.
const maxPage = 100

// Logins pages through the logins of a user, latest first: at most limit of
// those before before. A zero before means all until now; a limit of zero or
// over 100 means 100. The next page begins before the At of the last; of several
// logins in one millisecond at the end of a page the next may lack some.
func (s *Sessions) Logins(ctx context.Context, w Who, before time.Time, limit int) ([]store.Login, error) {
	if before.IsZero() {
		before = s.now().Add(time.Millisecond)
	}
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	return s.Store.Logins(ctx, w.TenantID, w.UserID, before, limit)
}
