package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
)

// counts tell what happens, in Prometheus' text format. What is counted by are
// constants and patterns, never what a client sent.
type counts struct {
	mu       sync.Mutex
	events   map[happened]int
	requests map[answered]spent
	sweeps   int
}

// happened is what events are counted by, and answered what requests are.
type (
	happened struct{ kind, outcome, reason string }
	answered struct {
		route  string
		status int
	}
)

// spent is how many requests there were, and how long they took in all.
type spent struct {
	n    int
	took time.Duration
}

func newCounts() *counts {
	return &counts{events: map[happened]int{}, requests: map[answered]spent{}}
}

// hear is for [passwordless.Config.Events].
func (c *counts) hear(_ context.Context, e passwordless.Event) {
	h := happened{kind: string(e.Type), reason: string(e.Reason)}
	if e.Outcome != 0 {
		h.outcome = e.Outcome.String()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[h]++
}

func (c *counts) served(route string, status int, took time.Duration) {
	a := answered{route, status}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.requests[a]
	c.requests[a] = spent{s.n + 1, s.took + took}
}

func (c *counts) swept() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweeps++
}

func (c *counts) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	c.write(&b)
	writeProcess(&b)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// Whoever does not read the answer has gone.
	_, _ = io.WriteString(w, b.String())
}

func (c *counts) write(b *strings.Builder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var events, requests []string
	for h, n := range c.events {
		events = append(events, fmt.Sprintf("gatehouse_events_total{type=%q,outcome=%q,reason=%q} %d\n", h.kind, h.outcome, h.reason, n))
	}
	for a, s := range c.requests {
		requests = append(requests, fmt.Sprintf("gatehouse_http_request_seconds_count{route=%[1]q,status=\"%[2]d\"} %[3]d\n"+
			"gatehouse_http_request_seconds_sum{route=%[1]q,status=\"%[2]d\"} %[4]g\n", a.route, a.status, s.n, s.took.Seconds()))
	}
	slices.Sort(events)
	slices.Sort(requests)
	b.WriteString("# HELP gatehouse_events_total What happened in logins.\n# TYPE gatehouse_events_total counter\n")
	b.WriteString(strings.Join(events, ""))
	b.WriteString("# HELP gatehouse_http_request_seconds Requests, and how long they took.\n# TYPE gatehouse_http_request_seconds summary\n")
	b.WriteString(strings.Join(requests, ""))
	fmt.Fprintf(b, "# HELP gatehouse_sweeps_total How often all that had expired was removed.\n# TYPE gatehouse_sweeps_total counter\ngatehouse_sweeps_total %d\n", c.sweeps)
}

// processes are the measures of this process, under the names by which
// Prometheus' own client tells them.
var processes = map[string]string{
	"go_goroutines":         "/sched/goroutines:goroutines",
	"go_gc_heap_live_bytes": "/gc/heap/live:bytes", // as the last collection found it
	"go_gc_cycles":          "/gc/cycles/total:gc-cycles",
}

func writeProcess(b *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(processes)) {
		sample := []metrics.Sample{{Name: processes[name]}}
		metrics.Read(sample)
		fmt.Fprintf(b, "# TYPE %[1]s gauge\n%[1]s %[2]d\n", name, sample[0].Value.Uint64())
	}
	// Only Linux tells, and what it is asked through is one of them.
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		fmt.Fprintf(b, "# TYPE process_open_fds gauge\nprocess_open_fds %d\n", len(open)-1)
	}
}
