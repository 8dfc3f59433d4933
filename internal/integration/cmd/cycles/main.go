// Cycles measures whole logins: begun, the mail received by a server on
// loopback, completed with the code in it, and left with a signed token.
//
//	go run ./internal/integration/cmd/cycles -store postgres -clients 16 -cycles 5000 -http
//
// It prints logins a second, and seconds of processor time for a thousand of
// them: of this process, which is library, client and mail server in one, and of
// the database's, if it runs on this machine. With -http they are then done again
// through examples/server, a process of its own, and this one is client and mail
// server alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

var (
	tenant      = identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Pied Piper", Issuer: "https://www.piedpiper.com"}
	application = identity.Application{
		ID: "10000000-0000-0002-0000-000000000001", TenantID: tenant.ID, Name: "Pied Piper",
		PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
		LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true},
	}
)

// options are the flags.
type options struct {
	store, dsn      string
	clients, cycles int
	http            bool
}

func main() {
	var o options
	flag.StringVar(&o.store, "store", "memory", "memory, sqlite, postgres or mariadb")
	flag.StringVar(&o.dsn, "dsn", "", "how to reach the server, without a database; empty: on this machine, by its usual port")
	flag.IntVar(&o.clients, "clients", 16, "how many people log in at a time")
	flag.IntVar(&o.cycles, "cycles", 2000, "how many logins are measured")
	flag.BoolVar(&o.http, "http", false, "measure them through examples/server as well, over HTTP")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) error {
	called, err := core(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d clients: %v\n", o.store, o.clients, called)
	if !o.http {
		return nil
	}
	for _, w := range ways {
		asked, err := overHTTP(ctx, o, w)
		if err != nil {
			return err
		}
		fmt.Printf("%s, %d clients, through HTTP %s: %v; %.2f times the processor time\n",
			o.store, o.clients, w.name, asked, asked.total().Seconds()/called.total().Seconds())
	}
	return nil
}

// figures are what cycles cost.
type figures struct {
	cycles int
	took   time.Duration
	cpu    map[string]time.Duration // by whose it was
}

func (f figures) total() (d time.Duration) {
	for _, spent := range f.cpu {
		d += spent
	}
	return d
}

func (f figures) String() string {
	thousands := float64(f.cycles) / 1000
	var parts []string
	for _, whose := range slices.Sorted(maps.Keys(f.cpu)) {
		parts = append(parts, fmt.Sprintf("%.2f %s", f.cpu[whose].Seconds()/thousands, whose))
	}
	return fmt.Sprintf("%.0f cycles/s, %.2f CPU seconds per 1,000 (%s)",
		float64(f.cycles)/f.took.Seconds(), f.total().Seconds()/thousands, strings.Join(parts, ", "))
}

// warm is how many logins are not measured, before those that are.
func (o options) warm() int { return max(o.cycles/10, o.clients) }

// people are as many as can log in so often: a login sends a message, and to one
// address only 20 go in a day, of which half are kept for who is faster than others.
func people(o options) (list []identity.User) {
	const each = 10
	at := identity.At(time.Now())
	for i := range o.clients + (o.cycles+o.warm())/each {
		id := fmt.Sprintf("00000000-0000-0001-0000-%012d", i)
		list = append(list, identity.User{
			ID: id, TenantID: tenant.ID, Active: true, Email: fmt.Sprintf("jared+%d@piedpiper.com", i), Verified: true, VerifiedInstant: at,
			Registrations: []identity.Registration{{ID: id, ApplicationID: application.ID, Verified: true, VerifiedInstant: at}},
		})
	}
	return list
}

// processors tell how much time each part has had so far; nil: there is no such part.
type processors map[string]func() time.Duration

func (p processors) spent() map[string]time.Duration {
	all := map[string]time.Duration{}
	for whose, of := range p {
		if of != nil {
			all[whose] = of()
		}
	}
	return all
}

// measure has everybody log in over and over: some to warm up, and then those
// that count.
func measure(ctx context.Context, o options, list []identity.User, p processors, login func(ctx context.Context, address string) error) (figures, error) {
	clients := make([]client, o.clients)
	for i, u := range list {
		mine := &clients[i%o.clients]
		mine.addresses = append(mine.addresses, u.Email)
	}
	repeat := func(cycles int) error {
		var left atomic.Int64
		left.Store(int64(cycles))
		errs := make([]error, o.clients)
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				for errs[i] == nil && left.Add(-1) >= 0 {
					errs[i] = login(ctx, clients[i].next())
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	}
	if err := repeat(o.warm()); err != nil {
		return figures{}, err
	}
	before, start := p.spent(), time.Now()
	if err := repeat(o.cycles); err != nil {
		return figures{}, err
	}
	f := figures{cycles: o.cycles, took: time.Since(start), cpu: p.spent()}
	for whose := range f.cpu {
		f.cpu[whose] -= before[whose]
	}
	return f, nil
}

// client logs in as one person after another, all its own.
type client struct {
	addresses []string
	turn      int
}

func (c *client) next() string {
	c.turn++
	return c.addresses[c.turn%len(c.addresses)]
}
