package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// action answers a call, or says by an error what the answer is.
type action func(w http.ResponseWriter, r *http.Request, c caller) error

// ServeHTTP serves every endpoint of the API.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The mux would answer these, in HTML.
	if r.URL.Path != path.Clean(r.URL.Path) || r.Method == http.MethodConnect {
		a.nowhere(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

func (a *API) nowhere(w http.ResponseWriter, _ *http.Request) {
	bare(w.Header())
	w.WriteHeader(http.StatusNotFound)
}

// endpoint is what there is at a path.
type endpoint struct {
	api   *API
	name  string // the path without ids, as [APIKey.Endpoints] has it
	steps map[string]step
}

// step is what a method does, and for whom.
type step struct {
	need Access
	do   action
}

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bare(w.Header())
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	s, ok := e.steps[method]
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", e.allow())
		w.WriteHeader(http.StatusOK)
	case !ok:
		w.Header().Set("Allow", e.allow())
		w.WriteHeader(http.StatusMethodNotAllowed)
	case e.api.c.CrossOrigin.Check(r) != nil:
		w.WriteHeader(http.StatusForbidden)
	default:
		e.answer(w, r, s)
	}
}

// answer does a step. A panic, which a hook of the program's caused, is a 500.
func (e endpoint) answer(w http.ResponseWriter, r *http.Request, s step) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			for _, name := range []string{"Content-Length", "Content-Type", "Retry-After", "Set-Cookie"} {
				w.Header().Del(name)
			}
			w.WriteHeader(http.StatusInternalServerError)
			e.api.report(r, &PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	c, err := e.api.admit(r, e, s.need)
	if err == nil {
		err = s.do(w, r, c)
	}
	if err != nil {
		e.api.fail(w, r, err)
	}
}

func (e endpoint) allow() string {
	methods := []string{http.MethodOptions}
	for m := range e.steps {
		methods = append(methods, m)
		if m == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// bare sets what every answer says of itself.
func bare(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// reply answers with v. The type is in lower case, as clients compare it.
func reply(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		return fmt.Errorf("httpapi: encode: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	// Whoever does not read the answer has gone.
	_, _ = w.Write(body.Bytes())
	return nil
}
