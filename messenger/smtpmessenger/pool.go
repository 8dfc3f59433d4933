package smtpmessenger

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool keeps sessions between messages, and ends those that nobody takes. A
// timer does that: no goroutine waits for it.
type pool struct {
	max     int
	timeout time.Duration

	mu     sync.Mutex
	idle   []*session // the one used last is last
	closed bool
}

// take returns the session that was used last, or nil.
func (p *pool) take() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	s := p.idle[last]
	p.idle = slices.Delete(p.idle, last, last+1)
	s.expiry.Stop()
	return s
}

// put keeps s, or ends it if there is no room.
func (p *pool) put(ctx context.Context, s *session) {
	if !p.keep(s) {
		s.quit(ctx)
	}
}

func (p *pool) keep(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.max {
		return false
	}
	p.idle = append(p.idle, s)
	s.expiry = time.AfterFunc(p.timeout, func() { p.expire(s) })
	return true
}

// expire ends s, unless somebody took it as its time came.
func (p *pool) expire(s *session) {
	if p.remove(s) {
		s.quit(context.Background())
	}
}

func (p *pool) remove(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.idle, s)
	if at < 0 {
		return false
	}
	p.idle = slices.Delete(p.idle, at, at+1)
	return true
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()

	var ended sync.WaitGroup
	for _, s := range idle {
		s.expiry.Stop()
		ended.Go(func() { s.quit(context.Background()) })
	}
	ended.Wait()
}
