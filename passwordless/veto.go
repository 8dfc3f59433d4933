package passwordless

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse-go/gatehouse/identity"
)

// veto asks the caller's hook whether a login may be. One that breaks says no.
func (l *Login) veto(ctx context.Context, c conclusion) error {
	if l.c.Veto == nil {
		return nil
	}
	a := c.attempt()
	_, err := ask(ctx, l, "Veto", func(ctx context.Context) (struct{}, error) { return struct{}{}, l.c.Veto(ctx, a) })
	return vetoed(err)
}

// threats asks the caller's hook for the risks of a login. What one that breaks
// would have told may be why it broke: it says no.
func (l *Login) threats(ctx context.Context, c conclusion) ([]identity.AuthenticationThreat, error) {
	if l.c.Threats == nil {
		return nil, nil
	}
	a := c.attempt()
	seen, err := ask(ctx, l, "Threats", func(ctx context.Context) ([]identity.AuthenticationThreat, error) {
		return l.c.Threats(ctx, a), nil
	})
	return distinct(seen), vetoed(err)
}

// demands asks the caller's hook for a second factor that policy does not ask
// for. A hook that breaks asks for it.
func (l *Login) demands(ctx context.Context, c conclusion) bool {
	if l.c.Demand == nil || c.Facts.SecondFactor {
		return false
	}
	a := c.attempt()
	demanded, err := ask(ctx, l, "Demand", func(ctx context.Context) (bool, error) { return l.c.Demand(ctx, a), nil })
	return demanded || err != nil
}

func vetoed(err error) error {
	if err == nil {
		return nil
	}
	return &failed{reason: Vetoed, err: fmt.Errorf("%w: %w", ErrVetoed, err)}
}

// ask runs one of the caller's hooks and bounds it: a panic is an error, and so
// is an answer that does not come. The hook then runs on, alone.
func ask[T any](ctx context.Context, l *Login, name string, hook func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, l.c.HookTimeout)
	defer cancel()
	type answer struct {
		said T
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		// What a hook leaves undone by a panic, or by ending its goroutine, is no answer.
		a := answer{err: fmt.Errorf("panic in Config.%s", name)}
		defer func() {
			_ = recover()
			answers <- a
		}()
		said, err := hook(ctx)
		a = answer{said, err}
	}()
	select {
	case a := <-answers:
		return a.said, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// attempt is a hook's own copy: whatever it does to that, even after its time is
// up, it does to nothing else.
func (c conclusion) attempt() Attempt {
	application := c.application
	application.Roles = slices.Clone(application.Roles)
	return Attempt{
		User:        c.user.Clone().Secured(),
		Application: application,
		Outcome:     c.decision.Outcome,
		Methods:     slices.Clone(c.Facts.Methods),
		IPAddress:   c.request.EventInfo.IPAddress,
		Info:        c.request.EventInfo,

		OtherBrowser: c.Facts.OtherBrowser,
	}
}
