package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/gatehouse-go/gatehouse/passwordless"
)

// showLogin signs the sample user in and shows what passes.
func showLogin(ctx context.Context, out io.Writer, now func() time.Time) error {
	h := sample(now)
	if err := h.open(ctx, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "One login, as it happens\n\n1. Begin, for %s. The message that leaves:\n\n", h.user.Email)
	r, err := h.begin(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n   The browser keeps a handle, which completes nothing alone: %s\n\n", shortened(r.Code.Reveal()))

	result, err := h.login.Complete(ctx, r)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(result.Response, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "2. Complete, with the handle and the code: %d %s\n\n%s\n\n", result.Status(), result.Outcome, shortened(string(body)))

	if _, err := h.login.Complete(ctx, r); !errors.Is(err, passwordless.ErrRefused) {
		return fmt.Errorf("a code was taken twice: %w", err)
	}
	fmt.Fprint(out, "3. Complete again, with the same: refused. A code is spent once.\n\n")
	return nil
}

// long is what is too long to read: a token or a handle.
var long = regexp.MustCompile(`([\w.-]{16})[\w.-]{24,}`)

func shortened(text string) string { return long.ReplaceAllString(text, "$1…") }
