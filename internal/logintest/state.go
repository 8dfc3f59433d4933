package logintest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// refused stands for ErrRefused among outcomes.
const refused outcome.Outcome = 0

// change is something that happens to the sample user between two steps.
type change struct {
	name string
	do   func(*mortal, identity.User) // is given the user as it was
	want outcome.Outcome              // of the login that follows
}

// revoked is everything of the user ending.
const revoked = "revoked"

func changes() []change {
	put := func(name string, want outcome.Outcome, alter func(*identity.User)) change {
		return change{name, func(h *mortal, u identity.User) {
			alter(&u)
			h.Put(u)
		}, want}
	}
	return []change{
		put("nothing", outcome.Success, func(*identity.User) {}),
		put("locked", outcome.UserLocked, func(u *identity.User) { u.Active = false }),
		put("expired", outcome.UserExpired, func(u *identity.User) { u.Expiry = identity.At(Start) }),
		put("suspended", outcome.LoginPrevented, func(u *identity.User) { u.Actions = []identity.Action{Suspended()} }),
		put("unregistered", outcome.NotRegistered, func(u *identity.User) { u.Registrations = nil }),
		put("another address", refused, func(u *identity.User) { setEmail(u, NeighbourEmail) }),
		put("no address", refused, func(u *identity.User) {
			u.Email, u.Identities = "", u.Identities[1:]
		}),
		{"deleted", func(h *mortal, _ identity.User) { h.gone = true }, refused},
		{revoked, func(h *mortal, _ identity.User) {
			_, err := h.Backend.Store.RevokeGrants(h.T.Context(), store.Filter{Tenant: TenantID, User: UserID}, h.Now())
			h.must(err)
		}, outcome.Success},
	}
}

func setEmail(u *identity.User, address string) {
	u.Email = address
	u.Identities = append([]identity.UserIdentity(nil), u.Identities...)
	u.Identities[0].Value = address
}

// ReadAgain changes the user between every two steps of a login and of a login
// with a change of password: what follows goes by what holds then.
func ReadAgain(t *testing.T, open func(*testing.T) Backend) {
	for _, c := range changes() {
		for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
			h := openMortal(t, open)
			r := h.by(strategy)
			c.do(h, h.User())
			h.ends(r, c)
		}
		betweenPasswordSteps(t, open, c)
		beforeSending(t, open, c)
	}
	addressOfUserName(t, open)
}

// addressOfUserName changes the address that a login by user name was sent to.
func addressOfUserName(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	r := Request(identity.FormField)
	r.LoginID = Username
	begun, err := h.Login().Begin(t.Context(), r)
	h.must(err)
	u := h.User()
	setEmail(&u, NeighbourEmail)
	h.Put(u)
	h.Refused(passwordless.LoginRequest{Code: begun.Code.Text, OneTimeCode: secret.New(h.Inbox.LastCode(Email))})
}

// betweenPasswordSteps makes the change before, and after, the password is set.
func betweenPasswordSteps(t *testing.T, open func(*testing.T) Backend, c change) {
	if c.name == revoked {
		c.want = refused // what the login had proven has ended with the rest
	}
	for _, late := range []bool{false, true} {
		h := openMortal(t, open)
		h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
		must := h.User()
		must.PasswordChangeRequired = true
		h.Put(must)
		id := h.Complete(h.Link()).Response.ChangePasswordID.Text
		if !late {
			c.do(h, must)
		}
		set, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
			ChangePasswordID: id, Password: secret.New("piper-net-3000"),
		})
		if barred := c.want != outcome.Success && c.want != outcome.NotRegistered; !late && barred {
			if !errors.Is(err, passwordless.ErrRefused) {
				t.Errorf("%s, then a password is set: %v, want ErrRefused", c.name, err)
			}
			continue
		}
		h.must(err)
		now := h.User()
		if !late && c.want == outcome.NotRegistered {
			now.Registrations = nil
		}
		h.Put(now)
		if late {
			c.do(h, now)
		}
		h.ends(passwordless.LoginRequest{ApplicationID: ApplicationID, Code: set.OneTimePassword.Text}, c)
	}
}

// beforeSending makes the change before a login is sent again: a message leaves
// only for an address that is still the person's, and the answer does not tell.
func beforeSending(t *testing.T, open func(*testing.T) Backend, c change) {
	h := openMortal(t, open)
	r := h.Form()
	h.Advance(time.Minute)
	c.do(h, h.User())
	sent := len(h.Inbox.Messages())
	if err := h.Login().Send(t.Context(), passwordless.SendRequest{Code: r.Code}); err != nil {
		t.Errorf("%s, then a send: %v", c.name, err)
	}
	if left := len(h.Inbox.Messages()) - sent; c.want == refused && left != 0 {
		t.Errorf("%s, then a send: a message left all the same", c.name)
	}
}

// ends completes a login, which must end as a change wants it, and be over.
func (h *mortal) ends(r passwordless.LoginRequest, c change) {
	h.T.Helper()
	result, err := h.Login().Complete(h.T.Context(), r)
	switch {
	case c.want == refused:
		if !errors.Is(err, passwordless.ErrRefused) {
			h.T.Errorf("%s: %v, want ErrRefused", c.name, err)
		}
	case err != nil || result.Outcome != c.want:
		h.T.Errorf("%s: %v and %v, want %v", c.name, result, err, c.want)
	case result.Response.Token.IsZero() == (c.want == outcome.Success || c.want == outcome.NotRegistered):
		h.T.Errorf("%s: a token goes with %v, or is missing", c.name, c.want)
	}
	if c.want == refused {
		return
	}
	h.Refused(r)
	sessions := 0
	if c.want == outcome.Success {
		sessions = 1
	}
	if n := h.Sessions(h.Now()); n != sessions {
		h.T.Errorf("%s: %d sessions, want %d", c.name, n, sessions)
	}
}

// mortal is a house whose users can be deleted.
type mortal struct {
	*House
	gone bool
}

func openMortal(t *testing.T, open func(*testing.T) Backend) *mortal {
	m := &mortal{}
	b := open(t)
	b.Store = OwnUsers(Tap(b.Store, func(c Call) error {
		if m.gone && (c.Method == "User" || c.Method == "FindUser") {
			return store.ErrNotFound
		}
		return c.Do()
	}))
	m.House = Open(t, b)
	return m
}
