package bearer

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

// Requirement is what a request needs beyond a valid token. The zero value asks
// for nothing more.
type Requirement struct {
	// TenantID is the only tenant let in. Empty: any that the issuer speaks for.
	TenantID string

	// Audience is the only application let in, of those that the Verifier
	// believes. Empty: any of them.
	Audience string

	// Roles must all be held in that application.
	Roles []string

	// Context is the acr that the login must have had, exactly, such as "2fa"
	// (session.TwoFactors). Empty: any.
	Context string

	// Within is how long ago the person may have signed in, by auth_time, which
	// a refresh does not change: with Context, "with two factors, in the last ten
	// minutes". Zero: whenever. A token without auth_time is refused.
	Within time.Duration
}

// check says what a token's claims lack.
func (r Requirement) check(c token.Claims, now time.Time) *refusal {
	forbidden := &refusal{status: http.StatusForbidden, code: "insufficient_scope"}
	switch {
	case r.TenantID != "" && r.TenantID != c.TenantID, r.Audience != "" && r.Audience != c.Audience:
		return forbidden
	case slices.ContainsFunc(r.Roles, func(role string) bool { return !slices.Contains(c.Roles, role) }):
		return forbidden
	case r.Context != "" && r.Context != c.Context, r.stale(c, now):
		return r.again()
	}
	return nil
}

// stale says whether the person signed in too long ago.
func (r Requirement) stale(c token.Claims, now time.Time) bool {
	return r.Within > 0 && (c.AuthTime.IsZero() || now.Sub(c.AuthTime) > r.Within)
}

// again asks for another login (RFC 9470 section 3).
func (r Requirement) again() *refusal {
	no := &refusal{status: http.StatusUnauthorized, code: "insufficient_user_authentication", acr: r.Context}
	if r.Within > 0 {
		no.maxAge = strconv.FormatInt(int64(r.Within/time.Second), 10)
	}
	return no
}
