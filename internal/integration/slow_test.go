package integration_test

import (
	"flag"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	slow     = flag.Int("slow", 1000, "how many slow clients hold on to the server")
	patience = flag.Duration("patience", time.Second, "the -patience of the server that slow clients hold on to")
)

// atOnce is how many slow clients there are at a time, for want of descriptors.
const atOnce = 2500

// Clients send half a header, half a body, a byte now and then, ask and never
// read, or ask once and stay. While they do, others log in; and the server gets
// rid of them all by itself, though none of them goes.
//
// ROB-01
func TestSlowClients(t *testing.T) {
	r := &rain{operations: operations(t), answers: map[int]int{}, asked: map[operation]bool{}}
	seed := r.seed(t, 300)
	r.server = startServer(t, buildServer(t), "-seed", seed, "-patience", patience.String())
	start := r.server.vitals(t)
	for left := *slow; left > 0; left -= atOnce {
		var w wave
		w.rise(t, strings.TrimPrefix(r.server.url, "http://"), min(left, atOnce))
		most := r.server.vitals(t)
		logins := r.loginsDuring(t, func() bool { return r.server.vitals(t).descriptors > start.descriptors+len(w.held)/4 })
		if logins == 0 {
			t.Error("nobody logged in while others were slow")
		}
		after := r.server.outlasts(t, start)
		if kept := after.open(start); kept != "" {
			t.Errorf("after %d slow clients: %s", len(w.held), kept)
		}
		t.Logf("%d slow clients: %+v with them, %d logins meanwhile, %+v after them", len(w.held), most, logins, after)
		w.fall()
	}
	for _, f := range r.faults {
		t.Error(f)
	}
}

// loginsDuring has people log in, one after another, for as long as others hold.
func (r *rain) loginsDuring(t *testing.T, hold func() bool) (n int) {
	t.Helper()
	const most = 300
	for n < most && hold() {
		v := newVisitor(r, 0)
		v.must(200, "POST", "/api/passwordless/login", v.begin(v.email).body())
		v.client.CloseIdleConnections()
		n++
	}
	return n
}

// outlasts waits until the server holds no more than at the start, or for as
// long as its longest timeout and a minute.
func (s runningServer) outlasts(t *testing.T, start vitals) vitals {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(6**patience + time.Minute); ; <-tick.C {
		v := s.vitals(t)
		if v.open(start) == "" || time.Now().After(deadline) {
			return v
		}
	}
}

// wave is slow clients that come together.
type wave struct {
	held  []net.Conn
	ended chan struct{}
	all   sync.WaitGroup
}

const (
	halfHeader = "POST /api/passwordless/login HTTP/1.1\r\nHost: www.piedpiper.com\r\nX-Slow: "
	halfBody   = "POST /api/passwordless/login HTTP/1.1\r\nHost: www.piedpiper.com\r\nContent-Length: 60000\r\n\r\n{\"code\":\""
	once       = "GET /health HTTP/1.1\r\nHost: www.piedpiper.com\r\n\r\n"
	much       = "GET /metrics HTTP/1.1\r\nHost: www.piedpiper.com\r\n\r\n" // the longest answer
)

// behave is what the i-th slow client does. Those that never read are few, since
// it takes many answers until there is no room for more.
func (w *wave) behave(i int, c net.Conn) {
	switch {
	case i%100 == 0:
		_, _ = fmt.Fprint(c, strings.Repeat(much, 2000))
	case i%3 == 0:
		_, _ = fmt.Fprint(c, once)
	case i%3 == 1:
		w.drip(c, halfHeader)
	default:
		w.drip(c, halfBody)
	}
}

// rise connects clients of each kind.
func (w *wave) rise(t *testing.T, address string, clients int) {
	t.Helper()
	// Whoever does not read has no room for what is sent.
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048) })
	}}
	w.ended = make(chan struct{})
	for i := range clients {
		c, err := dialer.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		w.held = append(w.held, c)
		w.all.Go(func() { w.behave(i, c) })
	}
}

// drip sends a beginning, and then a byte now and then until the server has had
// enough.
func (w *wave) drip(c net.Conn, beginning string) {
	_, _ = fmt.Fprint(c, beginning)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.ended:
			return
		case <-tick.C:
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
		}
	}
}

// fall ends what is left of the clients.
func (w *wave) fall() {
	close(w.ended)
	for _, c := range w.held {
		c.Close()
	}
	w.all.Wait()
}
