package sqloutbox

import (
	"context"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// Run delivers until ctx ends or [Outbox.Close] is called, and returns when the
// attempts under way have ended: nil, or [messenger.ErrClosed] if the outbox was
// closed before. When the database fails it tells OnFault, and looks again after
// Poll.
func (o *Outbox) Run(ctx context.Context) error {
	if !o.enter() {
		return messenger.ErrClosed
	}
	defer o.runs.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.cut, cancel)()
	workers := make(chan struct{}, o.config.Workers) // one for each attempt under way
	defer func() {
		for range o.config.Workers {
			workers <- struct{}{}
		}
	}()
	for {
		last := o.closed() // what was taken in before that is seen by the look that follows
		n := hire(ctx, workers)
		if n == 0 {
			return nil
		}
		due, err := o.take(ctx, n)
		o.fault(ctx, err)
		for _, t := range due {
			go func() {
				defer func() { <-workers }()
				o.deliver(t)
			}()
		}
		for range n - len(due) {
			<-workers
		}
		switch {
		case len(due) == n:
		case last:
			return nil
		default:
			o.rest(ctx)
		}
	}
}

// enter counts a Run in, unless the outbox is closed.
func (o *Outbox) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed() {
		return false
	}
	o.runs.Add(1)
	return true
}

func (o *Outbox) closed() bool {
	select {
	case <-o.closing:
		return true
	default:
		return false
	}
}

// hire waits for a worker, takes all that are free and says how many. None: ctx
// has ended.
func hire(ctx context.Context, workers chan struct{}) (n int) {
	if ctx.Err() != nil {
		return 0
	}
	select {
	case workers <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n = 1; ; n++ {
		select {
		case workers <- struct{}{}:
		default:
			return n
		}
	}
}

// rest waits for something to do.
func (o *Outbox) rest(ctx context.Context) {
	poll := time.NewTimer(o.config.Poll)
	defer poll.Stop()
	select {
	case <-o.wake:
	case <-poll.C:
	case <-o.closing:
	case <-ctx.Done():
	}
}

// fault tells of a failing database, but not of the end of ctx.
func (o *Outbox) fault(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || o.config.OnFault == nil {
		return
	}
	defer func() { _ = recover() }()
	o.config.OnFault(named(err))
}
