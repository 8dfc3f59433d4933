package token

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Denylist is the access tokens that must not be believed although they have
// yet to expire. Package session tells one what was revoked; a [Verifier] asks it.
//
// Methods may be called concurrently. An error means that the list failed: the
// token is then refused, or the revocation reported as not heard of.
type Denylist interface {
	// Deny adds d. Adding it twice is fine.
	Deny(ctx context.Context, d Denial) error

	// Denied says whether a denial covers a token with these claims.
	Denied(ctx context.Context, c Claims) (bool, error)
}

// Denial names the tokens of one session, or one token, or those that one user
// was given until some moment. TenantID is required, and one of the three.
type Denial struct {
	TenantID  string
	SessionID string // sid: all tokens of it, whenever they were issued
	TokenID   string // jti
	Subject   string // sub: with the three fields below

	Audience    string    // aud; empty: any
	Except      string    // the sid or jti of what stays; empty: nothing
	IssuedUntil time.Time // iat, of whole seconds, which is not after it

	// Until is when the last of the tokens has expired and the denial can be forgotten.
	Until time.Time
}

// Covers says whether d is about a token with these claims. A token that was
// issued later in the second of IssuedUntil counts as issued before it: iat does
// not tell them apart.
func (d Denial) Covers(c Claims) bool {
	switch {
	case d.TenantID != c.TenantID:
		return false
	case d.SessionID != "":
		return d.SessionID == c.SessionID
	case d.TokenID != "":
		return d.TokenID == c.ID
	case d.Subject == "" || d.Subject != c.Subject, d.Audience != "" && d.Audience != c.Audience:
		return false
	case d.Except != "" && (d.Except == c.SessionID || d.Except == c.ID):
		return false
	}
	return !c.IssuedAt.After(d.IssuedUntil)
}

// MemoryDenylist is a [Denylist] of one process: it hears of nothing that other
// processes revoke, and forgets with a restart. Several processes put one over
// what they share. The zero value is ready for use.
type MemoryDenylist struct {
	// Limit is how many denials it holds at once. Zero means 100,000, some 40 MB.
	// When they are as many, it forgets them and refuses every token that was
	// issued until then: all people refresh once, and nothing revoked passes.
	Limit int

	// Now reports the time. Nil means time.Now.
	Now func() time.Time

	mu     sync.RWMutex
	denied map[deniedKey][]Denial
	queue  []Denial // in the order they came
	floor  time.Time
}

// deniedKey is what a denial is found by.
type deniedKey struct {
	kind          byte
	tenant, value string
}

func keyOf(d Denial) deniedKey {
	switch {
	case d.SessionID != "":
		return deniedKey{'s', d.TenantID, d.SessionID}
	case d.TokenID != "":
		return deniedKey{'t', d.TenantID, d.TokenID}
	}
	return deniedKey{'u', d.TenantID, d.Subject}
}

// Deny implements [Denylist]. *ClaimError if d names no token.
func (m *MemoryDenylist) Deny(_ context.Context, d Denial) error {
	switch {
	case d.TenantID == "":
		return &ClaimError{"tid", "missing"}
	case d.SessionID == "" && d.TokenID == "" && d.Subject == "":
		return &ClaimError{"sub", "missing"}
	}
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	if len(m.queue) >= cmp.Or(m.Limit, 100_000) {
		m.floor, m.queue, m.denied = now, nil, nil
	}
	if m.denied == nil {
		m.denied = make(map[deniedKey][]Denial)
	}
	key := keyOf(d)
	if slices.Contains(m.denied[key], d) {
		return nil
	}
	m.denied[key] = append(m.denied[key], d)
	m.queue = append(m.queue, d)
	return nil
}

// forget drops what no longer matters, up to the first that does. One that
// outlasts those behind it only keeps them longer than they must be.
func (m *MemoryDenylist) forget(now time.Time) {
	n := 0
	for n < len(m.queue) && !m.queue[n].Until.After(now) {
		d := m.queue[n]
		key := keyOf(d)
		left := slices.DeleteFunc(m.denied[key], func(other Denial) bool { return other == d })
		if m.denied[key] = left; len(left) == 0 {
			delete(m.denied, key)
		}
		n++
	}
	m.queue = m.queue[n:]
}

// Denied implements [Denylist]. It does not fail.
func (m *MemoryDenylist) Denied(_ context.Context, c Claims) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !m.floor.IsZero() && !c.IssuedAt.After(m.floor) {
		return true, nil
	}
	for _, key := range [...]deniedKey{{'s', c.TenantID, c.SessionID}, {'t', c.TenantID, c.ID}, {'u', c.TenantID, c.Subject}} {
		for _, d := range m.denied[key] {
			if d.Covers(c) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (m *MemoryDenylist) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}
