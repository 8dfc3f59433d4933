package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
)

// metrics counts what happens, and tells it in Prometheus' text format. What is
// counted by are constants and patterns, never what a client sent.
type metrics struct {
	mu       sync.Mutex
	events   map[string]int
	requests map[string]int
	seconds  map[string]float64
}

func newMetrics() *metrics {
	return &metrics{events: map[string]int{}, requests: map[string]int{}, seconds: map[string]float64{}}
}

// hear is for [passwordless.Config.Events].
func (m *metrics) hear(_ context.Context, e passwordless.Event) {
	ended := ""
	if e.Outcome != 0 {
		ended = e.Outcome.String()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[fmt.Sprintf("{type=%q,outcome=%q,reason=%q}", e.Type, ended, e.Reason)]++
}

func (m *metrics) served(route string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	labels := fmt.Sprintf("{route=%q,status=\"%d\"}", route, status)
	m.requests[labels]++
	m.seconds[labels] += took.Seconds()
}

func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// Whoever does not read the answer has gone.
	_, _ = w.Write([]byte(m.text()))
}

func (m *metrics) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("# HELP gatehouse_events_total What happened in logins.\n# TYPE gatehouse_events_total counter\n")
	for _, labels := range slices.Sorted(maps.Keys(m.events)) {
		fmt.Fprintf(&b, "gatehouse_events_total%s %d\n", labels, m.events[labels])
	}
	b.WriteString("# HELP gatehouse_http_request_seconds Requests, and how long they took.\n# TYPE gatehouse_http_request_seconds summary\n")
	for _, labels := range slices.Sorted(maps.Keys(m.requests)) {
		fmt.Fprintf(&b, "gatehouse_http_request_seconds_count%s %d\n", labels, m.requests[labels])
		fmt.Fprintf(&b, "gatehouse_http_request_seconds_sum%s %g\n", labels, m.seconds[labels])
	}
	return b.String()
}
