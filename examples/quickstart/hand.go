package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// byHand signs in whoever reads the messages on out and types their codes into in.
func byHand(ctx context.Context, out io.Writer, in io.Reader, address string, now func() time.Time) error {
	email, err := identity.ParseEmail(address)
	if err != nil {
		return err
	}
	h := sample(now)
	h.user.Email = email
	if err := h.open(ctx, out); err != nil {
		return err
	}
	fmt.Fprint(out, "The message that you would get:\n\n")
	r, err := h.begin(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\nA few wrong guesses, and the code is dead. How many are left is not told.\n")
	for lines := bufio.NewScanner(in); prompt(out, lines); {
		r.OneTimeCode = secret.New(strings.TrimSpace(lines.Text()))
		result, err := h.login.Complete(ctx, r)
		switch {
		case errors.Is(err, passwordless.ErrRefused):
			fmt.Fprintln(out, "refused")
		case err != nil:
			return err
		default:
			fmt.Fprintf(out, "%d %s: welcome, %s\n", result.Status(), result.Outcome, result.Response.User.Email)
			return nil
		}
	}
	fmt.Fprintln(out)
	return nil
}

// prompt reads a line; there are no more at the end of the input, or after an empty one.
func prompt(out io.Writer, lines *bufio.Scanner) bool {
	fmt.Fprint(out, "The code (or nothing, to stop): ")
	return lines.Scan() && lines.Text() != ""
}
