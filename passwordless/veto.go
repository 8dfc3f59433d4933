package passwordless

import (
	"context"
	"errors"
	"fmt"
)

// veto runs the caller's hook, and bounds it: an answer that does not come is no.
func (l *Login) veto(ctx context.Context, a Attempt) error {
	if l.c.Veto == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.VetoTimeout)
	defer cancel()
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

func (c conclusion) attempt() Attempt {
	return Attempt{
		User:        c.user.Secured(),
		Application: c.application,
		Outcome:     c.decision.Outcome,
		Methods:     c.Facts.Methods,
		IPAddress:   c.request.EventInfo.IPAddress,
		Info:        c.request.EventInfo,
	}
}
