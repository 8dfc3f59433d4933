package integration_test

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// sqlProxy stands between a driver and its server. It counts round trips: how
// often the driver speaks after the server has spoken. And it can lose a reply:
// what the server answers to a write, which by then it has done.
type sqlProxy struct {
	address string
	server  string
	trips   atomic.Int64
	lose    atomic.Int64 // of the trips from now on, which one's reply is lost; zero for none
	lost    atomic.Int64
}

func newSQLProxy(t testing.TB, server string) *sqlProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &sqlProxy{address: listener.Addr().String(), server: server}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(client) })
		}
	})
	return p
}

func (p *sqlProxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var asked, losing atomic.Bool
	go func() {
		defer client.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				return
			}
			asked.Store(false)
			if losing.Load() {
				p.lost.Add(1)
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if !asked.Swap(true) {
			p.trips.Add(1)
			if p.lose.Load() > 0 && p.lose.Add(-1) == 0 {
				losing.Store(true)
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// count is how many round trips do takes.
func (p *sqlProxy) count(do func()) int {
	before := p.trips.Load()
	do()
	return int(p.trips.Load() - before)
}
