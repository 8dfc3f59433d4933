// Quickstart signs the sample user in, shows each step as it happens, then every
// way in which a login can end, and what comes after: a second factor, sessions, an
// API key and a protected handler. Nothing leaves the machine: users are kept
// in memory, and messages appear on the terminal.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -login you@example.com
//
// With -login the codes are yours to type.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	address := flag.String("login", "", "sign in as this e-mail address, by hand")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, os.Stdin, *address, time.Now); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, in io.Reader, address string, now func() time.Time) error {
	if address != "" {
		return byHand(ctx, out, in, address, now)
	}
	if err := showLogin(ctx, out, now); err != nil {
		return err
	}
	if err := showOutcomes(ctx, out, now); err != nil {
		return err
	}
	return showAfterwards(ctx, out, now)
}
