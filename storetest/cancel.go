package storetest

import (
	"context"
	"runtime"
)

// cancelled is the context of a caller who goes away.
type cancelled = context.Context

// interrupted makes n calls at once. Some callers have gone before they call,
// the others go while they wait for the answer.
func (t *trial) interrupted(n int, call func(ctx cancelled, i int) error) []error {
	return together(n, func(i int) error {
		ctx, cancel := context.WithCancel(t.Context())
		if i%4 == 0 {
			cancel()
			return call(ctx, i)
		}
		answer := make(chan error, 1)
		go func() { answer <- call(ctx, i) }()
		for range i % 16 {
			runtime.Gosched()
		}
		cancel()
		return <-answer
	})
}
