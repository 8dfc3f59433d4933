package passwordless_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// refused checks that a call was refused.
func refused(t *testing.T, what string, err error) {
	t.Helper()
	if err != passwordless.ErrRefused {
		t.Errorf("%s: %v, want ErrRefused", what, err)
	}
}

// IDN-12 SEC-15: what was begun in one tenant or application counts in no other.
func TestTenantsAndApplicationsNeverCross(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Neighbours()
	ctx, l := t.Context(), h.Login()
	for _, r := range []passwordless.LoginRequest{h.Form(), h.Link()} {
		for _, elsewhere := range []passwordless.LoginRequest{
			{TenantID: logintest.OtherTenantID, ApplicationID: logintest.ApplicationID},
			{TenantID: logintest.OtherTenantID},
			{ApplicationID: logintest.OtherApplicationID},
			{ApplicationID: logintest.SecondApplicationID},
			{ApplicationID: strings.ToUpper("x" + logintest.ApplicationID)},
		} {
			elsewhere.Code = r.Code
			if elsewhere.TenantID == "" {
				elsewhere.OneTimeCode = r.OneTimeCode
			}
			_, err := l.Complete(ctx, elsewhere)
			refused(t, fmt.Sprintf("%+v", elsewhere), err)
		}
		refused(t, "a send from elsewhere", l.Send(ctx, passwordless.SendRequest{Code: r.Code, TenantID: logintest.OtherTenantID}))
		if result := h.Complete(r); result.Response.User.ID != logintest.UserID {
			t.Errorf("%s signed in", result.Response.User.ID)
		}
	}
	v := h.Verification()
	v.TenantID = logintest.OtherTenantID
	_, err := l.VerifyIdentity(ctx, v)
	refused(t, "a verification from elsewhere", err)

	var invalid *passwordless.ValidationError
	for _, r := range []passwordless.StartRequest{
		{ApplicationID: logintest.ApplicationID, TenantID: logintest.OtherTenantID, LoginID: logintest.Email},
		{ApplicationID: logintest.TenantID, LoginID: logintest.Email},
	} {
		if _, err := l.Begin(ctx, r); !errors.As(err, &invalid) {
			t.Errorf("%v, want a ValidationError", err)
		}
	}
}

// IDN-12: whatever is done in one tenant, the other, with the same login ids, is
// as it was.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Neighbours()
	ctx, l := t.Context(), h.Login()
	there := formOf(h, logintest.Elsewhere())
	session := h.Complete(there).Response
	before, err := h.Backend.Store.User(ctx, logintest.OtherTenantID, logintest.OtherUserID)
	if err != nil {
		t.Fatal(err)
	}
	waiting := formOf(h, logintest.Elsewhere())

	h.Put(logintest.Unverified(h.User()))
	for range 19 {
		r := h.Form()
		r.OneTimeCode = logintest.Other(r.OneTimeCode)
		for range 5 {
			_, err := l.Complete(ctx, r)
			refused(t, "a wrong code", err)
		}
	}
	if _, err := l.VerifyIdentity(ctx, h.Verification()); err != nil {
		t.Fatal(err)
	}
	locked := h.User()
	locked.Active = false
	h.Put(locked)
	if _, err := h.Backend.Store.RevokeGrants(ctx, store.Filter{Tenant: logintest.TenantID, User: logintest.UserID}, h.Now()); err != nil {
		t.Fatal(err)
	}

	after, err := h.Backend.Store.User(ctx, logintest.OtherTenantID, logintest.OtherUserID)
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the other tenant's user has changed: %v", err)
	}
	if _, err := h.Backend.Store.Grant(ctx, session.RefreshTokenID, h.Now()); err != nil {
		t.Errorf("the other tenant's session: %v", err)
	}
	result := h.Complete(waiting)
	if result.Outcome != outcome.Success || result.Response.User.ID != logintest.OtherUserID || result.Response.User.TenantID != logintest.OtherTenantID {
		t.Errorf("%v for %s in %s", result.Outcome, result.Response.User.ID, result.Response.User.TenantID)
	}
}

// formOf begins a login by short code, and returns what completes it.
func formOf(h *logintest.House, r passwordless.StartRequest) passwordless.LoginRequest {
	h.T.Helper()
	r.LoginStrategy = identity.FormField
	begun, err := h.Login().Begin(h.T.Context(), r)
	if err != nil {
		h.T.Fatal(err)
	}
	messages := h.Inbox.Messages()
	return passwordless.LoginRequest{ApplicationID: r.ApplicationID, Code: begun.Code.Text, OneTimeCode: messages[len(messages)-1].Code}
}

// loose is a users table that finds more than was asked for.
type loose struct {
	store.Users
	found identity.User
}

func (l loose) FindUser(context.Context, string, []identity.Identifier) (identity.User, error) {
	return l.found, nil
}

// IDN-02: a table that folds case, accents or tenants finds somebody else: no
// message leaves, neither to the address on record nor to the one that was
// typed, and nothing completes.
func TestFoldingUsersTable(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"jared@pıedpiper.com", "jared@pİedpiper.com", "ja\u0280ed@piedpiper.com", "jared@piedpiper.com ", " jared@piedpiper.com",
		"jared@piedpiper.com\u0000", "ｊared@piedpiper.com", "jared@piedpiper。com", "járed@piedpiper.com", "jared+x@piedpiper.com",
		"Johnny123", "JOHNNY123", "johnny１２３", "johnny123 ", "jonny123", "+13035551213",
	} {
		h := open(t)
		h.Config.Store.Users = loose{h.Backend.Store.Users, h.User()}
		h.Config.Store = logintest.Split(h.Config.Store)
		nothingFor(t, h, typed)
	}
	h := open(t)
	h.Neighbours()
	h.Config.Store.Users = loose{h.Backend.Store.Users, h.Twin()}
	h.Config.Store = logintest.Split(h.Config.Store)
	nothingFor(t, h, logintest.Email)
}

func nothingFor(t *testing.T, h *logintest.House, typed string) {
	t.Helper()
	r := logintest.Request(identity.FormField)
	r.LoginID = typed
	r.LoginIDTypes = []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username}
	begun, err := h.Login().Begin(t.Context(), r)
	if err != nil {
		t.Fatalf("%q: %v", typed, err)
	}
	h.Advance(time.Minute)
	if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: begun.Code.Text}); err != nil {
		t.Errorf("%q: %v", typed, err)
	}
	if sent := h.Inbox.Messages(); len(sent) != 0 {
		t.Errorf("%q: a message left to %s", typed, identity.Mask(sent[0].To.Reveal()))
	}
	_, err = h.Login().Complete(t.Context(), passwordless.LoginRequest{Code: begun.Code.Text, OneTimeCode: secret.New("222222")})
	refused(t, typed, err)
}

// IDN-05: whoever took somebody's address as a user name does not get their login.
func TestAddressBeatsUserName(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Neighbours()
	u, err := h.Backend.Store.User(t.Context(), logintest.TenantID, logintest.NeighbourID)
	if err != nil {
		t.Fatal(err)
	}
	u.Username = logintest.Email
	u.Identities = append(u.Identities, identity.UserIdentity{Type: identity.Username, Value: logintest.Email, Primary: true})
	h.Put(u)
	for _, types := range [][]identity.IdentityType{nil, {identity.Email}, {identity.Email, identity.Username}} {
		r := logintest.Request(identity.FormField)
		r.LoginIDTypes = types
		if got := h.Complete(formOf(h, r)).Response.User.ID; got != logintest.UserID {
			t.Errorf("%v: %s signed in", types, got)
		}
	}
	if to := h.Inbox.Messages()[0]; to.To.Reveal() != logintest.Email || to.Channel != messenger.Email {
		t.Error("the message went to somebody else")
	}
}

// altered is a ticket engine that returns something else than was kept.
type altered struct {
	store.Tickets
	alter func(*store.Ticket)
}

func (a altered) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := a.Tickets.OpenTicket(ctx, id, g, now)
	if err == nil {
		a.alter(&t)
	}
	return t, err
}

// SEC-09 SEC-15: a ticket counts only as it was made. Whoever can swap rows, or
// parts of them, gains nothing.
func TestTicketIsBound(t *testing.T) {
	t.Parallel()
	pinned := func(name string, value any) func(*store.Ticket, []byte) {
		return func(ticket *store.Ticket, _ []byte) {
			facts := map[string]any{}
			if json.Unmarshal(ticket.Data, &facts) != nil {
				panic("a ticket's data is no JSON")
			}
			facts[name] = value
			ticket.Data, _ = json.Marshal(facts)
		}
	}
	for name, alter := range map[string]func(*store.Ticket, []byte){
		"tenant":             func(x *store.Ticket, _ []byte) { x.Tenant = logintest.OtherTenantID },
		"user":               func(x *store.Ticket, _ []byte) { x.User = logintest.NeighbourID },
		"nobody":             func(x *store.Ticket, _ []byte) { x.User = "" },
		"purpose":            func(x *store.Ticket, _ []byte) { x.Purpose = "two-factor" },
		"id":                 func(x *store.Ticket, _ []byte) { x.ID[0]++ },
		"never sent":         func(x *store.Ticket, _ []byte) { x.Sends = 0 },
		"no code":            func(x *store.Ticket, _ []byte) { x.Code = nil },
		"another's code":     func(x *store.Ticket, code []byte) { x.Code = code },
		"application":        pinned("a", logintest.SecondApplicationID),
		"no application":     pinned("a", ""),
		"identity":           pinned("i", identity.Identifier{Type: identity.Email, Value: logintest.NeighbourEmail}),
		"destination":        pinned("t", identity.Identifier{Type: identity.Email, Value: logintest.NeighbourEmail}),
		"destination's type": pinned("t", identity.Identifier{Type: identity.PhoneNumber, Value: logintest.Email}),
	} {
		h := open(t)
		h.Neighbours()
		var code []byte
		on := false
		h.Config.Store = logintest.Split(h.Config.Store)
		h.Config.Store.Tickets = altered{h.Config.Store.Tickets, func(ticket *store.Ticket) {
			if on {
				alter(ticket, code)
			} else {
				code = ticket.Code
			}
		}}
		l, other := h.Login(), formOf(h, logintest.Neighbour())
		if _, err := l.Peek(t.Context(), passwordless.PeekRequest{Code: other.Code}); err != nil {
			t.Fatal(err)
		}
		r := h.Form()
		on = true
		typed := r.OneTimeCode
		if name == "another's code" {
			typed = other.OneTimeCode
		}
		for _, typed := range []secret.Text{r.OneTimeCode, typed} {
			result, err := l.Complete(t.Context(), passwordless.LoginRequest{ApplicationID: r.ApplicationID, Code: r.Code, OneTimeCode: typed})
			if err == nil || result != nil {
				t.Errorf("%s was altered, and the login went through", name)
			}
		}
		on = false
		if _, err := l.Complete(t.Context(), r); err != nil {
			t.Errorf("%s was altered and put back: %v", name, err)
		}
	}
}
