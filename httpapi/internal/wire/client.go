package wire

import (
	"crypto/rand"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Peer is the address that a request's connection comes from; empty if there is
// none to tell.
func Peer(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return peer.Addr().Unmap().WithZone("").String()
}

// maxAgent is what is kept of a User-Agent, in bytes.
const maxAgent = 512

// Agent is the User-Agent of a request, within bounds and in UTF-8.
func Agent(r *http.Request) string {
	agent := r.UserAgent()
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	return strings.ToValidUTF8(agent, "")
}

// RetryAfter tells a client how long to wait, in whole seconds, if waiting helps.
func RetryAfter(w http.ResponseWriter, d time.Duration) {
	if d > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds()))))
	}
}

// NewErrorID names a failure, so that whoever met it can be helped.
func NewErrorID() string { return rand.Text() }
