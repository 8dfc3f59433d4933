// Package loopback knows the names of this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// IsHost says whether a URL's host, without its port, is this machine by name or
// address: localhost, a name below it (RFC 6761, section 6.3), 127.0.0.0/8, ::1.
func IsHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
