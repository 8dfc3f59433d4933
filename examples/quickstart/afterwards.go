package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
)

// showAfterwards goes on with the user of the first login: what they do from then on.
func showAfterwards(ctx context.Context, out io.Writer, now func() time.Time) error {
	h := sample(now)
	if err := h.open(ctx, io.Discard); err != nil {
		return err
	}
	recoveryCode, err := showEnrolment(ctx, out, h)
	if err != nil {
		return err
	}
	if err := showTrust(ctx, out, h); err != nil {
		return err
	}
	last, err := showRecovery(ctx, out, h, recoveryCode)
	if err != nil {
		return err
	}
	if err := showSessions(ctx, out, h, last); err != nil {
		return err
	}
	if err := showKey(ctx, out, h); err != nil {
		return err
	}
	return showHandler(out, h, last)
}

func heading(out io.Writer, text string) { fmt.Fprintf(out, "\n%s\n\n", text) }

func line(out io.Writer, what, answer string) { fmt.Fprintf(out, "%-46s %s\n", what, answer) }

func ended(r *passwordless.Result) string { return fmt.Sprintf("%d %s", r.Status(), r.Outcome) }
