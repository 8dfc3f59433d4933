package messenger

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// OutboxConfig says how an [Outbox] delivers.
type OutboxConfig struct {
	// Next delivers. Required.
	Next Messenger

	// Size is how many messages may be undelivered at a time, those being sent
	// or waiting for another try included. Zero means 1024.
	Size int

	// Workers is how many messages are sent at a time. Zero means 8.
	Workers int

	// Attempts is how often a message is tried in all. Zero means 5.
	Attempts int

	// Timeout bounds one attempt. Zero means 30 seconds.
	Timeout time.Duration

	// Backoff is the wait before the second attempt, which doubles with each
	// further one up to MaxBackoff; at random up to half is taken off, so that
	// messages that failed together do not return together. Zero means 1 second
	// and 1 minute.
	Backoff    time.Duration
	MaxBackoff time.Duration

	// Now reports the time, against which expiry is judged. Nil means time.Now.
	Now func() time.Time

	// OnFailure is told of each message that was given up, and why: ErrExpired,
	// ErrClosed or the last error of Next, which Next keeps free of addresses.
	// ctx has the values of the sender's context. It is called from many
	// goroutines at a time; a panic in it is swallowed. Nil: nobody is told.
	OnFailure func(ctx context.Context, m Message, err error)
}

// Outbox is a [Messenger] that takes messages at once and delivers them behind
// the request: in this process's memory, so that what a crash finds undelivered
// is lost and the person asks again. A slow, failing or panicking Messenger
// changes neither what Send answers nor how long it takes.
//
// A message that is tried again is the same message, code and all. Decoys take
// the same path and the same place as others until a worker drops them.
//
// Goroutines run only while there is something to send.
type Outbox struct {
	config OutboxConfig
	cut    context.Context // done once Close has waited long enough
	cutOff context.CancelFunc

	mu      sync.Mutex
	queue   []*delivery
	pending int // queued, being sent or waiting for another try
	workers int
	closed  bool
	drained chan struct{} // closed when pending falls to zero; nil if nobody waits
}

type delivery struct {
	ctx      context.Context
	message  Message
	attempts int
}

// NewOutbox checks c. An error is a *[FieldError] that names the field. It
// starts nothing.
func NewOutbox(c OutboxConfig) (*Outbox, error) {
	if c.Next == nil {
		return nil, &FieldError{Field: "Next", Reason: "is required"}
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"Size", int64(c.Size)}, {"Workers", int64(c.Workers)}, {"Attempts", int64(c.Attempts)},
		{"Timeout", int64(c.Timeout)}, {"Backoff", int64(c.Backoff)}, {"MaxBackoff", int64(c.MaxBackoff)},
	} {
		if n.value < 0 {
			return nil, &FieldError{Field: n.field, Reason: "is negative"}
		}
	}
	cut, cutOff := context.WithCancel(context.Background())
	return &Outbox{config: c.withDefaults(), cut: cut, cutOff: cutOff}, nil
}

func (c OutboxConfig) withDefaults() OutboxConfig {
	c.Size = cmp.Or(c.Size, 1024)
	c.Workers = cmp.Or(c.Workers, 8)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, time.Minute)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Send takes m and returns at once: nil, [ErrFull] or [ErrClosed]. It keeps the
// values of ctx for Next, and neither its end nor its deadline. What m points to
// must not change any more.
func (o *Outbox) Send(ctx context.Context, m Message) error {
	d := &delivery{ctx: context.WithoutCancel(ctx), message: m}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.pending >= o.config.Size:
		return ErrFull
	}
	o.pending++
	o.enqueue(d)
	return nil
}

// Drain waits until nothing is undelivered, what arrives meanwhile included, or
// until ctx ends, whose error it then wraps.
func (o *Outbox) Drain(ctx context.Context) error {
	select {
	case <-o.whenDrained():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("messenger: outbox has undelivered messages: %w", ctx.Err())
	}
}

// Close refuses further messages and drains what was taken. When ctx ends first
// it breaks off the attempts under way, gives up the rest, each of which
// OnFailure is told with [ErrClosed] when its turn comes, and returns an error
// that wraps that of ctx. Calling it again drains again.
func (o *Outbox) Close(ctx context.Context) error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	defer o.cutOff()
	return o.Drain(ctx)
}

func (o *Outbox) whenDrained() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.drained == nil {
		o.drained = make(chan struct{})
	}
	drained := o.drained
	o.announce()
	return drained
}

// announce tells those who wait that nothing is pending. The caller holds mu.
func (o *Outbox) announce() {
	if o.pending == 0 && o.drained != nil {
		close(o.drained)
		o.drained = nil
	}
}

// enqueue hands d to the workers. The caller holds mu.
func (o *Outbox) enqueue(d *delivery) {
	o.queue = append(o.queue, d)
	if o.workers < o.config.Workers {
		o.workers++
		go o.work()
	}
}

// work delivers until the queue is empty.
func (o *Outbox) work() {
	for d := o.dequeue(); d != nil; d = o.dequeue() {
		o.deliver(d)
	}
}

// dequeue takes the next delivery, or ends the worker with nil.
func (o *Outbox) dequeue() *delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		o.queue = nil
		o.workers--
		return nil
	}
	d := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	return d
}

// deliver makes one attempt and settles d, or sets it aside for another. A wait
// holds no worker, so that one dead mail server does not hold up the others.
func (o *Outbox) deliver(d *delivery) {
	err := o.attempt(d)
	if err == nil {
		o.settle()
		return
	}
	wait := o.backoff(d.attempts)
	if o.worthAnother(d, wait, err) {
		time.AfterFunc(wait, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.enqueue(d)
		})
		return
	}
	o.report(d, err)
	o.settle()
}

func (o *Outbox) attempt(d *delivery) error {
	switch {
	case d.message.Decoy:
		return nil
	case o.cut.Err() != nil:
		return ErrClosed
	case d.message.expired(o.config.Now()):
		return ErrExpired
	}
	d.attempts++
	ctx, cancel := context.WithTimeout(d.ctx, o.timeout(d.message))
	defer cancel()
	defer context.AfterFunc(o.cut, cancel)()
	return sendSafely(ctx, o.config.Next, d.message)
}

// timeout ends an attempt with the message's life, after which it must not arrive.
func (o *Outbox) timeout(m Message) time.Duration {
	if m.Expires.IsZero() {
		return o.config.Timeout
	}
	return min(o.config.Timeout, m.Expires.Sub(o.config.Now()))
}

func sendSafely(ctx context.Context, next Messenger, m Message) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Type: fmt.Sprintf("%T", v), Stack: debug.Stack()}
		}
	}()
	return next.Send(ctx, m)
}

func (o *Outbox) worthAnother(d *delivery, wait time.Duration, err error) bool {
	return !IsPermanent(err) && d.attempts < o.config.Attempts &&
		o.cut.Err() == nil && !d.message.expired(o.config.Now().Add(wait))
}

// backoff returns the wait after n attempts.
func (o *Outbox) backoff(n int) time.Duration {
	wait, longest := o.config.Backoff, o.config.MaxBackoff
	for ; n > 1 && wait < longest; n-- {
		wait += min(wait, longest-wait) // doubles without overflowing
	}
	wait = min(wait, longest)
	return wait - rand.N(wait/2+1)
}

func (o *Outbox) report(d *delivery, err error) {
	if o.config.OnFailure == nil {
		return
	}
	defer func() { _ = recover() }()
	o.config.OnFailure(d.ctx, d.message, err)
}

func (o *Outbox) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending--
	o.announce()
}
