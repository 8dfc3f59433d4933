// Package wire is what the dialects of package httpapi have in common: endpoints
// that answer by an error, bodies within bounds, and replies.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// Endpoint is what a method does at a path, which is one of http.ServeMux
// without a method. An error that Do returns is answered by Fail.
type Endpoint struct {
	Method string
	Path   string
	Do     func(w http.ResponseWriter, r *http.Request) error
}

// Fail answers a request with what an error stands for: one of an endpoint's, or
// of this package.
type Fail func(w http.ResponseWriter, r *http.Request, err error)

// What an endpoint was not asked for.
var (
	ErrNowhere     = errors.New("httpapi: no such path")
	ErrMethod      = errors.New("httpapi: no such method")
	ErrCrossOrigin = errors.New("httpapi: from another origin")
)

// PanicError is a panic in a request. Its text tells only that there was one,
// since the value may hold anything.
type PanicError struct {
	Value any
	Stack []byte
}

func (*PanicError) Error() string { return "httpapi: panic in a request" }

// Dialect serves endpoints. A path or method that they have not is Fail's to
// answer, as is a request that a browser makes for another origin, or a panic.
// HEAD is a method like any other.
type Dialect struct {
	Fail Fail

	// Origin refuses what browsers send from other origins. Nil means all of it.
	Origin *http.CrossOriginProtection

	// Options is the status that tells OPTIONS the methods. Zero means 204.
	Options int
}

// Handler serves endpoints at their paths, and nothing elsewhere.
func (d Dialect) Handler(endpoints []Endpoint) http.Handler {
	mux := http.NewServeMux()
	paths := map[string][]Endpoint{}
	for _, e := range endpoints {
		paths[e.Path] = append(paths[e.Path], e)
	}
	for at, methods := range paths {
		mux.Handle(at, d.At(methods...))
	}
	mux.HandleFunc("/", d.nowhere)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would answer these, in HTML or without a word on caching.
		if r.URL.Path != path.Clean(r.URL.Path) || r.URL.Path == "*" || r.Method == http.MethodConnect {
			d.nowhere(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (d Dialect) nowhere(w http.ResponseWriter, r *http.Request) {
	bare(w.Header())
	d.Fail(w, r, ErrNowhere)
}

// At serves endpoints, by their methods, at whatever path it is mounted.
func (d Dialect) At(endpoints ...Endpoint) http.Handler {
	if d.Origin == nil {
		d.Origin = http.NewCrossOriginProtection()
	}
	if d.Options == 0 {
		d.Options = http.StatusNoContent
	}
	allowed := []string{http.MethodOptions}
	methods := map[string]Endpoint{}
	for _, e := range endpoints {
		allowed = append(allowed, e.Method)
		methods[e.Method] = e
	}
	slices.Sort(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bare(w.Header())
		e, ok := methods[r.Method]
		switch {
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			w.WriteHeader(d.Options)
		case !ok:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			d.Fail(w, r, ErrMethod)
		case d.Origin.Check(r) != nil:
			d.Fail(w, r, ErrCrossOrigin)
		default:
			d.answer(w, r, e)
		}
	})
}

// answer does what an endpoint does. A panic, which a hook of the program's
// caused, leaves no header of an answer that is none, and those that handlers
// around this one have set.
func (d Dialect) answer(w http.ResponseWriter, r *http.Request, e Endpoint) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			for _, name := range []string{"Content-Length", "Content-Type", "Retry-After", "Set-Cookie", "WWW-Authenticate"} {
				w.Header().Del(name)
			}
			d.Fail(w, r, &PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	switch err := e.Do(w, r); {
	case err == nil:
	case gone(r, err):
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		d.Fail(w, r, err)
	}
}

// gone says that an error is only that the client has gone, which is no failure of
// anything here. Who has only closed its half of the connection reads the answer yet.
func gone(r *http.Request, err error) bool {
	return errors.Is(err, context.Canceled) && r.Context().Err() != nil
}

// bare sets what every answer says of itself.
func bare(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// Reply answers with v in JSON. The type is in lower case, as clients compare it.
// An error means that nothing was written.
func Reply(w http.ResponseWriter, status int, v any) error {
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
