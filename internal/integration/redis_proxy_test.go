package integration_test

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// redisProxy stands between a client and its server. It counts the scripts that
// are sent, and loses replies: the server has run the script, and the client
// finds its connection closed.
type redisProxy struct {
	net.Listener
	server  string
	scripts atomic.Int64
	lose    atomic.Pointer[func() bool] // asked once for each script
}

func openRedisProxy(t testing.TB, server string) *redisProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &redisProxy{Listener: l, server: server}
	p.loseNone()
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return p
}

func (p *redisProxy) address() string { return p.Addr().String() }

func (p *redisProxy) loseNone() { p.loseIf(func() bool { return false }) }

func (p *redisProxy) loseIf(lose func() bool) { p.lose.Store(&lose) }

// loseNext loses the replies to the next n scripts.
func (p *redisProxy) loseNext(n int64) {
	var left atomic.Int64
	left.Store(n)
	p.loseIf(func() bool { return left.Add(-1) >= 0 })
}

// serve takes a connection to the server until one side has had enough.
func (p *redisProxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var losing atomic.Bool
	var replies sync.WaitGroup
	replies.Go(func() {
		defer client.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err != nil || losing.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		// A client writes a short command in one piece.
		if sent := bytes.Count(bytes.ToUpper(buffer[:n]), []byte("\r\nEVAL")); sent > 0 {
			p.scripts.Add(int64(sent))
			if (*p.lose.Load())() {
				losing.Store(true)
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			break
		}
	}
	if !losing.Load() {
		server.Close()
	}
	replies.Wait() // the server has run what is lost
}
