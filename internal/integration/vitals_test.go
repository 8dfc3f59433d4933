package integration_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// vitals are what a server holds and has done, as its /metrics tell.
type vitals struct {
	goroutines, descriptors int
	live                    int // bytes of heap that the last collection kept
	collections, sweeps     int
	logins                  int
}

// fresh asks on a connection of its own each time, so that asking leaves none.
var fresh = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

func (s runningServer) vitals(t *testing.T) (v vitals) {
	t.Helper()
	answer, err := fresh.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.Atoi(value)
		switch {
		case name == "go_goroutines":
			v.goroutines = n
		case name == "process_open_fds":
			v.descriptors = n
		case name == "go_gc_heap_live_bytes":
			v.live = n
		case name == "go_gc_cycles":
			v.collections = n
		case name == "gatehouse_sweeps_total":
			v.sweeps = n
		case strings.HasPrefix(name, `gatehouse_events_total{type="user.login.success"`):
			v.logins += n
		}
	}
	if v.goroutines == 0 || v.descriptors == 0 {
		t.Fatalf("%s tells no vitals: %+v", s.url, v)
	}
	return v
}

// rested has everything expire, and returns what a server still holds once it
// has let go of that, and of connections beyond those of start. One that does
// not while patience lasts is asked no longer.
func (s runningServer) rested(t *testing.T, start vitals, patience time.Duration) vitals {
	t.Helper()
	const longest = 40 * 24 * 60 * 60 // more than a session lives
	s.post(t, http.StatusOK, "/test/clock", map[string]int{"advanceSeconds": longest})
	http.DefaultClient.CloseIdleConnections()
	begun := s.vitals(t)
	swept := vitals{}
	for deadline := time.Now().Add(patience); ; {
		v := s.vitals(t)
		if swept.sweeps == 0 && v.sweeps > begun.sweeps+1 {
			swept = v
		}
		done := swept.sweeps > 0 && v.collections > swept.collections+1 && v.open(start) == ""
		if done || time.Now().After(deadline) {
			return v
		}
	}
}

// open says what is open beyond what was at the start, or nothing. The runtime
// may have a goroutine or two of its own.
func (v vitals) open(start vitals) string {
	switch {
	case v.goroutines > start.goroutines+2:
		return fmt.Sprintf("%d goroutines, and %d at the start", v.goroutines, start.goroutines)
	case v.descriptors > start.descriptors:
		return fmt.Sprintf("%d descriptors, and %d at the start", v.descriptors, start.descriptors)
	}
	return ""
}

// grown says how the heap has grown since before, if it has by more than each
// login is kept by.
func (v vitals) grown(before vitals, kept int) string {
	const noise = 2 << 20
	if most := before.live + (v.logins-before.logins)*kept + noise; v.live > most {
		return fmt.Sprintf("%d bytes live, and %d after the first quarter", v.live, before.live)
	}
	return ""
}

// load runs something four times, and says what a server keeps that it should
// not: of each login it may keep so many bytes, and so many connections to a database.
func (s runningServer) load(t *testing.T, kept, pool int, patience time.Duration, once func()) (leaks []string) {
	t.Helper()
	start := s.vitals(t)
	t.Logf("at the start: %+v", start)
	start.goroutines += 2 * pool
	start.descriptors += pool
	var after [4]vitals
	for i := range after {
		once()
		after[i] = s.rested(t, start, patience)
		t.Logf("%d of 4: %+v", i+1, after[i])
	}
	for _, leak := range []string{after[3].open(start), after[3].grown(after[0], kept)} {
		if leak != "" {
			leaks = append(leaks, leak)
		}
	}
	return leaks
}

// leakVariable says what a process is there to leak.
const leakVariable = "GATEHOUSE_TEST_LEAK"

// A server that leaks is caught, whatever it is that it leaks, and one that does
// not is not.
func TestLeaksAreSeen(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]string{"nothing": "", "goroutines": "goroutines", "descriptors": "descriptors", "memory": "bytes live"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			leaky := exec.Command(os.Args[0])
			leaky.Env = append(os.Environ(), leakVariable+"="+what)
			s := runServer(t, leaky)
			patience := time.Second
			if want == "" {
				patience = time.Minute
			}
			leaks := strings.Join(s.load(t, 0, 0, patience, func() {
				for range 200 {
					s.post(t, http.StatusOK, "/", nil)
				}
			}), "; ")
			if !strings.Contains(leaks, want) || (leaks == "") != (want == "") {
				t.Errorf("found %q, want %q", leaks, want)
			}
		})
	}
}

// leak is a server that keeps something of every request, until it is interrupted.
func leak(what string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var k keeper
	mux := http.NewServeMux()
	mux.HandleFunc("POST /test/clock", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /{$}", func(http.ResponseWriter, *http.Request) { k.keep(what) })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { k.tell(w) })
	_ = json.NewEncoder(os.Stderr).Encode(map[string]string{"msg": "listening", "addr": listener.Addr().String()})
	go http.Serve(listener, mux)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	<-interrupted
}

// keeper lets go of nothing.
type keeper struct {
	mu     sync.Mutex
	files  []*os.File
	memory [][]byte
	sweeps int
}

func (k *keeper) keep(what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch what {
	case "goroutines":
		go func() { select {} }()
	case "descriptors":
		f, _ := os.Open(os.DevNull)
		k.files = append(k.files, f)
	case "memory":
		k.memory = append(k.memory, make([]byte, 16<<10))
	}
}

// tell tells the vitals as examples/server does.
func (k *keeper) tell(w io.Writer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sweeps++
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, _ := os.ReadDir("/proc/self/fd")
	fmt.Fprintf(w, "go_goroutines %d\nprocess_open_fds %d\ngo_gc_heap_live_bytes %d\ngo_gc_cycles %d\ngatehouse_sweeps_total %d\n",
		runtime.NumGoroutine(), len(open)-1, m.HeapAlloc, m.NumGC, k.sweeps)
}
