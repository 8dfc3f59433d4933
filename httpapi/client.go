package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
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
	peer := address(r.RemoteAddr)
	if !peer.IsValid() {
		return ""
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && a.trusts(peer); i-- {
		next := address(strings.TrimSpace(forwarded[i]))
		if !next.IsValid() {
			break
		}
		peer = next
	}
	return peer.String()
}

func (a *API) trusts(proxy netip.Addr) bool {
	for _, p := range a.c.TrustedProxies {
		if p.Contains(proxy) {
			return true
		}
	}
	return false
}

// address reads an address, with or without a port, in its one form.
func address(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	alone, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return alone.Unmap().WithZone("")
}
