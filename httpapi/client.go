package httpapi

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
)

// tenantOf is the tenant that a request is limited to, if it says so.
func tenantOf(r *http.Request) (string, error) {
	ids := r.Header.Values("X-FusionAuth-TenantId")
	if len(ids) == 0 {
		return "", nil
	}
	const longest = 128
	printable := strings.Trim(ids[0], " ") != "" && strings.IndexFunc(ids[0], func(c rune) bool { return c <= ' ' || c > '~' }) < 0
	if len(ids) > 1 || len(ids[0]) > longest || !printable {
		return "", field("invalid", "tenantId", "The header X-FusionAuth-TenantId must be the id of one tenant.")
	}
	return ids[0], nil
}

// client is the address of the client: that of the connection or, where that is a
// trusted proxy's, the last in X-Forwarded-For that is not. It is empty if there
// is none to tell.
func (a *API) client(r *http.Request) string {
	peer := wire.Address(r.RemoteAddr)
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && a.trusts(peer); i-- {
		next := wire.Address(strings.TrimSpace(forwarded[i]))
		if !next.IsValid() {
			break
		}
		peer = next
	}
	return wire.Told(peer)
}

func (a *API) trusts(proxy netip.Addr) bool {
	for _, p := range a.c.TrustedProxies {
		if p.Contains(proxy) {
			return true
		}
	}
	return false
}
