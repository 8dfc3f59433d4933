// Package wire is what the dialects of package httpapi have in common: endpoints
// that answer by an error, bodies within bounds, and replies.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
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

// dialect is a table of endpoints.
type dialect struct {
	mux    *http.ServeMux
	fail   Fail
	origin *http.CrossOriginProtection
}

// Handler serves endpoints. A path or method that it has not is fail's to answer,
// as is a request that a browser makes for another origin, or a panic. HEAD is no
// endpoint's, and OPTIONS is told the methods.
func Handler(fail Fail, endpoints []Endpoint) http.Handler {
	d := &dialect{mux: http.NewServeMux(), fail: fail, origin: http.NewCrossOriginProtection()}
	paths := map[string]map[string]Endpoint{}
	for _, e := range endpoints {
		if paths[e.Path] == nil {
			paths[e.Path] = map[string]Endpoint{}
		}
		paths[e.Path][e.Method] = e
	}
	for at, methods := range paths {
		d.mux.Handle(at, d.at(methods))
	}
	d.mux.HandleFunc("/", d.nowhere)
	return d
}

func (d *dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The mux would answer these, in HTML.
	if r.URL.Path != path.Clean(r.URL.Path) || r.Method == http.MethodConnect {
		d.nowhere(w, r)
		return
	}
	d.mux.ServeHTTP(w, r)
}

func (d *dialect) nowhere(w http.ResponseWriter, r *http.Request) {
	bare(w.Header())
	d.fail(w, r, ErrNowhere)
}

// at answers at a path.
func (d *dialect) at(methods map[string]Endpoint) http.HandlerFunc {
	allowed := []string{http.MethodOptions}
	for m := range methods {
		allowed = append(allowed, m)
	}
	slices.Sort(allowed)
	return func(w http.ResponseWriter, r *http.Request) {
		bare(w.Header())
		e, ok := methods[r.Method]
		switch {
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			w.WriteHeader(http.StatusNoContent)
		case !ok:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			d.fail(w, r, ErrMethod)
		case d.origin.Check(r) != nil:
			d.fail(w, r, ErrCrossOrigin)
		default:
			d.answer(w, r, e)
		}
	}
}

func (d *dialect) answer(w http.ResponseWriter, r *http.Request, e Endpoint) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			clear(w.Header())
			bare(w.Header())
			d.fail(w, r, &PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	if err := e.Do(w, r); err != nil {
		d.fail(w, r, err)
	}
}

// bare sets what every answer says of itself.
func bare(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// Reply answers with v in JSON. An error means that nothing was written.
func Reply(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		return fmt.Errorf("httpapi: encode: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Whoever does not read the answer has gone.
	_, _ = w.Write(body.Bytes())
	return nil
}
