package token_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

func denied(t *testing.T, l token.Denylist, c token.Claims) bool {
	t.Helper()
	return must(l.Denied(t.Context(), c))(t)
}

func TestDenialCovers(t *testing.T) {
	t.Parallel()
	issued := now.UTC().Truncate(time.Second)
	c := sample()
	c.ID, c.IssuedAt = "jti", issued
	for name, d := range map[string]struct {
		denial token.Denial
		covers bool
	}{
		"its session":              {token.Denial{TenantID: tenantID, SessionID: c.SessionID}, true},
		"its id":                   {token.Denial{TenantID: tenantID, TokenID: "jti"}, true},
		"its user, since":          {token.Denial{TenantID: tenantID, Subject: userID, IssuedUntil: issued}, true},
		"its user, in the second":  {token.Denial{TenantID: tenantID, Subject: userID, IssuedUntil: issued.Add(time.Millisecond)}, true},
		"its user, for it":         {token.Denial{TenantID: tenantID, Subject: userID, Audience: applicationID, IssuedUntil: issued}, true},
		"its user, before":         {token.Denial{TenantID: tenantID, Subject: userID, IssuedUntil: issued.Add(-time.Second)}, false},
		"its user, for another":    {token.Denial{TenantID: tenantID, Subject: userID, Audience: "another", IssuedUntil: issued}, false},
		"but its session":          {token.Denial{TenantID: tenantID, Subject: userID, Except: c.SessionID, IssuedUntil: issued}, false},
		"but its id":               {token.Denial{TenantID: tenantID, Subject: userID, Except: "jti", IssuedUntil: issued}, false},
		"another session":          {token.Denial{TenantID: tenantID, SessionID: "another"}, false},
		"another user":             {token.Denial{TenantID: tenantID, Subject: "another", IssuedUntil: issued}, false},
		"its session's id, abroad": {token.Denial{TenantID: "another", SessionID: c.SessionID}, false},
	} {
		var l token.MemoryDenylist
		if err := l.Deny(t.Context(), d.denial); err != nil {
			t.Fatal(err)
		}
		if d.denial.Covers(c) != d.covers || denied(t, &l, c) != d.covers {
			t.Errorf("%s: covered %v, denied %v, want %v", name, d.denial.Covers(c), denied(t, &l, c), d.covers)
		}
	}
	// A token without a session is not every session's.
	var l token.MemoryDenylist
	c.SessionID = ""
	if err := l.Deny(t.Context(), token.Denial{TenantID: tenantID, SessionID: "one"}); err != nil || denied(t, &l, c) {
		t.Error("a token of no session is denied with some session's")
	}
	for _, d := range []token.Denial{{}, {TenantID: tenantID}, {SessionID: "one"}, {Subject: userID}} {
		var claim *token.ClaimError
		if err := l.Deny(t.Context(), d); !errors.As(err, &claim) {
			t.Errorf("%+v: %v, want a ClaimError", d, err)
		}
	}
}

// What has expired is forgotten; what is too much is refused all together, and
// nothing denied passes.
func TestMemoryDenylistIsBounded(t *testing.T) {
	t.Parallel()
	at := now
	l := token.MemoryDenylist{Limit: 10, Now: func() time.Time { return at }}
	tokenOf := func(i int) token.Claims {
		c := sample()
		c.SessionID, c.ID, c.IssuedAt = fmt.Sprint("session ", i), fmt.Sprint("token ", i), at
		return c
	}
	for i := range 50 { // ten at a time live
		at = at.Add(time.Minute)
		if err := l.Deny(t.Context(), token.Denial{TenantID: tenantID, SessionID: fmt.Sprint("session ", i), Until: at.Add(10 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if !denied(t, &l, tokenOf(i)) || denied(t, &l, tokenOf(i+1)) {
			t.Fatalf("session %d", i)
		}
	}
	if denied(t, &l, tokenOf(-1)) {
		t.Error("a token that was never denied is refused, though there was room")
	}
	fresh := tokenOf(-1)
	for i := range 11 {
		if err := l.Deny(t.Context(), token.Denial{TenantID: tenantID, TokenID: fmt.Sprint("more ", i), Until: at.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if !denied(t, &l, tokenOf(3)) || !denied(t, &l, fresh) {
		t.Error("when it was full it forgot what was denied")
	}
	at = at.Add(time.Second)
	if denied(t, &l, tokenOf(-1)) {
		t.Error("what was issued after it was full is refused")
	}
}

// A verifier asks its denylist last, and believes nothing if that fails.
func TestVerifierAsksDenylist(t *testing.T) {
	t.Parallel()
	key := testKey(t, token.EdDSA)
	config := verifierConfig(t, key)
	list := new(token.MemoryDenylist)
	config.Denylist = list
	text := issue(t, newIssuer(t, key), sample()).Token.Reveal()
	verify := func() (token.Claims, error) {
		return must(token.NewVerifier(config))(t).Verify(t.Context(), text)
	}
	if _, err := verify(); err != nil {
		t.Fatal(err)
	}
	if err := list.Deny(t.Context(), token.Denial{TenantID: tenantID, SessionID: sample().SessionID}); err != nil {
		t.Fatal(err)
	}
	// JWT-08: no claims with an error.
	if c, err := verify(); !errors.Is(err, token.ErrRevoked) || !errors.Is(err, token.ErrInvalid) || c.Subject != "" {
		t.Errorf("a revoked token: %+v, %v", c, err)
	}
	config.Denylist = brokenDenylist{}
	if c, err := verify(); err == nil || errors.Is(err, token.ErrInvalid) || c.Subject != "" {
		t.Errorf("a denylist that fails: %+v, %v", c, err)
	}
}

type brokenDenylist struct{}

func (brokenDenylist) Deny(context.Context, token.Denial) error { return errors.New("fault") }
func (brokenDenylist) Denied(context.Context, token.Claims) (bool, error) {
	return false, errors.New("fault")
}
