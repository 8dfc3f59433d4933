package passwordless

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// veto runs the caller's hook, and bounds it: an answer that does not come is no.
func (l *Login) veto(ctx context.Context, c conclusion) error {
	if l.c.Veto == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.VetoTimeout)
	defer cancel()
	a := c.attempt()
	answer := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				answer <- errors.New("panic in Config.Veto")
			}
		}()
		answer <- l.c.Veto(ctx, a)
	}()
	var err error
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	return &failed{reason: Vetoed, err: fmt.Errorf("%w: %w", ErrVetoed, err)}
}

// demands asks the caller's hook for a second factor that policy does not ask
// for. A hook that breaks asks for it.
func (l *Login) demands(ctx context.Context, c conclusion) (demanded bool) {
	if l.c.Demand == nil || c.Facts.SecondFactor {
		return false
	}
	defer func() {
		if recover() != nil {
			demanded = true
		}
	}()
	return l.c.Demand(ctx, c.attempt())
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
	}
}
