// Server is the login over HTTP in one binary: to stand in for a login service
// while others are tested against it, and as a pattern for a real one.
//
//	go run ./examples/server
//	go run ./examples/server -addr 127.0.0.1:9011 -store sqlite:gatehouse.db -keys keys.json \
//		-seed seed.json -outbox outbox.jsonl -api-key KEY
//
// Without -seed it serves the users of sample.json. Messages are printed or, with
// -outbox, written to a file; with -smtp, mail is sent to a server on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	addr            string
	store           string
	seed            string
	keys            string
	outbox          string
	smtp            string
	apiKey          string
	pages           string
	baseURL         string
	insecureCookies bool
	patience        time.Duration
	sweep           time.Duration
	clockControl    bool
}

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("server", flag.ContinueOnError)
	f.StringVar(&o.addr, "addr", "127.0.0.1:9011", "where to listen")
	f.StringVar(&o.store, "store", "memory", "memory, sqlite:FILE, postgres:DSN, mysql:DSN, or redis:ADDR+ and one of these")
	f.StringVar(&o.seed, "seed", "", "tenants, applications, users and API keys, as in sample.json, which is the default")
	f.StringVar(&o.keys, "keys", "", "keep the keys in this `file`, made if it is not there; else they are gone with the process")
	f.StringVar(&o.outbox, "outbox", "", "append messages to this `file`, codes in clear; else they are printed")
	f.StringVar(&o.smtp, "smtp", "", "give mail to the server at this `address` of this machine, in plaintext, such as a catcher of mail")
	f.StringVar(&o.apiKey, "api-key", "", "one more API `key`, of at least 32 characters, for everything")
	f.StringVar(&o.pages, "pages", "", "the `URL` under which links in messages find their pages; else the address of the server")
	f.StringVar(&o.baseURL, "base-url", "", "the https `URL` that clients find this at, for /.well-known/openid-configuration; else that is not served")
	f.BoolVar(&o.insecureCookies, "insecure-cookies", false, "let browsers keep the API's cookies over plain http; on a loopback address alone")
	f.DurationVar(&o.patience, "patience", 10*time.Second, "how long a client may take to send a request")
	f.DurationVar(&o.sweep, "sweep", time.Minute, "how often what has expired is removed")
	f.BoolVar(&o.clockControl, "clock-control", false, "serve POST /test/clock {\"advanceSeconds\": n}; on a loopback address alone")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.patience <= 0 || o.sweep <= 0 {
		err := errors.New("-patience, -sweep: must be positive")
		fmt.Fprintln(f.Output(), err)
		return o, err
	}
	return o, nil
}

// server is s on the net. Who is slow to send a request, to read its answer or
// to think of another is sent away, lest a few clients hold every connection.
func (s *service) server(patience time.Duration) *http.Server {
	return &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: patience / 2,
		ReadTimeout:       patience,
		WriteTimeout:      3 * patience,
		IdleTimeout:       6 * patience,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// run serves until ctx ends, and then ends what is under way.
func run(ctx context.Context, o options, out, logs io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	log := slog.New(slog.NewJSONHandler(logs, nil))
	s, err := open(ctx, o, listener.Addr().(*net.TCPAddr), out, log)
	if err != nil {
		return err
	}
	server := s.server(o.patience)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	go s.sweep(ctx, o.sweep)
	log.Info("listening", "addr", listener.Addr().String())
	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("stopping")
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = server.Shutdown(last)
	}
	return errors.Join(err, s.close())
}
