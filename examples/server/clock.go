package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// clock is the time of day, and what tests have added to it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// furthest is how many seconds a clock can be ahead: more than anything lives.
const furthest = 100 * 365 * 24 * 60 * 60

// ServeHTTP serves POST /test/clock. A clock goes forward only.
func (c *clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		AdvanceSeconds int64 `json:"advanceSeconds"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&q)
	ahead := c.ahead.Load() / int64(time.Second)
	if err != nil || q.AdvanceSeconds < 0 || q.AdvanceSeconds > furthest-ahead {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.ahead.Add(q.AdvanceSeconds * int64(time.Second))
	writeJSON(w, http.StatusOK, map[string]int64{"now": c.now().UnixMilli()})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Whoever does not read the answer has gone.
	_ = json.NewEncoder(w).Encode(v)
}
