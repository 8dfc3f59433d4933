package wire

import (
	"crypto/rand"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// Peer is the address that a request's connection comes from; empty if there is
// none to tell.
func Peer(r *http.Request) string { return Told(Address(r.RemoteAddr)) }

// Told is an address as it is recorded; empty if it is none.
func Told(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Address reads an address, with or without a port, in its one form.
func Address(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	alone, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return alone.Unmap().WithZone("")
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

// Exhausted says whether a budget has run out, and for how long; zero: not to be
// ended by waiting.
func Exhausted(err error) (time.Duration, bool) {
	var sends *passwordless.RateLimitError
	var factor *mfa.ExhaustedError
	switch {
	case errors.As(err, &sends):
		return sends.RetryAfter, true
	case errors.As(err, &factor):
		return factor.RetryAfter, true
	}
	return 0, false
}

// RetryAfter tells a client how long to wait, in whole seconds, if waiting helps.
func RetryAfter(w http.ResponseWriter, d time.Duration) {
	if d > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds()))))
	}
}

// Report tells an error to hear, if it is there, under the id that the answer
// tells. What panics there is lost: the answer is still to be given.
func Report(hear func(r *http.Request, id string, err error), r *http.Request, id string, err error) {
	if hear == nil {
		return
	}
	defer func() { _ = recover() }()
	hear(r, id, err)
}

// NewErrorID names a failure, so that whoever met it can be helped.
func NewErrorID() string { return rand.Text() }
