package main

import (
	"context"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/examples/webapp"
)

// routes are the APIs, the pages and, beside them, what operators and tests need. Keep
// /metrics from the outside world: it tells how many sign in.
func (s *service) routes(d dialects, clockControl bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", d.fusionauth)
	mux.Handle("/authn/", http.StripPrefix("/authn", d.authn))
	mux.Handle("/account/", http.StripPrefix("/account", d.account))
	for _, path := range webapp.Paths() {
		if d.pages != nil {
			mux.Handle(path, d.pages)
		}
	}
	mux.HandleFunc("GET /health", s.health)
	mux.Handle("GET /metrics", s.metrics)
	if clockControl {
		// A page in the developer's browser must not move the clock.
		mux.Handle("POST /test/clock", http.NewCrossOriginProtection().Handler(s.clock))
	}
	return mux
}

// health says whether the store can be reached.
func (s *service) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.ping(ctx); err != nil {
		s.log.WarnContext(ctx, "unhealthy", "error", err.Error())
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// watched logs and counts requests by the pattern that they matched: a path may
// hold the id of a login.
func (s *service) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		took := time.Since(began)
		s.metrics.served(r.Pattern, seen.status, took)
		s.log.InfoContext(r.Context(), "served", "method", r.Method, "route", r.Pattern, "status", seen.status, "took", took)
	})
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
