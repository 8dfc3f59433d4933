package sqloutbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// deliver makes one attempt, and notes what came of it.
func (o *Outbox) deliver(t taken) {
	m, err := o.open(string(t.id), t.sealed)
	if err == nil {
		err = o.attempt(m, t)
	}
	wait := o.backoff(t.attempts)
	switch {
	case err != nil && o.cut.Err() != nil:
		err = o.postpone(t, 0)
	case err != nil && o.worthAnother(m, t, wait, err):
		err = o.postpone(t, wait)
	default:
		if err != nil {
			o.report(m, err)
		}
		err = o.remove(t)
	}
	o.fault(context.Background(), err)
}

func (o *Outbox) attempt(m messenger.Message, t taken) error {
	now := o.config.Now()
	timeout := o.config.Timeout
	switch {
	case m.Decoy:
		return nil
	case expired(m, now):
		return messenger.ErrExpired
	case t.attempts > o.config.Attempts:
		return ErrAbandoned
	case !m.Expires.IsZero():
		timeout = min(timeout, m.Expires.Sub(now)) // after which it must not arrive
	}
	ctx, cancel := context.WithTimeout(o.cut, timeout)
	defer cancel()
	return sendSafely(ctx, o.config.Next, m)
}

func expired(m messenger.Message, now time.Time) bool {
	return !m.Expires.IsZero() && !now.Before(m.Expires)
}

func sendSafely(ctx context.Context, next messenger.Messenger, m messenger.Message) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &messenger.PanicError{Type: fmt.Sprintf("%T", v), Stack: debug.Stack()}
		}
	}()
	return next.Send(ctx, m)
}

// worthAnother says whether another attempt can help. A message whose key is
// unknown may be opened by another process, or after the next start.
func (o *Outbox) worthAnother(m messenger.Message, t taken, wait time.Duration, err error) bool {
	return t.attempts < o.config.Attempts && !messenger.IsPermanent(err) &&
		!errors.Is(err, secret.ErrDamaged) && !expired(m, o.config.Now().Add(wait))
}

// backoff is the wait after n attempts.
func (o *Outbox) backoff(n int) time.Duration {
	wait, longest := o.config.Backoff, o.config.MaxBackoff
	for ; n > 1 && wait < longest; n-- {
		wait += min(wait, longest-wait) // doubles without overflowing
	}
	wait = min(wait, longest)
	return wait - rand.N(wait/2+1)
}

func (o *Outbox) report(m messenger.Message, err error) {
	if o.config.OnFailure == nil {
		return
	}
	defer func() { _ = recover() }()
	o.config.OnFailure(context.Background(), m, err)
}
